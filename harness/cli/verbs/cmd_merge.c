/* relubench merge DEST SOURCE...: unite results folders of one experiment. */
#include "harness/cli/cli.h"
#include "harness/merge/merge.h"

static int run(struct cli_args *args)
{
	const struct merge_order order = {.dest = args->operand[0],
					  .count = args->count - 1,
					  .source = args->operand + 1,
					  .force = args->force,
					  .to = stdout,
					  .warn = stderr};
	struct merge_summary summary;
	struct err err = {0};

	if (merge_folders(&order, &args->arena, &summary, &err) != STATUS_OK)
		return cli_fail(&err);
	if (summary.added + summary.replaced > 0)
		printf("tables and plots of all: relubench report %s\n", order.dest);
	return summary.damaged ? STATUS_FAILED : STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_FLAG(force, "also where specs or data differ")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_merge = {
	.name = "merge",
	.operands = "DEST SOURCE...",
	.doc = "Unite results folders: shards and late results, the better of two records.",
	.least = 2,
	.most = CLI_ANY,
	.options = options,
	.run = run,
};
