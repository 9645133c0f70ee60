/* Data and timing of benchmarks; see race.h. */
#include "tests/race.h"

#include "harness/run/evaluate.h"
#include "solvers/core/blas.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPEATS = 5 }; /* the best one counts: other load only ever slows down */

/* The next certificate comes after this much more time at least, and when those before have taken
 * less than this share of it. */
static const double thinning = 1.05, share = 0.05;

static enum status load_spec(struct race_data *race, const struct race_source *source,
			     struct problems *problems)
{
	const char *data = getenv("RELUBENCH_DATA"), *text = source->stand_in;
	char probe[512];

	snprintf(probe, sizeof probe, "%s/%s", data ? data : "data", source->folder);
	if (access(probe, R_OK) == 0) {
		if (source->path)
			return spec_load(source->path, (struct texts){0}, &race->arena,
					 &race->experiment, problems);
		text = source->text;
	}
	return spec_load_text(text, "bench", (struct texts){0}, &race->arena, &race->experiment,
			      problems);
}

int race_load(struct race_data *race, const struct race_source *source)
{
	struct problems problems = {0};
	struct err err = {0};

	if (load_spec(race, source, &problems) != STATUS_OK ||
	    data_load(&race->experiment.cells[0].data, 1, 0, &race->arena, &race->data, &err) !=
		    STATUS_OK) {
		err_print(problems.count > 0 ? &problems.at[0] : &err, stderr);
		return 1;
	}
	printf("%s: n %td, d %td, %s precision, %d threads\n", race->experiment.cells[0].data.name,
	       race->data.train.X.rows, race->data.train.X.cols, REAL_NAME, omp_get_max_threads());
	return 0;
}

struct problem race_problem(struct race_data *race, const char *loss, double beta)
{
	bool *frozen = ARENA_ARRAY(&race->arena, bool, race->data.train.X.cols);
	struct problem problem = {.X = race->data.train.X,
				  .y = targets_of(race->data.train.y, race->data.train.X.rows),
				  .beta = beta,
				  .frozen = frozen,
				  .seed = 1};

	if (race->data.bias >= 0)
		frozen[race->data.bias] = true;
	problem.loss.loss = (const struct loss *)(const void *)registry_find(KIND_LOSS, loss);
	problem.loss.options = toy_options(registry_find(KIND_LOSS, loss), "{}", &race->arena);
	problem.loss.weight = 1;
	return problem;
}

double race_gap(const struct certificate *c)
{
	return evaluate_gaps(c->upper, c->lower_bound, NAN).gap;
}

/* A certificate, with the best bound so far; its seconds. */
static double certify(struct fashion_run *run, struct certificate *c)
{
	double start = omp_get_wtime(), best = c->lower_bound;

	run->trainer->certify(run->state, c);
	c->lower_bound = fmax(best, c->lower_bound);
	return omp_get_wtime() - start;
}

/* As a share of the objective without neurons, of the better one of iterate and feasible point. */
static double gap_zero(struct fashion_run *run, const struct certificate *c)
{
	const struct problem *problem = run->problem;
	size_t n = (size_t)problem->X.rows;
	double objective = fmin(fashion_objective(run), c->upper);

	memset(run->f, 0, n * sizeof *run->f);
	return evaluate_gaps(objective, c->lower_bound,
			     loss_value(problem->loss, n, run->f, problem->y.at))
		.zero;
}

void race_to_gaps(struct fashion_run *run, const struct race_goal *goals, int count,
		  double patience)
{
	struct certificate c = {.lower_bound = -HUGE_VAL};
	double next = 0, spent = 0;
	int reached = 0;

	while (reached < count && run->seconds + spent < patience &&
	       run->progress.end == OUTCOME_RUNNING) {
		fashion_step(run);
		if ((run->seconds < next || spent > share * run->seconds) &&
		    run->progress.end == OUTCOME_RUNNING)
			continue;
		next = run->seconds * thinning;
		spent += certify(run, &c);
		for (; reached < count && race_gap(&c) <= goals[reached].gap; reached++) {
			printf("  gap %.0e after %.3f s", goals[reached].gap, run->seconds + spent);
			if (goals[reached].seconds > 0)
				printf(" (goal %.0f)", goals[reached].seconds);
		}
	}
	if (reached < count)
		printf("  gap %.1e after %.1f s, where it was given up; gap_zero %.1e",
		       race_gap(&c), run->seconds + spent, gap_zero(run, &c));
	putchar('\n');
}

double race_gemm_rate(ptrdiff_t n, ptrdiff_t d, ptrdiff_t m)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, n, d), U = mat_new(&arena, d, m), Y = mat_new(&arena, n, m);
	double best = HUGE_VAL;

	mat_fill(X, (real)0.01);
	mat_fill(U, (real)0.01);
	for (int r = 0; r < REPEATS; r++) {
		double start = omp_get_wtime();

		blas_gemm(1, X, PLAIN, U, PLAIN, 0, Y);
		best = fmin(best, omp_get_wtime() - start);
	}
	arena_release(&arena);
	return 2e-9 * (double)n * (double)d * (double)m / best;
}
