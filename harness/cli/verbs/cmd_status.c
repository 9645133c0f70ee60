/* relubench status DIR: from the files alone, so it works beside a running experiment; of tasks
 * that were submitted also what the batch system says. */
#include "harness/cli/cli.h"
#include "harness/engine/engine.h"
#include "harness/sched/layout.h"
#include "harness/share/share.h"
#include "harness/store/checksums.h"
#include "harness/store/entries.h"
#include "harness/store/kept.h"
#include "harness/store/result.h"

#include <jansson.h>
#include <string.h>

/* Cells that are claimed by processes of one host. */
struct host_count {
	const char *host;
	size_t cells;
};

struct progress_count {
	size_t cells, done, running;
	size_t hosts; /* that have claims */
	struct host_count *host;
	size_t incomplete;           /* trained, but without some of what the plan asks for */
	size_t of[CELL_DAMAGED + 1]; /* of each status */
};

/* Count the cell of one row of the plan. Damage is told at once. */
static enum status count_cell(const char *folder, const struct plan_row *row,
			      struct progress_count *count, struct err *err)
{
	struct arena arena = {0};
	const char *record = arena_format(&arena, "%s/cells/%s", folder, row->cell);
	struct kept kept = {0};
	enum status status = kept_read(record, &arena, &kept, err);
	int ended = -1; /* not finished */

	if (status == STATUS_OK && kept.damage) {
		cli_say(stderr, "%s\n", kept.damage);
		ended = CELL_DAMAGED;
	}
	for (int i = 0; status == STATUS_OK && kept.result.status && cell_status_names[i]; i++)
		if (strcmp(cell_status_names[i], kept.result.status) == 0)
			ended = i;
	if (ended >= 0) {
		const char *path = arena_format(&arena, "%s/entries.json", record);
		struct err unreadable = {0};
		struct entries held;
		struct request asked;
		bool incomplete = ended == CELL_OK && request_read(row->request, &arena, &asked) &&
				  entries_read(path, &arena, &held, &unreadable) == STATUS_OK &&
				  entries_lacking(&held, &asked.entries);

		count->of[ended]++;
		count->done += !incomplete && ended != CELL_DAMAGED; /* it is computed again */
		count->incomplete += incomplete;
	}
	arena_release(&arena);
	return status;
}

static void count_claim(const char *folder, const char *cell, struct progress_count *count,
			struct arena *arena)
{
	const char *host = lease_host(folder, cell, arena);
	size_t i = 0;

	while (host && i < count->hosts && strcmp(count->host[i].host, host) != 0)
		i++;
	if (!host)
		return;
	if (i == count->hosts)
		count->host[count->hosts++] = (struct host_count){host, 0};
	count->host[i].cells++;
}

/* --- what was submitted -------------------------------------------------------------------------
 */

/* The last round: earlier ones have ended. */
struct submitted {
	struct batch_jobs jobs; /* engine NULL: nothing was submitted */
	struct batch_tally tally;
	struct batch_states states; /* by the batch system, if it says more than the files */
	size_t waiting;             /* tasks that have not been started */
};

static enum status read_submitted(const char *results, struct arena *arena, struct submitted *out,
				  struct err *err)
{
	const char *folder = arena_format(arena, "%s/submit", results);
	const struct engine *engine;
	struct batch_jobs *jobs;
	size_t count, begun;

	*out = (struct submitted){0};
	TRY(jobs_read(folder, arena, &jobs, &count, err));
	if (!count)
		return STATUS_OK;
	out->jobs = jobs[count - 1];
	out->tally = jobs_tally(folder, out->jobs.round, arena);
	begun = out->tally.started + out->tally.ended + out->tally.failed;
	out->waiting = out->jobs.tasks > begun ? out->jobs.tasks - begun : 0;
	engine = (const struct engine *)(const void *)out->jobs.engine;
	if (engine->look)
		engine->look(out->jobs.jobs, arena, &out->states);
	return STATUS_OK;
}

static void print_submitted(const struct submitted *s)
{
	if (!s->jobs.engine)
		return;
	cli_say(stdout,
		"submitted to %s (%s), round %ld: %zu tasks: %zu not started, %zu started, %zu "
		"ended, %zu failed\n",
		s->jobs.engine->name, s->jobs.jobs, s->jobs.round, s->jobs.tasks, s->waiting,
		s->tally.started, s->tally.ended, s->tally.failed);
	if (s->tally.first_failed)
		cli_say(stdout, "  the first of those that failed: %s\n", s->tally.first_failed);
	for (size_t i = 0; i < s->states.count; i++)
		cli_say(stdout, "  %-11s %zu%s%s\n", s->states.at[i].state, s->states.at[i].tasks,
			*s->states.at[i].about ? "  " : "", s->states.at[i].about);
	if (s->states.none)
		cli_say(stdout, "  %s\n", s->states.none);
}

static json_t *json_of_submitted(const struct submitted *s)
{
	json_t *states = json_object();

	if (!s->jobs.engine) {
		json_decref(states);
		return json_null();
	}
	for (size_t i = 0; i < s->states.count; i++)
		json_object_set_new(states, s->states.at[i].state,
				    json_pack("{s:I, s:s}", "tasks",
					      (json_int_t)s->states.at[i].tasks, "about",
					      s->states.at[i].about));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "engine",
			 s->jobs.engine->name, "jobs", s->jobs.jobs, "round",
			 (json_int_t)s->jobs.round, "tasks", (json_int_t)s->jobs.tasks,
			 "not_started", (json_int_t)s->waiting, "started",
			 (json_int_t)s->tally.started, "ended", (json_int_t)s->tally.ended,
			 "failed", (json_int_t)s->tally.failed, "queue", states);
}

static json_t *json_of(const struct progress_count *count, size_t missing,
		       const struct submitted *submitted)
{
	json_t *of = json_object(), *hosts = json_object();

	for (size_t i = 0; cell_status_names[i]; i++)
		json_object_set_new(of, cell_status_names[i],
				    json_integer((json_int_t)count->of[i]));
	for (size_t i = 0; i < count->hosts; i++)
		json_object_set_new(hosts, count->host[i].host,
				    json_integer((json_int_t)count->host[i].cells));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "cells",
			 (json_int_t)count->cells, "done", (json_int_t)count->done, "running",
			 (json_int_t)count->running, "incomplete", (json_int_t)count->incomplete,
			 "missing", (json_int_t)missing, "status", of, "hosts", hosts, "submitted",
			 json_of_submitted(submitted));
}

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	const char *folder = args->operand[0];
	struct progress_count count = {0};
	struct submitted submitted;
	size_t claimed = 0;
	const struct plan_row *row;
	struct field_rows plan;
	struct err err = {0};
	size_t missing;
	int verdict;

	if (field_read(arena_format(arena, "%s/plan.csv", folder), &rows_plan, arena, &plan,
		       &err) != STATUS_OK)
		return cli_fail(&err);
	row = plan.at;
	count.host = ARENA_ARRAY(arena, struct host_count, plan.count);
	for (size_t i = 0; i < plan.count; i++) {
		if (count_cell(folder, &row[i], &count, &err) != STATUS_OK)
			return cli_fail(&err);
		count_claim(folder, row[i].cell, &count, arena);
	}
	if (read_submitted(folder, arena, &submitted, &err) != STATUS_OK)
		return cli_fail(&err);
	for (size_t i = 0; i < count.hosts; i++)
		claimed += count.host[i].cells;
	count.cells = plan.count;
	count.running = layout_count_running(folder);
	if (count.running < claimed) /* no locks there */
		count.running = claimed;
	verdict = (int)checksums_tell(folder, false, stderr);
	if (count.of[CELL_DAMAGED])
		verdict = STATUS_FAILED;
	missing = count.cells - count.done - count.incomplete;
	if (args->json) {
		cli_print_json(json_of(&count, missing, &submitted));
		return verdict;
	}
	printf("%zu cells: %zu done, %zu running, ", count.cells, count.done, count.running);
	if (count.incomplete)
		printf("%zu to complete, ", count.incomplete);
	printf("%zu missing\n", missing);
	for (size_t i = 0; cell_status_names[i]; i++)
		if (count.of[i])
			printf("  %-11s %zu\n", cell_status_names[i], count.of[i]);
	for (size_t i = 0; i < count.hosts; i++)
		cli_say(stdout, "  running     %zu on %s\n", count.host[i].cells,
			count.host[i].host);
	print_submitted(&submitted);
	return verdict;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, CLI_OPTIONS_END};

const struct cli_verb cmd_status = {
	.name = "status",
	.operands = "DIR",
	.doc = "Progress of a running or finished experiment.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
