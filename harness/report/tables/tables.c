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

/* The clean objective of robust methods, beside the worst case that is their headline. */
static double clean_objective(const struct record *record, const void *what)
{
	const char *of = record->result.objective_of;

	(void)what;
	return of && strcmp(of, "worst case") == 0 ? record->result.objective_network : NAN;
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

/* Columns of numbers of the summary table. */
static const struct {
	const char *head;
	stat_pick *pick;
	const char *column, *format;
	double factor;
	bool objective; /* those of several betas have no median */
} measures[] = {
	{"train acc %", stat_column, "train_accuracy", "%.1f", 100, false},
	{"test acc %", stat_column, "test_accuracy", "%.1f", 100, false},
	{"train RMSE", stat_column, "train_rmse", "%.4g", 1, false},
	{"test RMSE", stat_column, "test_rmse", "%.4g", 1, false},
	{"train R2", stat_column, "train_r2", "%.3f", 1, false},
	{"test R2", stat_column, "test_r2", "%.3f", 1, false},
	{"objective", stat_column, "headline", "%.5g", 1, true},
	{"lower bound", bound_alone, "", "%.5g", 1, false},
	{"gap", told_gap, "gap", "%.1e", 1, false},
	{"clean objective", clean_objective, "", "%.5g", 1, true},
	{"above best network %", stat_column, "above_bound", "%.3g", 100, false},
	{"time s", stat_column, "time", "%.3g", 1, false},
	{"neurons", stat_column, "neurons", "%.0f", 1, false},
};

enum {
	MEASURES = sizeof measures / sizeof *measures,
	ACCURACIES = 6 /* the first measures stand before the robust accuracies */
};

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

/* The only member that is ok, if the group has no other: it has no quantiles. */
static const struct record *only_member(const struct group *group)
{
	for (size_t i = 0; i < group->count && records_ok_count(group) == 1; i++)
		if (records_ok(group->member[i]))
			return group->member[i];
	return NULL;
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

/* The columns up to the measures; returns the next one. */
static size_t fill_numbers(const struct records *records, const struct attack_kinds *kinds,
			   const struct group *group, size_t row, struct sheet *sheet)
{
	struct arena *arena = records->arena;
	const struct record *only = only_member(group);
	bool comparable = comparable_group_key(group, "objective", NULL, arena);
	size_t col = 2;

	for (size_t k = 0; k < records->path_count; k++)
		sheet_set(sheet, row, col++, swept_text(group, records->paths[k], arena));
	for (size_t m = 0; m < MEASURES; m++) {
		const char *column = measures[m].column, *text = NULL;

		if (only && strcmp(column, "test_accuracy") == 0)
			text = stat_test_accuracy(&only->result, arena);
		else if (comparable || !measures[m].objective)
			text = stat_text(stat_group(group, measures[m].pick, column, arena),
					 measures[m].format, measures[m].factor, arena);
		sheet_set(sheet, row, col++, text);
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds->count; k++) {
			const struct attack_kind *kind = &kinds->at[k];

			if (only)
				text = stat_share_text(attacks_robust(only, kind),
						       attacks_low(only, kind),
						       attacks_high(only, kind), arena);
			else
				text = stat_text(stat_group(group, attacks_robust, kind, arena),
						 "%.1f", 100, arena);
			sheet_set(sheet, row, col++, text);
		}
	}
	return col;
}

/* What its cells, which may be suspect, tell of themselves. */
static const char *note_text(const struct group *group, const char *suspect, struct arena *arena)
{
	static const char *const outputs = "outputs alone: no objective, attacks, certificates";

	for (size_t i = 0; i < group->count; i++) {
		const struct result *r = &group->member[i]->result;

		if (!records_ok(group->member[i]))
			continue;
		if (!isnan(r->objective_network) || !isnan(r->lower_bound))
			return suspect;
		return suspect ? arena_format(arena, "%s; %s", suspect, outputs) : outputs;
	}
	return suspect;
}

static void fill_row(const struct records *records, const struct attack_kinds *kinds,
		     const struct group *group, const struct search *search, size_t row,
		     struct sheet *sheet)
{
	struct arena *arena = records->arena;
	const char *objective = "beta or loss differs between repetitions", *suspect = NULL;
	size_t suspects = 0, col = fill_numbers(records, kinds, group, row, sheet);

	sheet_set(sheet, row, 0, group->data);
	sheet_set(sheet, row, 1, group->method);
	/* what the objectives are made of, where rows of the data set differ in that */
	if (comparable_group_key(group, "objective", NULL, arena))
		objective = comparable_difference(group->member[0], records, group->data,
						  "objective", arena);
	sheet_set(sheet, row, col++, objective);
	if (search->by) {
		sheet_set(sheet, row, col,
			  arena_format(arena, "%s of %s%s", search->chosen ? "selected" : "none",
				       select_tried(search, arena),
				       !search->chosen          ? ""
				       : search->tested         ? " in inner folds"
				       : search->per_repetition ? " per repetition"
								: " per experiment"));
		sheet_set(sheet, row, col + 1, arena_format(arena, "%.3g", search->seconds));
	}
	col += 2;
	sheet_set(sheet, row, col++, counts_text(group->member, group->count, arena));
	sheet_set(sheet, row, col++, ending_text(group->member, group->count, arena));
	sheet_set(sheet, row, col++, ending_timing(group->member, group->count, arena));

	for (size_t i = 0; i < group->count; i++) {
		const char *why = group->member[i]->result.suspect;

		if (!why || !*why)
			continue;
		suspect = suspect ? suspect : why;
		suspects++;
	}
	if (suspect)
		suspect = arena_format(arena, "suspect: %s", suspect);
	if (suspect && group->count > 1)
		suspect = arena_format(arena, "%s (%zu of %zu)", suspect, suspects, group->count);
	sheet_set(sheet, row, col, note_text(group, suspect, arena));
	sheet->hint[row] = suspect;
	sheet->state[row] = records_ok_count(group) < group->count ? "bad"
			    : suspect                              ? "suspect"
								   : NULL;
}

/* The groups in their order: of a method that selects only what was chosen. */
struct sheet summary_sheet(const struct records *records)
{
	static const char *const others[] = {"data",     "method",   "objective of",
					     "settings", "tuning s", "cells",
					     "ended",    "timing",   "note"};
	enum { OTHERS = sizeof others / sizeof *others, KEYS = 2, TUNING = 4 };
	struct arena *arena = records->arena;
	struct attack_kinds attacks = attacks_of(records, NULL);
	struct attack_kinds certified = attacks_certified(records, NULL);
	struct attack_kinds kinds = attacks_join(&attacks, &certified, arena);
	struct searches all = select_searches(records);
	struct index index = index_new(all.count, arena);
	size_t numbers = records->path_count + MEASURES + kinds.count, rows = 0, col = KEYS;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++)
		rows += !records->groups[g].left_out;
	sheet = sheet_new(arena, rows, OTHERS + numbers);
	sheet.keys = KEYS + records->path_count;
	for (size_t k = 0; k < OTHERS; k++)
		sheet.head[k < KEYS ? k : k + numbers] = others[k];
	sheet.numeric[TUNING + numbers] = true;
	for (size_t k = 0; k < numbers; k++)
		sheet.numeric[KEYS + k] = true;
	for (size_t k = 0; k < records->path_count; k++, col++) {
		sheet.head[col] = records->paths[k];
		for (size_t m = 0; m < MEASURES; m++) /* the name of another column */
			if (strcmp(measures[m].head, records->paths[k]) == 0)
				sheet.head[col] =
					arena_format(arena, "swept.%s", records->paths[k]);
	}
	for (size_t m = 0; m < MEASURES; m++) {
		sheet.head[col++] = measures[m].head;
		for (size_t k = 0; m + 1 == ACCURACIES && k < kinds.count; k++)
			sheet.head[col++] = arena_format(arena, "%s %.3g %%", kinds.at[k].label,
							 kinds.at[k].eps);
	}

	for (size_t i = 0; i < all.count; i++)
		index_place(&index, select_key(all.at[i].setting[0], arena), i);
	rows = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		if (!group->left_out)
			fill_row(records, &kinds, group,
				 &all.at[index_find(&index, select_key(group, arena))], rows++,
				 &sheet);
	}
	sheet_drop_empty(&sheet, KEYS);
	return sheet;
}

/* By which of its options settings were selected. */
static const char *selection_caption(const struct records *records)
{
	struct searches all = select_searches(records);
	bool repetition = false, experiment = false, inner = false, rungs = false;
	const char *text = "";

	for (size_t i = 0; i < all.count; i++) {
		const struct search *search = &all.at[i];

		inner = inner || search->tested;
		rungs = rungs || (search->count && search->setting[0]->member[0]->rung > 0);
		if (!search->chosen || search->count < 2 || search->tested)
			continue;
		repetition = repetition || search->per_repetition;
		experiment = experiment || !search->per_repetition;
	}
	if (repetition && experiment)
		text = "; settings selected per repetition or per experiment (one for all "
		       "repetitions), as the rows say";
	else if (repetition)
		text = "; settings selected per repetition, each by its own validation part";
	else if (experiment)
		text = "; settings selected per experiment, one for all repetitions";
	return arena_format(
		records->arena, "%s%s%s", text,
		inner ? "; settings selected in each fold by their mean over inner folds of the "
			"other rows, then trained on all of these and tested on the fold"
		      : "",
		rungs ? "; of successive halving the numbers are those of settings in each rung, "
			"and the tuning time is that of all rungs"
		      : "");
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

static bool has_bound(const struct records *records)
{
	bool any = false;

	for (size_t i = 0; i < records->count; i++)
		any = any || !isnan(records->at[i].result.above_bound);
	return any;
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
		if (records->groups[g].count > repeats && !records->groups[g].inner)
			repeats = records->groups[g].count;
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
				    "90 %% quantiles) of %s",
				    text, records_repeats(records, repeats));
	if (only)
		text = arena_format(arena, "%s; [Wilson 95 %% interval] of accuracies of one cell",
				    text);
	if (has_bound(records))
		text = arena_format(arena,
				    "%s; above best network: at most, by the largest bound over "
				    "networks of every width",
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
