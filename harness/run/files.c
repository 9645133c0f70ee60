/* Input files of trainers. See files.h. */
#include "harness/run/files.h"

#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"

#include <string.h>

struct reading {
	const struct problem *problem;
	struct arena *arena;
	size_t count;
	struct problem_file *at;
	enum status status;
	struct err *err;
};

static enum status read_array(const struct reading *r, struct problem_file *out)
{
	struct npy file;

	TRY(npy_read(out->path, r->arena, &file, r->err));
	out->array = mat_new(r->arena, (ptrdiff_t)file.rows, (ptrdiff_t)file.cols);
	for (size_t k = 0; k < file.rows; k++)
		for (size_t j = 0; j < file.cols; j++)
			mat_set(out->array, (ptrdiff_t)k, (ptrdiff_t)j,
				(real)file.at[k * file.cols + j]);
	return STATUS_OK;
}

static enum status read_model(const struct reading *r, struct problem_file *out)
{
	struct modelfile file;
	ptrdiff_t d = r->problem->X.cols;

	TRY(modelfile_load(out->path, r->arena, &file, r->err));
	if (model_features(file.model) != d)
		return err_at(r->err, STATUS_SPEC, (struct err_place){out->path, 0, 0},
			      "expected a network on %td prepared features, got %td", d,
			      model_features(file.model));
	out->model = file.model;
	return STATUS_OK;
}

typedef enum status reader(const struct reading *r, struct problem_file *out);

static reader *const readers[] = {[PATH_ARRAY] = read_array, [PATH_MODEL] = read_model};

static void count(const struct option *row, const char **path, void *context)
{
	(void)row;
	(void)path;
	((struct reading *)context)->count++;
}

static void read_one(const struct option *row, const char **path, void *context)
{
	struct reading *r = context;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->at[i].path, *path) == 0)
			return;
	if (r->status != STATUS_OK || !readers[row->path])
		return;
	r->at[r->count].path = *path;
	r->status = readers[row->path](r, &r->at[r->count]);
	r->count++;
}

enum status files_read(const struct cell *cell, struct problem *problem, struct arena *arena,
		       struct err *err)
{
	struct reading r = {.problem = problem, .arena = arena, .err = err};

	option_each_path(&cell->train.solver, count, &r);
	r.at = ARENA_ARRAY(arena, struct problem_file, r.count);
	r.count = 0;
	option_each_path(&cell->train.solver, read_one, &r);
	problem->files = r.at;
	problem->file_count = r.count;
	return r.status;
}
