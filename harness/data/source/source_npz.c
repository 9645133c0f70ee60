/* Source `npz`: the arrays of one file, as numpy.savez and savez_compressed write it. */
#include "harness/data/source/source_npz.h"
#include "harness/data/data.h"
#include "harness/data/source/arrays.h"
#include "harness/file/npz.h"

static const struct option rows[] = {
	{OPTION_FIELD(struct npz_options, file), .doc = "file, .npz", .path = PATH_OTHER},
	{OPTION_FIELD(struct npz_options, x), .initial = "x",
	 .doc = "name of the array of features, n x d, or images n x h x w"},
	{OPTION_FIELD(struct npz_options, y), .initial = "y",
	 .doc = "name of the array of labels (numbers or texts) or targets, n; or n x k, several "
		"targets or one-hot labels"},
	{OPTION_FIELD(struct npz_options, test_x), .initial = "null",
	 .doc = "features of the test part"},
	{OPTION_FIELD(struct npz_options, test_y), .initial = "null",
	 .doc = "labels or targets of the test part"},
	{0},
};

static enum status read_pair(const struct npz_file *file, struct array_file at[2],
			     const struct read_request *request, struct arena *arena,
			     struct table *table, struct err *err)
{
	struct arena raw = {0};
	enum status status = STATUS_OK;

	for (int i = 0; i < 2 && status == STATUS_OK; i++) {
		const char *name = arena_format(&raw, "%s.npy", at[i].name);
		bool header = i == 0 && request->count;

		at[i].path = file->path;
		status = npz_raw(file, name, &raw, &at[i].array, header ? NULL : &at[i].data, err);
	}
	if (status == STATUS_OK)
		status = arrays_table(&at[0], &at[1], request, arena, table, err);
	arena_release(&raw);
	return status;
}

static enum status read_npz(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	const struct npz_options *o = options;
	struct array_file of_train[2] = {{.name = o->x}, {.name = o->y}};
	struct array_file of_test[2] = {{.name = o->test_x}, {.name = o->test_y}};
	struct npz_file file;
	enum status status;

	if (!o->test_x != !o->test_y)
		return err_set(err, STATUS_SPEC, "npz: test_x and test_y must be given together");
	status = npz_map(&file, o->file, err);
	if (status == STATUS_OK)
		status = read_pair(&file, of_train, request, arena, train, err);
	if (status == STATUS_OK && o->test_x)
		status = read_pair(&file, of_test, request, arena, test, err);
	if (status == STATUS_OK && o->test_x)
		status = arrays_check_test(of_test, train, test, err);
	npz_unmap(&file);
	return status;
}

const struct source source_npz = {
	.base = {.name = "npz",
		 .doc = "features and labels as arrays of one file of numpy.savez",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct npz_options)},
	.read = read_npz,
};
