/* A prepared data set as .npy files. */
#include "harness/data/export.h"
#include "harness/file/jsonfile.h"
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"

static enum status write_part(const struct part *part, const char *folder, const char *name,
			      struct arena *arena, struct err *err)
{
	const size_t n = (size_t)part->X.rows;
	const struct npy_array X = {.kind = 'f',
				    .size = sizeof(real),
				    .fortran = true,
				    .dimensions = 2,
				    .shape = {n, (size_t)part->X.cols}};
	const struct npy_array y = {
		.kind = 'f', .size = sizeof(real), .dimensions = 1, .shape = {n}};
	const struct npy_array rows = {
		.kind = 'i', .size = sizeof *part->row, .dimensions = 1, .shape = {n}};

	TRY(npy_write(arena_format(arena, "%s/X_%s.npy", folder, name), &X, part->X.at,
		      sizeof(real) * (size_t)part->X.stride, err));
	TRY(npy_write(arena_format(arena, "%s/y_%s.npy", folder, name), &y, part->y, 0, err));
	return npy_write(arena_format(arena, "%s/rows_%s.npy", folder, name), &rows, part->row, 0,
			 err);
}

/* What the arrays do not say. */
static json_t *about(const struct dataset *data, const char *cell)
{
	json_t *columns = json_array(), *stages = json_array(), *classes = json_array();

	for (size_t j = 0; j < data->stages.d; j++)
		json_array_append_new(columns, json_pack("s?", data->columns[j]));
	for (size_t i = 0; i < data->stages.count; i++)
		json_array_append_new(stages, json_string(stage_names[data->stages.at[i].kind]));
	for (size_t c = 0; c < 2 && data->classes[c]; c++)
		json_array_append_new(classes, json_string(data->classes[c]));
	return json_pack("{s:s, s:o, s:o, s:o, s:f, s:f, s:s?, s:o}", "precision", REAL_NAME,
			 "columns", columns, "classes", classes, "stages", stages, "target_shift",
			 data->target_shift, "target_scale", data->target_scale, "note", data->note,
			 "cell", json_loads(cell, 0, NULL));
}

enum status export_dataset(const struct dataset *data, const char *folder, const char *cell,
			   struct err *err)
{
	const struct modelfile preparation = {.stages = data->stages,
					      .target_shift = data->target_shift,
					      .target_scale = data->target_scale};
	struct arena arena = {0};
	const char *stages = arena_format(&arena, "%s/preparation.npz", folder);
	enum status status = write_part(&data->train, folder, "train", &arena, err);

	if (status == STATUS_OK)
		status = write_part(&data->validation, folder, "validation", &arena, err);
	if (status == STATUS_OK)
		status = write_part(&data->test, folder, "test", &arena, err);
	if (status == STATUS_OK)
		status = modelfile_save(stages, &preparation, err);
	if (status == STATUS_OK)
		status = jsonfile_write(about(data, cell),
					arena_format(&arena, "%s/data.json", folder), 1, err);
	arena_release(&arena);
	return status;
}
