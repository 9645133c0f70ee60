/* The table of cells. */
#include "harness/report/records/ending.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"
#include "harness/store/command.h"

#include <math.h>

const char summary_cell_note[] = "One row per cell, with the command that computes it alone. Test "
				 "accuracy with its Wilson 95 % "
				 "interval.";

static void fill_cell(const struct record *r, const struct group *group, const char *command,
		      struct arena *arena, struct sheet *sheet, size_t row)
{
	const struct result *result = &r->result;
	double seconds = result->setup_s + result->solve_s;
	size_t col = 0;

	sheet_set(sheet, row, col++, r->id);
	sheet_set(sheet, row, col++, result->data);
	sheet_set(sheet, row, col++, result->method);
	sheet_set(sheet, row, col++, group->setting);
	sheet_set(sheet, row, col++,
		  isnan(result->repetition) ? NULL
					    : arena_format(arena, "%.0f", result->repetition));
	sheet_set(sheet, row, col++, result->status);
	sheet_set(sheet, row, col++, result->outcome);
	sheet_set(sheet, row, col++,
		  isnan(result->iterations) ? NULL
					    : arena_format(arena, "%.0f", result->iterations));
	sheet_set(sheet, row, col++, stat_test_accuracy(result, arena));
	sheet_set(sheet, row, col++, isnan(seconds) ? NULL : arena_format(arena, "%.3g", seconds));
	sheet_set(sheet, row, col++, ending_cell_timing(r));
	sheet_set(sheet, row, col++, ending_cell_date(r));
	sheet_set(sheet, row, col++,
		  result->message && *result->message ? result->message : result->suspect);
	sheet_set(sheet, row, col, command_cell(command, r->id, arena));
	sheet->state[row] = !records_ok(r) ? "bad" : result->suspect ? "suspect" : NULL;
}

struct sheet summary_cell_sheet(const struct records *records, const char *spec_path)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"cell", false},    {"data", false},       {"method", false},
		     {"setting", false}, {"rep", true},         {"status", false},
		     {"outcome", false}, {"iterations", true},  {"test acc %", true},
		     {"time s", true},   {"timing", false},     {"started", false},
		     {"message", false}, {"repeat with", false}};
	size_t cols = sizeof heads / sizeof *heads;
	struct sheet sheet = sheet_new(records->arena, records->count, cols);
	const char *command = command_run(records->folder, records->arena);

	if (!command)
		command = arena_format(records->arena, "relubench run %s", spec_path);

	for (size_t j = 0; j < cols; j++) {
		sheet.head[j] = heads[j].text;
		sheet.numeric[j] = heads[j].numeric;
	}
	for (size_t i = 0; i < records->count; i++)
		fill_cell(&records->at[i], &records->groups[records->at[i].group], command,
			  records->arena, &sheet, i);
	sheet_drop_empty(&sheet, 3);
	return sheet;
}
