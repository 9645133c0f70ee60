/* Checks and conversion of the arrays of the sources npy and npz. */
#include "harness/data/source/arrays.h"
#include "harness/data/labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_ROOM = 80 };

/* ` of array "x"`, or nothing. Returns `text`. */
static const char *name_of(const struct array_file *file, char text[NAME_ROOM])
{
	text[0] = '\0';
	if (file->name)
		snprintf(text, NAME_ROOM, "array \"%.60s\": ", file->name);
	return text;
}

static enum status wrong_type(const struct array_file *file, const char *expected, struct err *err)
{
	struct err_place at = {.source = file->path};
	char name[NAME_ROOM], found[NPY_TEXT_ROOM];

	return err_at(err, STATUS_ENV, at, "%sexpected %s, got %s", name_of(file, name), expected,
		      npy_text(&file->array, found));
}

/* Of `count` rows; `row` NULL: the first ones. */
static enum status check_finite(const struct array_file *file, const size_t *row, size_t count,
				const double *x, struct err *err)
{
	struct err_place at = {.source = file->path};
	size_t cols = file->array.cols;
	char name[NAME_ROOM];

	for (size_t i = 0; i < count * cols; i++)
		if (!isfinite(x[i]))
			return err_at(err, STATUS_ENV, at,
				      "%selement [%zu, %zu]: expected a finite number, got %g",
				      name_of(file, name), row ? row[i / cols] : i / cols, i % cols,
				      x[i]);
	return STATUS_OK;
}

static enum status check_shapes(const struct array_file *x, const struct array_file *y,
				const struct read_request *request, struct err *err)
{
	struct err_place at = {.source = y->path};
	char name[NAME_ROOM], found[NPY_TEXT_ROOM], of[NPY_TEXT_ROOM];

	if (!npy_is_number(&x->array))
		return wrong_type(x, "features that are numbers", err);
	if (request->regression && !npy_is_number(&y->array))
		return wrong_type(y, "targets that are numbers", err);
	if (y->array.cols > 1 && !npy_is_number(&y->array))
		return wrong_type(y, "one label per row, or numbers", err);
	if (y->array.cols >= 1 && y->array.rows == x->array.rows)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, at, "%sexpected %zu rows, one per row of %s (%s), got %s",
		      name_of(y, name), x->array.rows, x->name ? x->name : x->path,
		      npy_text(&x->array, of), npy_text(&y->array, found));
}

static enum status set_labels(const struct array_file *y, struct arena *arena, struct table *table,
			      struct err *err)
{
	struct err_place at = {.source = y->path};
	struct labels labels = labels_new(arena);
	struct arena texts = {0};
	char name[NAME_ROOM];
	enum status status = STATUS_OK;

	table->label = ARENA_ARRAY(arena, const char *, y->array.rows);
	for (size_t i = 0; i < y->array.rows && status == STATUS_OK; i++) {
		const char *text = npy_element(&y->array, y->data, i, &texts);

		if (text)
			table->label[i] =
				labels.at[labels_add(&labels, text, strlen(text), 1)].text;
		else
			status = err_at(err, STATUS_ENV, at,
					"%selement [%zu]: expected a text in Unicode without NULs",
					name_of(y, name), i);
		arena_release(&texts);
	}
	return status;
}

/* Labels of one-hot rows: the places of the ones. */
static enum status set_one_hot(const struct array_file *y, const double *at, struct arena *arena,
			       struct table *table, struct err *err)
{
	struct err_place place = {.source = y->path};
	const size_t k = y->array.cols;
	const char **text = ARENA_ARRAY(arena, const char *, k);
	char name[NAME_ROOM];

	for (size_t j = 0; j < k; j++)
		text[j] = arena_format(arena, "%zu", j);
	table->label = ARENA_ARRAY(arena, const char *, table->n);
	for (size_t i = 0; i < table->n; i++) {
		size_t ones = 0, zeros = 0;

		for (size_t j = 0; j < k; j++) {
			ones += at[i * k + j] == 1;
			zeros += at[i * k + j] == 0;
			if (at[i * k + j] == 1)
				table->label[i] = text[j];
		}
		if (ones != 1 || ones + zeros != k)
			return err_at(err, STATUS_ENV, place,
				      "%srow %zu: expected one 1 and else zeros, as one-hot labels "
				      "have, got %zu of 1 and %zu of 0; for numeric targets, task: "
				      "regression",
				      name_of(y, name), i, ones, zeros);
	}
	return STATUS_OK;
}

enum status arrays_table(const struct array_file *x, const struct array_file *y,
			 const struct read_request *request, struct arena *arena,
			 struct table *table, struct err *err)
{
	double *target;

	TRY(check_shapes(x, y, request, err));
	*table = (struct table){
		.n = x->array.rows, .d = x->array.cols, .content = x->array.bytes + y->array.bytes};
	if (x->data) {
		table->x = arena_alloc(arena, table->n, table->d * sizeof(double));
		npy_convert(&x->array, x->data, table->x);
		TRY(check_finite(x, NULL, table->n, table->x, err));
	}
	if (npy_is_number(&y->array)) {
		target = arena_alloc(arena, table->n, y->array.cols * sizeof(double));
		npy_convert(&y->array, y->data, target);
		TRY(check_finite(y, NULL, table->n, target, err));
		if (request->regression) {
			table->k = y->array.cols;
			table->target = target;
			return STATUS_OK;
		}
		if (y->array.cols > 1)
			return set_one_hot(y, target, arena, table, err);
	}
	return set_labels(y, arena, table, err);
}

enum status arrays_rows(const struct array_file *x, const struct rows_wanted *wanted, double *to,
			struct err *err)
{
	npy_convert_rows(&x->array, x->data, wanted->row, wanted->count, to);
	return check_finite(x, wanted->row, wanted->count, to, err);
}

enum status arrays_check_view(const struct array_file *x, const struct rows_wanted *wanted,
			      struct mat view, struct err *err)
{
	struct err_place at = {.source = x->path};
	char name[NAME_ROOM];

	for (ptrdiff_t j = 0; j < view.cols; j++)
		for (ptrdiff_t i = 0; i < view.rows; i++)
			if (!isfinite(mat_get(view, i, j)))
				return err_at(err, STATUS_ENV, at,
					      "%selement [%zu, %td]: expected a finite number, got "
					      "%g",
					      name_of(x, name), wanted->row[i], j,
					      (double)mat_get(view, i, j));
	return STATUS_OK;
}

enum status arrays_check_test(const struct array_file test_files[2], const struct table *train,
			      const struct table *test, struct err *err)
{
	const struct array_file *test_x = &test_files[0], *test_y = &test_files[1];
	struct err_place at = {.source = test_x->path};
	char name[NAME_ROOM], found[NPY_TEXT_ROOM];

	if (test->k != train->k)
		return err_at(err, STATUS_ENV, (struct err_place){.source = test_y->path},
			      "%sexpected %zu targets as in the training part, got %zu (%s)",
			      name_of(test_y, name), train->k, test->k,
			      npy_text(&test_y->array, found));
	if (test->d == train->d)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, at,
		      "%sexpected %zu columns as in the training part, got %zu (%s)",
		      name_of(test_x, name), train->d, test->d, npy_text(&test_x->array, found));
}
