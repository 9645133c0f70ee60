/* A path of 50 penalties of gated networks over 120 patterns of mammographic masses (n = 830, five
 * features and the bias, squared loss), each certified to 1e-6: seconds of setup and steps, from
 * the penalty at which all weights are zero down to a thousandth of it. The goal is half a second.
 * Then the convex program of ReLU networks over 30 and over 120 patterns, in 0.2 and in 0.5 s.
 * Arguments name some of the courses: newton, active_set, or fista, which is left out by default
 * and has no goal. Without the data set, Gaussian classes of the same size. */
#include "tests/kernels.h"
#include "tests/race.h"
#include "tests/toy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 50, ROUNDS = 3 };

static const double certified = 1e-6, patience = 60;

static const struct race_source masses = {
	.folder = "mammographic_masses",
	.text = "name: bench\n"
		"data:\n"
		"  - name: mammographic\n"
		"    csv: {path: \"${RELUBENCH_DATA}/mammographic_masses/"
		"mammographic_masses.data\", missing: drop}\n"
		"    prepare: [standardize, bias]\n"
		"train:\n"
		"  - {solver: adam}\n",
	.stand_in = "name: bench\n"
		    "data:\n"
		    "  - {name: blobs, generate: {kind: blobs, n: 830, d: 5}, "
		    "prepare: [standardize, bias]}\n"
		    "train:\n"
		    "  - {solver: adam}\n",
};

/* The penalty at which all weights are zero: the first one of a path that ends below it. */
static double largest(struct problem problem)
{
	struct fashion_run run;
	double first = 0;

	problem.beta = 1e-6;
	problem.penalties = (struct penalties){2, NAN};
	if (fashion_start(&run, &problem, "gated", "{patterns: 120}") == 0) {
		fashion_step(&run);
		first = run.progress.done.beta;
	}
	fashion_end(&run);
	return first;
}

/* Seconds of a whole path, and its largest gap. */
static double go(const struct problem *problem, const char *trainer, const char *how, double *worst)
{
	struct fashion_run run;
	long steps = 0;
	char options[80];
	double seconds;

	snprintf(options, sizeof options, "{%s}", how);
	*worst = HUGE_VAL;
	if (fashion_start(&run, problem, trainer, options) != 0)
		return HUGE_VAL;
	for (; run.progress.end == OUTCOME_RUNNING && run.seconds < patience; steps++)
		fashion_step(&run);
	if (run.progress.end == OUTCOME_CONVERGED)
		*worst = toy_number(run.trainer, run.state, "path_worst_gap");
	seconds = run.seconds;
	printf("    setup %.3f s, %ld steps, %.3f s, largest gap %.1e\n", run.setup, steps, seconds,
	       *worst);
	fashion_end(&run);
	return seconds;
}

struct course {
	const char *name, *trainer, *how;
	double goal; /* seconds; HUGE_VAL: none */
};

static const struct course courses[] = {
	{"newton", "gated", "patterns: 120, method: newton", 0.5},
	{"fista", "gated", "patterns: 120, method: fista", HUGE_VAL},
	{"active_set", "active_set", "patterns: 30", 0.2},
	{"active_set", "active_set", "patterns: 120", 0.5},
};

/* Whether the best of some rounds reaches the goal. */
static bool race(const struct problem *problem, const struct course *course)
{
	double best = HUGE_VAL, worst = HUGE_VAL;

	for (int round = 0; round < ROUNDS && (round == 0 || best < patience); round++)
		best = fmin(best, go(problem, course->trainer, course->how, &worst));
	printf("path of %d, %s, %s, " REAL_NAME ": %.3f s, largest gap %.1e\n", POINTS,
	       course->trainer, course->how, best, worst);
	return REAL_EPSILON > 1e-10 || isinf(course->goal) ||
	       (best <= course->goal && worst <= certified);
}

int main(int argc, char **argv)
{
	struct race_data data = {0};
	struct problem problem;
	bool good = true;

	kernels_choose(argv);
	if (race_load(&data, &masses) != 0)
		return 1;
	problem = race_problem(&data, "squared", 1);
	problem.beta = 1e-3 * largest(problem);
	problem.penalties = (struct penalties){POINTS, NAN};
	for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
		bool asked = argc == 1 && !isinf(courses[i].goal);

		for (int k = 1; k < argc; k++)
			asked = asked || strcmp(courses[i].name, argv[k]) == 0;
		if (asked)
			good = race(&problem, &courses[i]) && good;
	}
	arena_release(&data.arena);
	return good ? 0 : 1;
}
