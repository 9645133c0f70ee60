/* The value that `robust_admm` reports is the worst-case objective of its network: exact inner
 * maximisation by branch and bound agrees with it at every iterate, and no attack is above it. */
#include "solvers/model/attack.h"
#include "solvers/model/certify.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 16, D = 3 };

extern const struct certifier certifier_exact;
extern const struct attack attack_pgd;

static bool bias[D] = {false, false, true};
static const char *const losses[] = {"hinge", "{logistic: {loss_scale: 2}}", "squared_hinge",
				     "squared", "{huber: {delta: 0.4}}"};

/* Rounding of N losses. */
static const double ROUNDING = 1e-9;

struct fixture {
	struct toy toy;
	struct arena arena;
	struct net net;
	struct threat threat;
	struct certificate c;
};

/* Train for `steps` iterations; the network and what is reported of it. */
static void train(struct fixture *t, const char *loss, const char *options, long steps)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct progress progress;
	struct err err = {0};
	void *state;

	*t = (struct fixture){.toy = toy_make(N, D, loss, 0.05)};
	t->toy.problem.frozen = bias;
	assert_int_equal(trainer->setup(&t->toy.problem, toy_options(desc, options, &t->arena),
					&t->arena, &state, &err),
			 STATUS_OK);
	for (long i = 0; i < steps; i++)
		trainer->step(state, &progress);
	trainer->certify(state, &t->c);
	t->net = net_new(&t->arena, D, trainer->width(state));
	trainer->model(state, &t->net.base);
}

/* min over the ball of sign f(x_k + delta) by branch and bound: bounds, and what is attained. */
static void exact_minima(struct fixture *t, real sign, double *lower, double *attained)
{
	struct arena scratch = {0};
	real y[N];
	struct certify_job job = {.net = &t->net,
				  .X = t->toy.problem.X,
				  .y = y,
				  .threat = t->threat,
				  .lower = lower,
				  .upper = attained,
				  .worst = mat_new(&scratch, N, D)};

	for (int k = 0; k < N; k++)
		y[k] = sign;
	certifier_exact.run(
		toy_options(&certifier_exact.base, "{stop_when_decided: false}", &scratch), &job,
		&scratch);
	arena_release(&scratch);
}

/* The same by an attack: attained. */
static void attacked_minima(struct fixture *t, real sign, double *least)
{
	struct arena scratch = {0};
	struct model_work work = net_work_new(&scratch, t->net.U.cols);
	real y[N], margin[N];
	struct attack_job job = {.model = &t->net.base,
				 .X = t->toy.problem.X,
				 .y = y,
				 .threat = t->threat,
				 .seed = 1,
				 .worst = mat_new(&scratch, N, D),
				 .margin = margin};

	net_forward(&t->net, job.X, margin, &work);
	for (int k = 0; k < N; k++) {
		y[k] = sign;
		margin[k] *= sign;
	}
	mat_copy(job.worst, job.X);
	attack_pgd.run(toy_options(&attack_pgd.base, "{stop_when_broken: false}", &scratch), &job,
		       &scratch);
	for (int k = 0; k < N; k++)
		least[k] = (double)margin[k];
	arena_release(&scratch);
}

/* The objective if the outputs of sample k fill [low_k, -high_k]: the loss is convex in the output,
 * so largest at an end. */
static double objective(struct fixture *t, const double *low, const double *high)
{
	const struct problem *p = &t->toy.problem;
	double sum = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		sum += fmax(toy_loss(p->loss, low[k], (double)p->y.at[k]),
			    toy_loss(p->loss, -high[k], (double)p->y.at[k]));
	return sum + p->beta * net_decay(&t->net);
}

static void check(const char *loss, const char *options, struct threat threat, long steps)
{
	struct fixture t;
	double low[N], high[N], attained_low[N], attained_high[N];
	double most, least, attacked, room;

	train(&t, loss, options, steps);
	t.threat = threat;
	exact_minima(&t, 1, low, attained_low);
	exact_minima(&t, -1, high, attained_high);
	most = objective(&t, low, high);
	least = objective(&t, attained_low, attained_high);
	attacked_minima(&t, 1, attained_low);
	attacked_minima(&t, -1, attained_high);
	attacked = objective(&t, attained_low, attained_high);
	room = ROUNDING * (1 + most);
	if (!(least - room <= t.c.upper && t.c.upper <= most + room))
		fail_msg("%s, %s, %ld steps: reported %.12g, exact %.12g to %.12g", loss, options,
			 steps, t.c.upper, least, most);
	check_at_most(most - least, 1e-3 * (1 + most)); /* the search has come that far */
	check_at_most(attacked, t.c.upper + room);
	if (steps >= 100)
		check_above(t.net.U.cols, 0);
	arena_release(&t.arena);
	arena_release(&t.toy.arena);
}

static void value_is_the_worst_case(void **state)
{
	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof *losses; l++)
		for (long steps = 10; steps <= 1000; steps *= 10) {
			struct threat threat = {.eps = 0.05, .frozen = bias};

			for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
				threat.norm = (enum norm)norm;
				check(losses[l],
				      norm == NORM_LINF ? "{eps: 0.05, patterns: 40}"
							: "{eps: 0.05, norm: l2, patterns: 40}",
				      threat, steps);
			}
		}
}

static void path_ends_at_the_program(void **state)
{
	struct threat threat = {.norm = NORM_LINF, .eps = 0.05, .frozen = bias};
	struct fixture plain, path;

	(void)state;
	for (long steps = 5; steps <= 500; steps *= 10) /* on the path, and after it */
		check("hinge", "{eps: 0.05, patterns: 40, path: 3, stage: 10}", threat, steps);
	train(&plain, "squared", "{eps: 0.05, patterns: 40}", 3000);
	train(&path, "squared", "{eps: 0.05, patterns: 40, path: 3, stage: 10}", 3000);
	check_close(plain.c.upper, path.c.upper, 0, 1e-5 * plain.c.upper);
	check_at_most(path.c.upper - path.c.lower_bound, 1e-5 * path.c.upper);
	arena_release(&plain.arena);
	arena_release(&plain.toy.arena);
	arena_release(&path.arena);
	arena_release(&path.toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_the_worst_case),
		cmocka_unit_test(path_ends_at_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
