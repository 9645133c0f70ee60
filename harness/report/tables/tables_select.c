/* The table of all settings of the methods that select one. */
#include "harness/report/records/ending.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"

const char summary_select_note[] =
	"All settings of the methods that select one by the column named; a cell that is not ok "
	"counts as the worst. Chosen per repetition: in each by its own validation part, as is the "
	"default where repetitions split one data set anew; per experiment: one for all, by the "
	"median over repetitions. The test part of a repetition has no say in its choice. Medians "
	"with 10\xe2\x80\x93"
	"90 % quantiles.";

enum { DATA, METHOD, SETTING, TEST, OBJECTIVE, TIME, CELLS, ENDED, CHOSEN, CRITERIA };

/* The columns that methods select by, each with a heading of its own. */
struct criteria {
	size_t count;
	const char **name;
};

static struct criteria criteria_of(const struct searches *all, struct arena *arena)
{
	struct criteria out = {.name = ARENA_ARRAY(arena, const char *, all->count)};

	for (size_t i = 0; i < all->count; i++) {
		const char *by = all->at[i].by;

		if (by && records_index(out.name, out.count, by) == out.count)
			out.name[out.count++] = by;
	}
	return out;
}

/* "selected per repetition, in 3 of 5" */
static const char *chosen_text(const struct search *search, size_t k, struct arena *arena)
{
	if (!search->times[k])
		return NULL;
	if (!search->per_repetition)
		return "selected per experiment";
	return arena_format(arena, "selected per repetition, in %zu of %zu", search->times[k],
			    search->chosen->count);
}

static void fill_row(struct sheet *sheet, size_t row, const struct search *search, size_t k,
		     const struct criteria *criteria, struct arena *arena)
{
	const struct group *group = search->setting[k];
	size_t ok = records_ok_count(group);
	struct spread by = stat_group(group, stat_column, search->by, arena);
	bool share = !select_lower_is_better(search->by);
	size_t after = criteria->count;

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
	sheet_set(sheet, row, after + CHOSEN, chosen_text(search, k, arena));
	sheet->state[row] = ok < group->count ? "bad" : NULL;
}

static void write_heads(struct sheet *sheet, const struct criteria *criteria, struct arena *arena)
{
	static const char *const heads[CRITERIA] = {"data",       "method",    "setting",
						    "test acc %", "objective", "time s",
						    "cells",      "ended",     "selected"};

	for (size_t j = 0; j < CRITERIA; j++) {
		size_t at = j < TEST ? j : j + criteria->count;

		sheet->head[at] = heads[j];
		sheet->numeric[at] = j >= TEST && j <= TIME;
	}
	for (size_t c = 0; c < criteria->count; c++) {
		const char *name = criteria->name[c];

		sheet->head[TEST + c] =
			arena_format(arena, "%s%s", name, select_lower_is_better(name) ? "" : " %");
		sheet->numeric[TEST + c] = true;
	}
}

struct sheet summary_select_sheet(const struct records *records)
{
	struct searches all = select_searches(records);
	struct criteria criteria = criteria_of(&all, records->arena);
	struct sheet sheet;
	size_t rows = 0;

	for (size_t i = 0; i < all.count; i++)
		rows += all.at[i].by ? all.at[i].count : 0;
	sheet = sheet_new(records->arena, rows, CRITERIA + criteria.count);
	write_heads(&sheet, &criteria, records->arena);
	rows = 0;
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; all.at[i].by && k < all.at[i].count; k++)
			fill_row(&sheet, rows++, &all.at[i], k, &criteria, records->arena);
	sheet_drop_empty(&sheet, SETTING);
	return sheet;
}
