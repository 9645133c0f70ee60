/* relubench transfer DIR [SOURCE [TARGET]]: points found against one network on the others. */
#include "harness/cli/cli.h"
#include "harness/file/csv.h"
#include "harness/store/rows.h"
#include "harness/transfer/transfer.h"

static enum status transfer(struct cli_args *args, struct transfer_order *order, struct err *err)
{
	struct arena *arena = &args->arena;
	struct transfer transfer;
	struct csv csv = {.file = stdout};
	const struct field_table *used;

	TRY(transfer_run(order, arena, &transfer, err));
	if (transfer.left_out)
		cli_say(stderr, "transfer: %zu damaged records are left out\n", transfer.left_out);
	if (transfer.count == 0)
		return err_set(err, STATUS_SPEC,
			       "transfer: no cell of %s has points: expected entries of `attack` "
			       "with `export: true`",
			       order->folder);
	used = field_used(&rows_transfer, transfer.at, transfer.count, sizeof *transfer.at, arena);
	field_put_header(&csv, used);
	for (size_t i = 0; i < transfer.count; i++)
		field_put_row(&csv, used, &transfer.at[i]);
	return order->source ? STATUS_OK : transfer_write(order->folder, &transfer, arena, err);
}

static int run(struct cli_args *args)
{
	struct transfer_order order = {.again = true};
	char *folder = args->operand[0];
	struct err err = {0};

	if (!cli_find_data(args))
		return STATUS_ENV;
	order.data = args->data;
	if (args->count > 1)
		order.source = cli_find_cell(folder, args->operand[1], &args->arena);
	if (args->count > 2)
		order.target = cli_find_cell(folder, args->operand[2], &args->arena);
	if ((args->count > 1 && !order.source) || (args->count > 2 && !order.target))
		return STATUS_ENV;
	order.folder = cli_enter_folder(folder, &args->arena);
	return transfer(args, &order, &err) == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

static const struct cli_option options[] = {CLI_OPTION_DATA, CLI_OPTIONS_END};

const struct cli_verb cmd_transfer = {
	.name = "transfer",
	.operands = "DIR [SOURCE [TARGET]]",
	.doc = "Points found against one network on the others, as CSV; of all cells also "
	       "written to transfer.csv.",
	.least = 1,
	.most = 3,
	.options = options,
	.run = run,
};
