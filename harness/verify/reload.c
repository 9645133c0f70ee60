/* Reading a record back. */
#include "harness/verify/reload.h"

#include "harness/file/folder.h"
#include "harness/store/manifest.h"
#include "harness/verify/inputs.h"
#include "solvers/model/trainer.h"

enum status reload_record(const char *record, const char *data, struct arena *arena,
			  struct reload *out, struct err *err)
{
	const struct inputs_search search = {.record = record, .data = data};
	const char *path = arena_format(arena, "%s/cell.json", record), *text;
	const struct trainer *trainer;
	const void *options;
	bool moved;

	TRY(manifest_check(record, arena, NULL, NULL, err));
	TRY(store_read_text(path, arena, &text, err));
	TRY(spec_read_cell(text, path, arena, &out->cell, err));
	TRY(result_read(arena_format(arena, "%s/result.json", record), arena, &out->result, err));
	TRY(inputs_find(&search, &out->cell, arena, &moved, err));
	TRY(data_load(&out->cell.data, (uint64_t)out->cell.seed, out->cell.repetition, arena,
		      &out->data, err));
	trainer = (const struct trainer *)(const void *)out->cell.train.solver.item;
	options = out->cell.train.solver.options;
	out->file = (struct modelfile){.model = NULL};
	out->outputs = (struct outputs){{0}, {NULL}};
	if (trainer_outputs_only(trainer, options)) {
		out->outputs.count[OUTPUTS_TRAIN] = out->data.train.X.rows;
		out->outputs.count[OUTPUTS_VALIDATION] = out->data.validation.X.rows;
		out->outputs.count[OUTPUTS_TEST] = out->data.test.X.rows;
		return modelfile_outputs_of(record, arena, &out->outputs, err);
	}
	if (!trainer_makes(trainer, options, 1))
		return STATUS_OK;
	return modelfile_of(record, out->data.train.X.cols, arena, &out->file, err);
}
