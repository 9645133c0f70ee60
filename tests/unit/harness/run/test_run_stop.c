/* How a run ends: at the first iterate whose primal and dual residual are both small enough, never
 * by one of them; and as stalled if the method can certify no more than it has. */
#include "tests/unit/harness/run/test_run.h"

#include "harness/run/interrupt.h"
#include "harness/store/modelfile.h"
#include "solvers/core/blas.h"
#include "tests/close.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
	check_at_most(last_residual(), 1e-4);
	end = r.iterations;
	pose(arena_format(&arena, train, end - 1, 1e-4), ""); /* not an iteration too late */
	r = compute();
	assert_string_equal(r.outcome, "iteration_limit");
	check_equal(r.iterations, end - 1);
	check_above(last_residual(), 1e-4);
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
		check_equal(r.iterations, 4);
		t = table("trace.csv");
		check_nan(value(&t, t.rows - 1, "primal_residual"));
		assert_int_equal(isfinite(value(&t, t.rows - 1, "dual_residual")), i < 2);
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
	check_equal(asked.iterations, own.iterations);
	check_equal(asked.gap, own.gap);
	check_above(own.gap, 1e-300);
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
	check_at_most(share.gap, 0.1);
	check_below(share.objective, 0.1);
	check_close((share.objective - share.lower_bound) / share.objective, share.gap, 0, 1e-12);
	pose(arena_format(&arena, train, ", gap_scale: zero"), "");
	zero = compute();
	assert_string_equal(zero.outcome, "converged");
	check_at_most(zero.gap_zero, 0.1);
	check_above(zero.gap, 0.1);
	check_close((zero.objective - zero.lower_bound) / zero.objective_zero, zero.gap_zero, 0,
		    1e-12);
	check_below(zero.iterations, share.iterations);
}

/* A request to end early ends training after its iteration; everything else is as ever. */
static void a_request_ends_training_only(void **state)
{
	struct run_order order = {.progress_fd = -1};
	struct err err = {0};
	struct csv_table t;
	struct result r;

	(void)state;
	pose("solver: sgd, width: 10, epochs: 100000, stop: {iterations: 100000}",
	     "attack:\n  - {attack: fgsm, norm: linf, eps: [0, 0.1]}\n");
	interrupt_install();
	raise(SIGTERM);
	assert_true(interrupt_requested());
	assert_int_equal(run_cell(folder, &order, &err), STATUS_OK);
	interrupt_install(); /* forgets the request */
	assert_false(interrupt_requested());
	signal(SIGTERM, SIG_DFL);
	assert_true(order.stopped);
	assert_int_equal(result_read(path_in("result.json"), &arena, &r, &err), STATUS_OK);
	assert_string_equal(r.status, "timeout");
	assert_string_equal(r.outcome, "time_limit");
	check_equal(r.iterations, 1);
	check_equal(r.evaluations, 1);
	check_finite(r.test_accuracy);
	t = table("attack.csv");
	assert_int_equal(t.rows, 2);
	check_equal(value(&t, 0, "accuracy"), r.test_accuracy);
	assert_int_equal(access(path_in("model.npz"), R_OK), 0);
}

/* Whether the worker has put a network on disk; it does after a second. */
static bool is_kept(int tenths)
{
	const char *path = path_in("result.json");

	for (; tenths > 0 && access(path, R_OK) != 0; tenths--)
		usleep(100000);
	return access(path, R_OK) == 0;
}

/* A process that is killed while it trains leaves its last network, and the trace up to there. */
static void a_killed_process_leaves_what_it_had(void **state)
{
	struct modelfile model;
	struct err err = {0};
	struct csv_table t;
	struct result r;
	pid_t worker;

	(void)state;
	pose("solver: sgd, width: 10, epochs: 100000000, stop: {iterations: 100000000}", "");
	worker = fork();
	if (worker == 0)
		_exit(run_cell(folder, &(struct run_order){.progress_fd = -1}, &err) != STATUS_OK);
	check_above(worker, 0);
	assert_true(is_kept(300));
	assert_int_equal(kill(worker, SIGKILL), 0);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(result_read(path_in("result.json"), &arena, &r, &err), STATUS_OK);
	assert_string_equal(r.status, "interrupted");
	assert_null(r.outcome);
	check_at_least(r.iterations, 1);
	check_finite(r.objective_network);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	assert_int_equal(csv_mend(path_in("trace.csv"), &err), STATUS_OK);
	t = table("trace.csv");
	check_at_least(t.rows, r.evaluations);
}

/* Evaluation is accounted for beside the solve. */
static void phases_have_wall_and_processor_time(void **state)
{
	struct result r;

	(void)state;
	pose("solver: admm, patterns: 20, beta: 0.1, stop: {iterations: 300}", "");
	r = compute();
	check_above(r.solve_cpu_s, 0);
	check_above(r.eval_cpu_s, 0);
	check_at_least(r.setup_cpu_s, 0);
	check_above(r.certificate_cpu_s, 0);
	check_at_most(r.certificate_cpu_s, r.eval_cpu_s);
	check_at_most(r.certificate_s, r.eval_s);
	check_at_least(r.load_cpu_s, 0);
	check_equal(r.evaluations, table("trace.csv").rows);
	check_above(r.core_share, 0);
	check_at_most(r.core_share, 1);
	check_at_least(r.switches_involuntary, 0);
	check_equal(r.threads, 1);
	assert_true(!r.threads_reason); /* not its choice */
	assert_non_null(r.date);
}

/* Threads are chosen by size, where there is a choice, and a run says why. */
static void a_small_cell_takes_one_thread(void **state)
{
	struct run_order order = {.progress_fd = -1, .choose_threads = true};
	struct err err = {0};
	struct result r;

	(void)state;
	pose("solver: admm, patterns: 5, beta: 0.1, stop: {iterations: 5}", "");
	blas_set_threads(2);
	assert_int_equal(run_cell(folder, &order, &err), STATUS_OK);
	blas_set_threads(1);
	assert_int_equal(result_read(path_in("result.json"), &arena, &r, &err), STATUS_OK);
	check_equal(r.threads, 1);
	assert_non_null(strstr(r.threads_reason, "less than"));
}

/* How many rows of the trace up to `last` have brought nothing: neither a lower objective nor a
 * higher bound. */
static int idle_rows(const struct csv_table *t, size_t last)
{
	double objective = HUGE_VAL, bound = -HUGE_VAL;
	int idle = 0;

	for (size_t row = 0; row <= last; row++) {
		double f = value(t, row, "objective"), b = value(t, row, "lower_bound");

		idle++;
		if (!(f > objective - 1e-6 * fabs(f))) {
			objective = f;
			idle = 0;
		}
		if (b > bound + 1e-6 * fabs(f)) {
			bound = b;
			idle = 0;
		}
	}
	return idle;
}

/* Also where the objective of an infeasible iterate rises while what is delivered gets better. */
static void patience_ends_after_evaluations_that_bring_nothing(void **state)
{
	static const char *const trains[] = {
		"solver: admm, patterns: 20, beta: 1e-4, rho: 0.1, finish: none, "
		"stop: {iterations: 4000, patience: 6}",
		"solver: admm, patterns: 20, beta: 0.1, finish: none, "
		"stop: {iterations: 4000, patience: 6}",
		"solver: sgd, width: 10, epochs: 4000, learning_rate: 0.1, "
		"stop: {iterations: 4000, patience: 6}"};
	int stalled = 0;

	(void)state;
	for (size_t i = 0; i < sizeof trains / sizeof *trains; i++) {
		struct result r;
		struct csv_table t;
		bool ended;

		pose(trains[i], "");
		r = compute();
		t = table("trace.csv");
		ended = strcmp(r.outcome, "stalled") == 0;
		stalled += ended;
		for (size_t row = 0; row + 1 < t.rows; row++)
			check_below(idle_rows(&t, row), 6);
		assert_int_equal(idle_rows(&t, t.rows - 1) >= 6, ended);
	}
	check_above(stalled, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(both_residuals_end_a_run),
		IN_FOLDER(one_residual_ends_no_run),
		IN_FOLDER(what_is_certified_decides),
		IN_FOLDER(a_request_ends_training_only),
		IN_FOLDER(a_killed_process_leaves_what_it_had),
		IN_FOLDER(phases_have_wall_and_processor_time),
		IN_FOLDER(a_small_cell_takes_one_thread),
		IN_FOLDER(patience_ends_after_evaluations_that_bring_nothing),
		IN_FOLDER(gap_scale_says_what_a_gap_is_a_share_of),
	};

	blas_set_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
