/* Source `npy`: features (n x d) and labels or targets (n or n x k) as numpy arrays. */
#include "harness/data/source/source_npy.h"
#include "harness/data/data.h"
#include "harness/data/source/arrays.h"
#include "harness/file/npy_file.h"

#include <stdint.h>

static const struct option rows[] = {
	{OPTION_FIELD(struct npy_options, x),
	 .doc = "features, n x d, or images n x h x w, .npy or .npy.gz", .path = PATH_OTHER},
	{OPTION_FIELD(struct npy_options, y),
	 .doc = "labels (numbers or texts) or targets, n; or n x k, several targets or one-hot "
		"labels",
	 .path = PATH_OTHER},
	{OPTION_FIELD(struct npy_options, test_x), .initial = "null",
	 .doc = "features of the test part", .path = PATH_OTHER},
	{OPTION_FIELD(struct npy_options, test_y), .initial = "null",
	 .doc = "labels or targets of the test part", .path = PATH_OTHER},
	{0},
};

static enum status read_pair(struct array_file at[2], const struct read_request *request,
			     struct arena *arena, struct table *table, struct err *err)
{
	struct array_file *x = &at[0], *y = &at[1];
	struct arena raw = {0};
	enum status status =
		npy_read_raw(x->path, &raw, &x->array, request->count ? NULL : &x->data, err);

	if (status == STATUS_OK)
		status = npy_read_raw(y->path, &raw, &y->array, &y->data, err);
	if (status == STATUS_OK)
		status = arrays_table(x, y, request, arena, table, err);
	arena_release(&raw);
	return status;
}

static enum status read_npy(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	const struct npy_options *o = options;
	struct array_file of_train[2] = {{.path = o->x}, {.path = o->y}};
	struct array_file of_test[2] = {{.path = o->test_x}, {.path = o->test_y}};

	if (!o->test_x != !o->test_y)
		return err_set(err, STATUS_SPEC, "npy: test_x and test_y must be given together");
	TRY(read_pair(of_train, request, arena, train, err));
	if (!o->test_x)
		return STATUS_OK;
	TRY(read_pair(of_test, request, arena, test, err));
	return arrays_check_test(of_test, train, test, err);
}

static enum status read_rows(const void *options, const struct rows_wanted *wanted, double *x,
			     struct err *err)
{
	const struct npy_options *o = options;
	struct array_file file = {.path = wanted->test ? o->test_x : o->x};
	struct filemap map;
	enum status status;

	TRY(filemap_open(file.path, &map, err));
	status = npy_view(file.path, &map, &file.array, &file.data, err);
	if (status == STATUS_OK)
		status = arrays_rows(&file, wanted, x, err);
	filemap_close(&map);
	return status;
}

static size_t element(const void *options)
{
	const struct npy_options *o = options;
	struct npy_array a = {0};
	struct err ignored = {0};

	if (filemap_packed(o->x) || npy_read_head(o->x, &a, &ignored) != STATUS_OK)
		return 0;
	return a.fortran && a.kind == 'f' && !a.swapped && a.dimensions == 2 &&
			       a.start % a.size == 0
		       ? a.size
		       : 0;
}

static enum status view(const void *options, const struct rows_wanted *wanted, struct mat *out,
			struct err *err)
{
	const struct npy_options *o = options;
	struct array_file file = {.path = o->x};
	struct filemap map;
	struct mat all;

	TRY(filemap_open(file.path, &map, err));
	TRY(npy_view(file.path, &map, &file.array, &file.data, err));
	all = (struct mat){(ptrdiff_t)file.array.rows, (ptrdiff_t)file.array.cols,
			   (ptrdiff_t)file.array.rows, (real *)(uintptr_t)file.data};
	*out = mat_rows(all, (ptrdiff_t)wanted->row[0], (ptrdiff_t)wanted->count);
	return arrays_check_view(&file, wanted, *out, err);
}

static const char *whole(const void *options)
{
	const struct npy_options *o = options;

	return filemap_packed(o->x) || (o->test_x && filemap_packed(o->test_x)) ? FILEMAP_WHOLE
										: NULL;
}

const struct source source_npy = {
	.base = {.name = "npy",
		 .doc = "features and labels as numpy arrays, plain or .gz",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct npy_options)},
	.read = read_npy,
	.rows = read_rows,
	.element = element,
	.view = view,
	.whole = whole,
};
