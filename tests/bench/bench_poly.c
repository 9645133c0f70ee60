/* Polynomial networks: seconds to certified gaps, setup and certificates included, and those of an
 * epoch of the first-order method. An argument names one part: squared, logistic, hinge, robust_05,
 * robust_1 (Wisconsin breast cancer, n 559, d 9, where $RELUBENCH_DATA holds it), wide (n 2,000, d
 * 64), epoch (n 5,000, d 512, 10 classes). */
#include "solvers/core/rng.h"
#include "tests/race.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLANTED = 5, CLASSES = 10 };

#define WISCONSIN                                                                                 \
	"name: bench\ndata:\n  - {name: wisconsin, csv: {path: "                                  \
	"\"${RELUBENCH_DATA}/breast_cancer_wisconsin/breast-cancer-wisconsin.data\", drop: [0], " \
	"missing: mean}, split: {test: 140, stratified: true}, prepare: [standardize]}\n"         \
	"train:\n  - {solver: poly_sdp, loss: hinge}\n"

static const struct course {
	const char *name, *loss, *solver, *options;
	double beta, gap, goal; /* goal: s to this gap, or of an epoch where gap is 0 */
	ptrdiff_t n, d;         /* of data made here; 0: Wisconsin */
} parts[] = {
	{"squared", "squared", "poly_sdp", "{}", 0.01, 1e-6, 0.05, 0, 0},
	{"logistic", "logistic", "poly_sdp", "{}", 0.01, 1e-6, 0.05, 0, 0},
	{"hinge", "hinge", "poly_sdp", "{}", 0.01, 1e-6, 1, 0, 0},
	{"robust_05", "hinge", "poly_sdp", "{radius: 0.5}", 0.01, 1e-6, 1, 0, 0},
	{"robust_1", "hinge", "poly_sdp", "{radius: 1}", 0.01, 1e-6, 1, 0, 0},
	{"wide", "squared", "poly_sdp", "{}", 1, 1e-6, 2, 2000, 64},
	{"epoch", "hinge", "poly_first_order", "{radius: 0.5}", 0.01, 0, 20, 5000, 512},
};

/* Normal features of mean square 9 / d and the outputs of five neurons of weights about 3, with
 * noise; or the class whose planted direction is the nearest. */
static struct problem made(const struct course *part, struct arena *arena)
{
	struct rng rng = rng_stream(1, "bench_poly", 0);
	ptrdiff_t n = part->n, d = part->d, k = part->gap > 0 ? 1 : CLASSES;
	struct problem p = {.X = mat_new(arena, n, d), .seed = 1};
	struct mat U = mat_new(arena, d, CLASSES);
	real *at = ARENA_ARRAY(arena, real, n * k);
	int *label = arena_alloc(arena, (size_t)n, sizeof *label);

	toy_fill(p.X, &rng);
	toy_fill(U, &rng);
	for (ptrdiff_t i = 0; i < n; i++) {
		double best = -HUGE_VAL;

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(p.X, i, j, mat_get(p.X, i, j) * (real)(3 / sqrt((double)d)));
		for (ptrdiff_t c = 0; c < (k > 1 ? CLASSES : PLANTED); c++) {
			double t = 0;

			for (ptrdiff_t j = 0; j < d; j++)
				t += (double)(mat_get(p.X, i, j) * mat_get(U, j, c)) /
				     sqrt((double)d);
			if (k == 1)
				at[i] += (real)((c % 2 ? -3 : 3) * (0.09 * t * t + 0.5 * t + 0.47));
			else if (t > best)
				label[i] = (int)c;
			best = fmax(best, t);
		}
		if (k == 1)
			at[i] += (real)(0.1 * rng_normal(&rng));
		else
			at[label[i] * n + i] = 1;
	}
	p.y = (struct targets){.n = n, .k = k, .at = at, .label = k > 1 ? label : NULL};
	return p;
}

static void report(const struct course *part, const struct certificate *c, double seconds,
		   double cpu, int steps)
{
	printf("  %s, %s %s, %s, beta %g: gap %.1e (%.9g to %.9g) after %d steps and %.3f s, %.3f "
	       "CPU s",
	       part->name, part->solver, part->options, part->loss, part->beta, race_gap(c),
	       c->lower_bound, c->upper, steps, seconds, cpu);
	printf(" (goal %g s%s)\n", part->goal, part->gap > 0 ? "" : " for an epoch");
}

static void measure(const struct course *part, struct problem *problem, struct arena *arena)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, part->solver);
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate c = {0};
	struct err err = {0};
	double begun = omp_get_wtime(), cpu = (double)clock(), seconds, next = 0;
	int steps = 0, epoch = (int)(problem->X.rows / 1000);
	void *state;

	problem->beta = part->beta;
	problem->loss = toy_loss_term(part->loss, arena);
	if (trainer->setup(problem, toy_options(&trainer->base, part->options, arena), arena,
			   &state, &err) != STATUS_OK) {
		printf("  %s: %s\n", part->name, err.text);
		return;
	}
	do {
		trainer->step(state, &progress);
		steps++;
		seconds = omp_get_wtime() - begun;
		if (progress.end == OUTCOME_RUNNING &&
		    (part->gap > 0 ? seconds < next : steps < epoch))
			continue;
		next = 1.1 * seconds;
		trainer->certify(state, &c);
	} while (progress.end == OUTCOME_RUNNING &&
		 (part->gap > 0 ? race_gap(&c) > part->gap : steps < epoch));
	report(part, &c, part->gap > 0 ? omp_get_wtime() - begun : seconds,
	       ((double)clock() - cpu) / CLOCKS_PER_SEC, steps);
}

int main(int argc, char **argv)
{
	if (sizeof(real) < sizeof(double)) /* gaps end at 1e-6 there, and the goals are of double */
		return 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct race_data race = {0};
		const struct race_source source = {"breast_cancer_wisconsin", NULL, WISCONSIN,
						   WISCONSIN};
		struct arena arena = {0};
		struct problem problem;

		if (argc > 1 && strcmp(argv[1], parts[i].name) != 0)
			continue;
		if (parts[i].n == 0 && !fashion_is_real()) {
			printf("  %s: set RELUBENCH_DATA\n", parts[i].name);
			continue;
		}
		if (parts[i].n == 0 && race_load(&race, &source) != 0)
			return 1;
		problem = parts[i].n ? made(&parts[i], &arena)
				     : race_problem(&race, parts[i].loss, parts[i].beta);
		problem.frozen = NULL;
		measure(&parts[i], &problem, &arena);
		arena_release(&arena);
		arena_release(&race.arena);
	}
	return 0;
}
