/* Source `npy`: features (n x d) and labels or targets (n) as numpy arrays. */
#include "harness/data/source_npy.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/store/npz.h"

#include <math.h>
#include <stdio.h>

static const struct option rows[] = {
	{OPTION_FIELD(struct npy_options, x), .doc = "features, n x d, .npy or .npy.gz",
	 .path = true},
	{OPTION_FIELD(struct npy_options, y), .doc = "labels or targets, n numbers", .path = true},
	{OPTION_FIELD(struct npy_options, test_x), .initial = "null",
	 .doc = "features of the test part", .path = true},
	{OPTION_FIELD(struct npy_options, test_y), .initial = "null",
	 .doc = "labels or targets of the test part", .path = true},
	{0},
};

static enum status check_finite(const char *path, const struct npy *array, struct err *err)
{
	struct err_place at = {.source = path};

	for (size_t i = 0; i < array->rows * array->cols; i++)
		if (!isfinite(array->at[i]))
			return err_at(err, STATUS_ENV, at,
				      "element [%zu, %zu]: expected a finite number, got %g",
				      i / array->cols, i % array->cols, array->at[i]);
	return STATUS_OK;
}

static void set_labels(struct table *table, const struct npy *y, struct arena *arena)
{
	struct labels labels = labels_new(arena);
	char text[32];

	table->label = ARENA_ARRAY(arena, const char *, y->rows);
	for (size_t i = 0; i < y->rows; i++) {
		int length = snprintf(text, sizeof text, "%.17g", y->at[i]);

		table->label[i] = labels.at[labels_add(&labels, text, (size_t)length, 1)].text;
	}
}

static enum status read_pair(const char *x_path, const char *y_path, bool regression,
			     struct arena *arena, struct table *table, struct err *err)
{
	struct npy x = {0}, y = {0};
	struct err_place at = {.source = y_path};

	TRY(npz_read_npy(x_path, arena, &x, err));
	TRY(check_finite(x_path, &x, err));
	TRY(npz_read_npy(y_path, arena, &y, err));
	TRY(check_finite(y_path, &y, err));
	if (y.cols != 1 || y.rows != x.rows)
		return err_at(err, STATUS_ENV, at,
			      "expected %zu numbers, one per row of %s, got %zu x %zu", x.rows,
			      x_path, y.rows, y.cols);
	*table = (struct table){.n = x.rows, .d = x.cols, .x = x.at};
	if (regression)
		table->target = y.at;
	else
		set_labels(table, &y, arena);
	return STATUS_OK;
}

static enum status read_npy(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	const struct npy_options *o = options;
	struct err_place at = {.source = o->test_x};

	if (!o->test_x != !o->test_y)
		return err_set(err, STATUS_SPEC, "npy: test_x and test_y must be given together");
	TRY(read_pair(o->x, o->y, request->regression, arena, train, err));
	if (!o->test_x)
		return STATUS_OK;
	TRY(read_pair(o->test_x, o->test_y, request->regression, arena, test, err));
	if (test->d != train->d)
		return err_at(err, STATUS_ENV, at, "%zu columns, but %s has %zu", test->d, o->x,
			      train->d);
	return STATUS_OK;
}

static size_t list_files(const void *options, const char **paths, size_t room)
{
	const struct npy_options *o = options;
	const char *const all[] = {o->x, o->y, o->test_x, o->test_y};

	return data_list_paths(all, sizeof all / sizeof *all, paths, room);
}

const struct source source_npy = {
	.base = {.name = "npy",
		 .doc = "features and labels as numpy arrays, plain or .gz",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct npy_options)},
	.read = read_npy,
	.files = list_files,
};
