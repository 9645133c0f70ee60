/* What a method delivers, and the gap of it, with a trainer whose points are chosen by the test. */
#include "harness/run/evaluate.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double tolerance = 1e-12; /* of sums over 12 samples */

/* Neurons of one iteration: weights a of x_1 in the first layer, all with a second layer of a. */
struct script {
	double iterate, repaired, upper, bound;
};

struct puppet {
	const struct script *at;
	bool robust;
};

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 1;
}

static void put(double a, struct net *net)
{
	net->U.cols = a == 0 ? 0 : 1;
	if (net->U.cols == 0)
		return;
	mat_fill(net->U, 0);
	mat_set(net->U, 0, 0, (real)fabs(a));
	net->alpha[0] = (real)a;
}

static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	put(((const struct puppet *)state)->at->iterate, net);
}

static void repaired(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	put(((const struct puppet *)state)->at->repaired, net);
}

static void certify(void *state, struct certificate *out)
{
	const struct script *at = ((const struct puppet *)state)->at;

	*out = (struct certificate){NAN, 0, at->upper, at->bound, "sampled"};
}

static const struct trainer convex = {.width = width,
				      .makes = &model_relu,
				      .model = network,
				      .repaired = repaired,
				      .certify = certify};
static const struct threat_options *threat(const void *options)
{
	static const struct threat_options some = {.eps = 1};

	(void)options;
	return &some;
}

static const struct trainer worst_case = {.threat = threat,
					  .width = width,
					  .makes = &model_relu,
					  .model = network,
					  .certify = certify};
static const struct trainer plain = {.width = width, .makes = &model_relu, .model = network};
static const struct trainer attacked = {
	.threat = threat, .width = width, .makes = &model_relu, .model = network};

struct scene {
	struct toy toy;
	struct dataset data;
	struct puppet puppet;
	struct evaluator evaluator;
};

static struct scene scene_make(void)
{
	struct scene s = {.toy = toy_make(12, 3, "squared", 0.1)};

	s.data.train.X = s.toy.problem.X;
	s.data.train.y = (real *)s.toy.problem.y.at;
	return s;
}

static struct evaluation show(struct scene *s, const struct trainer *trainer,
			      const struct script *script)
{
	struct evaluation out;

	s->puppet.at = script;
	if (!s->evaluator.problem)
		s->evaluator = evaluate_new(&s->toy.problem, &s->data,
					    (struct training){trainer, NULL, &s->puppet, NULL},
					    &s->toy.arena);
	evaluate_iterate(&s->evaluator, &out);
	return out;
}

/* The objective of the network of weight a, by plain loops. */
static double objective_of(struct scene *s, double a)
{
	struct net net = net_new(&s->toy.arena, 3, 1);

	put(a, &net);
	return toy_objective(&s->toy.problem, &net);
}

static void assert_near(double a, double b)
{
	check_close(a, b, tolerance, tolerance);
}

static void the_better_of_iterate_and_repaired_is_delivered(void **state)
{
	struct scene s = scene_make();
	double zero = objective_of(&s, 0), small = objective_of(&s, 0.01),
	       large = objective_of(&s, 50);
	struct evaluation e;

	(void)state;
	check_above(large, zero);
	check_below(small, zero * 1.1);
	check_unequal(small, zero);
	e = show(&s, &convex, &(struct script){50, 0, NAN, 1});
	assert_int_equal(e.delivered, DELIVERED_REPAIRED);
	assert_near(e.objective, zero);
	assert_near(e.objective_network, zero);
	assert_int_equal(model_width(s.evaluator.delivered), 0);
	e = show(&s, &convex, &(struct script){0, 50, NAN, 1});
	assert_near(e.objective, zero);
	arena_release(&s.toy.arena);
}

static void the_best_so_far_is_held(void **state)
{
	struct scene s = scene_make();
	double zero = objective_of(&s, 0);
	struct evaluation e;

	(void)state;
	show(&s, &convex, &(struct script){0, 50, NAN, 0.5});
	e = show(&s, &convex, &(struct script){80, 90, NAN, 0.25});
	assert_near(e.objective, zero);
	assert_near(e.lower_bound, 0.5);
	assert_near(e.feasible.gap, (objective_of(&s, 50) - 0.5) / objective_of(&s, 50));
	assert_near(e.gaps.gap, (zero - 0.5) / zero);
	assert_near(e.gaps.zero, (zero - 0.5) / zero);
	assert_true(e.finite);
	e = show(&s, &convex, &(struct script){(double)INFINITY, NAN, NAN, NAN});
	assert_true(!e.finite); /* the run ends; what is delivered stays */
	assert_near(e.objective, zero);
	assert_near(e.lower_bound, 0.5);
	arena_release(&s.toy.arena);
}

/* Below the bound a network is no point of the program: the repaired one is delivered, also where
 * the bound rises above an iterate that was held. */
static void an_iterate_below_the_bound_is_passed_over(void **state)
{
	struct scene s = scene_make();
	double zero = objective_of(&s, 0), worse = objective_of(&s, 2), between;
	struct evaluation e;

	(void)state;
	check_above(worse, 1.001 * zero);
	between = (zero + worse) / 2;
	e = show(&s, &convex, &(struct script){0, 50, NAN, 0.5});
	assert_near(e.objective, zero);
	check_nan(s.evaluator.outside);
	e = show(&s, &convex, &(struct script){0, 2, NAN, between});
	assert_int_equal(e.delivered, DELIVERED_REPAIRED);
	assert_near(e.objective, worse);
	assert_near(e.gaps.gap, (worse - between) / worse);
	assert_near(s.evaluator.outside, zero);
	e = show(&s, &convex, &(struct script){2, 50, NAN, between}); /* and one that is not */
	assert_near(e.objective, worse);
	check_above(e.gaps.raw, 0);
	arena_release(&s.toy.arena);
}

/* A point of the program that is certified is preferred to a better one that may be outside. */
static void a_certified_point_is_preferred(void **state)
{
	struct scene s = scene_make();
	double zero = objective_of(&s, 0), a = objective_of(&s, 0.05) > zero ? 0.05 : -0.05;
	double worse = objective_of(&s, a);
	struct evaluation e;

	(void)state;
	check_above(worse, zero);
	check_below(worse, 1.004 * zero);
	e = show(&s, &convex, &(struct script){0, a, NAN, 0.98 * zero});
	assert_int_equal(e.delivered, DELIVERED_ITERATE);
	e = show(&s, &convex, &(struct script){0, a, NAN, 0.995 * zero});
	assert_int_equal(e.delivered, DELIVERED_REPAIRED);
	assert_near(e.objective, worse);
	arena_release(&s.toy.arena);
}

/* A glance sees the iterate alone, beside the best bound so far. */
static void a_glance_needs_no_certificate(void **state)
{
	struct scene s = scene_make();
	double zero = objective_of(&s, 0);
	struct evaluation e;

	(void)state;
	e = show(&s, &convex, &(struct script){50, 50, 9, 0.5});
	assert_near(e.objective, objective_of(&s, 50));
	s.puppet.at = &(struct script){0, 2, 1, 0.75};
	evaluate_glance(&s.evaluator, &e);
	assert_int_equal(e.delivered, DELIVERED_ITERATE);
	assert_near(e.objective, zero);
	assert_near(e.lower_bound, 0.5); /* not the one it could have asked for */
	assert_near(e.gaps.gap, (zero - 0.5) / zero);
	assert_near(e.feasible.gap, (objective_of(&s, 50) - 0.5) / objective_of(&s, 50));
	check_nan(e.certificate.objective);
	check_nan(e.certificate.upper);
	e = show(&s, &convex, &(struct script){50, 2, 1, 0.75});
	assert_near(e.objective, zero); /* what a glance has found is held */
	assert_near(e.lower_bound, 0.75);
	arena_release(&s.toy.arena);
}

/* Without a certificate there is nothing to vouch for another point than the last. */
static void the_last_iterate_is_delivered_without_a_certificate(void **state)
{
	struct scene s = scene_make();
	struct evaluation e;

	(void)state;
	show(&s, &plain, &(struct script){0, 0, NAN, NAN});
	e = show(&s, &plain, &(struct script){50, 0, NAN, NAN});
	assert_near(e.objective, objective_of(&s, 50));
	check_nan(e.gaps.gap);
	check_nan(e.gaps.raw);
	check_nan(e.gaps.zero);
	check_nan(e.lower_bound);
	arena_release(&s.toy.arena);
}

/* Of a robust method the objective is the worst case, and a clean one that is lower counts for
 * nothing; where the worst case is not known it is empty. */
static void a_robust_method_is_judged_by_its_worst_case(void **state)
{
	struct scene s = scene_make(), t = scene_make();
	struct evaluation e;

	(void)state;
	show(&s, &worst_case, &(struct script){50, 0, 7, 5});
	e = show(&s, &worst_case, &(struct script){0, 0, 8, 6});
	assert_near(e.objective, 7);
	assert_near(e.objective_network, objective_of(&s, 50));
	assert_near(e.gaps.gap, (7.0 - 6) / 7);
	assert_near(e.gaps.zero, 1 / objective_of(&s, 0));
	e = show(&t, &attacked, &(struct script){50, 0, NAN, NAN});
	check_nan(e.objective);
	assert_near(e.objective_network, objective_of(&t, 50));
	arena_release(&s.toy.arena);
	arena_release(&t.toy.arena);
}

static void the_gap_is_a_share_of_the_objective(void **state)
{
	struct gaps g = evaluate_gaps(1e-3, 0.5e-3, 2);

	(void)state;
	assert_near(g.gap, 0.5); /* no floor of 1 */
	assert_near(g.raw, 0.5);
	assert_near(g.zero, 0.25e-3);
	g = evaluate_gaps(2, 2 + 1e-9, 4); /* the bound above by rounding */
	check_equal(g.gap, 0);
	check_equal(g.zero, 0);
	check_below(g.raw, 0);
	assert_near(g.raw, -5e-10);
	g = evaluate_gaps(0, 0, 3);
	check_equal(g.gap, 0);
	check_equal(g.raw, 0);
	check_equal(g.zero, 0);
	g = evaluate_gaps(NAN, 1, 3);
	check_nan(g.gap);
	check_nan(g.raw);
	check_nan(g.zero);
	g = evaluate_gaps(1, NAN, 3);
	check_nan(g.gap);
	check_nan(g.raw);
	check_nan(g.zero);
	g = evaluate_gaps(1, 0.5, 0);
	check_nan(g.zero); /* no scale */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_better_of_iterate_and_repaired_is_delivered),
		cmocka_unit_test(the_best_so_far_is_held),
		cmocka_unit_test(an_iterate_below_the_bound_is_passed_over),
		cmocka_unit_test(a_certified_point_is_preferred),
		cmocka_unit_test(a_glance_needs_no_certificate),
		cmocka_unit_test(the_last_iterate_is_delivered_without_a_certificate),
		cmocka_unit_test(a_robust_method_is_judged_by_its_worst_case),
		cmocka_unit_test(the_gap_is_a_share_of_the_objective),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
