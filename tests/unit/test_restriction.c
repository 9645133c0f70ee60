/* The convex restriction against naive twins, finite differences, brute force over the ball, weak
 * duality, and its promises: never above its start, at eps = 0 a monotone procedure. */
#include "solvers/convex/restriction.h"
#include "solvers/core/blas.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 30, D = 3, M = 6, NORMS = 3, GRID = 24 };

static const char *const losses[] = {"hinge", "logistic", "squared_hinge"};
static const bool bias[D] = {false, false, true};
static const double EPS = 0.3, BETA = 0.5;

/* Sums of N terms of order one in double. */
static const double ROUNDING = 1e-10;

struct fixture {
	struct toy toy;
	struct dualnorm norm;
	struct mat A, G;
	real sigma[M];
	struct net net;
	struct restriction r;
};

static void draw(struct mat A, uint64_t stream, double scale)
{
	struct rng rng = rng_stream(3, "restriction", stream);

	toy_fill(A, &rng);
	for (ptrdiff_t i = 0; i < A.rows * A.cols; i++)
		A.at[i] *= (real)scale;
}

/* Random neurons of both signs, random slopes: own ones p, others -p. */
static struct fixture *make(long p, const char *loss, double eps)
{
	static struct fixture f;
	struct rng rng = rng_stream(4, "slopes", 0);

	f = (struct fixture){.toy = toy_make(N, D, loss, BETA)};
	f.norm = (struct dualnorm){.p = p, .d = D, .frozen = bias};
	f.A = mat_new(&f.toy.arena, D, M);
	f.G = mat_new(&f.toy.arena, D, M);
	draw(f.A, 1, 0.7);
	f.net = net_new(&f.toy.arena, D, M);
	for (ptrdiff_t j = 0; j < M; j++) {
		f.sigma[j] = j % 2 ? -1 : 1;
		f.net.alpha[j] = f.sigma[j] * (real)(1 + (double)j);
		for (ptrdiff_t i = 0; i < D; i++)
			mat_set(f.net.U, i, j, mat_get(f.A, i, j) / (real)(1 + (double)j));
	}
	f.r = restriction_new(&f.toy.problem, &f.norm, eps, f.sigma, M, &f.toy.arena);
	for (ptrdiff_t j = 0; j < M; j++)
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(f.r.S, k, j,
				(real)(rng_uniform(&rng) *
				       (f.toy.problem.y[k] * f.sigma[j] > 0 ? 1 : -1)));
	return &f;
}

static void fixture_free(struct fixture *f)
{
	arena_release(&f->toy.arena);
}

/* Call `check` for every norm and loss. */
static void each(void (*check)(struct fixture *f), double eps)
{
	for (long p = 0; p < NORMS; p++)
		for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
			struct fixture *f = make(p, losses[l], eps);

			check(f);
			fixture_free(f);
		}
}

static double naive_norm(long p, const double *c)
{
	double a = fabs(c[0]), b = fabs(c[1]); /* the last coordinate is the bias */

	return p == PERTURBATION_LINF ? a + b : (p == PERTURBATION_L2 ? hypot(a, b) : fmax(a, b));
}

/* From the first form of the bound in restriction.h: x'c - eps |c|_q - sum_other max(...). */
static double naive_margin(const struct fixture *f, ptrdiff_t k)
{
	double c[D] = {0}, margin = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double a[D], t = 0, p = fabs((double)mat_get(f->r.S, k, j)), e;
		bool own = f->toy.problem.y[k] * f->sigma[j] > 0;

		for (ptrdiff_t i = 0; i < D; i++) {
			a[i] = (double)mat_get(f->A, i, j);
			t += a[i] * (double)mat_get(f->toy.problem.X, k, i);
			c[i] += (own ? p : -p) * a[i];
		}
		e = f->r.eps * naive_norm(f->norm.p, a);
		margin -= own ? 0 : fmax((1 - p) * (t + e), p * (e - t));
	}
	for (ptrdiff_t i = 0; i < D; i++)
		margin += c[i] * (double)mat_get(f->toy.problem.X, k, i);
	return margin - f->r.eps * naive_norm(f->norm.p, c);
}

static double naive_value(const struct fixture *f)
{
	const struct problem *p = &f->toy.problem;
	double value = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		value += toy_loss(p->loss, (double)p->y[k] * naive_margin(f, k), (double)p->y[k]);
	for (ptrdiff_t j = 0; j < M; j++) {
		double square = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			square += pow((double)mat_get(f->A, i, j), 2);
		value += p->beta * sqrt(square);
	}
	return value;
}

static void check_value(struct fixture *f)
{
	double naive = naive_value(f), h = 1e-7;
	struct restriction_value value = restriction_evaluate(&f->r, f->A, h, (struct mat){0});

	assert_true(fabs(value.exact - naive) <= ROUNDING * naive);
	for (ptrdiff_t k = 0; k < N; k++)
		assert_true(fabs((double)f->r.margin[k] - naive_margin(f, k)) <= ROUNDING * 100);
	/* blurred by h, N samples with slopes up to the largest margin */
	assert_true(fabs(value.smooth - naive) <= 100 * N * h);
}

static void the_value_is_that_of_the_definition(void **state)
{
	(void)state;
	each(check_value, EPS);
	each(check_value, 0);
}

static void check_gradient(struct fixture *f)
{
	const double h = 0.2, step = 1e-6;

	restriction_evaluate(&f->r, f->A, h, f->G);
	for (ptrdiff_t i = 0; i < D * M; i++) {
		double at = (double)f->A.at[i], up, down, slope;

		f->A.at[i] = (real)(at + step);
		up = restriction_evaluate(&f->r, f->A, h, (struct mat){0}).smooth;
		f->A.at[i] = (real)(at - step);
		down = restriction_evaluate(&f->r, f->A, h, (struct mat){0}).smooth;
		f->A.at[i] = (real)at;
		slope = (up - down) / (2 * step);
		if (!(fabs(slope - (double)f->G.at[i]) <= 1e-4 * (1 + fabs(slope))))
			fail_msg("norm %ld, entry %td: gradient %g, difference quotient %g",
				 f->norm.p, i, (double)f->G.at[i], slope);
	}
}

static void the_gradient_is_that_of_the_smoothed_value(void **state)
{
	(void)state;
	each(check_gradient, EPS);
	each(check_gradient, 0);
}

/* Weak duality: the bounds of a dual point, of another, and of their average are below F at every
 * point. */
static void check_duality(struct fixture *f)
{
	struct restriction_dual average = restriction_dual_new(&f->toy.problem, M, &f->toy.arena);
	double bound = 0, least = HUGE_VAL;

	for (uint64_t point = 0; point < 2; point++) {
		draw(f->A, point, 0.2);
		restriction_evaluate(&f->r, f->A, 0.1, f->G);
		bound = fmax(bound, restriction_bound(&f->r, &f->r.dual));
		restriction_average(&average, N, point ? 0.3 : 1, &f->r.dual);
	}
	bound = fmax(bound, restriction_bound(&f->r, &average));
	for (uint64_t trial = 0; trial < 200; trial++) {
		draw(f->A, trial, trial % 2 ? 0.3 : 0.03);
		least = fmin(least, naive_value(f));
	}
	mat_fill(f->A, 0);
	least = fmin(least, naive_value(f));
	assert_true(bound <= least * (1 + ROUNDING));
	assert_true(bound > 0);
}

static void the_bound_is_below_the_value_everywhere(void **state)
{
	(void)state;
	each(check_duality, EPS);
	each(check_duality, 0);
}

/* min y f(x_k + delta) over a grid on the ball and its boundary. */
static double brute_margin(const struct fixture *f, const struct net *net, ptrdiff_t k)
{
	struct mat X = f->toy.problem.X;
	double worst = HUGE_VAL, y = (double)f->toy.problem.y[k];
	real at[D];
	struct mat point = {1, D, 1, at};

	for (int a = -GRID; a <= GRID; a++)
		for (int b = -GRID; b <= GRID; b++) {
			double u = fabs((double)a), v = fabs((double)b), size;

			size = f->norm.p == PERTURBATION_LINF
				       ? fmax(u, v)
				       : (f->norm.p == PERTURBATION_L2 ? hypot(u, v) : u + v);
			size = fmax(size, GRID); /* outer points go to the boundary */
			at[0] = mat_get(X, k, 0) + (real)(f->r.eps * a / size);
			at[1] = mat_get(X, k, 1) + (real)(f->r.eps * b / size);
			at[2] = 1;
			worst = fmin(worst, y * toy_output(net, point, 0));
		}
	return worst;
}

static double brute_value(const struct fixture *f, const struct net *net)
{
	const struct problem *p = &f->toy.problem;
	double value = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		value += toy_loss(p->loss, (double)p->y[k] * brute_margin(f, net, k),
				  (double)p->y[k]);
	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		value += p->beta * fabs((double)net->alpha[j]) *
			 hypot(hypot((double)mat_get(net->U, 0, j), (double)mat_get(net->U, 1, j)),
			       (double)mat_get(net->U, 2, j));
	return value;
}

static void check_brute(struct fixture *f)
{
	real margin[N];

	for (long steps = 0; steps <= 20; steps += 20) {
		double value = restriction_certified(&f->toy.problem, &f->norm, f->r.eps, &f->net,
						     steps, margin);

		assert_true(value >= brute_value(f, &f->net) * (1 - ROUNDING));
		for (ptrdiff_t k = 0; k < N; k++)
			assert_true((double)margin[k] <= brute_margin(f, &f->net, k) + ROUNDING);
	}
}

static void no_perturbation_beats_the_certificate(void **state)
{
	(void)state;
	each(check_brute, EPS);
	each(check_brute, 1);
}

/* On a ball so small that no neuron changes sign the network is linear: the bound is exact,
 * although nothing constrains a sign. */
static void check_exact(struct fixture *f)
{
	real margin[N];
	double value =
		restriction_certified(&f->toy.problem, &f->norm, f->r.eps, &f->net, 0, margin);

	assert_true(fabs(value - brute_value(f, &f->net)) <= 1e-9 * value);
	for (ptrdiff_t k = 0; k < N; k++)
		assert_true(fabs((double)margin[k] - brute_margin(f, &f->net, k)) <= 1e-9);
}

static void the_certificate_is_exact_where_no_sign_changes(void **state)
{
	(void)state;
	for (long p = 0; p < NORMS; p += 2) { /* a grid holds the corners of these balls */
		struct fixture *f = make(p, "hinge", 1e-5);

		check_exact(f);
		fixture_free(f);
	}
	each(check_exact, 0);
}

static void check_renewal(struct fixture *f)
{
	double before = naive_value(f), plain, tight;
	struct mat S = mat_new(&f->toy.arena, N, M);

	mat_copy(S, f->r.S);
	plain = restriction_renew(&f->r, f->A, 0);
	assert_true(plain <= before * (1 + ROUNDING));
	assert_true(fabs(plain - naive_value(f)) <= ROUNDING * plain);
	mat_copy(f->r.S, S);
	tight = restriction_renew(&f->r, f->A, 20);
	assert_true(tight < plain); /* some slope of some sample was not the best one */
	assert_true(fabs(tight - naive_value(f)) <= ROUNDING * tight);
	for (ptrdiff_t j = 0; j < M; j++)
		for (ptrdiff_t k = 0; k < N; k++) {
			real own = f->toy.problem.y[k] * f->sigma[j], s = mat_get(f->r.S, k, j);

			assert_true(s * own >= 0 && fabs((double)s) <= 1);
		}
}

static void new_slopes_never_raise_the_value(void **state)
{
	(void)state;
	each(check_renewal, EPS);
}

/* On a mini-batch, with the slopes of A itself: those of `restriction_slopes`, held fixed. */
static void check_batch(struct fixture *f)
{
	enum { FIRST = 7, COUNT = 11 };
	const double h = 0.2, step = 1e-6;
	struct problem batch = f->toy.problem;
	struct mat T = mat_new(&f->toy.arena, COUNT, M), bare = {0};
	struct restriction r;

	batch.X = mat_rows(batch.X, FIRST, COUNT);
	batch.y += FIRST;
	batch.beta *= (double)COUNT / N;
	r = restriction_new(&batch, &f->norm, f->r.eps, f->sigma, M, &f->toy.arena);
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
				 f->norm.p, i, (double)f->G.at[i], slope);
	}
}

static void the_gradient_of_a_batch_holds_its_slopes_fixed(void **state)
{
	(void)state;
	each(check_batch, EPS);
	each(check_batch, 0);
}

/* The slopes of A itself give a certificate, that of a renewal without a better one, and leave S
 * alone. */
static void check_follow(struct fixture *f)
{
	struct mat S = mat_new(&f->toy.arena, N, M);
	double own, kept;

	mat_copy(S, f->r.S);
	own = restriction_follow(&f->r, f->A, 0.1, (struct mat){0}).exact;
	for (ptrdiff_t k = 0; k < N * M; k++)
		assert_true(S.at[k] == f->r.S.at[k]);
	kept = restriction_renew(&f->r, f->A, 0);
	assert_true(kept <= own * (1 + ROUNDING));
	assert_true(own >= brute_value(f, &f->net) * (1 - ROUNDING));
}

static void following_gives_a_certificate(void **state)
{
	(void)state;
	each(check_follow, EPS);
	each(check_follow, 0);
}

/* Blocks and lanes only divide the work: more threads change sums by rounding, the same number
 * repeats every bit. */
static void threads_divide_the_work(void **state)
{
	enum { LONG = 700 };
	struct toy toy = toy_make(LONG, D, "hinge", BETA);
	struct dualnorm norm = {.d = D, .frozen = bias};
	struct fixture *f = make(0, "hinge", EPS);
	struct mat G[2] = {f->G, mat_new(&toy.arena, D, M)};
	double value[2];

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct restriction r;
		struct mat twin = G[run % 2];

		omp_set_num_threads(run == 0 ? 1 : 3);
		r = restriction_new(&toy.problem, &norm, EPS, f->sigma, M, &toy.arena);
		restriction_renew(&r, f->A, 5);
		value[run % 2] = restriction_evaluate(&r, f->A, 0.1, twin).exact;
		if (run == 1)
			for (ptrdiff_t i = 0; i < D * M; i++)
				assert_true(fabs((double)(G[0].at[i] - G[1].at[i])) <=
					    LONG * ROUNDING);
	}
	assert_true(value[0] == value[1]);
	assert_memory_equal(G[0].at, G[1].at, sizeof(real) * D * M);
	omp_set_num_threads(1);
	fixture_free(f);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_value_is_that_of_the_definition),
		cmocka_unit_test(the_gradient_is_that_of_the_smoothed_value),
		cmocka_unit_test(the_bound_is_below_the_value_everywhere),
		cmocka_unit_test(no_perturbation_beats_the_certificate),
		cmocka_unit_test(the_certificate_is_exact_where_no_sign_changes),
		cmocka_unit_test(new_slopes_never_raise_the_value),
		cmocka_unit_test(the_gradient_of_a_batch_holds_its_slopes_fixed),
		cmocka_unit_test(following_gives_a_certificate),
		cmocka_unit_test(threads_divide_the_work),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
