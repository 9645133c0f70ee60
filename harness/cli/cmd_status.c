/* relubench status DIR: from the files alone, so it works beside a running experiment. */
#include "harness/cli/cli.h"
#include "harness/sched/layout.h"
#include "harness/store/checksums.h"
#include "harness/store/entries.h"
#include "harness/store/kept.h"
#include "harness/store/result.h"

#include <jansson.h>
#include <string.h>

struct progress_count {
	size_t cells, done, running;
	size_t incomplete;           /* trained, but without some of what the plan asks for */
	size_t of[CELL_DAMAGED + 1]; /* of each status */
};

/* The status of one finished cell, or -1. Damage is told at once. */
static enum status status_of(const char *folder, const char *id, struct arena *arena, int *out,
			     struct err *err)
{
	struct kept kept;

	*out = -1;
	TRY(kept_read(arena_format(arena, "%s/cells/%s", folder, id), arena, &kept, err));
	if (kept.damage) {
		cli_say(stderr, "%s\n", kept.damage);
		*out = CELL_DAMAGED;
	}
	for (int i = 0; cell_status_names[i]; i++)
		if (kept.result.status && strcmp(cell_status_names[i], kept.result.status) == 0)
			*out = i;
	return STATUS_OK;
}

/* Whether the record lacks an entry that this row of the plan asks for. */
static bool lacks(const char *folder, const char *id, const char *request, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/cells/%s/entries.json", folder, id);
	struct err unreadable = {0};
	struct entries held;
	struct request asked;

	return request_read(request, arena, &asked) &&
	       entries_read(path, arena, &held, &unreadable) == STATUS_OK &&
	       entries_lacking(&held, &asked.entries);
}

static enum status count_cells(const char *folder, struct progress_count *out, struct err *err)
{
	struct arena arena = {0}, scratch = {0};
	struct field_rows plan;
	enum status status = field_read(arena_format(&arena, "%s/plan.csv", folder), &rows_plan,
					&arena, &plan, err);
	const struct plan_row *row = plan.at;

	for (size_t i = 0; i < plan.count && status == STATUS_OK; i++) {
		bool incomplete;
		int ended;

		status = status_of(folder, row[i].cell, &scratch, &ended, err);
		incomplete =
			ended == CELL_OK && lacks(folder, row[i].cell, row[i].request, &scratch);
		arena_release(&scratch);
		if (ended >= 0) {
			out->of[ended]++;
			out->done +=
				!incomplete && ended != CELL_DAMAGED; /* it is computed again */
			out->incomplete += incomplete;
		}
	}
	out->cells = status == STATUS_OK ? plan.count : 0;
	out->running = layout_count_running(folder);
	arena_release(&arena);
	return status;
}

static void print_json(const struct progress_count *count)
{
	json_t *of = json_object();

	for (size_t i = 0; cell_status_names[i]; i++)
		json_object_set_new(of, cell_status_names[i],
				    json_integer((json_int_t)count->of[i]));
	cli_print_json(json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:o}", "cells", (json_int_t)count->cells, "done",
		(json_int_t)count->done, "running", (json_int_t)count->running, "incomplete",
		(json_int_t)count->incomplete, "missing",
		(json_int_t)(count->cells - count->done - count->incomplete), "status", of));
}

static int run(struct cli_args *args)
{
	struct progress_count count = {0};
	struct err err = {0};
	int verdict;

	if (count_cells(args->operand[0], &count, &err) != STATUS_OK)
		return cli_fail(&err);
	verdict = (int)checksums_tell(args->operand[0], false, stderr);
	if (count.of[CELL_DAMAGED])
		verdict = STATUS_FAILED;
	if (args->json) {
		print_json(&count);
		return verdict;
	}
	printf("%zu cells: %zu done, %zu running, ", count.cells, count.done, count.running);
	if (count.incomplete)
		printf("%zu to complete, ", count.incomplete);
	printf("%zu missing\n", count.cells - count.done - count.incomplete);
	for (size_t i = 0; cell_status_names[i]; i++)
		if (count.of[i])
			printf("  %-11s %zu\n", cell_status_names[i], count.of[i]);
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
