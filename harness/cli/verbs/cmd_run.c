/* relubench run SPEC */
#include "harness/cli/cli.h"
#include "harness/report/report.h"
#include "harness/store/checksums.h"
#include "harness/transfer/transfer.h"

#include <string.h>
#include <unistd.h>

/* Run the plan, and as long as others are chosen by the cells that are done, these. */
static enum status run_stages(struct cli_args *args, const struct experiment *experiment,
			      struct plan *plan, const struct sched_options *options,
			      struct sched_summary *out, struct err *err)
{
	struct sched_summary one;
	struct sched_shard shard;
	struct plan before;

	TRY(sched_run(experiment, plan, options, out, err));
	while (!out->interrupted && !(options->fail_fast && out->not_ok)) {
		before = *plan;
		TRY(cli_plan(args, experiment, &args->arena, plan, &shard, err));
		if (!sched_goes_on(plan, &before))
			break;
		TRY(sched_run(experiment, plan, options, &one, err));
		out->interrupted = one.interrupted;
		out->reused = one.reused - out->computed - out->completed;
		out->computed += one.computed;
		out->completed += one.completed;
		out->not_ok = one.not_ok;
		out->seconds += one.seconds;
	}
	return STATUS_OK;
}

/* What a plot needs of all cells together: points of each on the networks of the others. What
 * keeps it from being computed is no reason not to show the rest. */
static enum status transfer(const struct experiment *experiment, const char *folder,
			    struct arena *arena)
{
	const struct transfer_order order = {.folder = folder};
	struct transfer transfer;
	struct err err = {0};
	enum status status;

	if (!report_wants_transfer(experiment))
		return STATUS_OK;
	status = transfer_run(&order, arena, &transfer, &err);
	if (status == STATUS_OK && transfer.computed)
		status = transfer_write(folder, &transfer, arena, &err);
	if (status != STATUS_OK)
		cli_fail(&err);
	return status;
}

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	struct sched_options options = {
		.force = args->force,
		.retry_failed = args->retry_failed,
		.retime = args->retime,
		.fail_fast = args->fail_fast,
		.quiet = args->quiet,
		.color = cli_color(args->no_color, STDERR_FILENO),
		.worker_folder = cli_worker_folder(arena),
		.sets = {args->set_count, args->set},
	};
	const double lease_s = 60;
	enum status status, carried = STATUS_OK;
	struct experiment experiment;
	struct sched_summary summary;
	struct err err = {0};
	struct plan plan;

	if (args->claim && args->shard) {
		cli_say(stderr, "relubench: --claim and --shard both share the cells: give one\n");
		return STATUS_SPEC;
	}
	status = cli_load(args->operand[0], options.sets, true, arena, &experiment);
	if (status != STATUS_OK)
		return (int)status;
	if (cli_glance(&experiment, args->quiet, &err) != STATUS_OK ||
	    cli_plan(args, &experiment, arena, &plan, &options.shard, &err) != STATUS_OK)
		return cli_fail(&err);
	options.shard.claims = args->claim;
	options.cell_memory = args->cell_memory;
	options.lease = args->lease > 0 ? args->lease : lease_s;
	sched_tell_damage(&plan, stderr);
	checksums_tell(plan.folder, false, stderr); /* of the files that are written anew now */
	if (run_stages(args, &experiment, &plan, &options, &summary, &err) != STATUS_OK)
		return cli_fail(&err);
	if (!args->quiet) {
		cli_say(stderr, "%s%zu computed, ",
			summary.interrupted ? "interrupted, run again to resume: " : "",
			summary.computed);
		if (summary.completed)
			cli_say(stderr, "%zu completed, ", summary.completed);
		cli_say(stderr, "%zu reused, %zu not ok, %.1f s\n", summary.reused, summary.not_ok,
			summary.seconds);
	}
	if (summary.interrupted)
		return STATUS_INTERRUPTED;
	if (options.shard.count > 1) {
		if (!args->quiet)
			cli_say(stderr, "when all shards are done: %s\n",
				plan.most > plan.count
					? "run again, for the cells that are chosen by these"
					: arena_format(arena, "relubench report %s", plan.folder));
	} else if (!args->cells) { /* of a batch, the last job does */
		carried = transfer(&experiment, plan.folder, arena);
		if (cli_build_report(&experiment, plan.folder, true, &err) != STATUS_OK)
			return cli_fail(&err);
	}
	return summary.not_ok ? STATUS_FAILED : (int)carried;
}

static const struct cli_option options[] = {
	CLI_OPTIONS_OF_SPEC,
	CLI_OPTIONS_OF_PLAN,
	{CLI_FLAG(claim, "share the cells with other runs of this kind, on any hosts that see the "
			 "results folder: each takes the largest one that is open")},
	{.row = {OPTION_FIELD(struct cli_args, lease), .initial = "60", .range = RANGE_ABOVE(0),
		 .unit = UNIT_SECONDS,
		 .doc = "that a claim is good for without renewal, 60s by default"},
	 .argument = "TIME"},
	{CLI_PATH(cells, "FILE",
		  "of the cells, those of a group of a file that submit has written")},
	{.row = {OPTION_FIELD(struct cli_args, group), .initial = "1", .range = RANGE_FROM(1),
		 .doc = "which of its groups"},
	 .argument = "N"},
	{.row = {OPTION_AS("cell-memory", struct cli_args, cell_memory), .initial = "0",
		 .range = RANGE_FROM(0), .unit = UNIT_BYTES,
		 .doc = "limit of resident memory of a cell, if the spec sets none"},
	 .argument = "SIZE"},
	{CLI_FLAG(force, "compute finished cells again")},
	{CLI_FLAG_AS("retry-failed", retry_failed,
		     "compute again the cells whose status is not ok")},
	{CLI_FLAG(retime, "compute again the cells whose timing was disturbed")},
	{CLI_FLAG_AS("fail-fast", fail_fast, "start no further cell after one that is not ok")},
	{CLI_FLAG(quiet, "no progress"), .letter = 'q'},
	{CLI_FLAG_AS("no-color", no_color, "no colours (also with NO_COLOR set)")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_run = {
	.name = "run",
	.operands = "SPEC",
	.doc = "Plan, compute the missing cells, aggregate, plot, report.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
