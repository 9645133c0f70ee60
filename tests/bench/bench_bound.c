/* Bounds over all networks: the share of the best objective found that is certified, and the CPU
 * seconds until it was. Arguments name some of the courses, by default all; without the data sets
 * those that need them are left out. */
#include "tests/race.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CSV(name_, file_, more_)                                                           \
	"name: bench\ndata:\n  - {name: " name_ ", csv: {path: \"${RELUBENCH_DATA}/" file_ \
	"\"" more_ "}, prepare: [standardize, bias]}\n"                                    \
	"train:\n  - {solver: all_networks, loss: squared}\n"

#define SPIRALS                                                                       \
	"name: bench\ndata:\n  - {name: spirals, generate: {kind: spirals, n: 210}, " \
	"prepare: [standardize, bias]}\n"                                             \
	"train:\n  - {solver: all_networks, loss: squared}\n"

#define MAMMOGRAPHIC                                                                            \
	"name: bench\nseed: 20220518\ndata:\n  - {name: mammographic, csv: {path: "             \
	"\"${RELUBENCH_DATA}/mammographic_masses/mammographic_masses.data\", label: last, "     \
	"missing: "                                                                             \
	"drop}, split: {test: 0.3, validation: 0.0, stratified: true}, prepare: [standardize, " \
	"bias]}\n"                                                                              \
	"train:\n  - {solver: all_networks, loss: squared}\n"

#define MNIST                                                                                \
	"name: bench\ndata:\n  - {name: mnist, idx: {images: "                               \
	"\"${RELUBENCH_DATA}/mnist/train-images-idx3-ubyte.gz\", labels: "                   \
	"\"${RELUBENCH_DATA}/mnist/train-labels-idx1-ubyte.gz\"}, classes: [\"2\", \"8\"], " \
	"limit: {train: 2000}, prepare: [{unit: {range: 255}}, bias]}\n"                     \
	"train:\n  - {solver: all_networks, loss: squared}\n"

#define SPAMBASE                                                                                 \
	"name: bench\ndata:\n  - {name: spambase, csv: {path: "                                  \
	"\"${RELUBENCH_DATA}/spambase/spambase.data\"}, split: {test: 4101, stratified: true}, " \
	"prepare: "                                                                              \
	"[standardize, bias]}\n"                                                                 \
	"train:\n  - {solver: all_networks, loss: squared}\n"

static const struct course {
	const char *name, *folder, *spec;
	double beta, seconds, share; /* goals: seconds; bound / objective */
} courses[] = {
	{"spirals", ".", SPIRALS, 1, 1, 0.999},
	{"haberman", "haberman", CSV("haberman", "haberman/haberman.data", ""), 1, 1, 0.999},
	{"haberman10", "haberman", CSV("haberman", "haberman/haberman.data", ""), 10, 1, 0.999},
	{"banknote", "banknote_authentication",
	 CSV("banknote", "banknote_authentication/data_banknote_authentication.txt", ""), 1, 60,
	 0.95},
	{"mammographic", "mammographic_masses", MAMMOGRAPHIC, 1, 300, 0.97},
	{"sonar", "sonar", CSV("sonar", "sonar/sonar.all-data", ""), 1, 300, 0.75},
	{"ionosphere", "ionosphere", CSV("ionosphere", "ionosphere/ionosphere.data", ", drop: [1]"),
	 1, 300, 0.65},
	{"spambase", "spambase", SPAMBASE, 1, 300, 0.65},
	{"pima", "pima_indians_diabetes",
	 CSV("pima", "pima_indians_diabetes/pima-indians-diabetes.data", ""), 1, 60, 0},
	{"mnist", "mnist", MNIST, 100, 60, 0.80},
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print(const struct fashion_run *run, const struct certificate *c, double begun)
{
	struct trainer const *t = run->trainer;

	printf("  %8.2f s: bound %.6g of %.6g, share %.5f; kappa %.5f, found %.5f, boxes %.3g, "
	       "rounds %.0f\n",
	       cpu_seconds() - begun, c->lower_bound, c->upper, c->lower_bound / c->upper,
	       toy_number(t, run->state, "bound_kappa"), toy_number(t, run->state, "bound_found"),
	       toy_number(t, run->state, "bound_boxes"), toy_number(t, run->state, "bound_rounds"));
	fflush(stdout);
}

static int measure(const struct course *course, const char *options)
{
	static struct race_data race;
	const struct race_source source = {course->folder, NULL, course->spec, course->spec};
	struct problem problem;
	struct fashion_run run;
	struct certificate c = {0};
	double begun, next = 0, reached = NAN;

	if (race_load(&race, &source) != 0)
		return 1;
	problem = race_problem(&race, "squared", course->beta);
	begun = cpu_seconds();
	if (fashion_start(&run, &problem, "all_networks", options) != 0)
		return 1;
	while (run.progress.end == OUTCOME_RUNNING && cpu_seconds() - begun < course->seconds) {
		fashion_step(&run);
		run.trainer->certify(run.state, &c);
		if (isnan(reached) && c.lower_bound >= course->share * c.upper)
			reached = cpu_seconds() - begun;
		if (cpu_seconds() - begun < next)
			continue;
		print(&run, &c, begun);
		next = 1.5 * (cpu_seconds() - begun) + 0.1;
	}
	print(&run, &c, begun);
	printf("  %s, beta %g: share %.5f after %.2f s; goal %g within %g s, reached after %.2f "
	       "s\n",
	       course->name, course->beta, c.lower_bound / c.upper, cpu_seconds() - begun,
	       course->share, course->seconds, reached);
	fashion_end(&run);
	arena_release(&race.arena);
	return 0;
}

int main(int argc, char **argv)
{
	const char *options = getenv("BOUND_OPTIONS");
	int failed = 0;

	if (sizeof(real) < sizeof(double))
		return 0;
	for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
		bool named = argc < 2;

		for (int a = 1; a < argc; a++)
			named = named || strcmp(argv[a], courses[i].name) == 0;
		if (!named || (strcmp(courses[i].folder, ".") != 0 && !fashion_is_real()))
			continue;
		failed |= measure(&courses[i], options ? options : "{}");
	}
	return failed;
}
