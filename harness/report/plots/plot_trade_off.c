/* Clean against robust accuracy at one radius: a point per setting, a panel per data set and norm.
 */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/attacks.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum {
	COLUMNS = 6 /* clean, robust, and low and high of both */
};

struct trade_options { /* all zero = the defaults */
	double eps;
	long settings;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct trade_options, eps), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "radius of the attacks; unset: the largest of each norm"},
	{OPTION_FIELD(struct trade_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* One repetition: its Wilson intervals; several: the quantiles over them. */
static bool point_of(const struct group *group, const struct attack_kind *kind, double row[COLUMNS],
		     struct arena *arena)
{
	struct spread clean = stat_group(group, stat_column, "test_accuracy", arena);
	struct spread robust = stat_group(group, attacks_robust, kind, arena);

	row[0] = clean.median;
	row[1] = robust.median;
	row[2] = clean.low;
	row[3] = clean.high;
	row[4] = robust.low;
	row[5] = robust.high;
	if (robust.count == 1) {
		row[4] = stat_group(group, attacks_low, kind, arena).median;
		row[5] = stat_group(group, attacks_high, kind, arena).median;
	}
	return clean.count > 0 && robust.count > 0;
}

static size_t method_of(const struct records *records, const struct series *series)
{
	return records_index(records->methods, records->method_count, series->group->method);
}

static bool has_points(const struct series_list *list, const struct attack_kind *kind,
		       const char *data, struct arena *arena)
{
	double row[COLUMNS];

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->data, data) == 0 &&
		    point_of(list->at[i].group, kind, row, arena))
			return true;
	return false;
}

static void draw_method(struct figure *figure, const struct records *records,
			const struct series_list *list, const struct attack_kind *kind, size_t m,
			const char *data)
{
	struct figure_style style = {m, m};
	size_t block = 0, count = 0;
	double row[COLUMNS];

	for (size_t i = 0; i < list->count; i++) {
		const struct series *s = &list->at[i];

		if (strcmp(s->group->data, data) != 0 || method_of(records, s) != m ||
		    !point_of(s->group, kind, row, records->arena))
			continue;
		if (count++ == 0)
			block = figure_block(
				figure,
				arena_format(records->arena, "%s: %s", data, records->methods[m]),
				"clean robust clean_low clean_high robust_low "
				"robust_high");
		figure_row(figure, COLUMNS, row);
	}
	if (count == 0)
		return;
	figure_item(figure,
		    "data index %zu using 1:2:3:4:5:6 with xyerrorbars lc rgb '%s' lw 0.7 pt %d ps "
		    "0.1",
		    block, figure_colour(style), figure_point(style));
	figure_item(figure, "data index %zu using 1:2 with points lc rgb '%s' pt %d ps 1.1", block,
		    figure_colour(style), figure_point(style));
}

static void set_ranges(struct figure *figure, const struct series_list *list,
		       const struct attack_kind *kind, const char *data, struct arena *arena)
{
	double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL}, row[COLUMNS];

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].group->data, data) != 0 ||
		    !point_of(list->at[i].group, kind, row, arena))
			continue;
		for (size_t k = 0; k < 2; k++) {
			low[k] = fmin(low[k], row[2 + 2 * k]);
			high[k] = fmax(high[k], row[3 + 2 * k]);
		}
	}
	figure_span(figure, 'x', low[0], high[0]);
	figure_span(figure, 'y', low[1], high[1]);
}

static void draw_panel(struct figure *figure, const struct records *records,
		       const struct series_list *list, const struct attack_kind *kind,
		       const char *data)
{
	struct arena *arena = records->arena;

	figure_panel(figure, series_title(records, data), "clean test accuracy",
		     arena_format(arena, "robust accuracy, %s%s eps = %.3g", kind->norm,
				  strcmp(kind->units, "raw") == 0 ? " raw" : "", kind->eps));
	set_ranges(figure, list, kind, data, arena);
	for (size_t m = 0; m < records->method_count; m++)
		draw_method(figure, records, list, kind, m, data);
	figure_plot(figure);
}

static const struct figure_entry *entries_of(const struct records *records)
{
	struct figure_entry *entries =
		ARENA_ARRAY(records->arena, struct figure_entry, records->method_count);

	for (size_t m = 0; m < records->method_count; m++)
		entries[m] = (struct figure_entry){records->methods[m], {m, m}, FIGURE_POINT};
	return entries;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct trade_options *o = options;
	struct arena *arena = records->arena;
	/* points do not hide each other as curves do: 0 of them count */
	struct series_list list = series_of(records, (enum series_settings)o->settings, 0);
	struct attack_kinds all = attacks_of(records, NULL), kinds = attacks_worst(&all, arena);
	struct figure_plan plan = {.entry_count = records->method_count};
	struct figure figure;

	for (size_t k = 0; k < kinds.count; k++) {
		if (o->eps > 0)
			kinds.at[k].eps = o->eps;
		for (size_t i = 0; i < records->data_count; i++)
			plan.panels += has_points(&list, &kinds.at[k], records->data[i], arena);
	}
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.entries = entries_of(records);
	plan.caption = arena_format(arena,
				    "A point per setting: median%s; robust: the lowest over the "
				    "attacks of the norm",
				    list.repeats > 1 ? arena_format(arena,
								    " and 10\xe2\x80\x93"
								    "90 %% range of %zu "
								    "repetitions",
								    list.repeats)
						     : " of one run, Wilson 95 % interval of the "
						       "robust accuracy");
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t k = 0; k < kinds.count; k++)
		for (size_t i = 0; i < records->data_count; i++)
			if (has_points(&list, &kinds.at[k], records->data[i], arena))
				draw_panel(&figure, records, &list, &kinds.at[k], records->data[i]);
	return figure_close(&figure, err);
}

const struct plot plot_trade_off = {
	.base = {"trade_off", "clean against robust accuracy at one radius, a point per setting",
		 "", rows, sizeof(struct trade_options)},
	.write = write_plot,
};
