/* The interior-point method where rounding decides: columns of sizes 1e-3 to 1e3, correlation
 * 0.9999, beta 1e-6, pixels of 255, copies of columns, all losses. The bounds that judge it are
 * those of cvx.h, which know nothing of the method. */
#include "solvers/cvx/wide.h"
#include "solvers/ipm/ipm_state.h"
#include "solvers/tools/twofold.h"
#include "tests/close.h"
#include "tests/extreme.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

extern const struct trainer trainer_ipm;

static const char *const losses[] = {"squared",       "logistic", "hinge",
				     "squared_hinge", "huber",    "{logistic: {loss_scale: 2}}"};
static const double betas[] = {1e-6, 1e-4, 1e-2, 1};

enum { LOSSES = sizeof losses / sizeof *losses, BETAS = sizeof betas / sizeof *betas };

enum { MOST_STEPS = 400 };

struct solved {
	long steps;
	enum outcome end;
	double upper, lower, objective; /* best of each, the last objective */
};

static void *setup(const struct problem *problem, const char *options, struct arena *arena)
{
	struct err err = {0};
	void *state;

	assert_int_equal(trainer_ipm.setup(problem, toy_options(&trainer_ipm.base, options, arena),
					   arena, &state, &err),
			 STATUS_OK);
	return state;
}

/* Steps until the gap is `target` or the method ends; best bounds on the way, which must be in
 * order. */
static struct solved run(void *state, double target)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	struct solved s = {.upper = HUGE_VAL};
	struct certificate c;

	while (p.end == OUTCOME_RUNNING && s.steps < MOST_STEPS &&
	       !(s.steps > 0 && s.upper - s.lower <= target * s.upper)) {
		trainer_ipm.step(state, &p);
		s.steps++;
		trainer_ipm.certify(state, &c);
		s.upper = fmin(s.upper, c.upper);
		s.lower = fmax(s.lower, c.lower_bound);
		s.objective = c.objective;
	}
	s.end = p.end;
	check_at_most(s.lower, s.upper * (1 + 1e-9));
	return s;
}

static double gap_of(struct solved s)
{
	return (s.upper - s.lower) / s.upper;
}

static void check(enum extreme kind, ptrdiff_t n, ptrdiff_t d, uint64_t seed, const char *loss,
		  double beta)
{
	struct toy toy = extreme_make(kind, n, d, seed, loss, beta);
	struct solved s = run(setup(&toy.problem, "{patterns: 8}", &toy.arena), 5e-7);

	if (!(gap_of(s) <= 1e-6))
		fail_msg("%s, n %td, d %td, seed %d, %s, beta %g: gap %g after %ld steps",
			 extreme_names[kind], n, d, (int)seed, loss, beta, gap_of(s), s.steps);
	arena_release(&toy.arena);
}

static void extremes_are_solved(void **state)
{
	(void)state;
	for (int kind = 0; kind < EXTREMES; kind++)
		for (int l = 0; l < LOSSES; l++)
			for (int b = 0; b < BETAS; b++) {
				check((enum extreme)kind, 80, 5, 1, losses[l], betas[b]);
				check((enum extreme)kind, 60, 7, 2, losses[l], betas[b]);
			}
}

/* More features than a packed product takes: blocks by their largest rows. */
static void wide_extremes_are_solved(void **state)
{
	(void)state;
	for (int kind = 0; kind < EXTREMES; kind++)
		for (int l = 0; l < LOSSES; l++)
			check((enum extreme)kind, 70, 28, 3, losses[l], betas[l % BETAS]);
}

/* Both Newton systems, and a lie about the end: converged only with a gap that is. */
static void systems_agree_and_ends_are_true(void **state)
{
	static const char *const systems[] = {"{patterns: 8, system: assembled}",
					      "{patterns: 8, system: coupling}"};

	(void)state;
	for (int kind = 0; kind < EXTREMES; kind++)
		for (int l = 0; l < LOSSES; l++) {
			struct toy toy =
				extreme_make((enum extreme)kind, 50, 4, 7, losses[l], 1e-3);
			double objective[2];

			for (int m = 0; m < 2; m++) {
				struct solved s =
					run(setup(&toy.problem, systems[m], &toy.arena), 0);

				objective[m] = s.upper;
				check_at_most(gap_of(s), 1e-6);
			}
			check_close(objective[0], objective[1], 0, 2e-6 * objective[0]);
			arena_release(&toy.arena);
		}
}

enum { COPY_ROWS = 60, COPY_COLS = 4, COPY_PATTERNS = 6 };

/* In `two` each column of `one` is there twice; those of `one` become sqrt(2) times as long. */
static void copy_columns(struct toy *one, struct toy *two, struct mat patterns)
{
	struct mat X = one->problem.X, XX = two->problem.X;

	for (ptrdiff_t j = 0; j < XX.cols; j++)
		mat_copy(mat_cols(XX, j, 1), mat_cols(X, j % COPY_COLS, 1));
	for (ptrdiff_t i = 0; i < COPY_PATTERNS; i++) {
		const real *y = mat_col(X, i % COPY_COLS);

		for (ptrdiff_t k = 0; k < COPY_ROWS; k++)
			mat_set(patterns, k, i, (i < COPY_COLS ? y[k] : -y[k]) >= 0);
	}
	for (ptrdiff_t j = 0; j < COPY_COLS; j++)
		for (ptrdiff_t k = 0; k < COPY_ROWS; k++)
			mat_set(X, k, j, (real)(sqrt(2) * (double)mat_get(X, k, j)));
	two->problem.y.at = one->problem.y.at;
}

/* A column and its copy are sqrt(2) of one column: norms and products are the same. */
static void check_copies(const char *loss, double beta)
{
	static const char *const options = "{patterns: {file: in memory}}";
	struct toy one = extreme_make(EXTREME_PLAIN, COPY_ROWS, COPY_COLS, 4, loss, beta);
	struct toy two = toy_make(COPY_ROWS, 2 * COPY_COLS, loss, beta);
	struct mat patterns = mat_new(&one.arena, COPY_ROWS, COPY_PATTERNS);
	struct solved a, b;

	copy_columns(&one, &two, patterns);
	toy_file(&one.problem, (struct problem_file){.path = "in memory", .array = patterns},
		 &one.arena);
	toy_file(&two.problem, (struct problem_file){.path = "in memory", .array = patterns},
		 &two.arena);
	a = run(setup(&one.problem, options, &one.arena), 1e-8);
	b = run(setup(&two.problem, options, &two.arena), 1e-8);
	if (!(a.lower <= b.upper * (1 + 1e-9) && b.lower <= a.upper * (1 + 1e-9)))
		fail_msg("%s, beta %g: [%.9g, %.9g] and [%.9g, %.9g]", loss, beta, a.lower, a.upper,
			 b.lower, b.upper);
	check_at_most(gap_of(a), 1e-6);
	check_at_most(gap_of(b), 1e-6);
	arena_release(&one.arena);
	arena_release(&two.arena);
}

static void copies_are_one_longer_column(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (int b = 0; b < BETAS; b++)
			check_copies(losses[l], betas[b]);
}

/* sum of products that cancel to the last of 100 digits of two doubles */
static void twofold_sums_keep_their_digits(void **state)
{
	enum { N = 37 };
	double x[N] = {0}, low[N] = {0}, y[N] = {0};
	struct twofold dot;

	(void)state;
	for (int k = 0; k < N; k += 2) {
		x[k] = 1 + k * 0x1p-20;
		y[k] = 1 + 3 * k * 0x1p-30;
		if (k + 1 < N) {
			x[k + 1] = -x[k];
			y[k + 1] = y[k];
		}
	}
	x[N - 1] = 0x1p-60;
	y[N - 1] = 3;
	dot = twofold_dot_plain(N, x, low, y);
	check_close(dot.high + dot.low, 3 * 0x1p-60, 0, 0x1p-100);
}

/* The same sums in the bounds: what cancels to 1e-13 of its terms has 16 digits still. */
static void sums_of_bounds_keep_their_digits(void **state)
{
	enum { N = 21 };
	struct arena arena = {0};
	struct mat X = mat_new(&arena, N, 1);
	real q[N];
	double z;

	(void)state;
	for (int k = 0; k < N; k++) {
		mat_set(X, k, 0, (real)(k % 2 ? -1 : 1) * (real)(1 + (k / 2) * 0x1p-10));
		q[k] = (real)(1 + (k / 2) * 0x1p-11);
	}
	mat_set(X, N - 1, 0, (real)0x1p-44);
	q[N - 1] = 3;
	wide_transposed_twice(X, q, &z);
	check_equal(z, 3 * 0x1p-44);
	arena_release(&arena);
}

/* H H^-1 = I for the Hilbert matrix of order 12, whose condition is 1e16. */
static void twofold_factors_solve_what_doubles_do_not(void **state)
{
	enum { N = 12 };
	struct arena arena = {0};
	struct twofold_mat H = twofold_new(&arena, N, N), x = twofold_new(&arena, N, 1),
			   L = twofold_new(&arena, N, N);

	(void)state;
	for (int j = 0; j < N; j++) {
		for (int i = 0; i < N; i++)
			twofold_set(H, i, j, twofold_inverse((struct twofold){i + j + 1, 0}));
		for (int i = 0; i < N; i++)
			twofold_set(x, i, 0,
				    twofold_add(twofold_get(x, i, 0), twofold_get(H, i, j)));
	}
	memcpy(L.high, H.high, N * N * sizeof(double));
	memcpy(L.low, H.low, N * N * sizeof(double));
	assert_true(twofold_cholesky(L));
	twofold_forward(L, x);
	twofold_backward(L, x);
	for (int i = 0; i < N; i++)
		check_close(x.high[i], 1, 0, 1e-12);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extremes_are_solved),
		cmocka_unit_test(wide_extremes_are_solved),
		cmocka_unit_test(systems_agree_and_ends_are_true),
		cmocka_unit_test(copies_are_one_longer_column),
		cmocka_unit_test(twofold_sums_keep_their_digits),
		cmocka_unit_test(sums_of_bounds_keep_their_digits),
		cmocka_unit_test(twofold_factors_solve_what_doubles_do_not),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
