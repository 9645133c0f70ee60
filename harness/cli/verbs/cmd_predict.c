/* relubench predict DIR CELL [PART]: outputs of the stored network of a cell, or those that its
 * method gave in the place of one, as CSV. */
#include "harness/cli/cli.h"
#include "harness/file/csv.h"
#include "harness/verify/reload.h"

#include <string.h>

static const char *const parts[] = {"train", "validation", "test"};

enum { PARTS = sizeof parts / sizeof *parts, TEST = 2 };

/* The label behind y = -1 or +1, or the number itself in a regression. */
static void write_value(struct csv *csv, const struct dataset *data, double y)
{
	if (data->regression)
		csv_number(csv, y);
	else
		csv_text(csv, y > 0 ? data->classes[1] : (y < 0 ? data->classes[0] : NULL));
}

/* "sample,output,prediction,target"; of k outputs "output a,output b,prediction,target" of classes
 * and "output a,output b,target a,target b" of several targets. */
static void write_head(struct csv *csv, const struct dataset *data)
{
	static const char *const kinds[] = {"output", "target"};
	const char *const *names = data->regression ? data->targets : data->classes;
	char text[400];

	csv_text(csv, "sample");
	for (int kind = 0; kind < (data->regression && data->k > 1 ? 2 : 1); kind++)
		for (ptrdiff_t j = 0; j < data->k && data->k > 1; j++) {
			if (names)
				snprintf(text, sizeof text, "%s %.300s", kinds[kind], names[j]);
			else
				snprintf(text, sizeof text, "%s %td", kinds[kind], j);
			csv_text(csv, text);
		}
	if (data->k == 1)
		csv_text(csv, kinds[0]);
	if (data->k == 1 || !data->regression) {
		csv_text(csv, "prediction");
		csv_text(csv, kinds[1]);
	}
	csv_end_row(csv);
}

/* Of sample i: f and the targets are `rows` x k, an output behind the other. */
static void write_outputs(struct csv *csv, const struct dataset *data, const struct part *part,
			  const real *f, ptrdiff_t i)
{
	const ptrdiff_t n = part->X.rows;
	ptrdiff_t largest = 0;

	for (ptrdiff_t j = 0; j < data->k; j++) {
		csv_number(csv, (double)f[j * n + i]);
		largest = f[j * n + i] > f[largest * n + i] ? j : largest;
	}
	if (part->label) {
		csv_text(csv, data->classes[largest]);
		csv_text(csv, data->classes[part->label[i]]);
		return;
	}
	if (data->k == 1)
		write_value(csv, data, (double)f[i]);
	for (ptrdiff_t j = 0; j < data->k; j++)
		write_value(csv, data, (double)part->y[j * n + i]);
}

static enum status predict(struct cli_args *args, const char *record, size_t which, struct err *err)
{
	struct arena *arena = &args->arena;
	struct reload stored;
	const struct part *const all[PARTS] = {&stored.data.train, &stored.data.validation,
					       &stored.data.test};
	const struct part *part = all[which];
	struct csv csv = {.file = stdout};
	struct model_work work;
	real *f;

	TRY(reload_record(record, args->data, arena, &stored, err));
	f = stored.outputs.at[which];
	if (!stored.file.model && !f)
		return err_set(err, STATUS_SPEC, "predict: expected a network, \"%s\" makes none",
			       stored.cell.train.name);
	if (part->X.rows == 0)
		return err_set(err, STATUS_SPEC, "predict: expected a %s part, \"%s\" has none",
			       parts[which], stored.cell.data.name);
	if (stored.file.model) {
		work = model_work_new(arena, stored.file.model->kind,
				      model_size(stored.file.model));
		f = ARENA_ARRAY(arena, real, part->X.rows * model_outputs(stored.file.model));
		model_forward(stored.file.model, part->X, f, &work);
	}
	write_head(&csv, &stored.data);
	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		csv_number(&csv, (double)k);
		write_outputs(&csv, &stored.data, part, f, k);
		csv_end_row(&csv);
	}
	return STATUS_OK;
}

static int run(struct cli_args *args)
{
	const char *wanted = args->count > 2 ? args->operand[2] : parts[TEST];
	const char *id, *record;
	size_t which = 0;
	struct err err = {0};

	while (which < PARTS && strcmp(parts[which], wanted) != 0)
		which++;
	if (which == PARTS)
		return cli_unknown("part", wanted, parts, PARTS);
	record = cli_enter_cell(args, &id);
	if (!record)
		return STATUS_ENV;
	return predict(args, record, which, &err) == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

static const struct cli_option options[] = {CLI_OPTION_DATA, CLI_OPTIONS_END};

const struct cli_verb cmd_predict = {
	.name = "predict",
	.operands = "DIR CELL [PART]",
	.doc = "Outputs of a stored cell's network: train, validation or test part.",
	.least = 2,
	.most = 3,
	.options = options,
	.run = run,
};
