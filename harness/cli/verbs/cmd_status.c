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

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	const char *folder = args->operand[0];
	struct progress_count count = {0};
	const struct plan_row *row;
	struct field_rows plan;
	struct err err = {0};
	size_t missing;
	int verdict;

	if (field_read(arena_format(arena, "%s/plan.csv", folder), &rows_plan, arena, &plan,
		       &err) != STATUS_OK)
		return cli_fail(&err);
	row = plan.at;
	for (size_t i = 0; i < plan.count; i++)
		if (count_cell(folder, &row[i], &count, &err) != STATUS_OK)
			return cli_fail(&err);
	count.cells = plan.count;
	count.running = layout_count_running(folder);
	verdict = (int)checksums_tell(folder, false, stderr);
	if (count.of[CELL_DAMAGED])
		verdict = STATUS_FAILED;
	missing = count.cells - count.done - count.incomplete;
	if (args->json) {
		json_t *of = json_object();

		for (size_t i = 0; cell_status_names[i]; i++)
			json_object_set_new(of, cell_status_names[i],
					    json_integer((json_int_t)count.of[i]));
		cli_print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "cells",
					 (json_int_t)count.cells, "done", (json_int_t)count.done,
					 "running", (json_int_t)count.running, "incomplete",
					 (json_int_t)count.incomplete, "missing",
					 (json_int_t)missing, "status", of));
		return verdict;
	}
	printf("%zu cells: %zu done, %zu running, ", count.cells, count.done, count.running);
	if (count.incomplete)
		printf("%zu to complete, ", count.incomplete);
	printf("%zu missing\n", missing);
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
