/* What mini-batches and threads rest on: gradients with the slopes of the weights themselves, and
 * blocks that only divide the work. */
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/restriction_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <omp.h>

static const double EPS = 0.3;

/* Sums of N terms of order one in double. */
static const double ROUNDING = 1e-10;

/* On a mini-batch, with the slopes of A itself: those of `restriction_slopes`, held fixed. */
static void check_batch(struct restriction_fixture *f)
{
	enum { FIRST = 7, COUNT = 11 };
	const double h = 0.2, step = 1e-6;
	struct problem batch = f->toy.problem;
	struct mat T = mat_new(&f->toy.arena, COUNT, M), bare = {0};
	struct restriction r;

	batch.X = mat_rows(batch.X, FIRST, COUNT);
	batch.y.at += FIRST;
	batch.beta *= (double)COUNT / N;
	r = restriction_new(&batch, &f->threat, f->sigma, M, &f->toy.arena);
	restriction_follow(&r, f->A, h, f->G);
	blas_gemm(1, batch.X, PLAIN, f->A, PLAIN, 0, T);
	restriction_slopes(&r, 0, T, r.S);
	for (ptrdiff_t i = 0; i < D * M; i++) {
		double at = (double)f->A.at[i], up, down, slope;

		f->A.at[i] = (real)(at + step);
		up = restriction_evaluate(&r, f->A, h, bare).smooth;
		f->A.at[i] = (real)(at - step);
		down = restriction_evaluate(&r, f->A, h, bare).smooth;
		f->A.at[i] = (real)at;
		slope = (up - down) / (2 * step);
		if (!(fabs(slope - (double)f->G.at[i]) <= 1e-4 * (1 + fabs(slope))))
			fail_msg("norm %ld, entry %td: gradient %g, difference quotient %g",
				 (long)f->threat.norm, i, (double)f->G.at[i], slope);
	}
}

static void the_gradient_of_a_batch_holds_its_slopes_fixed(void **state)
{
	(void)state;
	restriction_fixture_each(check_batch, EPS);
	restriction_fixture_each(check_batch, 0);
}

/* The value with the slopes of A itself is that of a renewal which finds no better one, and S
 * stays.
 */
static void check_follow(struct restriction_fixture *f)
{
	struct mat S = mat_new(&f->toy.arena, N, M), T = mat_new(&f->toy.arena, N, M);
	double own, same;

	mat_copy(S, f->r.S);
	own = restriction_follow(&f->r, f->A, 0.1, (struct mat){0}).exact;
	assert_memory_equal(S.at, f->r.S.at, sizeof(real) * N * M);
	check_at_most(restriction_renew(&f->r, f->A, 0), own * (1 + ROUNDING));
	blas_gemm(1, f->toy.problem.X, PLAIN, f->A, PLAIN, 0, T);
	restriction_slopes(&f->r, 0, T, f->r.S);
	same = restriction_evaluate(&f->r, f->A, 0.1, (struct mat){0}).exact;
	check_close(own, same, 0, ROUNDING * own);
	check_at_most(restriction_renew(&f->r, f->A, 0), own * (1 + ROUNDING));
}

static void following_gives_the_certificate_of_a_renewal(void **state)
{
	(void)state;
	restriction_fixture_each(check_follow, EPS);
	restriction_fixture_each(check_follow, 0);
}

/* Blocks and lanes only divide the work: more threads change sums by rounding, the same number
 * repeats every bit. */
static void threads_divide_the_work(void **state)
{
	enum { LONG = 700 };
	static const bool frozen[D] = {false, false, true};
	struct toy toy = toy_make(LONG, D, "hinge", BETA);
	struct threat norm = {.eps = EPS, .d = D, .frozen = frozen};
	struct restriction_fixture *f = restriction_fixture_make(0, "hinge", EPS);
	struct mat G[2] = {f->G, mat_new(&toy.arena, D, M)};
	double value[2];

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct restriction r;
		struct mat twin = G[run % 2];

		omp_set_num_threads(run == 0 ? 1 : 3);
		r = restriction_new(&toy.problem, &norm, f->sigma, M, &toy.arena);
		restriction_renew(&r, f->A, 5);
		value[run % 2] = restriction_evaluate(&r, f->A, 0.1, twin).exact;
		if (run == 1)
			for (ptrdiff_t i = 0; i < D * M; i++)
				check_close(G[0].at[i] - G[1].at[i], 0, 0, LONG * ROUNDING);
	}
	check_equal(value[0], value[1]);
	assert_memory_equal(G[0].at, G[1].at, sizeof(real) * D * M);
	omp_set_num_threads(1);
	restriction_fixture_free(f);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gradient_of_a_batch_holds_its_slopes_fixed),
		cmocka_unit_test(following_gives_the_certificate_of_a_renewal),
		cmocka_unit_test(threads_divide_the_work),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
