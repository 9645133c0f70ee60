/* Performance profiles (Dolan and More, Mathematical Programming 2002): the share of tasks on which
 * a method comes within a factor tau of the best. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/series/panels.h"
#include "solvers/core/text.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct profile_options { /* all zero = the defaults */
	long y, settings;
};

static const char *const y_names[] = {"objective_network", "time",           "solve_s",
				      "iterations",        "peak_mem_bytes", "test_accuracy",
				      "robust_accuracy",   "objective",      NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct profile_options, y), .initial = "objective_network", .names = y_names,
	 .doc = "column that is compared; of an accuracy the share of errors is; objective: of "
		"robust "
		"methods the worst case"},
	{OPTION_FIELD(struct profile_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* The factor of the best for each entrant: infinite for a cell that is not ok, NaN on tasks where
 * there is nothing to compare with. Lower is better. Returns the highest. */
static double set_ratios(const struct records *records, struct contest *contest, const char *y,
			 double *ratio)
{
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {y, &kinds};
	double highest = 1;

	for (size_t i = 0; i < contest->count; i++) {
		const struct record *record = contest->at[i].record;
		double value = column_value(record, &column), least = DBL_MIN;

		if (strstr(y, "accuracy")) {
			/* half a point stands for no error at all, so that ratios exist */
			value = 1 - value;
			least = record->result.n_test > 0 ? 0.5 / record->result.n_test
							  : DBL_EPSILON;
		}
		ratio[i] = !records_ok(record) || isnan(value) ? HUGE_VAL : fmax(value, least);
	}
	contest_set_best(contest, ratio);
	for (size_t i = 0; i < contest->count; i++) {
		double best = contest->best[contest->at[i].task];

		ratio[i] = isfinite(best) ? ratio[i] / best : NAN;
		if (isfinite(ratio[i]))
			highest = fmax(highest, ratio[i]);
		if (!contest->rivals[contest->at[i].task])
			ratio[i] = NAN;
	}
	return highest;
}

/* Whether cells of the group that are ok are there, and none has a value: of a bound without a
 * network no objective or accuracy. Cells that failed are no such case. */
static bool lacks(const struct group *group, const struct column *column)
{
	bool ok = false, any = false;

	for (size_t k = 0; k < group->count; k++) {
		if (!records_ok(group->member[k]))
			continue;
		ok = true;
		any = any || !isnan(column_value(group->member[k], column));
	}
	return ok && !any;
}

/* Leave the series without a value of y out of the list; returns what the caption says of them. */
static const char *leave_out(const struct records *records, struct series_list *list, const char *y)
{
	struct attack_kinds kinds = attacks_of(records, NULL);
	const struct column column = {y, &kinds};
	struct text names = text_new(records->arena);
	bool *named = ARENA_ARRAY(records->arena, bool, list->entry_count);
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct series series = list->at[i];

		if (!lacks(series.group, &column)) {
			list->at[kept++] = series;
			continue;
		}
		if (!named[series.entry])
			text_item(&names, ", ", "%s", series.label);
		named[series.entry] = true;
	}
	list->count = kept;
	return names.length > 0
		       ? arena_format(records->arena,
				      "; left out, having no %s: %s on some problem or all",
				      column_label(y, records->arena), names.at)
		       : "";
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct profile_options *o = options;
	const char *y = y_names[o->y];
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	struct contest contest;
	const char *without;
	double *ratio, highest;
	size_t all = 0;

	series_pool(&list, records);
	without = leave_out(records, &list, y);
	contest = contest_of(records, &list, y);
	ratio = ARENA_ARRAY(arena, double, contest.count);
	highest = set_ratios(records, &contest, y, ratio);
	figure->x = (struct figure_axis){
		.label = arena_format(arena, "factor of the best: %s%s", column_label(y, arena),
				      strstr(y, "accuracy") ? " (errors)" : ""),
		.ratio = true,
		.starts = true,
		.ends = true,
		.low = 1,
		.high = fmax(1.02 * highest, 1 + 1e-6)};
	figure->y = (struct figure_axis){.label = "share of tasks",
					 .scale = FIGURE_LINEAR,
					 .starts = true,
					 .ends = true,
					 .high = 1.02};
	for (size_t k = 0; k < contest.panels; k++) {
		const struct contest_panel *in = &contest.in[k];
		size_t tasks = 0;

		for (size_t t = 0; t < contest.tasks; t++)
			tasks += contest.panel[t] == k && contest.rivals[t] &&
				 isfinite(contest.best[t]);
		all += tasks;
		panels_shares(figure,
			      figure_panel(figure, in->key, "",
					   arena_format(arena, "%s%s%zu task%s", in->title,
							*in->title ? ": " : "", tasks,
							tasks == 1 ? "" : "s")),
			      &contest, &list, k, ratio);
	}
	figure->caption =
		arena_format(arena,
			     "Share of %zu tasks (problem and repetition%s) on which a "
			     "method is within the factor "
			     "of the best; cells that are not ok never are%s%s",
			     all, contest_caption(&contest, y, arena),
			     list.best ? "; the best setting of each method" : "", without);
}

const struct plot plot_performance_profile = {
	.base = {"performance_profile", "share of tasks within a factor of the best method",
		 "dolan2002", rows, sizeof(struct profile_options)},
	.fill = fill,
};
