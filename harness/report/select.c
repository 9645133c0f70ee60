/* Choosing one setting of each method that asks for it. */
#include "harness/report/select.h"
#include "harness/report/ending.h"
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

/* Lower is better; a cell that is not ok or has no value counts as the worst. */
static double score_of(const struct record *record, const char *by)
{
	double value = stat_column(record, by);

	if (!records_ok(record) || isnan(value))
		return HUGE_VAL;
	return select_lower_is_better(by) ? value : -value;
}

/* What the settings are compared by per experiment: the median over all repetitions. */
static double score(const struct group *group, const char *by, struct arena *arena)
{
	double *values = ARENA_ARRAY(arena, double, group->count);

	for (size_t i = 0; i < group->count; i++)
		values[i] = score_of(group->member[i], by);
	return stat_of(values, group->count).median;
}

bool select_per_repetition(const struct group *setting)
{
	const struct record *r = setting->member[0];

	if (r->select_per && strcmp(r->select_per, "auto") != 0)
		return strcmp(r->select_per, "repetition") == 0;
	return r->resampled;
}

static const struct record *at_repetition(const struct group *group, double repetition)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->member[i]->result.repetition == repetition)
			return group->member[i];
	return NULL;
}

/* The index of the setting that is best in a repetition, or `count` if none has a value. */
static size_t best_at(const struct group *const *setting, size_t count, const char *by,
		      double repetition)
{
	size_t best = count;
	double least = HUGE_VAL;

	for (size_t k = 0; k < count; k++) {
		const struct record *r = at_repetition(setting[k], repetition);
		double here = r ? score_of(r, by) : HUGE_VAL;

		if (here < least) {
			least = here;
			best = k;
		}
	}
	return best;
}

/* The repetitions of any setting, each once. */
static size_t repetitions_of(const struct group *const *setting, size_t count, double **out,
			     struct arena *arena)
{
	size_t members = 0, found = 0;

	for (size_t k = 0; k < count; k++)
		members += setting[k]->count;
	*out = ARENA_ARRAY(arena, double, members);
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < setting[k]->count; i++) {
			double here = setting[k]->member[i]->result.repetition;
			size_t at = 0;

			while (at < found && (*out)[at] != here)
				at++;
			if (at == found)
				(*out)[found++] = here;
		}
	return found;
}

const struct group *select_compose(const struct group *const *setting, size_t count, const char *by,
				   size_t *times, struct arena *arena)
{
	struct group *out = ARENA_NEW(arena, struct group);
	bool any = false;
	double *repetition;
	size_t repetitions = repetitions_of(setting, count, &repetition, arena);

	*out = *setting[0];
	out->setting = "selected per repetition";
	out->composed = true;
	out->left_out = false;
	out->count = 0;
	out->member = ARENA_ARRAY(arena, const struct record *, repetitions);
	for (size_t i = 0; i < repetitions; i++) {
		size_t best = best_at(setting, count, by, repetition[i]);
		const struct record *r;

		any = any || best < count;
		times[best < count ? best : 0] += best < count;
		for (size_t k = 0; k < count && best == count; k++) /* all failed: one of them */
			best = at_repetition(setting[k], repetition[i]) ? k : best;
		r = at_repetition(setting[best], repetition[i]);
		out->member[out->count++] = r;
	}
	return any ? out : NULL;
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

	search->times = ARENA_ARRAY(arena, size_t, search->count);
	search->per_repetition =
		search->by && search->count > 1 && select_per_repetition(search->setting[0]);
	if (search->per_repetition) {
		search->chosen = select_compose(search->setting, search->count, search->by,
						search->times, arena);
		return;
	}
	for (size_t i = 0; search->by && i < search->count; i++) {
		double here = score(search->setting[i], search->by, arena);

		if (here < best) {
			best = here;
			search->chosen = search->setting[i];
		}
	}
	for (size_t i = 0; search->chosen && i < search->count; i++)
		search->times[i] = search->setting[i] == search->chosen ? search->chosen->count : 0;
}

struct searches select_searches(const struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->group_count, arena);
	size_t *place = ARENA_ARRAY(arena, size_t, records->group_count);
	struct searches out = {.at = ARENA_ARRAY(arena, struct search, records->group_count)};

	for (size_t g = 0; g < records->group_count; g++) {
		if (records->groups[g].composed)
			continue;
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

		if (group->composed)
			continue;
		search->setting[search->count++] = group;
		search->seconds += seconds_of(group);
		if (!search->by)
			search->by = group->member[0]->select_by;
	}
	for (size_t i = 0; i < out.count; i++)
		choose(&out.at[i], arena);
	return out;
}

static void mark_left_out(struct records *records, const struct search *search)
{
	for (size_t k = 0; search->chosen && k < search->count; k++) {
		const struct group *setting = search->setting[k];

		records->groups[setting - records->groups].left_out = setting != search->chosen;
	}
}

/* Composed groups stand before the settings they are made of. */
static void insert_composed(struct records *records, const struct searches *all)
{
	struct arena *arena = records->arena;
	struct group *to = ARENA_ARRAY(arena, struct group, records->group_count + all->count);
	size_t *moved = ARENA_ARRAY(arena, size_t, records->group_count), count = 0;

	for (size_t g = 0; g < records->group_count; g++) {
		for (size_t i = 0; i < all->count; i++) {
			const struct group *chosen = all->at[i].chosen;

			if (chosen && chosen->composed &&
			    all->at[i].setting[0] == &records->groups[g])
				to[count++] = *chosen;
		}
		moved[g] = count;
		to[count++] = records->groups[g];
	}
	for (size_t i = 0; i < records->count; i++)
		records->at[i].group = moved[records->at[i].group];
	records->groups = to;
	records->group_count = count;
}

void select_settings(struct records *records)
{
	struct searches all = select_searches(records);

	for (size_t i = 0; i < all.count; i++)
		mark_left_out(records, &all.at[i]);
	insert_composed(records, &all);
}

const char select_note[] =
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
	struct stat by = stat_group(group, stat_column, search->by, arena);
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

struct sheet select_sheet(const struct records *records)
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
