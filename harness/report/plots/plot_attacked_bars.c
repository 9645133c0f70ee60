/* Clean against attacked accuracy at one radius: a group of bars per method, a panel per data set.
 */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/plots/bars.h"
#include "harness/report/records/attacks.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

#define GROUP_SHARE 0.8 /* of the distance between groups that is filled by bars */

enum {
	COLUMNS = 4 /* place, accuracy, low, high */
};

struct bars_options { /* all zero = the defaults */
	double eps;
	long settings;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct bars_options, eps), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "radius of the attacks; unset: the largest of each attack"},
	{OPTION_FIELD(struct bars_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* kind == NULL: the clean accuracy. */
static bool bar_row(const struct series *series, const struct attack_kind *kind, double place,
		    double row[COLUMNS], struct arena *arena)
{
	struct spread stat = kind ? stat_group(series->group, attacks_robust, kind, arena)
				  : stat_group(series->group, stat_column, "test_accuracy", arena);

	row[0] = place;
	row[1] = stat.median;
	row[2] = stat.low;
	row[3] = stat.high;
	if (kind && stat.count == 1) {
		row[2] = stat_group(series->group, attacks_low, kind, arena).median;
		row[3] = stat_group(series->group, attacks_high, kind, arena).median;
	}
	return stat.count > 0;
}

/* Has any series of this data set an attacked accuracy? */
static bool has_bars(const struct series_list *list, const struct attack_kinds *kinds,
		     const char *data, struct arena *arena)
{
	double row[COLUMNS];

	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < kinds->count; k++)
			if (strcmp(list->at[i].group->data, data) == 0 &&
			    bar_row(&list->at[i], &kinds->at[k], 0, row, arena))
				return true;
	return false;
}

static void draw_panel(struct figure *figure, const struct series_list *list,
		       const struct attack_kinds *kinds, const char *data, struct arena *arena)
{
	double width = GROUP_SHARE / (double)(kinds->count + 1), row[COLUMNS];

	for (size_t k = 0; k <= kinds->count; k++) {
		const struct attack_kind *kind = k ? &kinds->at[k - 1] : NULL;
		const char *title =
			arena_format(arena, "%s: %s", data, kind ? kind->label : "clean");
		size_t block = figure_block(figure, title, "place accuracy low high");
		double place = width * ((double)k - (double)kinds->count / 2);

		for (size_t i = 0; i < list->count; i++) {
			if (strcmp(list->at[i].group->data, data) != 0)
				continue;
			if (bar_row(&list->at[i], kind, place, row, arena))
				figure_row(figure, COLUMNS, row);
			place += 1;
		}
		figure_item(figure,
			    "data index %zu using 1:2:(%.4f) with boxes fs solid fc rgb '%s'",
			    block, 0.92 * width, figure_colour((struct figure_style){k, k}));
		figure_item(figure,
			    "data index %zu using 1:3:(0):($4-$3) with vectors heads size screen "
			    "0.003,90 lw 1 lc rgb '#333333'",
			    block);
	}
	figure_plot(figure);
}

static const struct figure_entry *entries_of(const struct attack_kinds *kinds, struct arena *arena)
{
	struct figure_entry *entries = ARENA_ARRAY(arena, struct figure_entry, kinds->count + 1);

	entries[0] = (struct figure_entry){"clean", {0, 0}, FIGURE_BAR};
	for (size_t k = 0; k < kinds->count; k++)
		entries[k + 1] = (struct figure_entry){
			arena_format(arena, "%s, eps = %.3g", kinds->at[k].label, kinds->at[k].eps),
			{k + 1, k + 1},
			FIGURE_BAR};
	return entries;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct bars_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	struct attack_kinds kinds = attacks_of(records, NULL);
	int angle = bars_angle(&list, records);
	struct figure_plan plan = {.tic_room = bars_room(&list, angle)};
	struct figure figure;

	for (size_t k = 0; k < kinds.count && o->eps > 0; k++)
		kinds.at[k].eps = o->eps;
	for (size_t i = 0; i < records->data_count; i++)
		plan.panels += has_bars(&list, &kinds, records->data[i], arena);
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.entries = entries_of(&kinds, arena);
	plan.entry_count = kinds.count + 1;
	plan.caption = list.repeats > 1
			       ? series_caption(&list, arena)
			       : arena_format(arena, "%s; bars of attacks: Wilson 95 %% interval",
					      series_caption(&list, arena));
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < records->data_count; i++) {
		if (!has_bars(&list, &kinds, records->data[i], arena))
			continue;
		figure_panel(&figure, series_title(records, records->data[i]), NULL,
			     "test accuracy");
		bars_tics(&figure, &list, records->data[i], angle);
		fputs("set yrange [0:1]\n", figure.gp);
		draw_panel(&figure, &list, &kinds, records->data[i], arena);
	}
	return figure_close(&figure, err);
}

const struct plot plot_attacked_bars = {
	.base = {"attacked_bars", "clean against attacked accuracy at one radius", "", rows,
		 sizeof(struct bars_options)},
	.write = write_plot,
};
