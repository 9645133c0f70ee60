/* relubench report DIR: everything derived from the records, built again. */
#include "harness/cli/cli.h"

static int run(struct cli_args *args)
{
	const char *folder = args->operand[0];
	struct experiment experiment;
	struct err err = {0};
	enum status status = cli_load_results(folder, &args->arena, &experiment);

	if (status != STATUS_OK)
		return (int)status;
	status = cli_build_report(&experiment, folder, true, &err);
	return status == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

const struct cli_verb cmd_report = {
	.name = "report",
	.operands = "DIR",
	.doc = "Rebuild tables, plots and report of a results folder.",
	.least = 1,
	.most = 1,
	.run = run,
};
