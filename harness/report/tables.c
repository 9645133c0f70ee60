/* The tables of a report: groups, attacks and cells as sheets. */
#include "harness/report/attacks.h"
#include "harness/report/stat.h"
#include "harness/report/summary.h"

#include <math.h>
#include <string.h>

/* Columns of numbers of the summary table. `column` is one of stat_column's names. */
static const struct {
	const char *head, *column, *format;
	double factor;
} measures[] = {
	{"train acc %", "train_accuracy", "%.1f", 100},
	{"test acc %", "test_accuracy", "%.1f", 100},
	{"train RMSE", "train_rmse", "%.4g", 1},
	{"test RMSE", "test_rmse", "%.4g", 1},
	{"objective", "objective_network", "%.5g", 1},
	{"gap", "gap", "%.1e", 1},
	{"time s", "time", "%.3g", 1},
	{"neurons", "neurons", "%.0f", 1},
};

enum {
	MEASURES = sizeof measures / sizeof *measures,
	ACCURACIES = 4 /* the first measures stand before the robust accuracies */
};

static void head(struct sheet *sheet, size_t col, const char *text, bool numeric)
{
	sheet->head[col] = text;
	sheet->numeric[col] = numeric;
}

/* "3 ok, 1 timeout" */
static const char *counts_text(const struct record *const *member, size_t count,
			       struct arena *arena)
{
	const char *text = "";

	for (size_t s = 0; cell_status_names[s]; s++) {
		size_t here = 0;

		for (size_t i = 0; i < count; i++)
			here += member[i]->result.status &&
				strcmp(member[i]->result.status, cell_status_names[s]) == 0;
		if (here)
			text = arena_format(arena, "%s%s%zu %s", text, *text ? ", " : "", here,
					    cell_status_names[s]);
	}
	return text;
}

static size_t count_ok(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		count += records_ok(group->member[i]);
	return count;
}

/* "suspect: constant prediction (2 of 5)"; NULL if no member is. */
static const char *suspect_text(const struct group *group, struct arena *arena)
{
	const char *why = NULL;
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		const char *here = group->member[i]->result.suspect;

		if (!here || !*here)
			continue;
		why = why ? why : here;
		count++;
	}
	if (!why)
		return NULL;
	if (group->count == 1)
		return arena_format(arena, "suspect: %s", why);
	return arena_format(arena, "suspect: %s (%zu of %zu)", why, count, group->count);
}

static void fill_row(const struct records *records, const struct attack_kinds *kinds, size_t row,
		     struct sheet *sheet)
{
	const struct group *group = &records->groups[row];
	struct arena *arena = records->arena;
	const char *suspect = suspect_text(group, arena);
	size_t col = 0;

	sheet_set(sheet, row, col++, group->data);
	sheet_set(sheet, row, col++, group->method);
	for (size_t k = 0; k < records->path_count; k++)
		sheet_set(sheet, row, col++, records_swept(group->member[0], records->paths[k]));
	for (size_t m = 0; m < MEASURES; m++) {
		struct stat stat = stat_group(group, stat_column, measures[m].column, arena);

		sheet_set(sheet, row, col++,
			  stat_text(stat, measures[m].format, measures[m].factor, arena));
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++) {
			stat = stat_group(group, attacks_robust, &kinds->at[k], arena);
			sheet_set(sheet, row, col++, stat_text(stat, "%.1f", 100, arena));
		}
	}
	sheet_set(sheet, row, col++, counts_text(group->member, group->count, arena));
	sheet_set(sheet, row, col, suspect);
	sheet->hint[row] = suspect;
	sheet->state[row] = count_ok(group) < group->count ? "bad" : suspect ? "suspect" : NULL;
}

struct sheet summary_sheet(const struct records *records)
{
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct sheet sheet =
		sheet_new(records->arena, records->group_count,
			  2 + records->path_count + MEASURES + kinds.count + 2); /* data, method;
										    cells, note */
	size_t col = 0;

	head(&sheet, col++, "data", false);
	head(&sheet, col++, "method", false);
	for (size_t k = 0; k < records->path_count; k++)
		head(&sheet, col++, records->paths[k], true);
	for (size_t m = 0; m < MEASURES; m++) {
		head(&sheet, col++, measures[m].head, true);
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds.count; k++)
			head(&sheet, col++,
			     arena_format(records->arena, "%s %.3g %%", kinds.at[k].label,
					  kinds.at[k].eps),
			     true);
	}
	head(&sheet, col++, "cells", false);
	head(&sheet, col, "note", false);
	for (size_t i = 0; i < records->group_count; i++)
		fill_row(records, &kinds, i, &sheet);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}

/* The attack rows of a group: those of its first member that has any. */
static const struct record *attacked_member(const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]) && group->member[i]->attack_count)
			return group->member[i];
	return NULL;
}

static size_t attack_row_count(const struct records *records)
{
	size_t rows = 0;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct record *member = attacked_member(&records->groups[g]);

		rows += member ? member->attack_count : 0;
	}
	return rows;
}

/* Wilson bounds of the cell itself, or medians of them over repetitions. */
static const char *wilson_text(const struct group *group, const struct attack_kind *kind,
			       struct arena *arena)
{
	struct stat low = stat_group(group, attacks_low, kind, arena);
	struct stat high = stat_group(group, attacks_high, kind, arena);

	if (low.count == 0 || high.count == 0)
		return NULL;
	return arena_format(arena, "%.1f\xe2\x80\x93%.1f", 100 * low.median, 100 * high.median);
}

static void fill_attack(const struct group *group, const struct attack_row *at, struct arena *arena,
			struct sheet *sheet, size_t row)
{
	struct attack_kind kind = {at->attack, at->norm, at->units, at->eps, NULL};
	struct stat robust = stat_group(group, attacks_robust, &kind, arena);
	size_t col = 0;

	sheet_set(sheet, row, col++, group->data);
	sheet_set(sheet, row, col++, group->method);
	sheet_set(sheet, row, col++, group->setting);
	sheet_set(sheet, row, col++, at->attack);
	sheet_set(sheet, row, col++, at->norm);
	sheet_set(sheet, row, col++, at->units);
	sheet_set(sheet, row, col++, arena_format(arena, "%.4g", at->eps));
	sheet_set(sheet, row, col++,
		  stat_text(stat_group(group, stat_column, "test_accuracy", arena), "%.1f", 100,
			    arena));
	sheet_set(sheet, row, col++, stat_text(robust, "%.1f", 100, arena));
	sheet_set(sheet, row, col++, wilson_text(group, &kind, arena));
	sheet_set(sheet, row, col++, isnan(at->n) ? NULL : arena_format(arena, "%.0f", at->n));
	sheet_set(sheet, row, col, arena_format(arena, "%zu", robust.count));
}

struct sheet summary_attack_sheet(const struct records *records)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"data", false},       {"method", false}, {"setting", false},
		     {"attack", false},     {"norm", false},   {"units", false},
		     {"eps", true},         {"clean %", true}, {"robust %", true},
		     {"Wilson 95 %", true}, {"points", true},  {"cells", true}};
	size_t cols = sizeof heads / sizeof *heads, row = 0;
	struct sheet sheet = sheet_new(records->arena, attack_row_count(records), cols);

	for (size_t j = 0; j < cols; j++)
		head(&sheet, j, heads[j].text, heads[j].numeric);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct record *member = attacked_member(group);

		for (size_t i = 0; member && i < member->attack_count; i++)
			fill_attack(group, &member->attack[i], records->arena, &sheet, row++);
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}

static void fill_cell(const struct record *r, const struct group *group, const char *spec_path,
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
	sheet_set(sheet, row, col++, isnan(seconds) ? NULL : arena_format(arena, "%.3g", seconds));
	sheet_set(sheet, row, col++,
		  result->message && *result->message ? result->message : result->suspect);
	sheet_set(sheet, row, col,
		  arena_format(arena, "build/relubench run %s --filter cell=%s", spec_path, r->id));
	sheet->state[row] = !records_ok(r) ? "bad" : result->suspect ? "suspect" : NULL;
}

struct sheet summary_cell_sheet(const struct records *records, const char *spec_path)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"cell", false},    {"data", false},       {"method", false},
		     {"setting", false}, {"rep", true},         {"status", false},
		     {"outcome", false}, {"iterations", true},  {"time s", true},
		     {"message", false}, {"repeat with", false}};
	size_t cols = sizeof heads / sizeof *heads;
	struct sheet sheet = sheet_new(records->arena, records->count, cols);

	for (size_t j = 0; j < cols; j++)
		head(&sheet, j, heads[j].text, heads[j].numeric);
	for (size_t i = 0; i < records->count; i++)
		fill_cell(&records->at[i], &records->groups[records->at[i].group], spec_path,
			  records->arena, &sheet, i);
	sheet_drop_empty(&sheet, 3);
	return sheet;
}

const char *summary_caption(const struct records *records)
{
	const struct record **all =
		ARENA_ARRAY(records->arena, const struct record *, records->count);
	struct arena *arena = records->arena;
	const char *text;
	size_t repeats = 0;

	for (size_t i = 0; i < records->count; i++)
		all[i] = &records->at[i];
	for (size_t g = 0; g < records->group_count; g++)
		repeats = records->groups[g].count > repeats ? records->groups[g].count : repeats;
	text = arena_format(arena, "%zu cell%s%s%s", records->count, records->count == 1 ? "" : "s",
			    records->count ? ": " : "", counts_text(all, records->count, arena));
	if (records->missing)
		text = arena_format(arena, "%s; %zu not computed yet", text, records->missing);
	if (records->left_out)
		text = arena_format(arena, "%s; %zu records of other plans left out", text,
				    records->left_out);
	if (repeats > 1)
		text = arena_format(arena,
				    "%s; median (10\xe2\x80\x93"
				    "90 %% quantiles) of %zu repetitions",
				    text, repeats);
	return text;
}
