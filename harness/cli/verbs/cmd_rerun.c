/* relubench rerun DIR CELL: compute a stored cell again and compare. */
#include "harness/cli/cli.h"
#include "harness/merge/repeat.h"

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], arena);
	struct repeat_order order;
	struct repeat repeat;
	struct err err = {0};

	if (!id || !cli_find_data(args))
		return STATUS_ENV;
	order = (struct repeat_order){.worker_folder = cli_worker_folder(arena),
				      .data = args->data};
	if (repeat_cell(folder, id, &order, arena, &repeat, &err) != STATUS_OK)
		return cli_fail(&err);
	printf("%s: %s", id, repeat_verdicts[repeat.verdict]);
	if (repeat.verdict == REPEAT_CLOSE)
		printf(" of %g: largest relative difference %.2g, in %s", repeat_tolerance,
		       repeat.worst, repeat.where);
	else if (repeat.verdict == REPEAT_DIFFERENT)
		printf(": %s", repeat.where);
	printf("\n");
	if (repeat.iteration)
		printf("trace.csv differs first at iteration %s\n", repeat.iteration);
	for (size_t i = 0; i < repeat.note_count; i++)
		printf("note: %s\n", repeat.notes[i]);
	return repeat.verdict == REPEAT_DIFFERENT ? STATUS_GATE : STATUS_OK;
}

static const struct cli_option options[] = {CLI_OPTION_DATA, CLI_OPTIONS_END};

const struct cli_verb cmd_rerun = {
	.name = "rerun",
	.operands = "DIR CELL",
	.doc = "Compute a stored cell again and say whether its record is the same.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
