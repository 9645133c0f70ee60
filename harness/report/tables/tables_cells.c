/* The table of cells. */
#include "harness/report/records/ending.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"
#include "harness/store/command.h"

#include <string.h>

const char summary_cell_note[] = "One row per cell, with the command that computes it alone. Test "
				 "accuracy with its Wilson 95 % "
				 "interval.";

/* How the results folder of a cell was made. */
static const char *command_of(const struct record *record, struct arena *arena)
{
	const char *cells = strrchr(record->folder, '/') - strlen("/cells");
	const char *command = command_run(
		arena_format(arena, "%.*s", (int)(cells - record->folder), record->folder), arena);

	return command ? command : "";
}

struct sheet summary_cell_sheet(const struct records *records, const char *spec_path)
{
	static const char *const heads[] = {"cell",       "data",       "method",  "setting",
					    "rep",        "status",     "outcome", "iterations",
					    "test acc %", "time s",     "timing",  "started",
					    "message",    "repeat with"};
	struct arena *arena = records->arena;
	struct sheet sheet = sheet_headed(arena, records->count, "llllrllrrrllll", heads);
	const char *command = command_run(records->folder, arena);

	if (!command)
		command = arena_format(arena, "relubench run %s", spec_path);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const struct result *result = &r->result;
		const bool told = result->message && *result->message;
		const char *run = r->origin ? command_of(r, arena) : command;
		const double seconds = result->setup_s + result->solve_s;
		const char *const text[] = {r->id,
					    result->data,
					    result->method,
					    records->groups[r->group].setting,
					    records_draw(result, arena),
					    result->status,
					    result->outcome,
					    sheet_number(result->iterations, "%.0f", arena),
					    stat_test_accuracy(result, arena),
					    sheet_number(seconds, "%.3g", arena),
					    ending_cell_timing(r),
					    ending_cell_date(r),
					    told ? result->message : result->suspect,
					    *run ? command_cell(run, r->id, arena) : NULL};

		sheet_row(&sheet, i, text);
		sheet.state[i] = !records_ok(r) ? "bad" : result->suspect ? "suspect" : NULL;
	}
	sheet_drop_empty(&sheet, 3);
	return sheet;
}
