/* Seconds to a certified gap at image size and at tiny beta, setup and certificates included, and
 * what the published ADMM has by then. An argument names one part: mnist_1000, mnist_2000, fashion,
 * tiny, mammographic, robust. The data sets must be there ($RELUBENCH_DATA). */
#include "tests/race.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MNIST                                                                               \
	"mnist_2v8, idx: {images: \"${RELUBENCH_DATA}/mnist/train-images-idx3-ubyte.gz\", " \
	"labels: \"${RELUBENCH_DATA}/mnist/train-labels-idx1-ubyte.gz\"}, classes: [\"2\", \"8\"]"
#define FASHION                                                                              \
	"fashion_2v8, idx: {images: "                                                        \
	"\"${RELUBENCH_DATA}/fashion-mnist/train-images-idx3-ubyte.gz\", labels: "           \
	"\"${RELUBENCH_DATA}/fashion-mnist/train-labels-idx1-ubyte.gz\"}, classes: [\"2\", " \
	"\"8\"]"
#define MAMMOGRAPHIC                                                                           \
	"mammographic, csv: {path: "                                                           \
	"\"${RELUBENCH_DATA}/mammographic_masses/mammographic_masses.data\", missing: drop}, " \
	"split: {test: 0.3}"
#define BIRDS                                                                          \
	"birds_ships, cifar10: {train: "                                               \
	"[\"${RELUBENCH_DATA}/cifar10-first4000/train_first4000_birds_ships.bin\"]}, " \
	"classes: [\"2\", \"8\"], split: {validation: 227, stratified: true}"

static const struct course {
	const char *name, *folder, *data, *loss;
	double beta;
	const char *solver, *options;
	struct race_goal goals[2];
	double patience;
} parts[] = {
	{"mnist_1000",
	 "mnist",
	 MNIST ", limit: {train: 1000}, prepare: [unit, bias]",
	 "squared",
	 1,
	 "admm",
	 "{patterns: 20}",
	 {{1e-2, 0}, {1e-4, 15}},
	 60},
	{"mnist_2000",
	 "mnist",
	 MNIST ", limit: {train: 2000}, prepare: [unit, bias]",
	 "squared",
	 2,
	 "admm",
	 "{patterns: 50}",
	 {{1e-2, 20}, {1e-4, 60}},
	 180},
	{"fashion",
	 "fashion-mnist",
	 FASHION ", prepare: [unit, bias]",
	 "logistic",
	 1,
	 "admm",
	 "{patterns: 72}",
	 {{1e-2, 60}, {1e-3, 0}},
	 90},
	{"tiny",
	 "fashion-mnist",
	 FASHION ", prepare: [unit, bias]",
	 "logistic",
	 1e-4,
	 "admm",
	 "{patterns: 72}",
	 {{1e-1, 0}, {1e-2, 300}},
	 60},
	{"mammographic",
	 "mammographic_masses",
	 MAMMOGRAPHIC ", prepare: [standardize, bias]",
	 "squared",
	 1e-4,
	 "admm",
	 "{patterns: 120}",
	 {{1e-4, 0}, {1e-6, 2}},
	 20},
	{"robust",
	 "cifar10-first4000",
	 BIRDS ", prepare: [unit, {stride: {side: 32, channels: 3, step: 5}}, bias]",
	 "hinge",
	 0.1,
	 "robust_admm",
	 "{patterns: 64, eps: 10/255}",
	 {{1e-2, 0}, {1e-3, 20}},
	 120},
};

/* s for the published procedure, where ours took longer */
static const double longest = 30;

/* The published procedure for as long as ours took: its gap, and its objective against ours. */
static int published(const struct problem *problem, const struct course *course, double seconds,
		     double objective)
{
	struct fashion_run run;
	struct certificate c = {0};
	double reached;

	if (strcmp(course->solver, "admm") != 0 || !problem->loss.loss->curvature)
		return 0;
	if (fashion_start(&run, problem, "admm_rbcd", course->options) != 0)
		return 1;
	seconds = fmin(seconds, longest);
	while (run.seconds < seconds && run.progress.end == OUTCOME_RUNNING)
		fashion_step(&run);
	run.trainer->certify(run.state, &c);
	reached = fashion_objective(&run);
	printf("    published procedure after %.1f s: gap %.1e, network objective %.6g = %.4g "
	       "times ours\n",
	       run.seconds, race_gap(&c), reached, reached / objective);
	fashion_end(&run);
	return 0;
}

static int measure(const struct course *course)
{
	struct race_data race = {0};
	struct race_source source = {.folder = course->folder};
	struct fashion_run run;
	struct problem problem;
	int failed;

	source.text = arena_format(&race.arena,
				   "name: bench\ndata:\n  - {name: %s}\ntrain:\n  - {solver: admm, "
				   "loss: %s}\n",
				   course->data, course->loss);
	source.stand_in = source.text;
	if (race_load(&race, &source) != 0)
		return 1;
	problem = race_problem(&race, course->loss, course->beta);
	if (fashion_start(&run, &problem, course->solver, course->options) != 0)
		return 1;
	printf("  %s %s, %s, beta %g:", course->solver, course->options, course->loss,
	       course->beta);
	race_to_gaps(&run, course->goals, 2, course->patience);
	failed = published(&problem, course, run.seconds, fashion_objective(&run));
	fashion_end(&run);
	arena_release(&race.arena);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (sizeof(real) < sizeof(double)) /* gaps end at 1e-6 there, and the goals are of double */
		return 0;
	if (!fashion_is_real()) {
		puts("the data sets are not there: set RELUBENCH_DATA");
		return 0;
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (argc < 2 || strcmp(argv[1], parts[i].name) == 0)
			failed |= measure(&parts[i]);
	return failed;
}
