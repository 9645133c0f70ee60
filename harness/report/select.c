/* Choosing one setting of each method that asks for it. */
#include "harness/report/select.h"
#include "harness/report/index.h"
#include "harness/report/stat.h"

#include <math.h>
#include <string.h>

const char *select_key(const struct group *group, struct arena *arena)
{
	return arena_format(arena, "%s\n%s", group->method, group->problem);
}

bool select_lower_is_better(const char *column)
{
	return !strstr(column, "accuracy");
}

/* What the settings are compared by: the median over all repetitions, where a cell that is not ok
 * counts as the worst. Lower is better; infinite without a value. */
static double score(const struct group *group, const char *by, struct arena *arena)
{
	double *values = ARENA_ARRAY(arena, double, group->count);

	for (size_t i = 0; i < group->count; i++) {
		double value = stat_column(group->member[i], by);

		values[i] = !records_ok(group->member[i]) || isnan(value) ? HUGE_VAL
			    : select_lower_is_better(by)                  ? value
									  : -value;
	}
	return stat_of(values, group->count).median;
}

static double seconds_of(const struct group *group)
{
	double sum = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct result *r = &group->member[i]->result;
		const double part[] = {r->load_s, r->setup_s, r->solve_s, r->eval_s, r->select_s};

		for (size_t k = 0; k < sizeof part / sizeof *part; k++)
			sum += isnan(part[k]) ? 0 : part[k];
	}
	return sum;
}

/* The first of equals is kept: the order of the spec. */
static void choose(struct search *search, struct arena *arena)
{
	double best = HUGE_VAL;

	for (size_t i = 0; search->by && i < search->count; i++) {
		double here = score(search->setting[i], search->by, arena);

		if (here < best) {
			best = here;
			search->chosen = search->setting[i];
		}
	}
}

struct searches select_searches(const struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->group_count, arena);
	size_t *place = ARENA_ARRAY(arena, size_t, records->group_count);
	struct searches out = {.at = ARENA_ARRAY(arena, struct search, records->group_count)};

	for (size_t g = 0; g < records->group_count; g++) {
		place[g] = index_place(&index, select_key(&records->groups[g], arena), out.count);
		out.count += place[g] == out.count;
		out.at[place[g]].count++;
	}
	for (size_t i = 0; i < out.count; i++) {
		out.at[i].setting = ARENA_ARRAY(arena, const struct group *, out.at[i].count);
		out.at[i].count = 0;
	}
	for (size_t g = 0; g < records->group_count; g++) {
		struct search *search = &out.at[place[g]];
		const struct group *group = &records->groups[g];

		search->setting[search->count++] = group;
		search->seconds += seconds_of(group);
		if (!search->by)
			search->by = group->member[0]->select_by;
	}
	for (size_t i = 0; i < out.count; i++)
		choose(&out.at[i], arena);
	return out;
}

void select_settings(struct records *records)
{
	struct searches all = select_searches(records);

	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; all.at[i].chosen && k < all.at[i].count; k++) {
			const struct group *setting = all.at[i].setting[k];

			records->groups[setting - records->groups].left_out =
				setting != all.at[i].chosen;
		}
}

const char select_note[] =
	"All settings of the methods that select one, chosen by the median over repetitions of the "
	"column named, where a cell that is not ok counts as the worst; the test part has no "
	"say. Medians with 10\xe2\x80\x93"
	"90 % quantiles.";

enum { DATA, METHOD, SETTING, VALIDATION, TEST, OBJECTIVE, TIME, CELLS, CHOSEN, COLUMNS };

static void fill_row(struct sheet *sheet, size_t row, const struct search *search, size_t k,
		     struct arena *arena)
{
	const struct group *group = search->setting[k];
	size_t ok = records_ok_count(group);
	struct stat by = stat_group(group, stat_column, search->by, arena);
	bool share = !select_lower_is_better(search->by);

	sheet_set(sheet, row, DATA, group->data);
	sheet_set(sheet, row, METHOD, group->method);
	sheet_set(sheet, row, SETTING, group->setting);
	sheet_set(sheet, row, VALIDATION,
		  stat_text(by, share ? "%.1f" : "%.5g", share ? 100 : 1, arena));
	sheet_set(sheet, row, TEST,
		  stat_text(stat_group(group, stat_column, "test_accuracy", arena), "%.1f", 100,
			    arena));
	sheet_set(sheet, row, OBJECTIVE,
		  stat_text(stat_group(group, stat_column, "objective_network", arena), "%.5g", 1,
			    arena));
	sheet_set(sheet, row, TIME,
		  stat_text(stat_group(group, stat_column, "time", arena), "%.3g", 1, arena));
	sheet_set(sheet, row, CELLS, arena_format(arena, "%zu of %zu ok", ok, group->count));
	sheet_set(sheet, row, CHOSEN, group == search->chosen ? "selected" : NULL);
	sheet->state[row] = ok < group->count ? "bad" : NULL;
}

struct sheet select_sheet(const struct records *records)
{
	static const char *const heads[COLUMNS] = {"data",   "method",     "setting",
						   "by",     "test acc %", "objective",
						   "time s", "cells",      "selected"};
	struct searches all = select_searches(records);
	struct sheet sheet;
	size_t rows = 0;

	for (size_t i = 0; i < all.count; i++)
		rows += all.at[i].by ? all.at[i].count : 0;
	sheet = sheet_new(records->arena, rows, COLUMNS);
	for (size_t j = 0; j < COLUMNS; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = j >= VALIDATION && j <= TIME;
	}
	rows = 0;
	for (size_t i = 0; i < all.count; i++) {
		if (!all.at[i].by)
			continue;
		sheet.head[VALIDATION] =
			arena_format(records->arena, "%s%s", all.at[i].by,
				     select_lower_is_better(all.at[i].by) ? "" : " %");
		for (size_t k = 0; k < all.at[i].count; k++)
			fill_row(&sheet, rows++, &all.at[i], k, records->arena);
	}
	sheet_drop_empty(&sheet, SETTING);
	return sheet;
}
