/* Seconds of one core to a certified relative gap on the mammographic masses (squared loss, P =
 * 120, beta 1e-4 and 1), for the interior point and for ADMM. Without the data set, generated
 * spirals; then the figures are others. */
#include "tests/race.h"

#include <omp.h>
#include <stdio.h>

static const struct race_goal goals[] = {{1e-4, 1}, {1e-6, 5}};
static const double betas[] = {1e-4, 1};

/* A run is given up after this many seconds. */
static const double patience = 10;

static const struct race_source source = {
	.folder = "mammographic_masses",
	.path = "experiments/mammographic.yaml",
	.stand_in = "name: bench\n"
		    "data:\n"
		    "  - {name: spirals, generate: {kind: spirals, n: 580}, prepare: "
		    "[standardize, bias]}\n"
		    "train:\n"
		    "  - {solver: ipm, patterns: 120}\n",
};

static int measure(const struct problem *problem, const char *solver)
{
	struct fashion_run run;

	if (fashion_start(&run, problem, solver, "{patterns: 120}") != 0)
		return 1;
	printf("%-4s beta %-6g", solver, problem->beta);
	race_to_gaps(&run, goals, sizeof goals / sizeof goals[0], patience);
	fashion_end(&run);
	return 0;
}

int main(void)
{
	static struct race_data race;
	int failed = 0;

	omp_set_num_threads(1);
	if (race_load(&race, &source) != 0)
		return 1;
	for (size_t b = 0; b < sizeof betas / sizeof betas[0]; b++) {
		struct problem problem = race_problem(&race, "squared", betas[b]);

		failed |= measure(&problem, "ipm") | measure(&problem, "admm");
	}
	arena_release(&race.arena);
	return failed;
}
