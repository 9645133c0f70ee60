/* The sources of patterns: each against its definition, in turn, nested, and what they refuse. */
#include "solvers/gates/pattern.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 10, D = 3 };

static enum status sample(struct toy *toy, const char *options, double radius, struct patterns *out,
			  struct err *err)
{
	struct pattern_options *bound = ARENA_NEW(&toy->arena, struct pattern_options);
	const struct threat threat = {.eps = radius, .frozen = toy->problem.frozen};

	*err = (struct err){0};
	*bound = toy_patterns(options, &toy->arena);
	return pattern_sample(bound, &toy->problem, &threat, &toy->arena, out, err);
}

static struct patterns sampled(struct toy *toy, const char *options, double radius)
{
	struct patterns out;
	struct err err;

	if (sample(toy, options, radius, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return out;
}

/* Each sample has the sign of its preactivation unless a corner of its box can turn it. */
static void perturbed_patterns_are_those_of_corners(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	bool frozen[D] = {false, false, true};
	struct patterns clean, p;
	long turned = 0;

	(void)state;
	toy.problem.frozen = frozen;
	clean = sampled(&toy, "{count: 1}", 0);
	p = sampled(&toy, "{count: 30, from: {perturbed: {directions: 1, each: 60}}}", 0.3);
	check_above(p.D.cols, 2);
	assert_true(toy_distinct(p.D));
	assert_true(gates_same(p.D, 0, clean.D, 0)); /* the directions are those of gaussian */
	for (ptrdiff_t i = 0; i < p.D.cols; i++)
		for (ptrdiff_t k = 0; k < N; k++) {
			const real *h = mat_col(clean.H, 0);
			double y = 0, reach;
			bool reached = false;

			for (ptrdiff_t j = 0; j < D; j++)
				y += (double)mat_get(toy.problem.X, k, j) * (double)h[j];
			for (int corner = 0; corner < 4; corner++) {
				reach = 0.3 * ((corner & 1 ? 1 : -1) * (double)h[0] +
					       (corner & 2 ? 1 : -1) * (double)h[1]);
				reached |= (y + reach >= 0) == (gates_get(p.D, k, i));
			}
			assert_true(reached);
			turned += (y >= 0) != (gates_get(p.D, k, i));
		}
	check_above(turned, 0);
	arena_release(&toy.arena);
}

static void without_a_radius_perturbed_is_gaussian(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns gaussian = sampled(&toy, "{count: 12}", 0);
	struct patterns perturbed = sampled(&toy, "{count: 12, from: perturbed}", 0);
	struct patterns own = sampled(&toy, "{count: 12, from: {perturbed: {eps: 0.5}}}", 0);
	int differ = 0;

	(void)state;
	for (ptrdiff_t i = 0; i < 12; i++) {
		assert_true(gates_same(gaussian.D, i, perturbed.D, i));
		differ += !gates_same(gaussian.D, i, own.D, i);
	}
	check_above(differ, 0);
	arena_release(&toy.arena);
}

static void all_ones_have_the_direction_of_the_bias(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns p = sampled(&toy, "{count: 5, from: constant}", 0);

	(void)state;
	assert_int_equal(p.D.cols, 1);
	assert_string_equal(p.source[0], "constant");
	for (ptrdiff_t k = 0; k < N; k++)
		check_above(gates_get(p.D, k, 0), 0);
	for (ptrdiff_t j = 0; j < D; j++)
		assert_int_equal(mat_get(p.H, j, 0), j == D - 1);
	arena_release(&toy.arena);
}

/* A neuron without weights proposes nothing, one that is repeated only once. */
static void neurons_give_their_patterns(void **state)
{
	static const double weights[4][D] = {{1, 0.5, -0.1}, {0, 0, 0}, {-1, 2, 0.3}, {2, 1, -0.2}};
	static const int kept[] = {0, 2};
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct net net = net_new(&toy.arena, D, 4);
	struct patterns p;

	(void)state;
	for (ptrdiff_t j = 0; j < 4; j++)
		for (ptrdiff_t l = 0; l < D; l++)
			mat_set(net.U, l, j, (real)weights[j][l]);
	toy_file(&toy.problem, (struct problem_file){.path = "given.npz", .model = &net.base},
		 &toy.arena);
	p = sampled(&toy, "{count: 9, from: {network: {file: given.npz}}}", 0.1);
	assert_int_equal(p.D.cols, 2);
	for (ptrdiff_t i = 0; i < 2; i++)
		for (ptrdiff_t k = 0; k < N; k++) {
			double y = 0;

			for (ptrdiff_t l = 0; l < D; l++)
				y += (double)mat_get(toy.problem.X, k, l) * weights[kept[i]][l];
			check_equal(gates_get(p.D, k, i), y >= 0);
		}
	arena_release(&toy.arena);
}

static void a_network_can_be_trained_first(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns p = sampled(
		&toy, "{count: 40, from: {network: {start: {adam: {width: 6, epochs: 3}}}}}", 0);

	(void)state;
	assert_in_range(p.D.cols, 1, 6);
	arena_release(&toy.arena);
}

static void sources_take_turns_and_sets_are_nested(void **state)
{
	static const char form[] =
		"{count: %d, from: [constant, {perturbed: {directions: 3, eps: 0.4}}, gaussian]}";
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns most = sampled(&toy, arena_format(&toy.arena, form, 40), 0);
	ptrdiff_t i = 1;

	(void)state;
	assert_int_equal(most.D.cols, 40);
	assert_true(toy_distinct(most.D));
	assert_string_equal(most.source[0], "constant");
	while (strcmp(most.source[i], "perturbed") == 0)
		i++;
	assert_in_range(i, 3, 13);
	for (; i < 40; i++)
		assert_string_equal(most.source[i], "gaussian");
	for (int count = 1; count < 40; count += 6) {
		struct patterns few = sampled(&toy, arena_format(&toy.arena, form, count), 0);

		assert_int_equal(few.D.cols, count);
		for (i = 0; i < count; i++) {
			assert_true(gates_same(few.D, i, most.D, i));
			assert_string_equal(few.source[i], most.source[i]);
		}
	}
	arena_release(&toy.arena);
}

/* A direction is zero or inside the cone of its pattern. */
static void directions_belong_to_their_patterns(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns p = sampled(&toy, "{count: 30, from: {perturbed: {eps: 0.2}}}", 0);
	int known = 0;

	(void)state;
	for (ptrdiff_t i = 0; i < p.D.cols; i++) {
		bool zero = true, inside = true;

		for (ptrdiff_t j = 0; j < D; j++)
			zero &= mat_get(p.H, j, i) == 0;
		for (ptrdiff_t k = 0; k < N; k++) {
			double y = 0;

			for (ptrdiff_t j = 0; j < D; j++)
				y += (double)mat_get(toy.problem.X, k, j) *
				     (double)mat_get(p.H, j, i);
			inside &= (y >= 0) == (gates_get(p.D, k, i));
		}
		assert_true(zero || inside);
		known += !zero;
	}
	check_above(known, 10);
	arena_release(&toy.arena);
}

/* A network of k outputs costs what its trainer says of k outputs. */
static void a_start_is_forecast_for_all_outputs(void **state)
{
	enum { STEPS = 7 };
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	const struct pattern_options o = toy_patterns(
		"{from: {network: {start: {adam: {width: 6, epochs: 3}}, steps: 7}}}", &toy.arena);
	const struct trainer *adam =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "adam");
	const void *options = toy_options(&adam->base, "{width: 6, epochs: 3}", &toy.arena);

	(void)state;
	for (ptrdiff_t k = 1; k <= 10; k += 9) {
		const struct trainer_shape shape = {.n = N, .d = D, .k = k};
		struct forecast forecast = {0}, start = {0};

		adam->forecast(options, shape, &start);
		pattern_forecast(&o, shape, &forecast);
		check_above(start.iteration_flops, 0);
		check_close(forecast.setup_flops, start.setup_flops + STEPS * start.iteration_flops,
			    1e-12, 0);
	}
	arena_release(&toy.arena);
}

static void bad_sources_are_refused(void **state)
{
	static const struct {
		const char *options, *says;
	} cases[] = {
		{"{from: [gaussian, constant]}",
		 "patterns: from: gaussian never ends, so constant behind it would not be asked"},
		{"{from: [perturbed, gaussian]}",
		 "patterns: from: perturbed never ends, so gaussian behind it would not be asked"},
		{"{from: network}",
		 "patterns: network: expected a model file or a solver to start with, got neither"},
		{"{from: {network: {file: a.npz, start: adam}}}",
		 "start: expected a solver or a model file, got both \"adam\" and \"a.npz\""},
		{"{from: {network: {start: {admm: {patterns: {file: D.npy}}}}}}",
		 "patterns: the file has not been read"},
	};
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct patterns out;
	struct err err;

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		assert_int_equal(sample(&toy, cases[c].options, 0, &out, &err), STATUS_SPEC);
		assert_string_equal(err.text, cases[c].says);
	}
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perturbed_patterns_are_those_of_corners),
		cmocka_unit_test(without_a_radius_perturbed_is_gaussian),
		cmocka_unit_test(all_ones_have_the_direction_of_the_bias),
		cmocka_unit_test(neurons_give_their_patterns),
		cmocka_unit_test(a_network_can_be_trained_first),
		cmocka_unit_test(sources_take_turns_and_sets_are_nested),
		cmocka_unit_test(directions_belong_to_their_patterns),
		cmocka_unit_test(a_start_is_forecast_for_all_outputs),
		cmocka_unit_test(bad_sources_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
