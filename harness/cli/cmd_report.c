/* relubench report DIR, relubench plot DIR: everything derived from the records, built again. */
#include "harness/cli/cli.h"
#include "harness/report/report.h"

enum status cli_build_report(const struct experiment *experiment, const char *folder,
			     bool with_table, struct err *err)
{
	enum status status = report_build(experiment, folder, err);

	if (status != STATUS_OK && status != STATUS_FAILED)
		return status;
	if (with_table)
		TRY(report_print_table(experiment, folder, cli_width(), stdout, err));
	printf("%s%s/%s\n", with_table ? "\n" : "", folder, with_table ? "report.html" : "plots");
	return status;
}

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

int cmd_report(struct cli_args *args)
{
	return rebuild(args, true);
}

int cmd_plot(struct cli_args *args)
{
	return rebuild(args, false);
}
