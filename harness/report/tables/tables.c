/* The table of groups. */
#include "harness/report/records/attacks.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"
#include "solvers/core/index.h"

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
	{"objective", "headline", "%.5g", 1},
	{"lower bound", "bound_alone", "%.5g", 1},
	{"gap", "gap", "%.1e", 1},
	{"clean objective", "clean_objective", "%.5g", 1},
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

static const char *nonempty(const char *text)
{
	return *text ? text : NULL;
}

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

/* The clean objective of robust methods, beside the worst case that is their headline. */
static double clean_objective(const struct record *record, const void *what)
{
	const char *of = record->result.objective_of;

	(void)what;
	return of && strcmp(of, "network") != 0 ? record->result.objective_network : NAN;
}

/* The bound of a method that makes no network; others have a gap. */
static double bound_alone(const struct record *record, const void *what)
{
	const struct result *r = &record->result;

	(void)what;
	return isnan(r->objective) && isnan(r->objective_network) ? r->lower_bound : NAN;
}

/* A gap stands in the table only if the record says what objective it is about. */
static double told_gap(const struct record *record, const void *what)
{
	return record->result.objective_of ? stat_column(record, what) : NAN;
}

static stat_pick *pick_of(const char *column)
{
	if (strcmp(column, "clean_objective") == 0)
		return clean_objective;
	if (strcmp(column, "bound_alone") == 0)
		return bound_alone;
	return strcmp(column, "gap") == 0 ? told_gap : stat_column;
}

static const char *measure_text(const struct group *group, size_t m, struct arena *arena)
{
	const struct record *only = only_member(group);
	const char *column = measures[m].column;
	bool objective = strstr(column, "objective") || strcmp(column, "headline") == 0;

	/* objectives of several betas have no median */
	if (objective && !comparable_group_key(group, "objective", NULL, arena))
		return NULL;
	if (only && strcmp(measures[m].column, "test_accuracy") == 0)
		return stat_test_accuracy(&only->result, arena);
	return stat_text(stat_group(group, pick_of(column), column, arena), measures[m].format,
			 measures[m].factor, arena);
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
			  arena_format(records->arena, "%s of %zu%s",
				       search->chosen ? "selected" : "none", search->count,
				       !search->chosen          ? ""
				       : search->per_repetition ? " per repetition"
								: " per experiment"));
		sheet_set(sheet, row, col + 1,
			  arena_format(records->arena, "%.3g", search->seconds));
	}
	return col + 2;
}

/* "0.1", and of a composed group "0.1 x3, 1 x2": in how many repetitions. */
static const char *swept_text(const struct group *group, const char *path, struct arena *arena)
{
	const char **values = ARENA_ARRAY(arena, const char *, group->count), *text = "";
	size_t *times = ARENA_ARRAY(arena, size_t, group->count), count = 0;

	for (size_t i = 0; i < group->count; i++) {
		const char *value = records_swept(group->member[i], path);
		size_t at = value ? records_index(values, count, value) : 0;

		if (!value)
			continue;
		values[at] = value;
		times[at]++;
		count += at == count;
	}
	if (count < 2)
		return count ? values[0] : NULL;
	for (size_t k = 0; k < count; k++)
		text = arena_format(arena, "%s%s%s x%zu", text, *text ? ", " : "", values[k],
				    times[k]);
	return text;
}

/* What the objectives of a row are made of, where rows of the data set differ in that. */
static const char *objective_text(const struct records *records, const struct group *group)
{
	if (!comparable_group_key(group, "objective", NULL, records->arena))
		return "beta or loss differs between repetitions";
	return comparable_difference(group->member[0], records, group->data, "objective",
				     records->arena);
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
		sheet_set(sheet, row, col++, swept_text(group, records->paths[k], arena));
	for (size_t m = 0; m < MEASURES; m++) {
		sheet_set(sheet, row, col++, measure_text(group, m, arena));
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++)
			sheet_set(sheet, row, col++, robust_text(group, &kinds->at[k], arena));
	}
	sheet_set(sheet, row, col++, nonempty(objective_text(records, group)));
	col = fill_search(records, tabled->search, row, col, sheet);
	sheet_set(sheet, row, col++, counts_text(group->member, group->count, arena));
	sheet_set(sheet, row, col++, nonempty(ending_text(group->member, group->count, arena)));
	sheet_set(sheet, row, col++, ending_timing(group->member, group->count, arena));
	sheet_set(sheet, row, col, suspect);
	sheet->hint[row] = suspect;
	sheet->state[row] = records_ok_count(group) < group->count ? "bad"
			    : suspect                              ? "suspect"
								   : NULL;
}

/* The groups in the table, in their order: of a method that selects only what was chosen. */
static size_t tabled_groups(const struct records *records, struct tabled **out)
{
	struct arena *arena = records->arena;
	struct searches all = select_searches(records);
	struct tabled *at = ARENA_ARRAY(arena, struct tabled, records->group_count);
	struct index index = index_new(all.count, arena);
	size_t count = 0;

	for (size_t i = 0; i < all.count; i++)
		index_place(&index, select_key(all.at[i].setting[0], arena), i);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		if (group->left_out)
			continue;
		at[count].search = &all.at[index_find(&index, select_key(group, arena))];
		at[count++].group = group;
	}
	*out = at;
	return count;
}

/* A swept option with the name of another column says that it is one. */
static const char *swept_head(const char *path, struct arena *arena)
{
	for (size_t m = 0; m < MEASURES; m++)
		if (strcmp(measures[m].head, path) == 0)
			return arena_format(arena, "swept.%s", path);
	return path;
}

static void summary_heads(const struct records *records, const struct attack_kinds *kinds,
			  struct sheet *sheet)
{
	size_t col = 0;

	head(sheet, col++, "data", false);
	head(sheet, col++, "method", false);
	for (size_t k = 0; k < records->path_count; k++)
		head(sheet, col++, swept_head(records->paths[k], records->arena), true);
	for (size_t m = 0; m < MEASURES; m++) {
		head(sheet, col++, measures[m].head, true);
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++)
			head(sheet, col++,
			     arena_format(records->arena, "%s %.3g %%", kinds->at[k].label,
					  kinds->at[k].eps),
			     true);
	}
	head(sheet, col++, "objective of", false);
	head(sheet, col++, "settings", false);
	head(sheet, col++, "tuning s", true);
	head(sheet, col++, "cells", false);
	head(sheet, col++, "ended", false);
	head(sheet, col++, "timing", false);
	head(sheet, col, "note", false);
}

struct sheet summary_sheet(const struct records *records)
{
	/* data, method; objective of, settings, tuning s, cells, ended, timing, note */
	const size_t others = 9;
	struct attack_kinds attacks = attacks_of(records, NULL);
	struct attack_kinds certified = attacks_certified(records, NULL);
	struct attack_kinds kinds = attacks_join(&attacks, &certified, records->arena);
	struct tabled *tabled;
	size_t rows = tabled_groups(records, &tabled);
	struct sheet sheet = sheet_new(records->arena, rows,
				       others + records->path_count + MEASURES + kinds.count);

	sheet.keys = 2 + records->path_count;
	summary_heads(records, &kinds, &sheet);
	for (size_t i = 0; i < rows; i++)
		fill_row(records, &kinds, &tabled[i], i, &sheet);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}

/* By which of its options settings were selected. */
static const char *selection_caption(const struct records *records)
{
	struct searches all = select_searches(records);
	bool repetition = false, experiment = false;

	for (size_t i = 0; i < all.count; i++) {
		const struct search *search = &all.at[i];

		if (!search->chosen || search->count < 2)
			continue;
		repetition = repetition || search->per_repetition;
		experiment = experiment || !search->per_repetition;
	}
	if (repetition && experiment)
		return "; settings selected per repetition or per experiment (one for all "
		       "repetitions), as the rows say";
	if (repetition)
		return "; settings selected per repetition, each by its own validation part";
	return experiment ? "; settings selected per experiment, one for all repetitions" : "";
}

/* Names of the data sets without test part, where the test parts of others were attacked or
 * certified; "" if there is none. */
static const char *untested(const struct records *records)
{
	const char *names = "";
	bool asked = false;

	for (size_t i = 0; i < records->count; i++)
		asked = asked || attacks_tests(&records->at[i]);
	for (size_t d = 0; d < records->data_count && asked; d++) {
		const char *data = records->data[d];
		bool known = false, has = false;

		for (size_t i = 0; i < records->count; i++) {
			const struct record *r = &records->at[i];

			if (!records_ok(r) || strcmp(r->result.data, data) != 0)
				continue;
			known = true;
			has = has || r->result.n_test > 0;
		}
		if (known && !has)
			names = arena_format(records->arena, "%s%s%s", names, *names ? ", " : "",
					     data);
	}
	return names;
}

const char *summary_caption(const struct records *records)
{
	const struct record **all =
		ARENA_ARRAY(records->arena, const struct record *, records->count);
	struct arena *arena = records->arena;
	const char *text, *mixed, *bare;
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
	if (records->incomplete)
		text = arena_format(arena,
				    "%s; %zu without some of the attacks, certificates or "
				    "selections that the spec asks for",
				    text, records->incomplete);
	if (records->left_out)
		text = arena_format(arena, "%s; %zu records of other plans left out", text,
				    records->left_out);
	text = arena_format(arena, "%s%s", text, ending_caption(records));
	text = arena_format(arena, "%s%s", text, selection_caption(records));
	if (repeats > 1)
		text = arena_format(arena,
				    "%s; median (10\xe2\x80\x93"
				    "90 %% quantiles) of %zu repetitions",
				    text, repeats);
	if (only)
		text = arena_format(arena, "%s; [Wilson 95 %% interval] of accuracies of one cell",
				    text);
	bare = untested(records);
	if (*bare)
		text = arena_format(arena,
				    "%s; no attacks and certificates of test parts on data without "
				    "one (%s)",
				    text, bare);
	mixed = mixed_records(records);
	return *mixed ? arena_format(arena, "%s. %s", text, mixed) : text;
}
