/* relubench report DIR: everything derived from the records, built again. */
#include "harness/cli/cli.h"

static int run(struct cli_args *args)
{
	return cli_report_again(args, true);
}

const struct cli_verb cmd_report = {
	.name = "report",
	.operands = "DIR",
	.doc = "Rebuild tables, plots and report of a results folder.",
	.least = 1,
	.most = 1,
	.run = run,
};
