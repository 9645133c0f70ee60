/* One cell from its text to its record: files, figures that can be computed again from the stored
 * model, order of attacked accuracies, errors. */
#include "tests/unit/harness/run/test_run.h"
#include "harness/data/data.h"
#include "harness/run/evaluate.h"
#include "harness/store/modelfile.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <float.h>
#include <math.h>
#include <unistd.h>

#include <omp.h>

static const char attack_text[] =
	"attack:\n"
	"  - {attack: fgsm, norm: linf, eps: [0, 0.1, 0.3, 0.6, 1]}\n"
	"  - {attack: pgd, norm: l2, eps: [0, 0.2, 0.5, 1.5], steps: 5, restarts: 2}\n"
	"  - {attack: pgd, norm: linf, units: raw, eps: [0, 0.1, 0.5], steps: 3, restarts: 1}\n";

static double accuracy(const struct net *net, const struct part *part)
{
	double correct = 0;

	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		correct += (double)part->y[k] * toy_output(net, part->X, k) > 0;
	return correct / (double)part->X.rows;
}

/* Every figure of the record that the stored model and the data determine. */
static void check_model(const struct cell *cell, const struct result *r)
{
	struct dataset data;
	struct modelfile model;
	struct err err = {0};
	struct problem problem = {.beta = cell->train.beta};

	assert_int_equal(
		data_load(&cell->data, (uint64_t)cell->seed, cell->repetition, &arena, &data, &err),
		STATUS_OK);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	check_close(accuracy(net_of(model.model), &data.train), r->train_accuracy, 0, 1e-12);
	check_close(accuracy(net_of(model.model), &data.validation), r->validation_accuracy, 0,
		    1e-12);
	check_close(accuracy(net_of(model.model), &data.test), r->test_accuracy, 0, 1e-12);
	check_equal(r->n_train, data.train.X.rows);
	check_equal(r->n_train + r->n_test + r->n_validation, 60);
	check_equal(r->d, 3);
	check_equal(r->neurons, net_of(model.model)->U.cols);
	problem.X = data.train.X;
	problem.y = targets_of(data.train.y, data.train.X.rows);
	problem.loss =
		(struct loss_term){.loss = (const struct loss *)(const void *)cell->train.loss.item,
				   .options = cell->train.loss.options,
				   .weight = 1};
	if (cell->train.average)
		problem.loss.weight = 1 / r->n_train;
	check_close(toy_objective(&problem, net_of(model.model)), r->objective_network, 1e-9, 1e-9);
}

/* One iteration after the other; the last row is the result. */
static void check_trace(const struct result *r)
{
	struct csv_table t = table("trace.csv");
	size_t last = t.rows - 1;

	check_above(t.rows, 1);
	for (size_t row = 1; row < t.rows; row++) {
		check_above(value(&t, row, "iteration"), value(&t, row - 1, "iteration"));
		check_at_least(value(&t, row, "seconds"), value(&t, row - 1, "seconds"));
	}
	check_equal(value(&t, last, "iteration"), r->iterations);
	check_equal(value(&t, last, "objective_network"), r->objective_network);
	check_equal(value(&t, last, "test_accuracy"), r->test_accuracy);
	/* the clock of the trace is that of setup and solve */
	check_close(value(&t, last, "seconds") - r->setup_s, r->solve_s, 0, 1e-3);
}

static void check_attacks(const struct result *r)
{
	struct csv_table t = table("attack.csv");

	assert_int_equal(t.rows, 5 + 4 + 3);
	for (size_t row = 0; row < t.rows; row++) {
		double robust = value(&t, row, "robust_accuracy");
		bool first = value(&t, row, "eps") == 0;

		check_equal(value(&t, row, "n"), r->n_test);
		check_close(value(&t, row, "accuracy"), r->test_accuracy, 0, 1e-12);
		/* up to the rounding of the ends of the interval */
		check_at_most(value(&t, row, "robust_accuracy_lo"), robust + DBL_EPSILON);
		check_at_least(value(&t, row, "robust_accuracy_hi"), robust - DBL_EPSILON);
		if (first)
			check_close(robust, r->test_accuracy, 0, 1e-12);
		else
			check_at_most(robust, value(&t, row - 1, "robust_accuracy"));
		if (!first)
			assert_string_equal(text(&t, row, "attack"), text(&t, row - 1, "attack"));
	}
	/* a radius of the size of the moons leaves little */
	check_below(value(&t, 4, "robust_accuracy"), 0.7 * r->test_accuracy);
}

static void check_cell(const char *train)
{
	const struct cell *cell = pose(train, attack_text);
	struct result r = compute();

	assert_string_equal(r.status, "ok");
	assert_string_equal(r.data, "moons");
	assert_string_equal(r.method, cell->train.name);
	check_above(r.test_accuracy, 0.7); /* two moons: half would be a coin */
	check_at_least(r.setup_s, 0);
	check_above(r.solve_s, 0);
	check_above(r.eval_s, 0);
	check_above(r.attack_s, 0);
	check_above(r.peak_mem_bytes, 0);
	check_model(cell, &r);
	check_trace(&r);
	check_attacks(&r);
}

static void convex_cells_leave_a_record(void **state)
{
	struct result r;

	(void)state;
	check_cell("solver: admm, patterns: 20, beta: 0.1, stop: {iterations: 300}");
	check_cell("solver: scp, name: sampled, neurons: 40, loss: logistic, beta: 1e-2, average: "
		   "true, "
		   "stop: {iterations: 100, gap: 1e-6}");
	r = compute(); /* again, over the old record */
	assert_string_equal(r.outcome, "converged");
	check_below(r.gap, 1e-6);
	check_at_least(r.gap, -1e-12);
	check_at_most(r.lower_bound, r.objective + 1e-12);
	check_equal(r.feasibility, 0);
	assert_string_equal(r.bound_scope, "sampled");
	check_nan(r.fresh);
	check_nan(r.violation); /* not asked for */
}

static void fresh_draws_are_recorded(void **state)
{
	static const char *const methods[] = {
		"solver: admm, patterns: 3", "solver: ipm, patterns: 3", "solver: scp, neurons: 3"};

	(void)state;
	for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
		struct result r;

		pose(arena_format(&arena,
				  "%s, beta: 0.1, fresh: 50, stop: {iterations: 300, gap: 1e-4}",
				  methods[m]),
		     "");
		r = compute();
		check_equal(r.fresh, 50);
		check_at_least(r.violation_s, 0);
		check_above(r.violation, 0);
		check_at_most(r.violation, 1); /* three are too few */
		check_below(r.violation_lo, r.violation);
		check_at_most(r.violation, r.violation_hi);
	}
}

/* Far from the optimum the share says nothing. */
static void fresh_draws_need_a_solved_point(void **state)
{
	struct result r;

	(void)state;
	pose("solver: admm, patterns: 3, beta: 0.1, fresh: 50, stop: {iterations: 2}", "");
	r = compute();
	check_above(r.gap, 1e-3);
	check_nan(r.fresh);
	check_nan(r.violation);
	assert_non_null(strstr(r.note, "fresh: no share"));
}

static void baseline_cells_leave_a_record(void **state)
{
	struct result r;

	(void)state;
	check_cell(
		"solver: adam, width: 30, epochs: 200, learning_rate: 0.02, batch: 8, beta: 0.01");
	assert_int_equal(result_read(path_in("result.json"), &arena, &r, &(struct err){0}),
			 STATUS_OK);
	check_equal(r.iterations, 200);
	check_nan(r.gap);
	check_nan(r.lower_bound); /* never made up */
}

static struct mat stored_weights(void)
{
	struct modelfile model;
	struct err err = {0};

	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	return net_of(model.model)->U;
}

static void the_same_cell_gives_the_same_model(void **state)
{
	struct mat first, again;

	(void)state;
	pose("solver: sgd, width: 10, epochs: 7, learning_rate: 0.01", "");
	compute();
	first = stored_weights();
	compute();
	again = stored_weights();
	assert_int_equal(first.cols, again.cols);
	for (ptrdiff_t j = 0; j < first.cols; j++)
		assert_memory_equal(mat_col(first, j), mat_col(again, j),
				    (size_t)first.rows * sizeof(real));
}

static void iteration_limits_are_kept(void **state)
{
	struct result r;

	(void)state;
	pose("solver: admm, patterns: 20, beta: 0.1, stop: {iterations: 17}", "");
	r = compute();
	check_equal(r.iterations, 17);
	assert_string_equal(r.outcome, "iteration_limit");
	assert_int_equal(access(path_in("attack.csv"), F_OK), -1); /* none was asked for */
}

static void divergence_is_a_failed_cell_with_a_record(void **state)
{
	struct result r;

	(void)state;
	pose("solver: sgd, width: 10, epochs: 60, learning_rate: 1e9", "");
	r = compute();
	assert_string_equal(r.status, "failed");
	assert_string_equal(r.outcome, "diverged");
	assert_non_null(r.message);
}

static void check_error(enum status status, const char *part)
{
	struct err err = {0};

	assert_int_equal(run_cell(folder, &(struct run_order){.progress_fd = -1}, &err), status);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_int_equal(access(path_in("result.json"), F_OK), -1);
}

static void what_cannot_run_says_why(void **state)
{
	(void)state;
	check_error(STATUS_ENV, ""); /* no cell.json */
	write_text("cell.json", "{\"seed\":");
	check_error(STATUS_SPEC, "");
	pose("solver: scp, neurons: 20, loss: hinge, method: newton, first: 5", "");
	check_error(STATUS_SPEC, "working_set");
}

static void progress_is_written_as_lines(void **state)
{
	struct err err = {0};
	char line[4096];
	ssize_t length;
	int ends[2];
	double iteration, seconds;

	(void)state;
	pose("solver: admm, patterns: 20, beta: 0.1, stop: {iterations: 40}", "");
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(run_cell(folder, &(struct run_order){.progress_fd = ends[1]}, &err),
			 STATUS_OK);
	close(ends[1]);
	length = read(ends[0], line, sizeof line - 1);
	close(ends[0]);
	check_above(length, 0);
	line[length] = '\0';
	assert_int_equal(line[length - 1], '\n');
	assert_int_equal(sscanf(line, "%lf %*s %lf\n", &iteration, &seconds), 2);
	check_at_least(iteration, 0);
	check_at_most(iteration, 40);
	check_at_least(seconds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(convex_cells_leave_a_record),
		IN_FOLDER(fresh_draws_are_recorded),
		IN_FOLDER(fresh_draws_need_a_solved_point),
		IN_FOLDER(baseline_cells_leave_a_record),
		IN_FOLDER(the_same_cell_gives_the_same_model),
		IN_FOLDER(iteration_limits_are_kept),
		IN_FOLDER(divergence_is_a_failed_cell_with_a_record),
		IN_FOLDER(what_cannot_run_says_why),
		IN_FOLDER(progress_is_written_as_lines),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
