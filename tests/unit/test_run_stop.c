/* How a run ends: at the first iterate whose primal and dual residual are both small enough, never
 * by one of them; and as stalled if the method can certify no more than it has. */
#include "tests/unit/test_run.h"

#include <math.h>

#include <omp.h>

/* Residual of an iterate: the larger one of the last row of the trace. */
static double last_residual(void)
{
	struct csv_table t = table("trace.csv");

	return fmax(value(&t, t.rows - 1, "primal_residual"),
		    value(&t, t.rows - 1, "dual_residual"));
}

static void both_residuals_end_a_run(void **state)
{
	const char *const train = "solver: admm, patterns: 20, beta: 0.1, stop: {iterations: %g, "
				  "residual: %g}";
	struct result r;
	double end;

	(void)state;
	pose(arena_format(&arena, train, 2000.0, 1e-4), "");
	r = compute();
	assert_string_equal(r.outcome, "converged");
	assert_true(last_residual() <= 1e-4);
	end = r.iterations;
	pose(arena_format(&arena, train, end - 1, 1e-4), ""); /* not an iteration too late */
	r = compute();
	assert_string_equal(r.outcome, "iteration_limit");
	assert_true(r.iterations == end - 1 && last_residual() > 1e-4);
}

static void one_residual_ends_no_run(void **state)
{
	static const char *const trains[] = {"solver: ipm, patterns: 20, beta: 0.1",
					     "solver: scp, neurons: 20, beta: 0.1",
					     "solver: sgd, width: 10, epochs: 50"};
	struct csv_table t;
	struct result r;

	(void)state;
	for (size_t i = 0; i < sizeof trains / sizeof *trains; i++) {
		pose(arena_format(&arena, "%s, stop: {iterations: 4, residual: 1e9}", trains[i]),
		     "");
		r = compute();
		assert_string_equal(r.outcome, "iteration_limit");
		assert_true(r.iterations == 4);
		t = table("trace.csv");
		assert_true(isnan(value(&t, t.rows - 1, "primal_residual")));
		assert_true(isfinite(value(&t, t.rows - 1, "dual_residual")) == (i < 2));
	}
}

static void what_is_certified_decides(void **state)
{
	const char *const train = "solver: ipm, patterns: 20, beta: 0.1, stop: {%s}";
	struct result own, asked;

	(void)state;
	pose(arena_format(&arena, train, "iterations: 200"), "");
	own = compute();
	assert_string_equal(own.outcome, "converged"); /* by its own measure */
	pose(arena_format(&arena, train, "iterations: 200, gap: 1e-300"), "");
	asked = compute();
	assert_string_equal(asked.outcome, "stalled");
	assert_true(asked.iterations == own.iterations && asked.gap == own.gap && own.gap > 1e-300);
	pose(arena_format(&arena, train, "iterations: 200, gap: 1e-3"), "");
	assert_string_equal(compute().outcome, "converged");
}

/* A gap is a share of the objective, which a small beta makes small, or of that of the network
 * without neurons. */
static void gap_scale_says_what_a_gap_is_a_share_of(void **state)
{
	const char *const train = "solver: ipm, patterns: 20, beta: 1e-4, average: true, "
				  "stop: {iterations: 200, gap: 0.1%s}";
	struct result share, zero;

	(void)state;
	pose(arena_format(&arena, train, ""), "");
	share = compute();
	assert_string_equal(share.outcome, "converged");
	assert_true(share.gap <= 0.1 && share.objective < 0.1);
	assert_true(fabs((share.objective - share.lower_bound) / share.objective - share.gap) <
		    1e-12);
	pose(arena_format(&arena, train, ", gap_scale: zero"), "");
	zero = compute();
	assert_string_equal(zero.outcome, "converged");
	assert_true(zero.gap_zero <= 0.1 && zero.gap > 0.1);
	assert_true(fabs((zero.objective - zero.lower_bound) / zero.objective_zero -
			 zero.gap_zero) < 1e-12);
	assert_true(zero.iterations < share.iterations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(both_residuals_end_a_run),
		IN_FOLDER(one_residual_ends_no_run),
		IN_FOLDER(what_is_certified_decides),
		IN_FOLDER(gap_scale_says_what_a_gap_is_a_share_of),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
