/* relubench run SPEC */
#include "harness/cli.h"
#include "harness/report/report.h"

#include <libgen.h>
#include <string.h>
#include <unistd.h>

/* Beside this program in a build folder; in libexec where it is installed. */
static const char *worker_folder(struct arena *arena)
{
	const char *program = cli_program(arena);
	const char *folder = program ? dirname(arena_text(arena, program)) : ".";
	const char *beside = arena_format(arena, "%s/relubench-worker-double", folder);

	if (access(beside, X_OK) == 0)
		return folder;
	return arena_format(arena, "%s/../libexec/relubench", folder);
}

static enum status build_report(const struct experiment *experiment, const char *folder,
				struct err *err)
{
	TRY(report_build(experiment, folder, err));
	TRY(report_print_table(experiment, folder, stdout, err));
	printf("\n%s/report.html\n", folder);
	return STATUS_OK;
}

static void print_summary(const struct sched_summary *summary)
{
	fprintf(stderr, "%s%zu computed, %zu reused, %zu not ok, %.1f s\n",
		summary->interrupted ? "interrupted, run again to resume: " : "", summary->computed,
		summary->reused, summary->not_ok, summary->seconds);
}

static int run_experiment(const struct cli_args *args, struct experiment *experiment,
			  struct arena *arena)
{
	struct sched_options options = {
		.force = args->force,
		.retry_failed = args->retry_failed,
		.fail_fast = args->fail_fast,
		.quiet = args->quiet,
		.color = cli_color(args, STDERR_FILENO),
		.worker_folder = worker_folder(arena),
		.sets = {args->set_count, args->set},
	};
	const char *folder = cli_folder(args, experiment, arena);
	struct sched_summary summary;
	struct err err = {0};
	struct plan plan;

	if (sched_plan(experiment, folder, arena, &plan, &err) != STATUS_OK ||
	    cli_filter(&plan, args->filter, &err) != STATUS_OK ||
	    sched_run(experiment, &plan, &options, &summary, &err) != STATUS_OK)
		return cli_fail(&err);
	if (!args->quiet)
		print_summary(&summary);
	if (summary.interrupted)
		return STATUS_INTERRUPTED;
	if (build_report(experiment, folder, &err) != STATUS_OK)
		return cli_fail(&err);
	return summary.not_ok ? STATUS_FAILED : STATUS_OK;
}

int cmd_run(struct cli_args *args)
{
	struct texts sets = {args->set_count, args->set};
	struct arena arena = {0};
	struct experiment experiment;
	int status = (int)cli_load(args->operand[0], sets, &arena, &experiment);

	if (status == STATUS_OK)
		status = run_experiment(args, &experiment, &arena);
	arena_release(&arena);
	return status;
}
