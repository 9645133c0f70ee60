/* relubench report DIR, relubench plot DIR: everything derived from the records, built again. */
#include "harness/cli.h"
#include "harness/report/report.h"

static int rebuild(const struct cli_args *args, bool with_table)
{
	const char *folder = args->operand[0];
	struct arena arena = {0};
	struct experiment experiment;
	struct err err = {0};
	int status = (int)cli_load_results(folder, &arena, &experiment);

	if (status == STATUS_OK) {
		if (report_build(&experiment, folder, &err) != STATUS_OK ||
		    (with_table &&
		     report_print_table(&experiment, folder, stdout, &err) != STATUS_OK))
			status = cli_fail(&err);
		else
			printf("%s%s/%s\n", with_table ? "\n" : "", folder,
			       with_table ? "report.html" : "plots");
	}
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
