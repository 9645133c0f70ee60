/* Seconds of one core to a certified relative gap on the mammographic masses (squared loss, P =
 * 120, beta 1e-4 and 1), for the interior point and for ADMM. Without the data set, generated
 * spirals; then the figures are others. */
#include "harness/spec/spec.h"
#include "solvers/core/blas.h"
#include "tests/fashion.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TARGETS = 2 };

static const double targets[TARGETS] = {1e-4, 1e-6}, goals[TARGETS] = {1, 5}, betas[] = {1e-4, 1};

/* A run is given up after this many seconds. */
static const double patience = 10;

/* A certificate costs as much as several iterations: after this much more time, not timed. */
static const double thinning = 1.05;

static const char stand_in[] = "name: bench\n"
			       "data:\n"
			       "  - {name: spirals, generate: {kind: spirals, n: 580}, prepare: "
			       "[standardize, bias]}\n"
			       "train:\n"
			       "  - {solver: ipm, patterns: 120}\n";

static enum status load_spec(struct arena *arena, struct experiment *out, struct problems *problems)
{
	const char *data = getenv("RELUBENCH_DATA");
	char probe[512];

	snprintf(probe, sizeof probe, "%s/mammographic_masses", data ? data : "data");
	if (access(probe, R_OK) == 0)
		return spec_load("experiments/mammographic.yaml", (struct texts){0}, arena, out,
				 problems);
	return spec_load_text(stand_in, "stand-in", (struct texts){0}, arena, out, problems);
}

static double gap_of(const struct certificate *c)
{
	return (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

static int measure(const struct problem *problem, const char *solver)
{
	struct certificate c = {.lower_bound = -HUGE_VAL};
	double best = -HUGE_VAL, next = 0;
	struct fashion_run run;
	int reached = 0;

	if (fashion_start(&run, problem, solver, "{patterns: 120}") != 0)
		return 1;
	printf("%-4s beta %-6g", solver, problem->beta);
	while (reached < TARGETS && run.seconds < patience && run.progress.end == OUTCOME_RUNNING) {
		fashion_step(&run);
		if (run.seconds < next && run.progress.end == OUTCOME_RUNNING)
			continue;
		next = run.seconds * thinning;
		run.trainer->certify(run.state, &c);
		best = c.lower_bound = fmax(best, c.lower_bound);
		for (; reached < TARGETS && gap_of(&c) <= targets[reached]; reached++)
			printf("  gap %.0e after %.3f s (goal %.0f)", targets[reached], run.seconds,
			       goals[reached]);
	}
	if (reached < TARGETS)
		printf("  gap %.1e after %.1f s, where it was given up", gap_of(&c), run.seconds);
	putchar('\n');
	fashion_end(&run);
	return 0;
}

int main(void)
{
	struct problems problems = {0};
	struct arena arena = {0};
	struct experiment experiment;
	struct dataset data;
	struct err err = {0};
	int failed = 0;

	omp_set_num_threads(1);
	if (load_spec(&arena, &experiment, &problems) != STATUS_OK ||
	    data_load(&experiment.cells[0].data, 1, 0, &arena, &data, &err) != STATUS_OK) {
		err_print(problems.count > 0 ? &problems.at[0] : &err, stderr);
		return 1;
	}
	printf("%s: n %td, d %td, %s precision, one core\n", experiment.cells[0].data.name,
	       data.train.X.rows, data.train.X.cols, REAL_NAME);
	for (size_t b = 0; b < sizeof betas / sizeof betas[0]; b++) {
		struct problem problem = {
			.X = data.train.X, .y = data.train.y, .beta = betas[b], .seed = 1};

		problem.loss.loss =
			(const struct loss *)(const void *)registry_find(KIND_LOSS, "squared");
		problem.loss.weight = 1;
		failed |= measure(&problem, "ipm") | measure(&problem, "admm");
	}
	arena_release(&arena);
	return failed;
}
