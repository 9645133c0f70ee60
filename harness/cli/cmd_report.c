/* relubench report DIR, relubench plot DIR: everything derived from the records, built again. */
#include "harness/cli/cli.h"
#include "harness/report/report.h"

/* A damaged record does not keep the rest from being shown. */
static enum status build(const struct experiment *experiment, const char *folder, bool with_table,
			 struct err *err)
{
	enum status status = report_build(experiment, folder, err);

	if (status != STATUS_OK && status != STATUS_FAILED)
		return status;
	if (with_table)
		TRY(report_print_table(experiment, folder, cli_width(), stdout, err));
	printf("%s%s/%s\n", with_table ? "\n" : "", folder, with_table ? "report.html" : "plots");
	return status;
}

static int rebuild(const struct cli_args *args, bool with_table)
{
	const char *folder = args->operand[0];
	struct arena arena = {0};
	struct experiment experiment;
	struct err err = {0};
	int status = (int)cli_load_results(folder, &arena, &experiment);

	if (status == STATUS_OK && build(&experiment, folder, with_table, &err) != STATUS_OK)
		status = cli_fail(&err);
	arena_release(&arena);
	return status;
}

int cmd_report(struct cli_args *args)
{
	return rebuild(args, true);
}

int cmd_plot(struct cli_args *args)
{
	return rebuild(args, false);
}
