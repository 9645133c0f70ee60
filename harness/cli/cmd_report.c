/* relubench report DIR, relubench plot DIR: everything derived from the records, built again. */
#include "harness/cli/cli.h"
#include "harness/report/report.h"

static int rebuild(struct cli_args *args, bool with_table)
{
	const char *folder = args->operand[0];
	struct experiment experiment;
	struct err err = {0};
	enum status status = cli_load_results(folder, &args->arena, &experiment);

	if (status != STATUS_OK)
		return (int)status;
	status = cli_build_report(&experiment, folder, with_table, &err);
	return status == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

static int run_report(struct cli_args *args)
{
	return rebuild(args, true);
}

static int run_plot(struct cli_args *args)
{
	return rebuild(args, false);
}

const struct cli_verb cmd_plot = {
	.name = "plot",
	.operands = "DIR",
	.doc = "Draw the plots of a results folder again.",
	.least = 1,
	.most = 1,
	.run = run_plot,
};

const struct cli_verb cmd_report = {
	.name = "report",
	.operands = "DIR",
	.doc = "Rebuild tables, plots and report of a results folder.",
	.least = 1,
	.most = 1,
	.run = run_report,
};
