/* Robust training on two cores: ADMM to certified gaps, the convex restriction from an
 * adversarially trained network to its end.
 *
 * Birds against ships (n = 600, d = 147 and the bias, hinge loss, l_inf radius 10/255) and, for the
 * restriction, Fashion-MNIST (n = 12000, d = 784 and the bias). Without the data sets, image-like
 * data of the same sizes; then the figures are others. */
#include "tests/kernels.h"
#include "tests/race.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

/* A run is given up after this many seconds. */
static const double patience = 60;

static const double betas[] = {1, 0.1, 1e-4};
static const struct race_goal goals[] = {{1e-1, 0}, {1e-2, 0}, {1e-3, 60}};

static const struct race_source birds = {
	.folder = "cifar10-first4000",
	.path = "experiments/robust_birds_ships.yaml",
	.stand_in =
		"name: bench\n"
		"data:\n"
		"  - {name: image_like, generate: {kind: image_like, n: 600, side: 12}, prepare: "
		"[bias]}\n"
		"train:\n"
		"  - {solver: adam}\n",
};

static const struct race_source fashion = {
	.folder = "fashion-mnist",
	.text = "name: bench\n"
		"data:\n"
		"  - name: fashion_2v8\n"
		"    idx:\n"
		"      images: \"${RELUBENCH_DATA}/fashion-mnist/train-images-idx3-ubyte.gz\"\n"
		"      labels: \"${RELUBENCH_DATA}/fashion-mnist/train-labels-idx1-ubyte.gz\"\n"
		"    classes: [\"2\", \"8\"]\n"
		"    prepare: [unit, bias]\n"
		"train:\n"
		"  - {solver: adam}\n",
	.stand_in = "name: bench\n"
		    "data:\n"
		    "  - {name: image_like, generate: {kind: image_like, n: 12000, side: 28}, "
		    "prepare: [bias]}\n"
		    "train:\n"
		    "  - {solver: adam}\n",
};

/* GFLOP of an iteration's products: X'Y and X U with both halves, F D and B D', the rotations by
 * eigenvectors of X'X and of D'D. */
static double admm_work(double n, double d, double P)
{
	return (12 * n * d * P + 8 * d * d * P + 4 * d * P * P) * 1e-9;
}

static int admm(const struct problem *problem, const char *eps)
{
	double n = (double)problem->X.rows, d = (double)problem->X.cols, rate;
	struct fashion_run run;
	ptrdiff_t P;
	char options[80];

	snprintf(options, sizeof options, "{eps: %s, patterns: 64}", eps);
	if (fashion_start(&run, problem, "robust_admm", options) != 0)
		return 1;
	P = run.trainer->width(run.state) / 2;
	rate = race_gemm_rate(problem->X.rows, problem->X.cols, 2 * P);
	printf("robust_admm eps %s beta %g, %s; setup %.3f s\n   ", eps, problem->beta,
	       toy_text(run.trainer, run.state, "note", &run.arena), run.setup);
	race_to_gaps(&run, goals, sizeof goals / sizeof goals[0], patience);
	printf("    iteration %.3g ms, products at %.2f of GEMM (%.1f GFLOP/s)\n", 1e3 * run.best,
	       admm_work(n, d, (double)P) / run.best / rate, rate);
	fashion_end(&run);
	return 0;
}

/* Steps to the end, or for `most` seconds after the setup; prints the certified objective at the
 * start, at each doubling of the time and at the end. */
static void follow(struct fashion_run *run, double most)
{
	struct certificate c;
	double next = 1, at = 0;
	long steps = 0;

	run->trainer->certify(run->state, &c);
	printf("    certified %.6g", c.upper);
	for (; run->progress.end == OUTCOME_RUNNING && at < most; steps++) {
		fashion_step(run);
		at = run->seconds - run->setup;
		if (at < next)
			continue;
		next = 2 * at;
		printf(", %.6g after %.1f s", run->progress.objective, at);
	}
	printf(", %.6g after %.2f s and %ld steps, %s\n", run->progress.objective, at, steps,
	       run->progress.end == OUTCOME_RUNNING ? "where it was given up" : "its end");
}

/* From a network that PGD trained. Rate: the four products of an evaluation, which most iterations
 * need once; without epochs. */
static int restriction(const struct problem *problem, const char *options, double most, bool rated)
{
	double n = (double)problem->X.rows, d = (double)problem->X.cols, m, rate;
	struct fashion_run run;

	if (fashion_start(&run, problem, "robust_restriction", options) != 0)
		return 1;
	printf("robust_restriction beta %g: setup %.2f s\n", problem->beta, run.setup);
	follow(&run, most);
	m = (double)run.net.U.cols;
	printf("    %s\n", toy_text(run.trainer, run.state, "note", &run.arena));
	if (rated) {
		rate = race_gemm_rate(problem->X.rows, problem->X.cols, run.net.U.cols);
		printf("    step %.3g ms, products at %.2f of GEMM (%.1f GFLOP/s)\n",
		       1e3 * run.best, 8e-9 * n * d * m / run.best / rate, rate);
	}
	fashion_end(&run);
	return 0;
}

static int small(const char *only)
{
	static struct race_data race;
	int failed = race_load(&race, &birds);

	for (size_t b = 0; b < sizeof betas / sizeof betas[0] && !failed; b++) {
		struct problem problem = race_problem(&race, "hinge", betas[b]);

		if (!only || strcmp(only, "admm") == 0)
			failed |= admm(&problem, "10/255");
		if (!only || strcmp(only, "restriction") == 0)
			failed |= restriction(
				&problem,
				"{eps: 10/255, proof: 0, start: {adam: {width: 72, epochs: 60, "
				"batch: 50, adversary: {attack: pgd, eps: 10/255, steps: 10, clip: "
				"[0, 1]}}}}",
				patience, true);
	}
	arena_release(&race.arena);
	return failed;
}

#define LARGE_START                                                                            \
	"start: {adam: {width: 72, epochs: 5, batch: 128, adversary: {attack: pgd, eps: 0.1, " \
	"steps: 10, clip: [0, 1]}}}"

static int large(void)
{
	static struct race_data race;
	struct problem problem;
	int failed;

	if (race_load(&race, &fashion) != 0)
		return 1;
	problem = race_problem(&race, "hinge", 1);
	failed = restriction(&problem, "{eps: 0.1, proof: 0, " LARGE_START "}", patience, true) |
		 restriction(&problem, "{eps: 0.1, proof: 0, epochs: 30, " LARGE_START "}",
			     patience, false);
	arena_release(&race.arena);
	return failed;
}

/* One of the parts: admm, restriction, large; all without an argument. */
int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	int failed = 0;

	kernels_choose(argv);
	if (!only || strcmp(only, "large") != 0)
		failed |= small(only);
	if (!only || strcmp(only, "large") == 0)
		failed |= large();
	return failed;
}
