/* relubench attack DIR CELL [ATTACK...]: attacks on the stored network of a cell, as CSV. */
#include "harness/assess/assault.h"
#include "harness/cli/cli.h"
#include "harness/verify/reload.h"
#include "solvers/core/text.h"

static enum status check_parts(const struct cell *cell, const struct dataset *data, struct err *err)
{
	const struct attack_options *entry = cell->attack.at;

	for (size_t i = 0; i < cell->attack.count; i++)
		if (target_part(data, entry[i].part)->X.rows == 0)
			return err_set(err, STATUS_SPEC,
				       "attack: expected a %s part, \"%s\" has none",
				       spec_parts[entry[i].part], cell->data.name);
	return STATUS_OK;
}

static enum status attack(struct cli_args *args, const char *record, struct err *err)
{
	struct arena *arena = &args->arena;
	struct reload stored;
	struct cell *cell = &stored.cell;
	struct assess_order order = {.cell = cell, .data = &stored.data};
	struct assessed *entries;

	TRY(reload_record(record, args->data, arena, &stored, err));
	order.model = stored.file.model;
	if (!order.model)
		return err_set(err, STATUS_SPEC, "attack: expected a network, \"%s\" makes none",
			       cell->train.name);
	if (args->count > 2) { /* the operands as the list of a spec */
		struct text list = text_new(arena);

		text_add(&list, "attack:\n");
		for (size_t i = 2; i < args->count; i++)
			text_format(&list, "  - %s\n", args->operand[i]);
		TRY(spec_read_attacks(list.at, arena, &cell->attack, err));
	}
	if (stored.data.regression)
		return err_set(err, STATUS_SPEC,
			       "attack: expected classification, got regression "
			       "on \"%s\"",
			       cell->data.name);
	if (cell->attack.count == 0)
		return err_set(err, STATUS_SPEC,
			       "attack: expected an attack such as '{attack: pgd, eps: 0.1}', the "
			       "cell has none of its own");
	TRY(check_parts(cell, &stored.data, err));
	TRY(assault_check(cell, &stored.data, err));
	entries = ARENA_ARRAY(arena, struct assessed, cell->attack.count);
	TRY(assault_run(&order, arena, entries, err));
	assessed_put(&(struct csv){.file = stdout}, &rows_attack, entries, cell->attack.count);
	return STATUS_OK;
}

static int run(struct cli_args *args)
{
	const char *id, *record = cli_enter_cell(args, &id);
	struct err err = {0};

	if (!record)
		return STATUS_ENV;
	return attack(args, record, &err) == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

static const struct cli_option options[] = {CLI_OPTION_DATA, CLI_OPTIONS_END};

const struct cli_verb cmd_attack = {
	.name = "attack",
	.operands = "DIR CELL [ATTACK...]",
	.doc = "Attack a stored cell: '{attack: strong, eps: 0.1}' ...; its own attacks by "
	       "default.",
	.least = 2,
	.most = CLI_ANY,
	.options = options,
	.run = run,
};
