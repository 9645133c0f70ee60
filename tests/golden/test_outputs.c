/* Optima of small programs of several outputs by an interior point method of this test's own,
 * plain loops from the definitions that share nothing with the solvers: `scp` meets them to 1e-8,
 * and so do two classes written as one output and as two.
 *
 *     min over A (N x k)   sum_r l(F_r, y_r) + beta sum_j |A_j|,   F = relu(X U) A,
 *
 * on the central path of the barriers -log(t_j^2 - |A_j|^2) and, for the hinge with slacks s_r,
 * -log s_r - log(s_r - 1 + F_ry - F_rc): damped Newton steps with the whole Hessian. At the end a
 * dual point bounds the optimum from below, so that no trust in the method is needed. */
#include "solvers/core/rng.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 10, MOST_K = 4, SAMPLES = 18, D = 3, SIZE = N * (MOST_K + 1) + SAMPLES };

enum case_of { SQUARED, SOFTMAX, HINGE, KINDS };

static const char *const losses[KINDS] = {"squared", "logistic", "hinge"};

static const double accuracy = 1e-8; /* relative, of objectives and gaps */

/* The unknowns are A, row by row, t and for the hinge s. */
struct central {
	enum case_of kind;
	int k, size; /* outputs, unknowns */
	double beta, mu;
	double phi[SAMPLES][N], target[SAMPLES][MOST_K];
	int label[SAMPLES];
	double x[SIZE], gradient[SIZE], hessian[SIZE][SIZE], step[SIZE];
	double f[SAMPLES][MOST_K], slope[SAMPLES][MOST_K]; /* F, a dual point */
	double upper, lower;
};

static double square_of(const struct central *p, const double *x, int j)
{
	double square = 0;

	for (int c = 0; c < p->k; c++)
		square += x[j * p->k + c] * x[j * p->k + c];
	return square;
}

static double *norms(const struct central *p, double *x)
{
	return x + N * p->k;
}

static double *slacks(const struct central *p, double *x)
{
	return x + N * (p->k + 1);
}

static void set_outputs(struct central *p, const double *x)
{
	for (int r = 0; r < SAMPLES; r++)
		for (int c = 0; c < p->k; c++) {
			p->f[r][c] = 0;
			for (int j = 0; j < N; j++)
				p->f[r][c] += p->phi[r][j] * x[j * p->k + c];
		}
}

/* s_r - 1 + F_ry - F_rc */
static double room(const struct central *p, double slack, int r, int c)
{
	return slack - 1 + p->f[r][p->label[r]] - p->f[r][c];
}

static bool is_inside(struct central *p, double *x)
{
	set_outputs(p, x);
	for (int j = 0; j < N; j++)
		if (!(norms(p, x)[j] > sqrt(square_of(p, x, j))))
			return false;
	for (int r = 0; r < SAMPLES && p->kind == HINGE; r++) {
		if (!(slacks(p, x)[r] > 0))
			return false;
		for (int c = 0; c < p->k; c++)
			if (c != p->label[r] && !(room(p, slacks(p, x)[r], r, c) > 0))
				return false;
	}
	return true;
}

/* Probabilities of the classes. */
static void softmax(const struct central *p, int r, double *q)
{
	double most = -HUGE_VAL, sum = 0;

	for (int c = 0; c < p->k; c++)
		most = fmax(most, p->f[r][c]);
	for (int c = 0; c < p->k; c++)
		sum += q[c] = exp(p->f[r][c] - most);
	for (int c = 0; c < p->k; c++)
		q[c] /= sum;
}

/* Slope and Hessian of a smooth loss in the outputs of sample r. */
static void bend(struct central *p, int r, double (*h)[MOST_K])
{
	double q[MOST_K] = {0};

	if (p->kind == SOFTMAX)
		softmax(p, r, q);
	for (int c = 0; c < p->k; c++)
		for (int e = 0; e < p->k; e++)
			if (p->kind == SQUARED)
				h[c][e] = c == e;
			else
				h[c][e] = (c == e ? q[c] : 0) - q[c] * q[e];
	for (int c = 0; c < p->k; c++)
		p->slope[r][c] = (p->kind == SQUARED ? p->f[r][c] : q[c]) - p->target[r][c];
}

/* mu over the room that a rival leaves is its multiplier; the barrier's Hessian in F_r, and with
 * s_r. */
static void bend_hinge(struct central *p, int r, double (*h)[MOST_K])
{
	int y = p->label[r], at = N * (p->k + 1) + r;
	double s = p->x[at];

	memset(h, 0, MOST_K * sizeof *h);
	memset(p->slope[r], 0, sizeof p->slope[r]);
	p->gradient[at] = 1 - p->mu / s;
	p->hessian[at][at] = p->mu / (s * s);
	for (int c = 0; c < p->k; c++) {
		double left = room(p, s, r, c), z = p->mu / left, curve = z / left;

		if (c == y)
			continue;
		p->slope[r][c] += z;
		p->slope[r][y] -= z;
		p->gradient[at] -= z;
		p->hessian[at][at] += curve;
		h[c][c] += curve;
		h[y][y] += curve;
		h[c][y] -= curve;
		h[y][c] -= curve;
		for (int j = 0; j < N; j++) {
			p->hessian[at][j * p->k + c] -= curve * p->phi[r][j];
			p->hessian[at][j * p->k + y] += curve * p->phi[r][j];
		}
	}
}

/* -mu log(t^2 - |A_j|^2) */
static void bend_cone(struct central *p, int j)
{
	double *t = norms(p, p->x), length = sqrt(square_of(p, p->x, j));
	double left = (t[j] - length) * (t[j] + length), scale = 2 * p->mu / left;
	int at = N * p->k + j;

	p->gradient[at] = p->beta - scale * t[j];
	p->hessian[at][at] = scale * (2 * t[j] * t[j] / left - 1);
	for (int c = 0; c < p->k; c++) {
		double a = p->x[j * p->k + c];

		p->gradient[j * p->k + c] += scale * a;
		p->hessian[at][j * p->k + c] = -2 * scale * t[j] * a / left;
		p->hessian[j * p->k + c][j * p->k + c] += scale;
		for (int e = 0; e <= c; e++)
			p->hessian[j * p->k + c][j * p->k + e] +=
				2 * scale * a * p->x[j * p->k + e] / left;
	}
}

/* Gradient and lower triangle of the Hessian at x. */
static void expand(struct central *p)
{
	memset(p->gradient, 0, sizeof p->gradient);
	memset(p->hessian, 0, sizeof p->hessian);
	set_outputs(p, p->x);
	for (int r = 0; r < SAMPLES; r++) {
		double h[MOST_K][MOST_K];

		if (p->kind == HINGE)
			bend_hinge(p, r, h);
		else
			bend(p, r, h);
		for (int i = 0; i < N * p->k; i++) {
			double phi = p->phi[r][i / p->k];

			p->gradient[i] += phi * p->slope[r][i % p->k];
			for (int l = 0; l <= i; l++)
				p->hessian[i][l] +=
					phi * p->phi[r][l / p->k] * h[i % p->k][l % p->k];
		}
	}
	for (int j = 0; j < N; j++)
		bend_cone(p, j);
}

/* step = -Hessian^-1 gradient, by Cholesky; the square of its length in the Hessian */
static double newton(struct central *p)
{
	double length = 0;

	for (int i = 0; i < p->size; i++) {
		for (int l = 0; l <= i; l++) {
			double sum = p->hessian[i][l];

			for (int m = 0; m < l; m++)
				sum -= p->hessian[i][m] * p->hessian[l][m];
			p->hessian[i][l] = i == l ? sqrt(sum) : sum / p->hessian[l][l];
		}
		p->step[i] = -p->gradient[i];
		for (int l = 0; l < i; l++)
			p->step[i] -= p->hessian[i][l] * p->step[l];
		p->step[i] /= p->hessian[i][i];
	}
	for (int i = p->size - 1; i >= 0; i--) {
		for (int l = i + 1; l < p->size; l++)
			p->step[i] -= p->hessian[l][i] * p->step[l];
		p->step[i] /= p->hessian[i][i];
		length -= p->step[i] * p->gradient[i];
	}
	return length;
}

/* l(F_r, y_r) and l*(g) */
static double value_of(const struct central *p, int r)
{
	double q[MOST_K], sum = 0;

	if (p->kind == SOFTMAX) {
		softmax(p, r, q);
		return -log(q[p->label[r]]);
	}
	for (int c = 0; c < p->k; c++)
		if (p->kind == SQUARED)
			sum += pow(p->f[r][c] - p->target[r][c], 2) / 2;
		else if (c != p->label[r])
			sum = fmax(sum, 1 - p->f[r][p->label[r]] + p->f[r][c]);
	return sum;
}

static double conjugate_of(const struct central *p, int r, double scale)
{
	double sum = 0;

	for (int c = 0; c < p->k; c++) {
		double g = scale * p->slope[r][c], q = g + p->target[r][c];

		if (p->kind == SQUARED)
			sum += g * (g / 2 + p->target[r][c]);
		else if (p->kind == SOFTMAX)
			sum += q > 0 ? q * log(q) : 0;
		else
			sum -= c == p->label[r] ? 0 : g;
	}
	return sum;
}

/* The multipliers of a hinge behind the last Newton step, which x has no digits for: a room is
 * the difference of numbers of size 1. */
static void refine(struct central *p)
{
	expand(p);
	newton(p);
	for (int r = 0; r < SAMPLES; r++) {
		int y = p->label[r];
		double s = slacks(p, p->x)[r], df[MOST_K] = {0};

		for (int i = 0; i < N * p->k; i++)
			df[i % p->k] += p->phi[r][i / p->k] * p->step[i];
		memset(p->slope[r], 0, sizeof p->slope[r]);
		for (int c = 0; c < p->k; c++) {
			double left = room(p, s, r, c), z;

			if (c == y)
				continue;
			z = p->mu / left * (1 - (slacks(p, p->step)[r] + df[y] - df[c]) / left);
			p->slope[r][c] += z;
			p->slope[r][y] -= z;
		}
	}
}

/* Values of A and of the slopes, scaled until |sum_r phi_rj g_r| <= beta for every j. */
static void bound(struct central *p)
{
	double scale = 1;

	set_outputs(p, p->x);
	p->upper = p->lower = 0;
	for (int j = 0; j < N; j++) {
		double square = 0;

		for (int c = 0; c < p->k; c++) {
			double sum = 0;

			for (int r = 0; r < SAMPLES; r++)
				sum += p->phi[r][j] * p->slope[r][c];
			square += sum * sum;
		}
		scale = fmin(scale, p->beta / fmax(1e-300, sqrt(square)));
		p->upper += p->beta * sqrt(square_of(p, p->x, j));
	}
	for (int r = 0; r < SAMPLES; r++) {
		p->upper += value_of(p, r);
		p->lower -= conjugate_of(p, r, scale);
	}
}

/* Newton steps that keep inside, full ones near the path (Nesterov and Nemirovskii 1994). */
static void follow(struct central *p)
{
	enum { STEPS = 200 };

	for (int step = 0; step < STEPS; step++) {
		double length, t, to[SIZE];

		expand(p);
		length = sqrt(newton(p) / p->mu);
		t = length < 0.25 ? 1 : 1 / (1 + length);
		do {
			for (int i = 0; i < p->size; i++)
				to[i] = p->x[i] + t * p->step[i];
			t *= 0.7;
		} while (!is_inside(p, to));
		memcpy(p->x, to, sizeof to);
		if (length < 1e-5)
			return;
	}
}

static void solve(struct central *p)
{
	p->size = N * (p->k + 1) + (p->kind == HINGE ? SAMPLES : 0);
	memset(p->x, 0, sizeof p->x);
	for (int i = N * p->k; i < p->size; i++)
		p->x[i] = i < N * (p->k + 1) ? 1 : 2;
	for (p->mu = 1; p->mu > 1e-11; p->mu *= 0.2)
		follow(p);
	if (p->kind == HINGE)
		refine(p);
	bound(p);
	check_at_most(p->upper - p->lower, accuracy * p->upper);
	check_at_least(p->upper - p->lower, -1e-13 * p->upper);
}

static const char shared[] = "{neurons: 10}", separate[] = "{neurons: 10, output: separate}";

struct fixture {
	struct toy toy;
	struct central path;
};

/* Random samples, in every third seed with one that occurs twice and one of zeros but for the
 * bias; of the squared loss every second one has real targets. */
static void make(struct fixture *t, int seed, enum case_of kind, int k, double beta)
{
	struct rng rng = rng_stream(3, "test_outputs", (uint64_t)(100 * seed + k));
	struct central *p = &t->path;
	real *at, u[D];
	int *label;

	*t = (struct fixture){.toy = toy_make(SAMPLES, D, losses[kind], beta)};
	*p = (struct central){.kind = kind, .k = k, .beta = beta};
	at = ARENA_ARRAY(&t->toy.arena, real, SAMPLES * k);
	label = ARENA_ARRAY(&t->toy.arena, int, SAMPLES);
	for (int r = 0; r < SAMPLES; r++)
		for (int i = 0; i + 1 < D; i++) {
			double x = rng_normal(&rng);

			x = seed % 3 == 0 && r == 1 ? (double)mat_get(t->toy.problem.X, 0, i) : x;
			x = seed % 3 == 0 && r == 2 ? 0 : x;
			mat_set(t->toy.problem.X, r, i, (real)x);
		}
	for (int r = 0; r < SAMPLES; r++) {
		label[r] = p->label[r] = (int)(rng_uniform(&rng) * k);
		for (int c = 0; c < k; c++) {
			bool is_real = kind == SQUARED && seed % 2;

			p->target[r][c] = is_real ? rng_normal(&rng) : c == label[r];
			at[r + c * SAMPLES] = (real)p->target[r][c];
			p->target[r][c] = (double)at[r + c * SAMPLES];
		}
	}
	t->toy.problem.y = (struct targets){.n = SAMPLES,
					    .k = k,
					    .at = at,
					    .label = kind == SQUARED && seed % 2 ? NULL : label};
	for (int j = 0; j < N; j++) { /* as `scp` documents them */
		struct rng neuron = rng_stream(t->toy.problem.seed, "neurons", (uint64_t)j);

		net_direction(&neuron, D, u);
		for (int r = 0; r < SAMPLES; r++) {
			double sum = 0;

			for (int i = 0; i < D; i++)
				sum += (double)mat_get(t->toy.problem.X, r, i) * (double)u[i];
			p->phi[r][j] = fmax(0, sum);
		}
	}
}

/* `scp` until its gap is so small; its network to `f` (SAMPLES x k), or NULL. */
static struct certificate train(const struct toy *toy, const char *options, real *f)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "scp");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	const struct problem *problem = &toy->problem;
	struct certificate c = {.upper = 1};
	struct progress progress = {0};
	struct arena arena = {0};
	struct err err = {0};
	void *state;

	assert_int_equal(
		trainer->setup(problem, toy_options(desc, options, &arena), &arena, &state, &err),
		STATUS_OK);
	for (int step = 0; step < 40000 && progress.end == OUTCOME_RUNNING &&
			   !(c.upper - c.lower_bound <= accuracy / 10 * c.upper);
	     step++) {
		trainer->step(state, &progress);
		if (step < 30 || step % 50 == 0 || progress.end != OUTCOME_RUNNING)
			trainer->certify(state, &c);
	}
	if (f) {
		const struct model_kind *kind = trainer_makes(trainer, NULL, problem->y.k);
		struct model *model =
			model_new(kind, &arena, (struct model_size){D, N, problem->y.k});
		struct model_work work = model_work_new(&arena, kind, model_size(model));

		trainer->model(state, model);
		model_forward(model, problem->X, f, &work);
	}
	arena_release(&arena);
	return c;
}

static void optima_are_those_of_the_interior_point(void **state)
{
	static const double betas[] = {0.02, 0.3, 2};
	static struct fixture t;

	(void)state;
	for (int i = 0; i < 6 * KINDS * 3; i++) {
		enum case_of kind = (enum case_of)(i % KINDS);
		struct certificate c;

		make(&t, i / KINDS, kind, 2 + i / KINDS % 3, betas[i / 18]);
		solve(&t.path);
		c = train(&t.toy, shared, NULL);
		check_close(c.objective, t.path.upper, accuracy, 0);
		check_close(c.lower_bound, t.path.lower, 2 * accuracy, 0);
		check_at_most(c.lower_bound, t.path.upper * (1 + 1e-12));
		check_at_least(c.objective, t.path.lower * (1 - 1e-12));
		arena_release(&t.toy.arena);
	}
}

/* Neurons of their own: the program of each output by itself, whose optima add up. */
static void separate_outputs_are_a_program_each(void **state)
{
	static struct fixture t;

	(void)state;
	for (int seed = 0; seed < 9; seed++) {
		struct certificate c;
		double upper = 0, lower = 0;
		int k = 2 + seed % 3;

		make(&t, seed, SQUARED, k, 0.05 * (1 + seed));
		t.path.k = 1;
		for (int output = 0; output < k; output++) {
			for (int r = 0; r < SAMPLES; r++)
				t.path.target[r][0] =
					(double)t.toy.problem.y.at[r + output * SAMPLES];
			solve(&t.path);
			upper += t.path.upper;
			lower += t.path.lower;
		}
		c = train(&t.toy, separate, NULL);
		check_close(c.objective, upper, accuracy, 0);
		check_close(c.lower_bound, lower, 2 * accuracy, 0);
		arena_release(&t.toy.arena);
	}
}

/* Two classes as outputs f/2 and -f/2 have rows (-a, a)/2, |a| / sqrt(2) long: the cross entropy
 * and the hinge of the difference f are those of one output, so that beta is sqrt(2) times that
 * of one. The squared loss of targets y/2 and -y/2 is half of that of one output, so that beta is
 * 1/sqrt(2) times, and so is the objective a half. */
static void two_outputs_are_the_program_of_one(void **state)
{
	static const double betas[KINDS] = {M_SQRT1_2, M_SQRT2, M_SQRT2},
			    parts[KINDS] = {0.5, 1, 1};
	static struct fixture t;

	(void)state;
	for (int i = 0; i < 4 * KINDS; i++) {
		enum case_of kind = (enum case_of)(i % KINDS);
		real one_at[SAMPLES], two_at[2 * SAMPLES], f[SAMPLES], g[2 * SAMPLES];
		struct certificate one, two;
		double beta;

		make(&t, 2 * (i / KINDS), kind, 2, 0.2 * (1 + i / KINDS));
		beta = t.toy.problem.beta;
		for (int r = 0; r < SAMPLES; r++) {
			one_at[r] = t.path.label[r] ? 1 : -1;
			two_at[r + SAMPLES] = kind == SQUARED ? one_at[r] / 2 : t.path.label[r];
			two_at[r] = kind == SQUARED ? -one_at[r] / 2 : 1 - t.path.label[r];
		}
		t.toy.problem.y.at = two_at;
		t.toy.problem.beta = betas[kind] * beta;
		two = train(&t.toy, shared, g);
		t.toy.problem.y = targets_of(one_at, SAMPLES);
		t.toy.problem.beta = beta;
		one = train(&t.toy, shared, f);
		check_close(two.objective, parts[kind] * one.objective, accuracy, 0);
		check_close(two.lower_bound, parts[kind] * one.lower_bound, 2 * accuracy, 0);
		for (int r = 0; r < SAMPLES; r++) {
			check_close(g[r + SAMPLES] - g[r], f[r], 0, 1e-3);
			if (fabs((double)f[r]) > 1e-3)
				assert_int_equal(g[r + SAMPLES] > g[r], f[r] > 0);
		}
		arena_release(&t.toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optima_are_those_of_the_interior_point),
		cmocka_unit_test(separate_outputs_are_a_program_each),
		cmocka_unit_test(two_outputs_are_the_program_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
