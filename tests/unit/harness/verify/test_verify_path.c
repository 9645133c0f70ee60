/* A path of penalties from its spec to its record: `verify` passes its points, of every method, and
 * notices each number of them that is changed or taken away, and a changed network. */
#include "harness/verify/verify.h"

#include <math.h>
#include <stdio.h>

#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

enum { POINTS = 5 };

static const char *const methods[] = {
	"solver: active_set, patterns: 8, beta: {path: [max, 0.05, 5]}, average: true",
	"solver: gated, patterns: 8, loss: logistic, beta: {path: [2, 0.05, 5]}, decompose: exact",
	"solver: generated, loss: hinge, beta: {path: [1, 0.5, 5]}, neurons: 40",
};

enum { METHODS = sizeof methods / sizeof *methods };

static bool verifies(void)
{
	struct verify out;
	struct err err = {0};

	if (verify_record(folder, NULL, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return verify_good(&out);
}

static struct field_rows rows_of_record(void)
{
	struct field_rows rows;

	assert_int_equal(
		field_read(path_in("path.csv"), &rows_path, &arena, &rows, &(struct err){0}),
		STATUS_OK);
	return rows;
}

static void write_rows(struct field_rows rows)
{
	assert_int_equal(
		field_write(path_in("path.csv"), &rows_path, rows.at, rows.count, &(struct err){0}),
		STATUS_OK);
}

static void points_are_those_of_the_spec(void **state)
{
	static const double first[] = {NAN, 2, 1}, last[] = {0.05, 0.05, 0.5};

	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		const struct cell *cell = pose(methods[m], "stop: {iterations: 500}\n");
		struct result result;
		const struct path_row *row;
		struct field_rows rows;

		assert_non_null(strstr(cell->text, "\"penalties\":5"));
		result = compute();
		rows = rows_of_record();
		row = rows.at;
		assert_int_equal(rows.count, POINTS);
		if (!isnan(first[m]))
			check_close(row[0].beta, first[m], 1e-12, 0);
		else
			check_equal(row[0].neurons, 0);
		for (int i = 0; i < POINTS; i++)
			check_close(row[i].beta,
				    row[0].beta * pow(last[m] / row[0].beta, i / (POINTS - 1.0)),
				    1e-12, 0);
		check_close(row[POINTS - 1].objective_network, result.objective_network, 1e-6, 0);
		check_equal(row[POINTS - 1].neurons, result.neurons);
		if (m < 2)
			check_at_most(row[2].gap, 1e-6);
		assert_true(verifies());
	}
	assert_null(strstr(pose("solver: scp, neurons: 5", "")->text, "penalt"));
}

static void changed_points_are_noticed(void **state)
{
	static const char *const unseen[] = {"steps", "screened", "seconds"};
	struct field_rows kept;
	struct path_row *row;

	(void)state;
	pose(methods[0], "");
	compute();
	kept = rows_of_record();
	row = (struct path_row *)kept.at + 2;
	for (const struct field *f = rows_path.field; f->name; f++) {
		double was = field_number(f, row);
		bool looked = true;

		for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
			looked = looked && strcmp(unseen[i], f->name) != 0;
		if (!looked)
			continue;
		/* neurons end at some samples, which may be decided either way */
		field_set_number(f, row, was + 0.25);
		write_rows(kept);
		if (verifies())
			fail_msg("%s changed", f->name);
		field_set_number(f, row, NAN);
		write_rows(kept);
		if (verifies())
			fail_msg("%s taken away", f->name);
		field_set_number(f, row, was);
	}
	write_rows(kept);
	assert_true(verifies());
}

static void an_exchanged_network_is_noticed(void **state)
{
	struct modelfile file = {.model = NULL};
	const struct model *models[POINTS];

	(void)state;
	pose(methods[0], "");
	compute();
	for (size_t i = 0; i < POINTS; i++) {
		assert_int_equal(modelfile_load_point(path_in("models.npz"), i, &arena, &file,
						      &(struct err){0}),
				 STATUS_OK);
		models[i == 2 ? 3 : i == 3 ? 2 : i] = file.model;
	}
	assert_int_equal(modelfile_load_point(path_in("models.npz"), POINTS, &arena, &file,
					      &(struct err){0}),
			 STATUS_ENV);
	assert_int_equal(
		modelfile_load_point(path_in("models.npz"), 0, &arena, &file, &(struct err){0}),
		STATUS_OK);
	assert_int_equal(
		modelfile_save_path(path_in("models.npz"), &file, models, POINTS, &(struct err){0}),
		STATUS_OK);
	assert_false(verifies());
}

/* A gap that ends the run before the last penalty is done with leaves its point all the same; time
 * that is up in the middle is told. */
static void a_path_that_ends_early_says_so(void **state)
{
	struct result result;

	(void)state;
	pose(methods[0], "stop: {gap: 0.9}\n");
	compute();
	assert_int_equal(rows_of_record().count, POINTS);
	assert_true(verifies());
	pose(methods[0], "stop: {iterations: 4}\n");
	result = compute();
	check_at_least(rows_of_record().count, 1);
	check_below(rows_of_record().count, POINTS);
	assert_non_null(strstr(result.note, "of its 5 penalties"));
	assert_true(verifies());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(points_are_those_of_the_spec),
		IN_FOLDER(changed_points_are_noticed),
		IN_FOLDER(an_exchanged_network_is_noticed),
		IN_FOLDER(a_path_that_ends_early_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
