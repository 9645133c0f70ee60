/* Cones of patterns: largest margins against enumeration in the plane and in space, verdicts on
 * constructed cones, projections against the active set method, coordinates against their
 * definition. */
#include "solvers/core/blas.h"
#include "solvers/gates/facial.h"
#include "solvers/gates/interior.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { TRIALS = 60, P = 6 };

struct fixture {
	struct arena arena;
	struct mat X, H;
	struct gates D;
	struct rng rng;
	struct signcone cone;
	struct splitting splitting;
	struct interior interior;
};

static void prepare(struct fixture *t)
{
	t->cone = signcone_new(t->X, &t->arena);
	signcone_prepare(&t->cone);
	t->splitting = splitting_new(&t->cone, t->D.cols, &t->arena);
	t->interior = interior_new(&t->cone, t->D.cols, &t->arena);
}

/* Gaussian rows of many lengths, some twice, one zero; patterns of Gaussian directions. */
static void make(struct fixture *t, ptrdiff_t n, ptrdiff_t d, uint64_t index)
{
	struct mat Y;

	memset(t, 0, sizeof *t);
	t->rng = rng_stream(5, "test_interior", index);
	t->X = mat_new(&t->arena, n, d);
	t->D = gates_new(&t->arena, n, P);
	t->H = mat_new(&t->arena, d, P);
	toy_fill(t->X, &t->rng);
	toy_fill(t->H, &t->rng);
	for (ptrdiff_t k = 0; k < n; k++) {
		double scale = pow(10, 4 * rng_uniform(&t->rng) - 2);

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(t->X, k, j, (real)scale * mat_get(t->X, k > 2 ? k : 0, j));
	}
	for (ptrdiff_t j = 0; n > 3 && j < d; j++)
		mat_set(t->X, 3, j, 0);
	Y = mat_new(&t->arena, n, P);
	blas_gemm(1, t->X, PLAIN, t->H, PLAIN, 0, Y);
	for (ptrdiff_t i = 0; i < P; i++)
		gates_threshold(t->D, i, mat_col(Y, i));
	prepare(t);
}

static void finish(struct fixture *t)
{
	arena_release(&t->arena);
}

/* min_k e_k x_k'h / (|x_k| |h|) over the rows that are not zero */
static double margin(const struct fixture *t, ptrdiff_t i, const double *h)
{
	double least = HUGE_VAL, length = 0;

	for (ptrdiff_t j = 0; j < t->X.cols; j++)
		length += h[j] * h[j];
	for (ptrdiff_t k = 0; k < t->X.rows; k++) {
		double along = 0, square = 0;

		for (ptrdiff_t j = 0; j < t->X.cols; j++) {
			double x = (double)mat_get(t->X, k, j);

			along += x * h[j];
			square += x * x;
		}
		if (square > 0)
			least = fmin(least, (gates_get(t->D, k, i) ? along : -along) /
						    sqrt(square * length));
	}
	return least;
}

static double found_margin(const struct fixture *t, ptrdiff_t i)
{
	double h[64];

	for (ptrdiff_t j = 0; j < t->X.cols; j++)
		h[j] = (double)mat_get(t->interior.H, j, i);
	return margin(t, i, h);
}

/* Take `draws` steps of the given width from `at` (d <= 3), whatever raises the margin `best`. */
static double climb(struct fixture *t, ptrdiff_t i, double width, double *at, double best)
{
	double h[3], length = 0;

	for (ptrdiff_t j = 0; j < t->X.cols; j++) {
		h[j] = at[j] + width * rng_normal(&t->rng);
		length += h[j] * h[j];
	}
	if (!(margin(t, i, h) > best))
		return best;
	for (ptrdiff_t j = 0; j < t->X.cols; j++)
		at[j] = h[j] / sqrt(length);
	return margin(t, i, at);
}

/* The largest margin, by random search in ever smaller steps. */
static double best_margin(struct fixture *t, ptrdiff_t i)
{
	double best = -1, at[3] = {0};

	for (double width = 2; width > 1e-6; width *= 0.7)
		for (int draw = 0; draw < 200; draw++)
			best = climb(t, i, width, at, best);
	return best;
}

/* sum_a q_ja b_ka |x_k| is x_kj */
static double rebuilt(const struct fixture *t, ptrdiff_t k, ptrdiff_t j)
{
	double sum = 0;

	for (ptrdiff_t a = 0; a < t->cone.B.cols; a++)
		sum += (double)mat_get(t->cone.Q, j, a) * (double)mat_get(t->cone.B, k, a);
	return sum * (double)t->cone.length[k];
}

static void coordinates_keep_rows_and_lengths(void **state)
{
	static const ptrdiff_t shapes[][2] = {{9, 4}, {5, 12}, {8, 8}, {1, 3}, {6, 1}};

	(void)state;
	for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
		struct fixture t;
		ptrdiff_t r;

		make(&t, shapes[s][0], shapes[s][1], s);
		r = t.cone.B.cols;
		for (ptrdiff_t a = 0; a < r; a++)
			for (ptrdiff_t b = 0; b <= a; b++)
				check_close(blas_dot((size_t)t.X.cols, mat_col(t.cone.Q, a),
						     mat_col(t.cone.Q, b)),
					    a == b, 0, 1e-9);
		for (ptrdiff_t k = 0; k < t.X.rows; k++)
			for (ptrdiff_t j = 0; j < t.X.cols; j++)
				check_close(rebuilt(&t, k, j), mat_get(t.X, k, j), 0,
					    1e-9 * (double)t.cone.length[k]);
		finish(&t);
	}
}

/* Of the largest margin: at least half of it where the search ends early, never more, and never
 * above the limit that it proves. */
static void margins_are_nearly_the_largest(void **state)
{
	(void)state;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		struct fixture t;

		make(&t, 4 + (ptrdiff_t)(trial % 12), 2 + (ptrdiff_t)(trial % 2), trial);
		interior_search(&t.interior, &t.splitting, t.D, t.H);
		for (ptrdiff_t i = 0; i < P; i++) {
			double best = best_margin(&t, i), found = found_margin(&t, i);

			check_close(found, t.interior.margin[i], 0, 1e-9);
			check_above(found, 0.3 * best);
			check_at_most(found, t.interior.limit[i] * (1 + 1e-9));
			check_at_most(best, t.interior.limit[i] * (1 + 1e-9));
		}
		finish(&t);
	}
}

/* Many rows in few and in many dimensions: never worse than the guesses, and proved. */
static void guesses_are_kept_or_improved(void **state)
{
	static const ptrdiff_t shapes[][2] = {{200, 6}, {60, 40}, {30, 50}};

	(void)state;
	for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
		struct fixture t;
		double better = 0;

		make(&t, shapes[s][0], shapes[s][1], s);
		interior_search(&t.interior, &t.splitting, t.D, t.H);
		for (ptrdiff_t i = 0; i < P; i++) {
			double h[64], guess;

			for (ptrdiff_t j = 0; j < t.X.cols; j++)
				h[j] = (double)mat_get(t.H, j, i);
			guess = margin(&t, i, h);
			check_at_least(t.interior.margin[i], guess * (1 - 1e-9));
			check_above(guess, 0);
			better += t.interior.margin[i] / guess / P;
		}
		check_above(better, 2);
		finish(&t);
	}
}

/* Projections of the splitting: the optimality conditions, by the value of the active set method.
 */
static void splitting_projects_on_the_cones(void **state)
{
	(void)state;
	for (uint64_t trial = 0; trial < 10; trial++) {
		struct fixture t;
		struct nnls nnls;
		double g[8];
		real d[20];

		make(&t, 20, 5, trial);
		nnls = nnls_new(t.cone.B, &t.arena);
		splitting_start(&t.splitting, 0, 1);
		t.splitting.count = P;
		toy_fill(t.splitting.G, &t.rng);
		for (ptrdiff_t i = 0; i < P; i++)
			t.splitting.d[i] = gates_col(t.D, i);
		for (int step = 0; step < 20000; step++) {
			splitting_step(&t.splitting);
			if (step == 100)
				splitting_penalty(&t.splitting, 2); /* another way, the same end */
		}
		for (ptrdiff_t i = 0; i < P; i++) {
			gates_unpack(t.splitting.d[i], 20, d);
			for (ptrdiff_t j = 0; j < t.cone.B.cols; j++)
				g[j] = (double)mat_get(t.splitting.G, j, i);
			nnls_solve(&nnls, (struct nnls_block){d, NULL, g}, -1, HUGE_VAL);
			for (ptrdiff_t j = 0; j < t.cone.B.cols; j++)
				check_close(mat_get(t.splitting.V, j, i), nnls.r[j], 0, 1e-6);
		}
		finish(&t);
	}
}

static void drop_keeps_the_other_columns(void **state)
{
	struct fixture t;

	(void)state;
	make(&t, 6, 3, 0);
	splitting_start(&t.splitting, 0, 1);
	t.splitting.count = 3;
	for (ptrdiff_t i = 0; i < 3; i++) {
		t.splitting.d[i] = gates_col(t.D, i);
		mat_fill(mat_cols(t.splitting.G, i, 1), (real)i);
		mat_fill(mat_cols(t.splitting.A, i, 1), (real)i);
	}
	splitting_drop(&t.splitting, 0);
	assert_int_equal(t.splitting.count, 2);
	check_equal(mat_get(t.splitting.G, 0, 0), 2);
	check_equal(mat_get(t.splitting.A, 5, 0), 2);
	assert_ptr_equal(t.splitting.d[0], gates_col(t.D, 2));
	assert_ptr_equal(t.splitting.d[1], gates_col(t.D, 1));
	splitting_drop(&t.splitting, 1);
	assert_int_equal(t.splitting.count, 1);
	check_equal(mat_get(t.splitting.G, 0, 0), 2);
	finish(&t);
}

/* Rows and signs of a constructed cone. */
static void take(struct fixture *t, const double *rows, const double *signs, ptrdiff_t n,
		 ptrdiff_t d)
{
	memset(t, 0, sizeof *t);
	t->X = mat_new(&t->arena, n, d);
	t->D = gates_new(&t->arena, n, 1);
	for (ptrdiff_t k = 0; k < n; k++) {
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(t->X, k, j, (real)rows[k * d + j]);
		gates_set(t->D, k, 0, signs[k] > 0);
	}
	prepare(t);
}

/* |sum_k eta_k e_k x_k| / |x_k| */
static double gordan_residual(const struct fixture *t, const double *eta)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < t->cone.B.cols; j++) {
		double sum = 0;

		for (ptrdiff_t k = 0; k < t->X.rows; k++)
			sum += eta[k] * (2 * (double)gates_get(t->D, k, 0) - 1) *
			       (double)mat_get(t->cone.B, k, j);
		square += sum * sum;
	}
	return sqrt(square);
}

static void verdicts_on_constructed_cones(void **state)
{
	static const struct {
		double rows[10], signs[5];
		ptrdiff_t n, d;
		enum facial_kind kind;
		ptrdiff_t zero; /* rows that are zero on the cone */
	} cones[] = {
		{{1, 0, 0, 1}, {1, -1}, 2, 2, FACIAL_OPEN, 0},
		{{1, 0, 1, 1e-6}, {1, -1}, 2, 2, FACIAL_OPEN, 0},
		{{1, 0, -1, 0, 0, 1}, {1, 1, 1}, 3, 2, FACIAL_FLAT, 2},
		{{3, 0, 2, 0, 0, 1}, {1, -1, -1}, 3, 2, FACIAL_FLAT, 2},
		{{1, 0, -1, 1, -1, -1}, {1, 1, 1}, 3, 2, FACIAL_ZERO, 3},
		{{1, 0, -1, 0, 0, 1, 0, -2}, {1, 1, 1, 1}, 4, 2, FACIAL_ZERO, 4},
		{{1, 0, 0, -1, 0, 0, 1e-3, 1, 0}, {1, 1, 1}, 3, 3, FACIAL_FLAT, 2},
		{{5, 5}, {1, -1}, 2, 1, FACIAL_ZERO, 2},
		{{5, -5}, {1, -1}, 2, 1, FACIAL_OPEN, 0},
	};

	(void)state;
	for (size_t c = 0; c < sizeof cones / sizeof cones[0]; c++) {
		struct fixture t;
		struct facial f;
		ptrdiff_t zero = 0;

		take(&t, cones[c].rows, cones[c].signs, cones[c].n, cones[c].d);
		f = facial_new(&t.cone, &t.arena);
		facial_decide(&f, t.D.at);
		assert_int_equal(f.kind, cones[c].kind);
		for (ptrdiff_t k = 0; k < t.X.rows; k++)
			zero += f.zero[k];
		assert_int_equal(zero, cones[c].zero);
		if (f.kind != FACIAL_OPEN)
			check_below(f.residual, 1e-9);
		if (f.kind != FACIAL_ZERO)
			check_above(f.margin, 0);
		finish(&t);
	}
}

/* Random signs on few rows: the verdict agrees with the search, and its proof with the rows. */
static void verdicts_come_with_proofs(void **state)
{
	int count[4] = {0};

	(void)state;
	for (uint64_t trial = 0; trial < 200; trial++) {
		struct fixture t;
		struct facial f;

		make(&t, 3 + (ptrdiff_t)(trial % 9), 1 + (ptrdiff_t)(trial % 4), trial);
		for (ptrdiff_t k = 0; k < t.X.rows; k++)
			if (trial % 3 > 0)
				gates_set(t.D, k, 0, rng_uniform(&t.rng) < 0.5);
		f = facial_new(&t.cone, &t.arena);
		facial_decide(&f, t.D.at);
		interior_search(&t.interior, &t.splitting, t.D, t.H);
		count[f.kind]++;
		assert_int_not_equal(f.kind, FACIAL_UNKNOWN);
		if (f.kind != FACIAL_OPEN)
			check_at_most(t.interior.margin[0], 0);
		if (f.kind == FACIAL_OPEN) {
			check_at_most(f.margin, t.interior.limit[0] * (1 + 1e-9));
			check_at_least(f.margin, t.interior.margin[0] * (1 - 1e-9));
		} else if (f.kind == FACIAL_ZERO && f.rank == t.cone.B.cols) {
			check_below(f.residual, 1e-9);
			if (f.residual <= 0)
				check_below(gordan_residual(&t, f.eta), 1e-9);
		}
		finish(&t);
	}
	check_above(count[FACIAL_OPEN], 20);
	check_above(count[FACIAL_ZERO], 20);
	check_above(count[FACIAL_FLAT], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coordinates_keep_rows_and_lengths),
		cmocka_unit_test(margins_are_nearly_the_largest),
		cmocka_unit_test(guesses_are_kept_or_improved),
		cmocka_unit_test(splitting_projects_on_the_cones),
		cmocka_unit_test(drop_keeps_the_other_columns),
		cmocka_unit_test(verdicts_on_constructed_cones),
		cmocka_unit_test(verdicts_come_with_proofs),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
