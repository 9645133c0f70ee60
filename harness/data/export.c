/* A prepared data set as .npy files. */
#include "harness/data/export.h"
#include "harness/file/jsonfile.h"
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"

static enum status write_part(const struct part *part, ptrdiff_t k, const char *to[2],
			      struct arena *arena, struct err *err)
{
	const size_t n = (size_t)part->X.rows;
	const struct npy_array X = {.kind = 'f',
				    .size = sizeof(real),
				    .fortran = true,
				    .dimensions = 2,
				    .shape = {n, (size_t)part->X.cols}};
	const struct npy_array y = {.kind = 'f',
				    .size = sizeof(real),
				    .fortran = k > 1,
				    .dimensions = k > 1 ? 2 : 1,
				    .shape = {n, k > 1 ? (size_t)k : 0}};
	const struct npy_array weights = {
		.kind = 'f', .size = sizeof(real), .dimensions = 1, .shape = {n}};
	const struct npy_array labels = {
		.kind = 'i', .size = sizeof *part->label, .dimensions = 1, .shape = {n}};
	const struct npy_array rows = {
		.kind = 'i', .size = sizeof *part->row, .dimensions = 1, .shape = {n}};

	TRY(npy_write(arena_format(arena, "%s/X_%s.npy", to[0], to[1]), &X, part->X.at,
		      sizeof(real) * (size_t)part->X.stride, err));
	TRY(npy_write(arena_format(arena, "%s/y_%s.npy", to[0], to[1]), &y, part->y,
		      sizeof(real) * n, err));
	if (part->label)
		TRY(npy_write(arena_format(arena, "%s/labels_%s.npy", to[0], to[1]), &labels,
			      part->label, 0, err));
	if (part->weight)
		TRY(npy_write(arena_format(arena, "%s/weights_%s.npy", to[0], to[1]), &weights,
			      part->weight, 0, err));
	return npy_write(arena_format(arena, "%s/rows_%s.npy", to[0], to[1]), &rows, part->row, 0,
			 err);
}

static const char *const names[] = {"train", "validation", "test"};

static json_t *texts_of(const char **texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

/* One number, or a list of those of several outputs. */
static json_t *numbers_of(const double *numbers, size_t count)
{
	json_t *list;

	if (count == 1)
		return json_real(numbers[0]);
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_real(numbers[i]));
	return list;
}

/* What the arrays do not say. */
static json_t *about(const struct dataset *data, const char *cell)
{
	json_t *columns = json_array(), *stages = json_array();
	const size_t k = (size_t)data->k;

	for (size_t j = 0; j < data->stages.d; j++)
		json_array_append_new(columns, json_pack("s?", data->columns[j]));
	for (size_t i = 0; i < data->stages.count; i++)
		json_array_append_new(stages, json_string(stage_names[data->stages.at[i].kind]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:o}", "precision", REAL_NAME,
			 "columns", columns, "classes", texts_of(data->classes, data->class_count),
			 "targets", texts_of(data->targets, data->targets ? k : 0), "stages",
			 stages, "target_shift", numbers_of(data->target_shift, k), "target_scale",
			 numbers_of(data->target_scale, k), "note", data->note, "cell",
			 json_loads(cell, 0, NULL));
}

enum status export_dataset(const struct dataset *data, const char *folder, const char *cell,
			   struct err *err)
{
	const struct part *const parts[] = {&data->train, &data->validation, &data->test};
	const struct modelfile preparation = {.stages = data->stages,
					      .targets = (size_t)data->k,
					      .target_shift = data->target_shift,
					      .target_scale = data->target_scale};
	struct arena arena = {0};
	const char *stages = arena_format(&arena, "%s/preparation.npz", folder);
	enum status status = STATUS_OK;

	for (size_t p = 0; p < sizeof parts / sizeof *parts && status == STATUS_OK; p++)
		status = write_part(parts[p], data->k, (const char *[]){folder, names[p]}, &arena,
				    err);
	if (status == STATUS_OK)
		status = modelfile_save(stages, &preparation, err);
	if (status == STATUS_OK)
		status = jsonfile_write(about(data, cell),
					arena_format(&arena, "%s/data.json", folder), 1, err);
	arena_release(&arena);
	return status;
}
