/* Small pieces of the solvers, by closed forms and properties: envelopes, curvature bounds,
 * penalties, starts, names, random starts of attacks, and what solvers report on their way. */
#include "solvers/attack/ball.h"
#include "solvers/attack/chunk.h"
#include "solvers/core/nearest.h"
#include "solvers/gates/start.h"
#include "solvers/model/certify.h"
#include "solvers/model/threat.h"
#include "solvers/tools/penalty.h"
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Moreau envelopes of |c|_1, |c|_2 and |c|_inf at c = (3, -4) with mu = 1/2. */
static void envelopes_in_closed_form(void **state)
{
	static const double norms[] = {7, 5, 4}, below[] = {2 * 0.25, 0.25, 0.25};
	const bool frozen[2] = {false, false};

	(void)state;
	for (long p = NORM_LINF; p <= NORM_L1; p++) {
		const struct threat norm = {.norm = (enum norm)p, .d = 2, .frozen = frozen};
		real c[] = {3, -4}, spare[2];
		double value, envelope = threat_envelope(&norm, 0.5, c, spare, &value);

		check_close(value, norms[p], 1e-15, 0);
		check_close(envelope, norms[p] - below[p], 1e-14, 0);
	}
}

/* The bound of the second derivative is attained where the margin is 0. */
static void curvature_bounds_are_tight(void **state)
{
	static const char *const losses[] = {"{logistic: {loss_scale: 3}}", "squared"};
	static const double want[] = {9.0 / 4, 1};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		struct toy toy = toy_make(4, 2, losses[l], 0.1);
		struct loss_term loss = toy.problem.loss;
		real f = 0, y = 1, h;

		loss_hessian(loss, 1, &f, &y, &h);
		check_close(loss_curvature(loss), loss.weight * want[l], 1e-14, 0);
		check_close(h, loss_curvature(loss), 1e-14, 0);
		arena_release(&toy.arena);
	}
}

static void penalties_move_towards_the_larger_residual(void **state)
{
	(void)state;
	for (int up = 0; up < 2; up++) {
		struct penalty p = penalty_new(3, true);
		double before = p.rho;

		for (long i = 20; i < 2000000; i = p.next) {
			double ratio = penalty_change(&p, i, up ? 1 : 1e-9, up ? 1e-9 : 1);

			check_close(p.rho, before * ratio, 1e-12, 0);
			before = p.rho;
		}
		/* it stays within a factor of a million */
		check_close(p.rho, up ? 3e6 : 3e-6, 1e-9, 0);
	}
}

static long stepped;

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **out, struct err *err)
{
	(void)problem;
	(void)options;
	(void)arena;
	(void)err;
	*out = &stepped;
	stepped = 0;
	return STATUS_OK;
}

static void step(void *state, struct progress *progress)
{
	++*(long *)state;
	progress->end = OUTCOME_RUNNING;
}

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 1;
}

static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	net->U.cols = 1;
	net->alpha[0] = (real) * (const long *)state;
}

static void a_start_takes_the_steps_asked_for(void **state)
{
	static const struct trainer counter = {.base = {.name = "counter"},
					       .setup = setup,
					       .step = step,
					       .width = width,
					       .makes = &model_relu,
					       .model = network};
	struct toy toy = toy_make(4, 2, "squared", 0.1);
	const struct start_options options = {.trainer = {&counter.base, NULL}, .steps = 7};
	struct start start;

	(void)state;
	assert_int_equal(
		start_network(&toy.problem, &options, &toy.arena, &start, &(struct err){0}),
		STATUS_OK);
	check_equal(mat_get(start.net.A, 0, 0), 7);
	assert_string_equal(start.note, "start counter, 7 steps");
	arena_release(&toy.arena);
}

/* Two letters exchanged are one mistake, two others are two. */
static void exchanged_letters_are_one_mistake(void **state)
{
	static const char *const names[] = {"xgmz", "fgsm"};

	(void)state;
	assert_string_equal(nearest_name("fgms", names, 2), "fgsm");
}

/* --- starts of attacks ------------------------------------------------------------------------ */

extern const struct certifier certifier_interval;

enum { POINTS = 3000, D = 4, FREE = 3 };

static double seen[POINTS][D];

static void look(struct chunk *chunk, const void *how, long restart)
{
	(void)how;
	ball_scatter(chunk, "look", (uint64_t)restart);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		for (ptrdiff_t i = 0; i < D; i++)
			seen[chunk->sample[r]][i] = (double)mat_get(chunk->at, r, i) -
						    (double)mat_get(chunk->clean, r, i);
}

/* Of points that are uniform in the ball of radius 2 in the free coordinates: |x|^3 / 2^3 (l_2) or
 * x_i / 2 (l_inf) is uniform. */
static void attacks_start_anywhere_in_the_ball(void **state)
{
	struct attack_fixture t = attack_fixture_make(POINTS, D, false);
	const struct chunk_plan plan = {.attack = look, .restarts = 1};

	(void)state;
	t.job.model = &t.net.base;
	attack_fixture_reset(&t);
	for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
		double mean = 0, square = 0, coordinate = 0;

		for (ptrdiff_t k = 0; k < POINTS; k++)
			t.job.margin[k] = 1; /* none is finished */
		memset(t.frozen, 0, D * sizeof *t.frozen);
		t.frozen[D - 1] = true;
		t.job.threat =
			(struct threat){.norm = (enum norm)norm, .eps = 2, .frozen = t.frozen};
		chunk_run(&plan, &t.job, &t.arena);
		for (int k = 0; k < POINTS; k++) {
			double r = sqrt(seen[k][0] * seen[k][0] + seen[k][1] * seen[k][1] +
					seen[k][2] * seen[k][2]);
			double u = norm == NORM_L2 ? pow(r / 2, FREE) : seen[k][0] / 4 + 0.5;

			check_equal(seen[k][FREE], 0);
			mean += u / POINTS;
			square += u * u / POINTS;
			coordinate += seen[k][1] / POINTS;
		}
		check_close(mean, 0.5, 0, 0.025); /* standard error 0.0053 */
		check_close(square, 1.0 / 3, 0, 0.025);
		check_close(coordinate, 0, 0, 0.1); /* 0.02 */
	}
	arena_release(&t.arena);
}

/* Interval bounds find no point: what they have from above is the clean margin. */
static void interval_bounds_enclose_the_clean_margin(void **state)
{
	enum { N = 20 };
	struct attack_fixture t = attack_fixture_make(N, D, false);
	double lower[N], upper[N];
	struct certify_job job = {.net = &t.net,
				  .X = t.job.X,
				  .y = t.job.y,
				  .threat = {.norm = NORM_L2, .eps = 0.1},
				  .worst = t.job.worst,
				  .lower = lower,
				  .upper = upper};

	(void)state;
	certifier_interval.run(NULL, &job, &t.arena);
	for (ptrdiff_t k = 0; k < N; k++) {
		double margin = (double)t.job.y[k] * toy_output(&t.net, t.job.X, k);

		check_close(upper[k], margin, 1e-12, 1e-12);
		check_below(lower[k], margin);
	}
	arena_release(&t.arena);
}

/* --- on the way ------------------------------------------------------------------------------- */

/* The objective that ADMM reports is that of its program, also far below that of zero. */
static void progress_ends_at_the_objective(void **state)
{
	static const char *const losses[] = {"squared", "logistic", "hinge"};
	const struct trainer *admm =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "admm");

	(void)state;
	for (size_t l = 0; l < 3; l++) {
		struct toy toy = toy_make(30, 3, losses[l], 0.1);
		struct progress progress = {.end = OUTCOME_RUNNING};
		struct certificate c;
		struct err err = {0};
		void *trainer;

		assert_int_equal(
			admm->setup(&toy.problem,
				    toy_options(&admm->base, "{patterns: 12, finish: none}",
						&toy.arena),
				    &toy.arena, &trainer, &err),
			STATUS_OK);
		for (int i = 0; i < 4000; i++)
			admm->step(trainer, &progress);
		admm->certify(trainer, &c);
		check_close(c.upper, c.lower_bound, 0.02, 0);
		check_close(progress.objective, c.upper, 0.02, 0);
		arena_release(&toy.arena);
	}
}

/* Iterations until the certified gap is at most `goal`, looked at every 20 of them. */
static long iterations_to(double goal, const char *name, const char *options, const char *loss)
{
	const struct trainer *solver =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, name);
	struct toy toy = toy_make(30, 3, loss, 0.1);
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate c = {0};
	struct err err = {0};
	long done = 0;
	void *at;

	assert_int_equal(solver->setup(&toy.problem,
				       toy_options(&solver->base, options, &toy.arena), &toy.arena,
				       &at, &err),
			 STATUS_OK);
	do {
		for (int i = 0; i < 20; i++, done++)
			solver->step(at, &progress);
		solver->certify(at, &c);
	} while (c.upper - c.lower_bound > goal * c.upper && done < 10000);
	arena_release(&toy.arena);
	return done;
}

/* About twice what they need: 260, 740 and 4220. A method that still converges, but has lost what
 * makes it fast, needs more: other duals after a change of the penalty, momentum without restart.
 */
static void solvers_are_not_slower(void **state)
{
	static const char admm[] = "{patterns: 12, finish: none, rho: 1e-3}";

	(void)state;
	check_at_most(iterations_to(1e-3, "admm", admm, "logistic"), 600);
	check_at_most(iterations_to(1e-3, "admm", admm, "squared_hinge"), 1600);
	check_at_most(iterations_to(1e-6, "scp", "{neurons: 60, method: fista}", "squared"), 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_in_closed_form),
		cmocka_unit_test(curvature_bounds_are_tight),
		cmocka_unit_test(penalties_move_towards_the_larger_residual),
		cmocka_unit_test(a_start_takes_the_steps_asked_for),
		cmocka_unit_test(exchanged_letters_are_one_mistake),
		cmocka_unit_test(attacks_start_anywhere_in_the_ball),
		cmocka_unit_test(interval_bounds_enclose_the_clean_margin),
		cmocka_unit_test(progress_ends_at_the_objective),
		cmocka_unit_test(solvers_are_not_slower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
