/* relubench submit SPEC: workers of `run --claim` as tasks of a batch system, and the next round or
 * the report behind them. */
#include "harness/cli/cli.h"
#include "harness/engine/engine.h"
#include "harness/file/folder.h"
#include "harness/sched/forecast.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

enum { MOST_ENGINES = 16 }; /* named in a message */

/* One submission. */
struct order {
	struct cli_args *args;
	const struct engine *engine;
	const struct experiment *experiment;
	const struct plan *plan;
	struct pack pack;
	const char *folder; /* submit in the results folder */
	struct batch batch;
	struct batch_group *group; /* of the batch */
};

static const char *command_of(const struct cli_args *args, const char *verb, struct arena *arena)
{
	struct text out = text_new(arena);
	const char *program = cli_program(arena);

	text_format(&out, "%s %s %s", text_quoted(program ? program : "relubench", arena), verb,
		    text_quoted(folder_absolute(args->operand[0], arena), arena));
	for (size_t i = 0; i < args->set_count; i++)
		text_format(&out, " --set %s", text_quoted(args->set[i], arena));
	if (args->out)
		text_format(&out, " --out %s", text_quoted(args->out, arena));
	if (args->filter)
		text_format(&out, " --filter %s", text_quoted(args->filter, arena));
	return out.at;
}

/* The command of a task of one group. */
static const char *worker_of(const struct order *order, size_t g, struct arena *arena)
{
	const struct resource_options *resources = &order->experiment->resources;
	const struct pack_group *group = &order->pack.group[g];
	struct text out = text_new(arena);

	text_format(&out, "%s --claim --quiet --jobs %ld --threads %ld",
		    command_of(order->args, "run", arena), resources->jobs, resources->threads);
	if (isnan(resources->memory_limit))
		text_format(&out, " --cell-memory %.0f", group->cell_bytes);
	else if (group->own_memory)
		text_format(&out, " --set resources.memory_limit=%.0f",
			    fmax(resources->memory_limit, group->cell_bytes));
	if (!isnan(group->cell_seconds))
		text_format(&out, " --timeout %g", group->cell_seconds);
	text_format(&out, " --cells %s --group %zu",
		    text_quoted(arena_format(arena, "%s/round-%ld.cells", order->folder,
					     order->args->round),
				arena),
		    g + 1);
	return out.at;
}

static void add_text(struct text *out, const char *option, const char *value, struct arena *arena)
{
	if (value)
		text_format(out, " --%s %s", option, text_quoted(value, arena));
}

/* What follows: this verb again, for the next round or the report. */
static const char *next_of(const struct order *order, struct arena *arena)
{
	const struct cli_args *args = order->args;
	struct text out = text_new(arena);

	text_format(&out, "%s --engine %s --minutes %g --grace %ld --rounds %ld --round %ld",
		    command_of(args, "submit", arena), order->engine->base.name, args->minutes,
		    args->grace, args->rounds, args->round + 1);
	if (args->workers > 0)
		text_format(&out, " --workers %ld", args->workers);
	if (args->throttle > 0)
		text_format(&out, " --throttle %ld", args->throttle);
	text_format(&out, " --memory %.0f", args->memory);
	if (args->memory_up_to > 0)
		text_format(&out, " --memory-up-to %.0f", args->memory_up_to);
	if (args->time_up_to > 0)
		text_format(&out, " --time-up-to %g", args->time_up_to);
	add_text(&out, "partition", args->partition, arena);
	add_text(&out, "account", args->account, arena);
	add_text(&out, "hosts", args->hosts, arena);
	add_text(&out, "options", args->options, arena);
	return out.at;
}

/* A task that asks for more than there is would wait for ever. */
static void cap_minutes(struct order *order, struct arena *arena)
{
	struct batch *batch = &order->batch;

	if (order->engine->longest)
		batch->longest = order->engine->longest(batch, arena);
	for (size_t g = 0; g < batch->count && batch->longest > 0; g++) {
		struct batch_group *group = &order->group[g];

		if (group->minutes <= batch->longest)
			continue;
		cli_say(stderr,
			"round %ld: group %zu: %ld min for a task, as its partition gives no more, "
			"in the place of %ld\n",
			order->args->round, group->number, batch->longest, group->minutes);
		group->minutes = batch->longest;
	}
}

static void make_batch(struct order *order, struct arena *arena)
{
	const struct resource_options *resources = &order->experiment->resources;
	const struct cli_args *args = order->args;
	const struct pack *pack = &order->pack;

	order->group = ARENA_ARRAY(arena, struct batch_group, pack->count);
	for (size_t g = 0; g < pack->count; g++)
		order->group[g] = (struct batch_group){
			.number = g + 1,
			.cells = pack->group[g].cells,
			.tasks = pack->group[g].tasks,
			.bytes = pack->group[g].bytes,
			.cores = resources->jobs * resources->threads * resources->ranks,
			.ranks = resources->ranks > 1 ? resources->jobs * resources->ranks : 1,
			.nodes = resources->nodes,
			.minutes = (long)ceil(pack->group[g].minutes),
			.command = worker_of(order, g, arena),
		};
	order->batch = (struct batch){
		.name = order->experiment->name,
		.folder = order->folder,
		.start = folder_absolute(".", arena),
		.next = next_of(order, arena),
		.partition = args->partition,
		.account = args->account,
		.hosts = args->hosts,
		.options = args->options,
		.round = args->round,
		.throttle = args->throttle,
		.grace = args->grace,
		.count = pack->count,
		.group = order->group,
	};
	cap_minutes(order, arena);
}

/* What the tasks get, one line a group. */
static void print_groups(const struct order *order)
{
	char memory[32];

	for (size_t g = 0; g < order->batch.count; g++) {
		const struct batch_group *group = &order->group[g];

		forecast_bytes_text(group->bytes, memory, sizeof memory);
		printf("round %ld: group %zu: %zu cells in %zu tasks of %s, %ld core%s, at most "
		       "%ld min; %.3g s each expected\n",
		       order->args->round, group->number, group->cells, group->tasks, memory,
		       group->cores, group->cores == 1 ? "" : "s", group->minutes,
		       order->pack.group[g].seconds / (double)group->tasks);
	}
	if (order->pack.again)
		printf("round %ld: %zu of the cells for the second time, with a larger limit\n",
		       order->args->round, order->pack.again);
	if (order->pack.measured < order->pack.cells)
		printf("round %ld: times of %zu cells by forecast: nothing is measured of their "
		       "methods yet\n",
		       order->args->round, order->pack.cells - order->pack.measured);
}

static enum status write_files(const struct order *order, const struct batch_files *files,
			       struct err *err)
{
	struct arena *arena = &order->args->arena;
	const char *state = arena_format(arena, "%s/round-%ld", order->folder, order->args->round);

	TRY(folder_make_own(order->plan->folder, err));
	TRY(folder_make_own(order->folder, err));
	TRY(folder_remove(state, err)); /* of an earlier submission */
	TRY(folder_make_own(state, err));
	TRY(pack_write(order->plan, &order->pack, arena_format(arena, "%s.cells", state), err));
	for (size_t i = 0; i < files->count; i++)
		TRY(store_write_text(arena_format(arena, "%s/%s", order->folder, files->at[i].name),
				     files->at[i].text, err));
	return STATUS_OK;
}

static enum status submit(const struct order *order, const struct batch_files *files, int *ended,
			  struct err *err)
{
	struct arena *arena = &order->args->arena;
	struct batch_jobs jobs = {.engine = &order->engine->base, .round = order->args->round};

	for (size_t g = 0; g < order->batch.count; g++)
		jobs.tasks += order->group[g].tasks;
	TRY(write_files(order, files, err));
	print_groups(order);
	TRY(order->engine->start(&order->batch, arena, &jobs.jobs, err));
	printf("round %ld: %s %s: %zu tasks for %zu cells\n", jobs.round, order->engine->base.name,
	       jobs.jobs, jobs.tasks, order->pack.cells);
	fflush(stdout);
	TRY(jobs_add(order->folder, &jobs, err));
	*ended = order->engine->wait ? order->engine->wait(jobs.jobs) : STATUS_OK;
	return STATUS_OK;
}

/* Nothing is left to be given out: the report, and what is missing all the same. */
static int finish(const struct order *order, size_t open)
{
	struct err err = {0};

	if (open)
		cli_say(stderr, "%zu cells are missing after %ld rounds\n", open,
			order->args->rounds);
	if (order->pack.given_up)
		cli_say(stderr,
			"%zu cells ended at a limit of memory or time that may not be raised "
			"further (--memory-up-to, --time-up-to)\n",
			order->pack.given_up);
	if (cli_build_report(order->experiment, order->plan->folder, true, &err) != STATUS_OK)
		return cli_fail(&err);
	return open || order->pack.given_up ? STATUS_FAILED : STATUS_OK;
}

/* The engine, and whether it knows what it is given. */
static enum status find_engine(struct order *order)
{
	const struct cli_args *args = order->args;
	const char *names[MOST_ENGINES];
	size_t count = registry_count(KIND_ENGINE);

	order->engine = (const struct engine *)(const void *)registry_find(
		KIND_ENGINE, args->engine ? args->engine : "slurm");
	for (size_t i = 0; i < count && i < MOST_ENGINES; i++)
		names[i] = registry_at(KIND_ENGINE, i)->name;
	if (!order->engine)
		return (enum status)cli_unknown("engine", args->engine, names,
						count < MOST_ENGINES ? count : MOST_ENGINES);
	if ((args->partition || args->account) && !order->engine->queues)
		cli_say(stderr, "relubench: %s has no partitions and accounts\n",
			order->engine->base.name);
	else if (args->hosts && !order->engine->hosts)
		cli_say(stderr, "relubench: %s chooses the hosts: no --hosts\n",
			order->engine->base.name);
	else if (args->shard)
		cli_say(stderr, "relubench: submit shares the cells by claims: no --shard\n");
	else
		return STATUS_OK;
	return STATUS_SPEC;
}

static void take_usual(struct cli_args *args)
{
	const double least_memory = 512.0 * 1024 * 1024;

	args->minutes = args->minutes > 0 ? args->minutes : 60;
	args->grace = args->grace > 0 ? args->grace : 60;
	args->rounds = args->rounds > 0 ? args->rounds : 3;
	args->round = args->round > 0 ? args->round : 1;
	args->memory = args->memory > 0 ? args->memory : least_memory;
}

static int run(struct cli_args *args)
{
	const struct texts sets = {args->set_count, args->set};
	struct arena *arena = &args->arena;
	struct order order = {.args = args};
	struct pack_order limits;
	struct experiment experiment;
	struct sched_shard shard;
	struct err err = {0};
	struct batch_files files;
	struct plan plan;
	enum status status = find_engine(&order);
	int ended = STATUS_OK;

	if (status == STATUS_OK)
		status = cli_load(args->operand[0], sets, true, arena, &experiment);
	if (status != STATUS_OK)
		return (int)status;
	take_usual(args);
	experiment.resources.jobs = experiment.resources.jobs > 0 ? experiment.resources.jobs : 1;
	experiment.resources.threads =
		experiment.resources.threads > 0 ? experiment.resources.threads : 1;
	if (experiment.resources.nodes > 1 && !order.engine->queues) {
		cli_say(stderr,
			"relubench: %s gives a task one host: no --nodes, resources.nodes: 1\n",
			order.engine->base.name);
		return STATUS_SPEC;
	}
	if (cli_plan(args, &experiment, arena, &plan, &shard, &err) != STATUS_OK)
		return cli_fail(&err);
	limits = (struct pack_order){
		.workers = (size_t)args->workers,
		.minutes = args->minutes,
		.round = args->round,
		.memory = args->memory,
		.most_memory = args->memory_up_to > 0 ? args->memory_up_to : HUGE_VAL,
		.most_seconds = args->time_up_to > 0 ? args->time_up_to : NAN,
	};
	pack_plan(&plan, &experiment.resources, &limits, arena, &order.pack);
	order.experiment = &experiment;
	order.plan = &plan;
	order.folder = *plan.folder == '/' ? arena_format(arena, "%s/submit", plan.folder)
					   : arena_format(arena, "%s/%s/submit",
							  folder_absolute(".", arena), plan.folder);
	if (order.pack.cells == 0 || args->round > args->rounds)
		return finish(&order, order.pack.cells);
	make_batch(&order, arena);
	files = (struct batch_files){
		.at = ARENA_ARRAY(arena, struct batch_file, 2 * order.batch.count + 4)};
	order.engine->write(&order.batch, arena, &files);
	for (size_t i = 0; i < files.count && args->dry_run; i++)
		printf("# %s/%s\n%s\n", order.folder, files.at[i].name, files.at[i].text);
	if (args->dry_run)
		return STATUS_OK;
	status = submit(&order, &files, &ended, &err);
	return status == STATUS_OK ? ended : cli_fail(&err);
}

/* A number that has a usual value. */
#define USUAL(field, argument_, initial_, lo, doc_)                                  \
	{                                                                            \
		.row = {OPTION_FIELD(struct cli_args, field), .initial = (initial_), \
			.range = RANGE_FROM(lo), .doc = (doc_)},                     \
		.argument = (argument_)                                              \
	}
#define LIMIT(name_, field, argument_, unit_, doc_)                               \
	{                                                                         \
		.row = {OPTION_AS(name_, struct cli_args, field), .initial = "0", \
			.range = RANGE_FROM(0), .unit = (unit_), .doc = (doc_)},  \
		.argument = (argument_)                                           \
	}

static const struct cli_option options[] = {
	CLI_OPTIONS_OF_SPEC,
	CLI_OPTIONS_OF_PLAN,
	{CLI_SPEC("nodes", "resources.nodes", "N",
		  "of each task, over which the ranks of a cell are spread (slurm)")},
	{CLI_TEXT(engine, "NAME", "slurm (default), parallel or snakemake: see list engines")},
	USUAL(workers, "N", "0", 0, "tasks that share the cells; by default as the work asks for"),
	USUAL(throttle, "N", "0", 0, "of them at most so many at once"),
	USUAL(minutes, "M", "60", 1, "time limit of each in the first round, 60 by default"),
	USUAL(grace, "S", "60", 1, "seconds before it in which a worker ends, 60 by default"),
	USUAL(rounds, "N", "3", 1,
	      "how often what is missing is tried, each time with twice the time and memory, 3 by "
	      "default"),
	USUAL(round, "N", "1", 1, "which of them this is"),
	LIMIT("memory", memory, "SIZE", UNIT_BYTES, "of a task at least, 512MiB by default"),
	LIMIT("memory-up-to", memory_up_to, "SIZE", UNIT_BYTES,
	      "most memory of a task in later rounds; where the spec has a memory_limit, cells "
	      "that "
	      "it ended are tried again up to here"),
	LIMIT("time-up-to", time_up_to, "TIME", UNIT_SECONDS,
	      "cells that ended at the spec's time_limit are tried again, up to this one; not at "
	      "all by default"),
	{CLI_TEXT(partition, "NAME", "of the cluster")},
	{CLI_TEXT(account, "NAME", "that the time is booked to")},
	{CLI_TEXT(hosts, "HOSTS", "of parallel: N/HOST,... as its --sshlogin has them")},
	{CLI_TEXT(options, "WORDS", "for sbatch, parallel or snakemake, as they are")},
	{CLI_FLAG_AS("dry-run", dry_run, "print the scripts and submit nothing")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_submit = {
	.name = "submit",
	.operands = "SPEC",
	.doc = "Compute the missing cells by tasks of a batch system, then the report.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
