/* The convex restriction of several classes against naive twins, finite differences, points of the
 * ball, weak duality; two outputs as one; the trainer never above its start nor below an attack. */
#include "solvers/core/blas.h"
#include "solvers/restriction/restriction_renew.h"
#include "tests/classes.h"
#include "tests/close.h"
#include "tests/restriction_slopes.h"
#include "tests/robust.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 30, D = 4, M = 7, MOST = 4, NORMS = 3 };

static const double EPS = 0.3, ROUNDING = 1e-10;

struct fixture {
	struct toy toy;
	struct threat threat;
	struct mat A, G; /* D x M */
	real sigma[M * MOST];
	struct restriction r;
};

static void draw(struct mat A, uint64_t stream, double scale)
{
	struct rng rng = rng_stream(3, "restriction outputs", stream);

	toy_fill(A, &rng);
	for (ptrdiff_t i = 0; i < A.rows * A.cols; i++)
		A.at[i] *= (real)scale;
}

/* p for own neurons, -p for others. */
static void draw_slopes(struct fixture *f, struct rng *rng)
{
	ptrdiff_t k = f->r.k;

	for (ptrdiff_t e = 0; e < (k - 1) * M; e++)
		for (ptrdiff_t i = 0; i < N; i++) {
			ptrdiff_t y = f->toy.problem.y.label[i], q = e / M, j = e % M;
			ptrdiff_t rival = q < y ? q : q + 1;
			bool own = f->sigma[j * k + y] > f->sigma[j * k + rival];

			mat_set(f->r.S, i, e, (real)((own ? 1 : -1) * rng_uniform(rng)));
		}
}

/* Random neurons, half of them of one class, and slopes. */
static struct fixture *make(ptrdiff_t k, const char *loss, double beta, enum norm norm, double eps)
{
	static struct fixture f;
	struct rng rng = rng_stream(4, "slopes", 0);

	f = (struct fixture){.toy = classes_make(N, D, k, loss, beta, 0)};
	f.threat =
		(struct threat){.norm = norm, .eps = eps, .d = D, .frozen = f.toy.problem.frozen};
	f.A = mat_new(&f.toy.arena, D, M);
	f.G = mat_new(&f.toy.arena, D, M);
	draw(f.A, 1, 0.7);
	for (ptrdiff_t j = 0; j < M; j++) {
		double square = 0;

		for (ptrdiff_t c = 0; c < k; c++) {
			double s = j % 2 ? (c == j % k) : rng_normal(&rng);

			f.sigma[j * k + c] = (real)s;
			square += s * s;
		}
		for (ptrdiff_t c = 0; c < k; c++)
			f.sigma[j * k + c] /= (real)sqrt(square);
	}
	f.r = restriction_new(&f.toy.problem, &f.threat, f.sigma, M, &f.toy.arena);
	draw_slopes(&f, &rng);
	return &f;
}

static void drop(struct fixture *f)
{
	arena_release(&f->toy.arena);
}

static void each(void (*check)(struct fixture *f), double eps)
{
	static const char *const losses[] = {"hinge", "logistic"};

	for (int c = 0; c < 4 * NORMS; c++) {
		struct fixture *f =
			make(3 + c % 2, losses[c / 2 % 2], 0.5, (enum norm)(c / 4), eps);

		check(f);
		drop(f);
	}
}

/* x'c - eps |c|_q - sum_other |s| max((1-p)(t + e), p (e - t)) for rival c of sample i. */
static double naive_margin(const struct fixture *f, ptrdiff_t i, ptrdiff_t rival)
{
	const struct problem *p = &f->toy.problem;
	ptrdiff_t y = p->y.label[i], k = p->y.k, q = rival < y ? rival : rival - 1;
	real c[D] = {0};
	double margin = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double slope = fabs((double)mat_get(f->r.S, i, q * M + j)), t = 0;
		double s = (double)(f->sigma[j * k + y] - f->sigma[j * k + rival]);
		double e = f->threat.eps *
			   robust_dual_norm(mat_col(f->A, j), D, p->frozen, f->threat.norm);

		for (ptrdiff_t a = 0; a < D; a++) {
			t += (double)mat_get(f->A, a, j) * (double)mat_get(p->X, i, a);
			c[a] += (real)(s * slope) * mat_get(f->A, a, j);
		}
		margin -= s > 0 ? 0 : -s * fmax((1 - slope) * (t + e), slope * (e - t));
	}
	for (ptrdiff_t a = 0; a < D; a++)
		margin += (double)c[a] * (double)mat_get(p->X, i, a);
	return margin - f->threat.eps * robust_dual_norm(c, D, p->frozen, f->threat.norm);
}

static double naive_value(const struct fixture *f)
{
	const struct problem *p = &f->toy.problem;
	double F[N * MOST] = {0}, value;

	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t c = 0; c < p->y.k; c++)
			F[i * p->y.k + c] = c == p->y.label[i] ? 0 : -naive_margin(f, i, c);
	value = classes_loss(p, F);
	for (ptrdiff_t j = 0; j < M; j++) {
		double square = 0;

		for (ptrdiff_t a = 0; a < D; a++)
			square += pow((double)mat_get(f->A, a, j), 2);
		value += p->beta * sqrt(square);
	}
	return value;
}

static void check_value(struct fixture *f)
{
	double naive = naive_value(f), h = 1e-7;
	struct restriction_value value = restriction_evaluate(&f->r, f->A, h, (struct mat){0});

	check_close(value.exact, naive, ROUNDING, 0);
	check_close(value.smooth, naive, 0, 200 * N * h);
}

static void the_value_is_that_of_the_definition(void **state)
{
	(void)state;
	each(check_value, EPS);
	each(check_value, 0);
}

static void check_gradient(struct fixture *f)
{
	restriction_slopes_check(&f->r, f->A, f->G);
}

static void the_gradient_is_that_of_the_smoothed_value(void **state)
{
	(void)state;
	each(check_gradient, EPS);
	each(check_gradient, 0);
}

/* Bounds of dual points and of their average are below F everywhere. */
static void check_duality(struct fixture *f)
{
	struct restriction_dual average = restriction_dual_new(&f->toy.problem, M, &f->toy.arena);
	double bound = 0, least = HUGE_VAL;

	for (uint64_t point = 0; point < 2; point++) {
		draw(f->A, point, 0.2);
		restriction_evaluate(&f->r, f->A, 0.1, f->G);
		bound = fmax(bound, restriction_bound(&f->r, &f->r.dual));
		restriction_average(&average, (size_t)(N * f->r.k), point ? 0.3 : 1, &f->r.dual);
	}
	check_above(bound, 0);
	check_above(restriction_bound(&f->r, &average), 0);
	bound = fmax(bound, restriction_bound(&f->r, &average));
	for (uint64_t trial = 0; trial < 200; trial++) {
		draw(f->A, trial, trial % 2 ? 0.3 : 0.03);
		least = fmin(least, naive_value(f));
	}
	mat_fill(f->A, 0);
	least = fmin(least, naive_value(f));
	check_at_most(bound, least * (1 + ROUNDING));
}

static void the_bound_is_below_the_value_everywhere(void **state)
{
	(void)state;
	each(check_duality, EPS);
	each(check_duality, 0);
}

/* The network of A. */
static struct multinet *network_of(struct fixture *f)
{
	struct multinet *net = multinet_of(
		model_new(&model_relu_outputs, &f->toy.arena, (struct model_size){D, M, f->r.k}));

	for (ptrdiff_t j = 0; j < M; j++) {
		double root = sqrt(blas_norm(D, mat_col(f->A, j)));

		for (ptrdiff_t a = 0; a < D; a++)
			mat_set(net->U, a, j, (real)((double)mat_get(f->A, a, j) / root));
		for (ptrdiff_t c = 0; c < f->r.k; c++)
			mat_set(net->A, j, c, (real)root * f->sigma[j * f->r.k + c]);
	}
	return net;
}

/* New slopes raise no margin's cost, and no point of the ball beats the certificate; where the ball
 * is so small that no sign changes it is the worst case of the hinge loss. */
static void check_renewal(struct fixture *f)
{
	double before = naive_value(f), plain, tight, attacked;
	struct multinet *net = network_of(f);
	struct mat S = mat_new(&f->toy.arena, N, f->r.S.cols);

	mat_copy(S, f->r.S);
	plain = restriction_renew(&f->r, f->A, 0);
	check_at_most(plain, before * (1 + ROUNDING));
	check_close(plain, naive_value(f), ROUNDING, 0);
	mat_copy(f->r.S, S);
	tight = restriction_renew(&f->r, f->A, 20);
	check_at_most(tight, plain);
	check_close(tight, naive_value(f), ROUNDING, 0);
	attacked = classes_attacked(net, &f->toy.problem, f->threat.norm, f->threat.eps, 300);
	check_at_most(attacked, tight * (1 + ROUNDING));
	if (f->threat.eps > 1e-3)
		check_below(tight, plain); /* some slope was not the best one */
	else if (f->threat.norm == NORM_LINF && f->toy.problem.loss.loss->outputs->least_margin)
		check_close(attacked, tight, 1e-9, 0);
}

static void new_slopes_certify_the_network(void **state)
{
	(void)state;
	each(check_renewal, EPS);
	each(check_renewal, 1e-6);
}

/* Opposite directions of two outputs: margins are sqrt(2) times those of one output with neurons
 * sqrt(2) shorter, whose decay is as much less. */
static void two_outputs_are_one(void **state)
{
	(void)state;
	for (int c = 0; c < 4 * NORMS; c++) {
		static const char *const losses[] = {"hinge", "logistic"};
		const char *loss = losses[c / 2 % 2];
		double eps = c % 2 ? EPS : 0, root = sqrt(2), h = 0.05;
		struct fixture *f = make(2, loss, 0.5 * root, (enum norm)(c / 4), eps);
		struct problem one = f->toy.problem;
		struct restriction r;
		struct mat A = mat_new(&f->toy.arena, D, M);
		real y[N], sigma[M];

		for (ptrdiff_t i = 0; i < N; i++)
			y[i] = one.y.label[i] ? 1 : -1;
		for (ptrdiff_t j = 0; j < M; j++) {
			sigma[j] = j % 3 ? 1 : -1;
			f->sigma[2 * j] = -sigma[j] / (real)root;
			f->sigma[2 * j + 1] = sigma[j] / (real)root;
			for (ptrdiff_t a = 0; a < D; a++)
				mat_set(A, a, j, (real)root * mat_get(f->A, a, j));
		}
		mat_fill(f->r.S, 0);
		one.y = targets_of(y, N);
		one.beta = 0.5;
		r = restriction_new(&one, &f->threat, sigma, M, &f->toy.arena);
		check_close(restriction_renew(&f->r, f->A, 0), restriction_renew(&r, A, 0), 1e-9,
			    0);
		check_close(restriction_evaluate(&f->r, f->A, h, (struct mat){0}).exact,
			    restriction_evaluate(&r, A, h, (struct mat){0}).exact, 1e-9, 0);
		check_close(restriction_follow(&f->r, f->A, h, (struct mat){0}).exact,
			    restriction_follow(&r, A, h, (struct mat){0}).exact, 1e-9, 0);
		drop(f);
	}
}

struct trained {
	struct toy toy;
	struct certificate certificate;
	struct multinet *net;
	struct err err;
	enum status status;
	double first;
};

static struct trained train(const char *loss, const char *options, const struct model *start)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_restriction");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct trained t = {.toy = classes_make(40, D, 3, loss, 0.2, 0)};
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct problem *problem = &t.toy.problem;
	double before;
	void *state;

	if (start)
		toy_file(problem, (struct problem_file){.path = "given.npz", .model = start},
			 &t.toy.arena);
	t.status = trainer->setup(problem, toy_options(desc, options, &t.toy.arena), &t.toy.arena,
				  &state, &t.err);
	if (t.status != STATUS_OK)
		return t;
	trainer->certify(state, &t.certificate);
	t.first = before = t.certificate.upper;
	for (int step = 0; step < 6000 && progress.end == OUTCOME_RUNNING; step++) {
		trainer->step(state, &progress);
		check_at_most(progress.objective, before * (1 + 1e-9));
		before = progress.objective;
	}
	assert_int_equal(progress.end, OUTCOME_CONVERGED);
	trainer->certify(state, &t.certificate);
	t.net = multinet_of(model_new(&model_relu_outputs, &t.toy.arena,
				      (struct model_size){D, trainer->width(state), 3}));
	trainer->model(state, &t.net->base);
	return t;
}

/* Every norm and loss, sampled and given starts, epochs: the objective lies between what is found
 * in the ball and where it began, and the bound of the last program is closed. */
static void the_trainer_keeps_its_promises(void **state)
{
	static const char *const losses[] = {"hinge", "logistic"};
	static const char *const how[] = {"", ", start: {adam: {width: 12, epochs: 20}}",
					  ", epochs: 5, batch: 16, learning_rate: 0.01"};

	(void)state;
	for (int c = 0; c < 9; c++) {
		enum norm norm = (enum norm)(c % 3);
		char options[200];
		struct trained t;
		double attacked;

		snprintf(options, sizeof options, "{width: 12, eps: 0.2, norm: %s, proof: 1000%s}",
			 threat_norms[norm], how[c / 3]);
		t = train(losses[c / 3 % 2], options, NULL);
		attacked = classes_attacked(t.net, &t.toy.problem, norm, 0.2, 200);
		check_below(t.certificate.upper, t.first);
		check_at_most(attacked, t.certificate.upper * (1 + 1e-9));
		check_at_least(attacked, 0.8 * t.certificate.upper);
		check_at_most(t.certificate.lower_bound, t.certificate.upper);
		check_at_least(t.certificate.lower_bound, 0.9 * t.certificate.upper);
		arena_release(&t.toy.arena);
	}
}

/* A network of another number of outputs is refused; its own one has its value again, but for
 * slopes that are found anew. */
static void starts_have_as_many_outputs(void **state)
{
	struct trained first = train("hinge", "{width: 12, eps: 0.2}", NULL), next;
	struct net *one;

	(void)state;
	next = train("hinge", "{eps: 0.2, start_file: given.npz}", &first.net->base);
	check_close(next.first, first.certificate.upper, 1e-2, 0);
	arena_release(&next.toy.arena);
	one = net_of(model_new(&model_relu, &first.toy.arena, (struct model_size){D, 2, 1}));
	one->U.cols = 1;
	one->alpha[0] = 1;
	mat_fill(one->U, 1);
	next = train("hinge", "{eps: 0.2, start_file: given.npz}", &one->base);
	assert_int_equal(next.status, STATUS_SPEC);
	assert_string_equal(next.err.text, "start: expected a network of 3 outputs, got 1");
	arena_release(&next.toy.arena);
	next = train("hinge", "{eps: 0.2, start: {gd_fixed_head: {}}}", NULL);
	assert_int_equal(next.status, STATUS_SPEC);
	assert_string_equal(next.err.text, "start: gd_fixed_head takes one output");
	arena_release(&next.toy.arena);
	arena_release(&first.toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_value_is_that_of_the_definition),
		cmocka_unit_test(the_gradient_is_that_of_the_smoothed_value),
		cmocka_unit_test(the_bound_is_below_the_value_everywhere),
		cmocka_unit_test(new_slopes_certify_the_network),
		cmocka_unit_test(two_outputs_are_one),
		cmocka_unit_test(the_trainer_keeps_its_promises),
		cmocka_unit_test(starts_have_as_many_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
