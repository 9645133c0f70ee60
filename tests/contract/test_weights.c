/* A sample of weight w is worth as much as w samples that are equal: in every loss, and in the end
 * of every trainer that takes weights, its certificate included. */
#include "solvers/restriction/restriction.h"
#include "solvers/restriction/restriction_renew.h"
#include "tests/close.h"
#include "tests/toy.h"

extern const struct trainer trainer_scp;

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 24, D = 4, MOST = 3, K = 3 };

/* Of sample k: 1, 2 or 3. */
static ptrdiff_t weight_of(ptrdiff_t k)
{
	return 1 + (k * 7 + k / 5) % MOST;
}

/* A problem with weights, and the same with every sample written as often as its weight says. */
struct pair {
	struct toy toy, copies;
	real weight[N], y[MOST * N * K], z[MOST * N * K];
	int label[N], labels[MOST * N];
	ptrdiff_t from[MOST * N], count;
};

static void fill_labels(struct pair *p)
{
	for (ptrdiff_t k = 0; k < N; k++) {
		p->label[k] = (int)((k * 5 + (p->toy.problem.y.at[k] > 0)) % K);
		for (int c = 0; c < K; c++)
			p->y[c * N + k] = p->label[k] == c;
	}
	for (ptrdiff_t r = 0; r < p->count; r++) {
		p->labels[r] = p->label[p->from[r]];
		for (int c = 0; c < K; c++)
			p->z[c * p->count + r] = p->y[c * N + p->from[r]];
	}
	p->toy.problem.y = (struct targets){.n = N, .k = K, .at = p->y, .label = p->label};
	p->copies.problem.y =
		(struct targets){.n = p->count, .k = K, .at = p->z, .label = p->labels};
}

static void make(struct pair *p, const char *loss, bool several)
{
	*p = (struct pair){.toy = toy_make(N, D, loss, 0.3), .copies = toy_make(N, D, loss, 0.3)};
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t i = 0; i < weight_of(k); i++)
			p->from[p->count++] = k;
	p->copies.problem.X = mat_new(&p->copies.arena, p->count, D);
	for (ptrdiff_t r = 0; r < p->count; r++) {
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(p->copies.problem.X, r, j,
				mat_get(p->toy.problem.X, p->from[r], j));
		p->z[r] = p->toy.problem.y.at[p->from[r]];
	}
	p->copies.problem.y = targets_of(p->z, p->count);
	if (several)
		fill_labels(p);
	for (ptrdiff_t k = 0; k < N; k++)
		p->weight[k] = (real)weight_of(k);
	p->toy.problem.y.weight = p->toy.problem.loss.sample = p->weight;
	p->toy.problem.loss.most = MOST;
}

static void release(struct pair *p)
{
	arena_release(&p->toy.arena);
	arena_release(&p->copies.arena);
}

/* Outputs of the copies are those of the samples. */
static void copy_outputs(const struct pair *p, struct mat from, struct mat to)
{
	for (ptrdiff_t c = 0; c < from.cols; c++)
		for (ptrdiff_t r = 0; r < p->count; r++)
			mat_set(to, r, c, mat_get(from, p->from[r], c));
}

/* --- losses --------------------------------------------------------------------------------- */

static const char *const losses[] = {"squared", "{logistic: {loss_scale: 1.7}}", "hinge",
				     "squared_hinge", "{huber: {delta: 0.6}}"};

enum { ALL = sizeof losses / sizeof *losses, SEVERAL = 3 /* the first ones have outputs */ };

/* dL/dF by differences; a dual point A of it, shared among copies, has the conjugate of them. */
static void check_loss(struct pair *p)
{
	ptrdiff_t k = p->toy.problem.y.k;
	struct loss_term l = p->toy.problem.loss, one = p->copies.problem.loss;
	struct targets y = p->toy.problem.y, z = p->copies.problem.y;
	struct mat F = mat_new(&p->toy.arena, N, k), G = mat_new(&p->toy.arena, N, k),
		   Z = mat_new(&p->toy.arena, N, k), V = mat_new(&p->toy.arena, N, k),
		   Fc = mat_new(&p->toy.arena, p->count, k),
		   Gc = mat_new(&p->toy.arena, p->count, k);
	struct rng rng = rng_stream(8, "weights", (uint64_t)k);
	const double h = sizeof(real) == sizeof(double) ? 1e-6 : 1e-2, t = 0.37;
	const double slack = sizeof(real) == sizeof(double) ? 1e-7 : 3e-2;

	toy_fill(F, &rng);
	copy_outputs(p, F, Fc);
	check_close(loss_outputs_value(l, F, y), loss_outputs_value(one, Fc, z), 1e3 * REAL_EPSILON,
		    0);
	loss_outputs_gradient(l, F, y, G);
	for (ptrdiff_t r = 0; r < N; r++)
		for (ptrdiff_t c = 0; c < k; c++) {
			real was = mat_get(F, r, c);
			double above, below;

			mat_set(F, r, c, was + (real)h);
			above = loss_outputs_value(l, F, y);
			mat_set(F, r, c, was - (real)h);
			below = loss_outputs_value(l, F, y);
			mat_set(F, r, c, was);
			check_close(mat_get(G, r, c), (above - below) / (2 * h), slack, slack);
		}
	loss_outputs_gradient(one, Fc, z, Gc);
	check_close(loss_outputs_conjugate(l, 0.8, G, y), loss_outputs_conjugate(one, 0.8, Gc, z),
		    1e4 * REAL_EPSILON, 1e3 * REAL_EPSILON);
	/* of a copy: (F - Z) / (t w) is the slope at Z */
	loss_outputs_prox(l, t, F, y, Z);
	for (ptrdiff_t r = 0; r < N; r++)
		for (ptrdiff_t i = 0; i < k; i++) {
			double w = t * (double)weight_of(r);

			mat_set(V, r, i,
				(real)(((double)mat_get(F, r, i) - (double)mat_get(Z, r, i)) / w));
		}
	copy_outputs(p, V, Gc);
	copy_outputs(p, Z, Fc);
	/* equality of Fenchel and Young, summed over the copies */
	{
		double product = 0;

		for (ptrdiff_t r = 0; r < p->count; r++)
			for (ptrdiff_t c = 0; c < k; c++)
				product += (double)mat_get(Gc, r, c) * (double)mat_get(Fc, r, c);
		check_close(loss_outputs_value(one, Fc, z) +
				    loss_outputs_conjugate(one, 1 - 8 * REAL_EPSILON, Gc, z),
			    product, 1e5 * REAL_EPSILON, 1e5 * REAL_EPSILON);
	}
}

static void losses_count_the_weights(void **state)
{
	struct pair p;

	(void)state;
	for (int l = 0; l < ALL; l++)
		for (int several = 0; several < (l < SEVERAL ? 2 : 1); several++) {
			make(&p, losses[l], several);
			check_loss(&p);
			release(&p);
		}
}

/* --- trainers ------------------------------------------------------------------------------- */

struct end {
	double objective, upper, lower; /* of the network; of the certificate, or NaN */
};

static struct end train(const struct trainer *trainer, const char *text, struct problem *problem,
			int steps)
{
	struct arena arena = {0};
	void *options = toy_options(&trainer->base, text, &arena), *state;
	const struct model_kind *kind = trainer_makes(trainer, options, problem->y.k);
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate c = {NAN, NAN, NAN, NAN, NULL};
	struct model_work work;
	struct model_size size;
	struct model *model;
	struct end end;
	struct err err = {0};

	problem->seed = 5;
	if (trainer_check(trainer, problem, options, &err) != STATUS_OK ||
	    trainer->setup(problem, options, &arena, &state, &err) != STATUS_OK)
		fail_msg("%s: %s", text, err.text);
	for (int i = 0; i < steps && progress.end == OUTCOME_RUNNING; i++)
		trainer->step(state, &progress);
	size = (struct model_size){D, trainer->width(state), problem->y.k};
	model = model_new(kind, &arena, size);
	work = model_work_new(&arena, kind, size);
	if (trainer->certify)
		trainer->certify(state, &c);
	trainer->model(state, model);
	end = (struct end){trainer_objective(problem, model,
					     ARENA_ARRAY(&arena, real, problem->X.rows * K), &work),
			   c.upper, c.lower_bound};
	if (trainer->release)
		trainer->release(state);
	arena_release(&arena);
	return end;
}

/* Losses of one output and of several that a trainer takes. */
enum { SQUARED = 1, LOGISTIC = 2, HINGE = 4, ANY = 7 };

/* Steps on the mean over samples are as long over the copies if the rate grows with their number.
 */
static const struct {
	const char *name, *options; /* %g: the rate */
	double rate;
	int steps;
	double tolerance;
	int one, several; /* losses */
} cases[] = {
	{"sgd", "{width: 9, batch: 0, epochs: 60, learning_rate: %.17g}", 0.05, 50, 1e-9, ANY, ANY},
	{"sgd",
	 "{width: 9, batch: 0, epochs: 60, learning_rate: %.17g, adversary: {attack: fgsm, eps: "
	 "0.1}}",
	 0.05, 50, 1e-9, ANY, ANY},
	{"adam", "{width: 9, batch: 0, epochs: 60, learning_rate: 0.02, epsilon: 1e-200}", 0, 50,
	 1e-9, ANY, ANY},
	{"gd_fixed_head", "{width: 9, learning_rate: %.17g}", 0.05, 50, 1e-9, LOGISTIC, 0},
	{"scp", "{neurons: 30, method: newton}", 0, 60, 1e-9, ANY, 0},
	{"scp", "{neurons: 30, method: working_set}", 0, 60, 1e-9, ANY, 0},
	{"scp", "{neurons: 30, method: coordinate}", 0, 3000, 1e-9, SQUARED, 0},
	{"scp", "{neurons: 30, method: fista}", 0, 14000, 1e-9, SQUARED, 0},
	{"ipm", "{patterns: 8}", 0, 100, 1e-9, ANY, 0},
	{"primal_dual_flow", "{patterns: 8}", 0, 4000, 1e-4, SQUARED, SQUARED},
	{"admm", "{patterns: 8}", 0, 4000, 1e-9, ANY, 0},
	{"admm", "{patterns: 8, u_update: pcg, finish: none}", 0, 4000, 1e-9, SQUARED, SQUARED},
	{"admm", "{patterns: 8, u_update: dual}", 0, 4000, 1e-9, SQUARED, SQUARED},
	{"ipm", "{patterns: 8}", 0, 100, 1e-9, SQUARED, SQUARED},
	{"scp", "{neurons: 30, output: separate}", 0, 60, 1e-9, SQUARED, SQUARED},
	/* smoothed by 1e-8 of a sample, whatever its weight */
	{"linear_robust", "{norm: linf, eps: 0.1}", 0, 200, 1e-7, LOGISTIC | HINGE,
	 LOGISTIC | HINGE},
	{"linear_robust", "{norm: l2, eps: 0.2}", 0, 200, 1e-7, LOGISTIC | HINGE, LOGISTIC | HINGE},
	{"robust_admm", "{patterns: 8, eps: 0.02}", 0, 6000, 1e-9, ANY, 0},
	{"robust_admm", "{patterns: 8, eps: 0.02}", 0, 6000, 1e-4, 0, HINGE},
	/* one of many optima: rounding decides which, so that few steps are compared */
	{"robust_restriction", "{width: 6, eps: 0.05}", 0, 9, 1e-9, LOGISTIC | HINGE, LOGISTIC},
	{"robust_restriction", "{width: 6, eps: 0.05}", 0, 25, 1e-9, HINGE, HINGE},
	{"robust_restriction", "{width: 6, eps: 0.05, epochs: 9, batch: 0, learning_rate: 0.05}", 0,
	 9, 1e-6, LOGISTIC | HINGE, 0},
};

static void check_trainer(size_t i, struct pair *p)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, cases[i].name);
	double longer = (double)p->count / N;
	struct end weighted, copies;
	char text[160];

	snprintf(text, sizeof text, cases[i].options, cases[i].rate);
	weighted = train(trainer, text, &p->toy.problem, cases[i].steps);
	snprintf(text, sizeof text, cases[i].options, longer * cases[i].rate);
	copies = train(trainer, text, &p->copies.problem, cases[i].steps);
	check_close(weighted.objective, copies.objective, cases[i].tolerance, 0);
	if (!trainer->certify)
		return;
	check_close(weighted.upper, copies.upper, cases[i].tolerance, 0);
	if (isnan(copies.lower) && isnan(weighted.lower))
		return; /* not proven yet */
	check_close(weighted.lower, copies.lower, cases[i].tolerance, 0);
	check_at_most(weighted.lower, weighted.upper * (1 + 1e-12));
}

static void trainers_count_the_weights(void **state)
{
	struct pair p;

	(void)state;
	if (sizeof(real) < sizeof(double))
		skip();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int l = 0; l < 2 * SEVERAL; l++) {
			const bool several = l >= SEVERAL;
			const int wanted = several ? cases[i].several : cases[i].one;

			if (!(wanted & 1 << l % SEVERAL))
				continue;
			make(&p, losses[l % SEVERAL], several);
			check_trainer(i, &p);
			release(&p);
		}
}

/* Of the convex restriction at one point. */
struct restricted {
	struct restriction_value value;
	double bound;
	struct mat G; /* the gradient */
};

static struct restricted restricted_of(struct toy *toy, bool several)
{
	enum { M = 5 };
	struct arena *arena = &toy->arena;
	struct rng rng = rng_stream(4, "restriction", 0);
	struct threat threat = {.norm = NORM_LINF, .d = D, .eps = 0.05};
	real *sigma = ARENA_ARRAY(arena, real, M * K);
	struct mat A = mat_new(arena, D, M);
	struct restricted out = {.G = mat_new(arena, D, M)};
	struct restriction r;

	toy_fill(A, &rng);
	for (ptrdiff_t j = 0; j < M * K; j++)
		sigma[j] = (real)(several ? 0.5 - (double)(j * 7 % 5) / 4 : (j % 2 ? -1 : 1));
	r = restriction_new(&toy->problem, &threat, sigma, M, arena);
	restriction_renew(&r, A, 5);
	out.value = restriction_evaluate(&r, A, 0.1, out.G);
	out.bound = restriction_bound(&r, &r.dual);
	return out;
}

static void restrictions_count_the_weights(void **state)
{
	const double slack = 1e4 * REAL_EPSILON;

	(void)state;
	for (int l = 2; l < 2 * SEVERAL; l++) {
		bool several = l % 2;
		struct restricted weighted, copies;
		struct pair p;

		make(&p, losses[l / 2], several);
		weighted = restricted_of(&p.toy, several);
		copies = restricted_of(&p.copies, several);
		check_close(weighted.value.exact, copies.value.exact, slack, 0);
		check_close(weighted.value.smooth, copies.value.smooth, slack, 0);
		check_above(copies.bound, 0);
		check_close(weighted.bound, copies.bound, slack, 0);
		for (ptrdiff_t j = 0; j < copies.G.cols; j++)
			for (ptrdiff_t i = 0; i < D; i++)
				check_close(mat_get(weighted.G, i, j), mat_get(copies.G, i, j),
					    slack, slack);
		release(&p);
	}
}

/* The sampled program of several outputs with shared neurons. */
static void shared_neurons_count_the_weights(void **state)
{
	struct pair p;

	(void)state;
	if (sizeof(real) < sizeof(double))
		skip();
	for (int l = 0; l < 2; l++) {
		struct end weighted, copies;

		make(&p, losses[l], true);
		weighted = train(&trainer_scp, "{neurons: 30}", &p.toy.problem, 400);
		copies = train(&trainer_scp, "{neurons: 30}", &p.copies.problem, 400);
		check_close(weighted.objective, copies.objective, 1e-9, 0);
		check_close(weighted.upper, copies.upper, 1e-9, 0);
		check_close(weighted.lower, copies.lower, 1e-9, 0);
		check_close(weighted.lower, weighted.upper, 1e-8, 0);
		release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_count_the_weights),
		cmocka_unit_test(trainers_count_the_weights),
		cmocka_unit_test(restrictions_count_the_weights),
		cmocka_unit_test(shared_neurons_count_the_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
