/* The table of all settings of the methods that select one. */
#include "harness/report/records/ending.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"

const char summary_select_note[] =
	"All settings of the methods that select one by the column named; a cell that is not ok "
	"counts as the worst. Chosen per repetition: in each by its own validation part, as is the "
	"default where repetitions split one data set anew; per experiment: one for all, by the "
	"median over repetitions. The test part of a repetition has no say in its choice. Of "
	"successive halving a setting has a row for each rung that it was run in, of nested "
	"cross-validation the rows are of inner folds. Medians "
	"with 10\xe2\x80\x93"
	"90 % quantiles.";

enum { DATA, METHOD, SETTING, TEST, OBJECTIVE, TIME, CELLS, ENDED, CHOSEN, COLUMNS };

/* The columns that methods select by, each with a heading of its own. */
struct criteria {
	size_t count;
	const char **name;
};

static void fill_row(struct sheet *sheet, size_t row, const struct search *search, size_t k,
		     const struct criteria *criteria, struct arena *arena)
{
	const struct group *group = search->setting[k];
	size_t ok = records_ok_count(group), after = criteria->count;
	struct spread by = stat_group(group, stat_column, search->by, arena);
	bool share = rows_higher_is_better(search->by);
	const char *chosen = "selected per experiment";

	sheet_set(sheet, row, DATA, group->data);
	sheet_set(sheet, row, METHOD, group->method);
	sheet_set(sheet, row, SETTING, group->setting);
	sheet_set(sheet, row, TEST + records_index(criteria->name, criteria->count, search->by),
		  stat_text(by, share ? "%.1f" : "%.5g", share ? 100 : 1, arena));
	sheet_set(sheet, row, after + TEST,
		  stat_text(stat_group(group, stat_column, "test_accuracy", arena), "%.1f", 100,
			    arena));
	sheet_set(sheet, row, after + OBJECTIVE,
		  stat_text(stat_group(group, stat_column, "headline", arena), "%.5g", 1, arena));
	sheet_set(sheet, row, after + TIME,
		  stat_text(stat_group(group, stat_column, "time", arena), "%.3g", 1, arena));
	sheet_set(sheet, row, after + CELLS,
		  arena_format(arena, "%zu of %zu ok", ok, group->count));
	sheet_set(sheet, row, after + ENDED, ending_text(group->member, group->count, arena));
	if (search->times[k] && search->per_repetition)
		chosen = arena_format(arena, "selected %s, in %zu of %zu",
				      search->tested ? "in inner folds" : "per repetition",
				      search->times[k], search->chosen->count);
	sheet_set(sheet, row, after + CHOSEN, search->times[k] ? chosen : NULL);
	sheet->state[row] = ok < group->count ? "bad" : NULL;
}

struct sheet summary_select_sheet(const struct records *records)
{
	static const char *const heads[COLUMNS] = {"data",       "method",    "setting",
						   "test acc %", "objective", "time s",
						   "cells",      "ended",     "selected"};
	struct arena *arena = records->arena;
	struct searches all = select_searches(records);
	struct criteria criteria = {.name = ARENA_ARRAY(arena, const char *, all.count)};
	size_t rows = 0, row = 0;
	struct sheet sheet;

	for (size_t i = 0; i < all.count; i++) {
		const char *by = all.at[i].by;

		rows += by ? all.at[i].count : 0;
		if (by && records_index(criteria.name, criteria.count, by) == criteria.count)
			criteria.name[criteria.count++] = by;
	}
	sheet = sheet_new(arena, rows, COLUMNS + criteria.count);
	for (size_t j = 0; j < COLUMNS; j++)
		sheet.head[j < TEST ? j : j + criteria.count] = heads[j];
	for (size_t c = 0; c < criteria.count; c++)
		sheet.head[TEST + c] =
			arena_format(arena, "%s%s", criteria.name[c],
				     rows_higher_is_better(criteria.name[c]) ? " %" : "");
	for (size_t j = TEST; j <= TIME + criteria.count; j++)
		sheet.numeric[j] = true;

	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; all.at[i].by && k < all.at[i].count; k++)
			fill_row(&sheet, row++, &all.at[i], k, &criteria, arena);
	sheet_drop_empty(&sheet, SETTING);
	return sheet;
}
