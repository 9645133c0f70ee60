/* relubench submit SPEC: workers of `run --claim` as an array of batch jobs, and the report behind
 * them. */
#include "harness/cli/cli.h"
#include "harness/file/folder.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

/* What all open cells need, for the workers and for the script. */
struct order {
	struct cli_args *args;
	const char *folder, *command; /* of a worker */
	size_t open, workers;
	long jobs, threads, minutes;
	double bytes; /* of the largest open cell, with room to spare */
};

/* 'it'\''s': one word for the shell. */
static const char *quoted(const char *text, struct arena *arena)
{
	struct text out = text_new(arena);

	text_add(&out, "'");
	for (const char *at = text; *at; at++)
		text_format(&out, *at == '\'' ? "'\\''" : "%c", *at);
	text_add(&out, "'");
	return out.at;
}

static const char *command_of(const struct cli_args *args, const char *verb, struct arena *arena)
{
	struct text out = text_new(arena);
	const char *program = cli_program(arena);

	text_format(&out, "%s %s %s", quoted(program ? program : "relubench", arena), verb,
		    quoted(folder_absolute(args->operand[0], arena), arena));
	for (size_t i = 0; i < args->set_count; i++)
		text_format(&out, " --set %s", quoted(args->set[i], arena));
	if (args->out)
		text_format(&out, " --out %s", quoted(args->out, arena));
	if (args->filter)
		text_format(&out, " --filter %s", quoted(args->filter, arena));
	return out.at;
}

/* Each round allows twice as much as the one before. */
static void need(struct order *order, const struct experiment *experiment, const struct plan *plan)
{
	const double spare = 1.5, least = 512.0 * 1024 * 1024;
	const struct resource_options *resources = &experiment->resources;
	double larger = ldexp(1, (int)order->args->round - 1);

	order->threads = resources->threads > 0 ? resources->threads : 1;
	order->jobs = resources->jobs > 0 ? resources->jobs : 1;
	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];

		if (at->left_out || at->record.done || at->first != i)
			continue;
		order->open++;
		order->bytes = fmax(order->bytes, at->bytes);
	}
	order->bytes = fmax(least, spare * order->bytes * (double)order->jobs) * larger;
	order->workers = (size_t)order->args->workers < order->open ? (size_t)order->args->workers
								    : order->open;
	order->minutes = (long)ceil(order->args->minutes * larger);
}

/* The job that follows: the next round for what is missing, or the report. */
static void print_next(const struct order *order, struct text *out, struct arena *arena)
{
	const struct cli_args *args = order->args;

	text_format(out, "%s --workers %ld --minutes %g --grace %ld --rounds %ld --round %ld",
		    command_of(args, "submit", arena), args->workers, args->minutes, args->grace,
		    args->rounds, args->round + 1);
	if (args->throttle > 0)
		text_format(out, " --throttle %ld", args->throttle);
	if (args->partition)
		text_format(out, " --partition %s", quoted(args->partition, arena));
	if (args->account)
		text_format(out, " --account %s", quoted(args->account, arena));
	text_add(out, "\n");
}

static void print_head(const struct order *order, const char *name, struct text *out)
{
	const struct cli_args *args = order->args;

	text_format(
		out,
		"#!/bin/sh\n#SBATCH --job-name=%s\n#SBATCH --output=\"%s/submit/%%x-%%A_%%a.log\"\n"
		"#SBATCH --open-mode=append\n",
		name, order->folder);
	if (args->partition)
		text_format(out, "#SBATCH --partition=%s\n", args->partition);
	if (args->account)
		text_format(out, "#SBATCH --account=%s\n", args->account);
}

/* A worker. The shell gets TERM before the limit and passes it on; what is finished is kept, and
 * the claims of what is not are given back. */
static const char *worker_script(const struct order *order, const char *name, struct arena *arena)
{
	const double mib = 1024.0 * 1024;
	struct text out = text_new(arena);

	print_head(order, name, &out);
	text_format(&out, "#SBATCH --array=1-%zu", order->workers);
	if (order->args->throttle > 0)
		text_format(&out, "%%%ld", order->args->throttle);
	text_format(&out,
		    "\n#SBATCH --cpus-per-task=%ld\n#SBATCH --mem=%.0fM\n#SBATCH --time=%ld\n"
		    "#SBATCH --signal=B:TERM@%ld\n#SBATCH --requeue\n",
		    order->jobs * order->threads, ceil(order->bytes / mib), order->minutes,
		    order->args->grace);
	text_format(&out, "cd %s || exit 4\n", quoted(folder_absolute(".", arena), arena));
	text_add(&out, "trap 'kill -TERM $worker' TERM INT\n");
	text_format(&out, "%s --claim --quiet --jobs %ld --threads %ld &\nworker=$!\n",
		    order->command, order->jobs, order->threads);
	text_add(&out, "wait $worker; status=$?\n"
		       "[ $status -le 128 ] || { wait $worker; status=$?; }\nexit $status\n");
	return out.at;
}

static const char *next_script(const struct order *order, const char *name, struct arena *arena)
{
	struct text out = text_new(arena);

	print_head(order, name, &out);
	text_format(&out, "#SBATCH --time=60\n#SBATCH --requeue\ncd %s || exit 4\n",
		    quoted(folder_absolute(".", arena), arena));
	print_next(order, &out, arena);
	return out.at;
}

/* Give a script to sbatch; its answer, the number of the job, is the first line. */
static enum status give(const char *options, const char *path, char id[32], struct err *err)
{
	struct arena arena = {0};
	FILE *answer = popen(
		arena_format(&arena, "sbatch --parsable %s %s", options, quoted(path, &arena)),
		"re");
	bool got = answer && fgets(id, 32, answer);
	int ended = answer ? pclose(answer) : -1;

	arena_release(&arena);
	if (!got || ended != 0)
		return err_set(err, STATUS_ENV, "sbatch did not take %s", path);
	id[strcspn(id, ";\n")] = '\0';
	return STATUS_OK;
}

static enum status submit(const struct order *order, const char *name, struct err *err)
{
	struct arena *arena = &order->args->arena;
	const char *path = arena_format(arena, "%s/submit", order->folder);
	const char *job = arena_format(arena, "%s/round-%ld.sh", path, order->args->round);
	const char *next = arena_format(arena, "%s/round-%ld-next.sh", path, order->args->round);
	char id[32], last[32];

	TRY(folder_make_own(order->folder, err));
	TRY(folder_make_own(path, err));
	TRY(store_write_text(job, worker_script(order, name, arena), err));
	TRY(store_write_text(next, next_script(order, name, arena), err));
	TRY(give("", job, id, err));
	TRY(give(arena_format(arena, "--dependency=afterany:%s", id), next, last, err));
	printf("round %ld: job %s: %zu workers for %zu cells; then job %s\n", order->args->round,
	       id, order->workers, order->open, last);
	return STATUS_OK;
}

static int run(struct cli_args *args)
{
	const struct texts sets = {args->set_count, args->set};
	struct arena *arena = &args->arena;
	struct order order = {.args = args};
	struct experiment experiment;
	struct sched_shard shard;
	struct err err = {0};
	struct plan plan;
	enum status status = cli_load(args->operand[0], sets, true, arena, &experiment);

	if (status != STATUS_OK)
		return (int)status;
	if (args->shard) {
		cli_say(stderr, "relubench: submit shares the cells by claims: no --shard\n");
		return STATUS_SPEC;
	}
	args->workers = args->workers > 0 ? args->workers : 16;
	args->minutes = args->minutes > 0 ? args->minutes : 60;
	args->grace = args->grace > 0 ? args->grace : 60;
	args->rounds = args->rounds > 0 ? args->rounds : 3;
	args->round = args->round > 0 ? args->round : 1;
	if (cli_plan(args, &experiment, arena, &plan, &shard, &err) != STATUS_OK)
		return cli_fail(&err);
	order.folder = folder_absolute(plan.folder, arena);
	order.command = command_of(args, "run", arena);
	need(&order, &experiment, &plan);
	if (order.open == 0 || args->round > args->rounds) {
		if (order.open)
			cli_say(stderr, "%zu cells are missing after %ld rounds\n", order.open,
				args->rounds);
		if (cli_build_report(&experiment, plan.folder, true, &err) != STATUS_OK)
			return cli_fail(&err);
		return order.open ? STATUS_FAILED : STATUS_OK;
	}
	if (args->dry_run) {
		printf("# %s/submit/round-%ld.sh\n%s\n# behind it, afterany\n%s", order.folder,
		       args->round, worker_script(&order, experiment.name, arena),
		       next_script(&order, experiment.name, arena));
		return STATUS_OK;
	}
	return submit(&order, experiment.name, &err) == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

/* A number that has a usual value. */
#define USUAL(field, argument_, initial_, lo, doc_)                                  \
	{                                                                            \
		.row = {OPTION_FIELD(struct cli_args, field), .initial = (initial_), \
			.range = RANGE_FROM(lo), .doc = (doc_)},                     \
		.argument = (argument_)                                              \
	}

static const struct cli_option options[] = {
	CLI_OPTIONS_OF_SPEC,
	CLI_OPTIONS_OF_PLAN,
	USUAL(workers, "N", "16", 1, "tasks of the array that share the cells, 16 by default"),
	USUAL(throttle, "N", "0", 1, "of them at most so many at once"),
	USUAL(minutes, "M", "60", 1, "time limit of each in the first round, 60 by default"),
	USUAL(grace, "S", "60", 1, "seconds before it in which a worker ends, 60 by default"),
	USUAL(rounds, "N", "3", 1,
	      "how often what is missing is tried, each time with twice the time and memory, 3 by "
	      "default"),
	USUAL(round, "N", "1", 1, "which of them this is"),
	{CLI_TEXT(partition, "NAME", "of the cluster")},
	{CLI_TEXT(account, "NAME", "that the time is booked to")},
	{CLI_FLAG_AS("dry-run", dry_run, "print the scripts and submit nothing")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_submit = {
	.name = "submit",
	.operands = "SPEC",
	.doc = "Compute the missing cells by workers on a Slurm cluster, then the report.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
