/* The tables of a report: groups, attacks and cells as sheets. */
#include "harness/report/attacks.h"
#include "harness/report/select.h"
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
	{"train R2", "train_r2", "%.3f", 1},
	{"test R2", "test_r2", "%.3f", 1},
	{"objective", "objective_network", "%.5g", 1},
	{"gap", "gap", "%.1e", 1},
	{"time s", "time", "%.3g", 1},
	{"neurons", "neurons", "%.0f", 1},
};

/* A row of the summary. */
struct tabled {
	const struct group *group;
	const struct search *search;
};

enum {
	MEASURES = sizeof measures / sizeof *measures,
	ACCURACIES = 6 /* the first measures stand before the robust accuracies */
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

/* The only member that is ok, if the group has no other: it has no quantiles. */
static const struct record *only_member(const struct group *group)
{
	for (size_t i = 0; i < group->count && records_ok_count(group) == 1; i++)
		if (records_ok(group->member[i]))
			return group->member[i];
	return NULL;
}

static const char *measure_text(const struct group *group, size_t m, struct arena *arena)
{
	const struct record *only = only_member(group);

	if (only && strcmp(measures[m].column, "test_accuracy") == 0)
		return stat_test_accuracy(&only->result, arena);
	return stat_text(stat_group(group, stat_column, measures[m].column, arena),
			 measures[m].format, measures[m].factor, arena);
}

static const char *robust_text(const struct group *group, const struct attack_kind *kind,
			       struct arena *arena)
{
	const struct record *only = only_member(group);

	if (only)
		return stat_share_text(attacks_robust(only, kind), attacks_low(only, kind),
				       attacks_high(only, kind), arena);
	return stat_text(stat_group(group, attacks_robust, kind, arena), "%.1f", 100, arena);
}

/* What the search for the setting was, if there was one. */
static size_t fill_search(const struct records *records, const struct search *search, size_t row,
			  size_t col, struct sheet *sheet)
{
	if (search->by) {
		sheet_set(sheet, row, col,
			  arena_format(records->arena, "%s of %zu",
				       search->chosen ? "selected" : "none", search->count));
		sheet_set(sheet, row, col + 1,
			  arena_format(records->arena, "%.3g", search->seconds));
	}
	return col + 2;
}

static void fill_row(const struct records *records, const struct attack_kinds *kinds,
		     const struct tabled *tabled, size_t row, struct sheet *sheet)
{
	const struct group *group = tabled->group;
	struct arena *arena = records->arena;
	const char *suspect = suspect_text(group, arena);
	size_t col = 0;

	sheet_set(sheet, row, col++, group->data);
	sheet_set(sheet, row, col++, group->method);
	for (size_t k = 0; k < records->path_count; k++)
		sheet_set(sheet, row, col++, records_swept(group->member[0], records->paths[k]));
	for (size_t m = 0; m < MEASURES; m++) {
		sheet_set(sheet, row, col++, measure_text(group, m, arena));
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++)
			sheet_set(sheet, row, col++, robust_text(group, &kinds->at[k], arena));
	}
	col = fill_search(records, tabled->search, row, col, sheet);
	sheet_set(sheet, row, col++, counts_text(group->member, group->count, arena));
	sheet_set(sheet, row, col, suspect);
	sheet->hint[row] = suspect;
	sheet->state[row] = records_ok_count(group) < group->count ? "bad"
			    : suspect                              ? "suspect"
								   : NULL;
}

/* The groups in the table, in their order: of a method that selects only the setting chosen. */
static size_t tabled_groups(const struct records *records, struct tabled **out)
{
	struct searches all = select_searches(records);
	struct tabled *at = ARENA_ARRAY(records->arena, struct tabled, records->group_count);
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < all.at[i].count; k++)
			at[all.at[i].setting[k] - records->groups].search = &all.at[i];
	for (size_t g = 0; g < records->group_count; g++) {
		if (records->groups[g].left_out)
			continue;
		at[count].search = at[g].search;
		at[count++].group = &records->groups[g];
	}
	*out = at;
	return count;
}

static void summary_heads(const struct records *records, const struct attack_kinds *kinds,
			  struct sheet *sheet)
{
	size_t col = 0;

	head(sheet, col++, "data", false);
	head(sheet, col++, "method", false);
	for (size_t k = 0; k < records->path_count; k++)
		head(sheet, col++, records->paths[k], true);
	for (size_t m = 0; m < MEASURES; m++) {
		head(sheet, col++, measures[m].head, true);
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++)
			head(sheet, col++,
			     arena_format(records->arena, "%s %.3g %%", kinds->at[k].label,
					  kinds->at[k].eps),
			     true);
	}
	head(sheet, col++, "settings", false);
	head(sheet, col++, "tuning s", true);
	head(sheet, col++, "cells", false);
	head(sheet, col, "note", false);
}

struct sheet summary_sheet(const struct records *records)
{
	const size_t others = 6; /* data, method; settings, tuning s, cells, note */
	struct attack_kinds attacks = attacks_of(records, NULL);
	struct attack_kinds certified = attacks_certified(records, NULL);
	struct attack_kinds kinds = attacks_join(&attacks, &certified, records->arena);
	struct tabled *tabled;
	size_t rows = tabled_groups(records, &tabled);
	struct sheet sheet = sheet_new(records->arena, rows,
				       others + records->path_count + MEASURES + kinds.count);

	summary_heads(records, &kinds, &sheet);
	for (size_t i = 0; i < rows; i++)
		fill_row(records, &kinds, &tabled[i], i, &sheet);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}

const char summary_attack_note[] =
	"Points that are misclassified without an attack count as wrong. The true robust accuracy "
	"lies between the robust accuracy, an upper bound, and the certified one, a lower bound. "
	"The Wilson interval is "
	"the "
	"median of those of the cells: test parts of repetitions may overlap, so that their points "
	"are not pooled.";

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
	struct attack_kind kind = {at->attack, at->norm, at->units, at->eps, NULL, false};
	struct attack_kind below = {NULL, at->norm, at->units, at->eps, NULL, true};
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
	sheet_set(sheet, row, col++,
		  stat_text(stat_group(group, attacks_robust, &below, arena), "%.1f", 100, arena));
	sheet_set(sheet, row, col++, isnan(at->n) ? NULL : arena_format(arena, "%.0f", at->n));
	sheet_set(sheet, row, col, arena_format(arena, "%zu", robust.count));
}

struct sheet summary_attack_sheet(const struct records *records)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"data", false},       {"method", false},     {"setting", false},
		     {"attack", false},     {"norm", false},       {"units", false},
		     {"eps", true},         {"clean %", true},     {"robust %", true},
		     {"Wilson 95 %", true}, {"certified %", true}, {"points", true},
		     {"cells", true}};
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

const char *summary_caption(const struct records *records)
{
	const struct record **all =
		ARENA_ARRAY(records->arena, const struct record *, records->count);
	struct arena *arena = records->arena;
	const char *text;
	size_t repeats = 0;
	bool only = false;

	for (size_t i = 0; i < records->count; i++)
		all[i] = &records->at[i];
	for (size_t g = 0; g < records->group_count; g++) {
		repeats = records->groups[g].count > repeats ? records->groups[g].count : repeats;
		only = only || (!records->groups[g].left_out && only_member(&records->groups[g]));
	}
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
	if (only)
		text = arena_format(arena, "%s; [Wilson 95 %% interval] of accuracies of one cell",
				    text);
	return text;
}
