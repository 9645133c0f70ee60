/* Training, attack and certificate name one ball: whatever its units, its columns and their
 * factors, the worst case that a robust method reports is not below the loss at any point that an
 * attack finds in that ball, and the inner attack of backprop stays in ball and box. */
#include "baselines/adversary.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 24, D = 4, STEPS = 60, STARTS = 6, MOVES = 6 };

extern const struct attack attack_pgd;

static const bool bias[D] = {[D - 1] = true};
static const double raw_scale[D] = {0.5, 2, 3, 1}, raw_shift[D] = {1, -2, 0.5, 0};
static const char *const names[D] = {"age", "dose", "size", "bias"};

static const char *const balls[] = {
	"",
	"units: raw",
	"not_attacked: [dose, bias]",
	"scale: [0.5, 2, 1]",
	"scale: [3, 0, 0.3]",
	"units: raw, not_attacked: [age, last], scale: [1, 0.5, 2]",
};

enum { BALLS = sizeof balls / sizeof *balls };

/* What the ball of each text is: s, 0 where nothing is attacked. */
static const double units[BALLS][D] = {{1, 1, 1, 0},   {0.5, 2, 3, 0}, {1, 0, 1, 0},
				       {0.5, 2, 1, 0}, {3, 0, 0.3, 0}, {0, 1, 6, 0}};

static const double box[] = {-1, 2}; /* of the first column */

struct run {
	struct toy toy;
	struct arena arena;
	const struct trainer *trainer;
	struct net *net;
	double worst; /* that the method reports */
};

static void pose(struct toy *toy)
{
	toy->problem.frozen = bias;
	toy->problem.columns = names;
	toy->problem.raw = (struct raw_columns){raw_scale, raw_shift, NULL};
}

static struct run train(const char *solver, const char *options, const char *ball, const char *norm,
			double eps)
{
	struct run run = {.toy = toy_make(N, D, "hinge", 0.3)};
	const char *comma = *ball ? "," : "";
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate certificate = {0};
	struct err err = {0};
	const char *text;
	void *state;

	pose(&run.toy);
	run.trainer = (const struct trainer *)(const void *)registry_find(KIND_TRAINER, solver);
	text = arena_format(&run.arena, "{eps: %g, norm: %s%s %s %s}", eps, norm, comma, ball,
			    options);
	if (run.trainer->setup(&run.toy.problem, toy_options(&run.trainer->base, text, &run.arena),
			       &run.arena, &state, &err) != STATUS_OK)
		fail_msg("%s %s: %s", solver, text, err.text);
	for (int i = 0; i < STEPS && progress.end == OUTCOME_RUNNING; i++)
		run.trainer->step(state, &progress);
	run.net = ARENA_NEW(&run.arena, struct net);
	*run.net = net_new(&run.arena, D, run.trainer->width(state));
	run.trainer->certify(state, &certificate);
	(run.trainer->repaired ? run.trainer->repaired : run.trainer->model)(state, &run.net->base);
	run.worst = certificate.upper;
	check_at_most(certificate.lower_bound > 0 ? certificate.lower_bound : 0,
		      certificate.upper * (1 + 1e-9));
	return run;
}

static double margin_at(const struct run *run, ptrdiff_t k, const double *delta)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < run->net->U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			z += ((double)mat_get(run->toy.problem.X, k, i) + delta[i]) *
			     (double)mat_get(run->net->U, i, j);
		f += (double)run->net->alpha[j] * fmax(0, z);
	}
	return (double)run->toy.problem.y.at[k] * f;
}

/* delta = eps s o argmin of slope'(s o delta) over the unit ball */
static void go(enum norm norm, double eps, const double *s, const double *slope, double *delta)
{
	double square = 0, most = 0;
	int steepest = 0;

	for (int i = 0; i < D; i++) {
		square += pow(s[i] * slope[i], 2);
		steepest = fabs(s[i] * slope[i]) > most ? i : steepest;
		most = fmax(most, fabs(s[i] * slope[i]));
	}
	for (int i = 0; i < D; i++) {
		double sign = slope[i] > 0 ? -1 : 1;

		delta[i] = norm == NORM_LINF ? eps * s[i] * sign
			   : norm == NORM_L1 ? (i == steepest ? eps * s[i] * sign : 0)
			   : square > 0      ? -eps * s[i] * s[i] * slope[i] / sqrt(square)
					     : 0;
	}
}

/* The least margin along full steps to the minimum of the linear piece. */
static double attacked(const struct run *run, ptrdiff_t k, enum norm norm, double eps,
		       const double *s)
{
	struct rng rng = rng_stream(3, "test_threat_training", (uint64_t)k);
	double least = HUGE_VAL;

	for (int start = 0; start < STARTS; start++) {
		double delta[D] = {0}, slope[D];

		for (int i = 0; i < D; i++)
			slope[i] = rng_normal(&rng);
		for (int move = 0; move < MOVES; move++) {
			if (move > 0 || start > 0)
				go(norm, eps, s, slope, delta);
			least = fmin(least, margin_at(run, k, delta));
			for (int i = 0; i < D; i++) {
				double step[D];

				memcpy(step, delta, sizeof step);
				step[i] += 1e-7;
				slope[i] = margin_at(run, k, step) - margin_at(run, k, delta);
			}
		}
	}
	return least;
}

/* PGD in the units of the ball, as the harness poses it. */
static void pgd(const struct run *run, struct threat threat, double *margin)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, N, D);
	struct net net = net_new(&arena, D, run->net->U.cols);
	struct attack_job job = {.model = &net.base,
				 .X = X,
				 .y = run->toy.problem.y.at,
				 .worst = mat_new(&arena, N, D),
				 .margin = ARENA_ARRAY(&arena, real, N)};
	const void *options =
		toy_options(&attack_pgd.base, "{stop_when_broken: false, restarts: 3}", &arena);
	real scale[D];

	for (ptrdiff_t i = 0; i < D; i++) {
		scale[i] = threat_scale(&threat, i);
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(X, k, i, mat_get(run->toy.problem.X, k, i) / scale[i]);
	}
	model_rescale(scale, &run->net->base, &net.base);
	mat_copy(job.worst, X);
	for (ptrdiff_t k = 0; k < N; k++)
		job.margin[k] = (real)margin_at(run, k, (double[D]){0});
	threat.scale = NULL;
	job.threat = threat;
	attack_pgd.run(options, &job, &arena);
	for (ptrdiff_t k = 0; k < N; k++)
		margin[k] = (double)job.margin[k];
	arena_release(&arena);
}

static void check_method(const char *solver, const char *options, long norm, int ball)
{
	double eps = strcmp(solver, "robust_admm") == 0 ? 0.02 : 0.15; /* it has neurons there */
	double loss[2] = {0, 0}, by_pgd[N], decay;
	struct run run = train(solver, options, balls[ball], threat_norms[norm], eps);
	struct threat threat = {.norm = (enum norm)norm, .eps = eps, .d = D};
	real scale[D];
	bool frozen[D];

	decay = run.toy.problem.beta * net_decay(run.net);
	for (int i = 0; i < D; i++) {
		frozen[i] = !(units[ball][i] > 0);
		scale[i] = (real)(frozen[i] ? 1 : units[ball][i]);
	}
	threat.scale = scale;
	threat.frozen = frozen;
	pgd(&run, threat, by_pgd);
	for (ptrdiff_t k = 0; k < N; k++) {
		double least = attacked(&run, k, (enum norm)norm, eps, units[ball]);

		loss[0] += fmax(0, 1 - least);
		loss[1] += fmax(0, 1 - by_pgd[k]);
	}
	if (ball == 0)
		check_above(decay, 0);
	check_at_most(fmax(loss[0], loss[1]) + decay, run.worst * (1 + 1e-6) + 1e-9);
	if (strcmp(solver, "linear_robust") == 0) /* where nothing is relaxed */
		check_close(loss[0] + decay, run.worst, 1e-6, 1e-6);
	arena_release(&run.arena);
	arena_release(&run.toy.arena);
}

static void worst_cases_hold_in_every_ball(void **state)
{
	(void)state;
	for (int ball = 0; ball < BALLS; ball++)
		for (long norm = NORM_LINF; norm <= NORM_L1; norm++) {
			check_method("robust_admm", ", patterns: 40", norm, ball);
			check_method("robust_restriction", ", width: 8", norm, ball);
			if (norm != NORM_L1)
				check_method("linear_robust", "", norm, ball);
		}
}

/* Sample k has moved within ball and box, and only where it may. */
static void check_moved(struct mat clean, struct mat at, ptrdiff_t k, const double *s, long norm)
{
	double size = 0, low = fmin(box[0], (double)mat_get(clean, 0, k));
	double high = fmax(box[1], (double)mat_get(clean, 0, k));

	for (ptrdiff_t i = 0; i < D; i++) {
		double step = (double)mat_get(at, i, k) - (double)mat_get(clean, i, k);

		if (!(s[i] > 0))
			check_equal(step, 0);
		step = s[i] > 0 ? step / s[i] : 0;
		size = norm == NORM_L1   ? size + fabs(step)
		       : norm == NORM_L2 ? hypot(size, step)
					 : fmax(size, fabs(step));
	}
	check_at_most(size, 0.4 * (1 + 1e-9));
	check_above(size, 0);
	if (s[0] > 0) {
		check_at_most(mat_get(at, 0, k), high);
		check_at_least(mat_get(at, 0, k), low);
	}
}

static void check_adversary(int ball, long norm)
{
	static const struct desc item = {.name = "adversary",
					 .options = adversary_rows,
					 .size = sizeof(struct adversary_options)};
	struct toy toy = toy_make(N, D, "hinge", 0.3);
	struct adversary adversary = {
		.options = toy_options(&item,
				       arena_format(&toy.arena, "{eps: 0.4, norm: %s%s %s}",
						    threat_norms[norm], *balls[ball] ? "," : "",
						    balls[ball]),
				       &toy.arena)};
	struct net net = net_new(&toy.arena, D, 5);
	struct mat clean = mat_new(&toy.arena, D, N), at = mat_new(&toy.arena, D, N);
	struct adversary_job job = {.net = &net, .clean = clean, .at = at, .eps = 0.4};
	struct rng rng = rng_stream(1, "net", 0);

	pose(&toy);
	job.y = toy.problem.y.at;
	toy_fill(net.U, &rng);
	for (int j = 0; j < 5; j++)
		net.alpha[j] = j % 2 ? -1 : 1;
	mat_transpose(clean, toy.problem.X);
	assert_int_equal(
		adversary_setup(&adversary, &toy.problem, N, 5, &toy.arena, &(struct err){0}),
		STATUS_OK);
	((real *)adversary.lower)[0] = (real)box[0];
	((real *)adversary.upper)[0] = (real)box[1];
	adversary_attack(&adversary, &job, false);
	for (ptrdiff_t k = 0; k < N; k++)
		check_moved(clean, at, k, units[ball], norm);
	arena_release(&toy.arena);
}

static void the_inner_attack_stays_in_ball_and_box(void **state)
{
	(void)state;
	for (int ball = 0; ball < BALLS; ball++)
		for (long norm = NORM_LINF; norm <= NORM_L1; norm++)
			check_adversary(ball, norm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worst_cases_hold_in_every_ball),
		cmocka_unit_test(the_inner_attack_stays_in_ball_and_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
