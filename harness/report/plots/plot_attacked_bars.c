/* Clean against attacked accuracy at one radius: a group of bars per method, a panel per data set.
 */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"

#include <math.h>
#include <string.h>

#define GROUP_SHARE 0.8 /* of the distance between groups that is filled by bars */

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

/* The bars of the clean accuracy, k = 0, or of attack k - 1; how many there are. */
static size_t add_bars(struct figure *figure, struct figure_panel *panel,
		       const struct series_list *list, const struct attack_kinds *kinds, size_t k)
{
	const struct attack_kind *kind = k ? &kinds->at[k - 1] : NULL;
	const double width = GROUP_SHARE / (double)(kinds->count + 1);
	struct arena *arena = figure->arena;
	const struct figure_curve like = {
		.title = kind ? kind->label : "clean",
		.columns = "place accuracy low high",
		.label = kind ? arena_format(arena, "%s, eps = %.3g", kind->label, kind->eps)
			      : "clean",
		.entry = k,
		.layer = FIGURE_BARS,
		.style = {k, k},
		.width = width};
	struct figure_curve *bars = figure_curve(figure, panel, &like);
	double place = width * ((double)k - (double)kinds->count / 2);

	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;
		struct spread spread;

		if (strcmp(group->data, panel->name) != 0)
			continue;
		spread = kind ? panels_robust(group, kind, arena)
			      : stat_group(group, stat_column, "test_accuracy", arena);
		if (spread.count > 0)
			figure_spread(bars, place, spread);
		panels_cells(bars, group, place, NAN);
		panels_points(bars, place, group, kind ? attacks_robust : stat_column,
			      kind ? (const void *)kind : "test_accuracy");
		place += 1;
	}
	return bars->count;
}

/* No bars of a data set that was not attacked. */
static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct bars_options *o = options;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	struct attack_kinds kinds = attacks_of(records, NULL);

	for (size_t k = 0; k < kinds.count && o->eps > 0; k++)
		kinds.at[k].eps = o->eps;
	figure->y = (struct figure_axis){.label = "test accuracy",
					 .scale = FIGURE_LINEAR,
					 .starts = true,
					 .ends = true,
					 .high = 1};
	for (size_t i = 0; i < records->data_count; i++) {
		struct figure_panel *panel = panels_data(figure, records, records->data[i]);
		size_t attacked = 0;

		for (size_t k = 0; k <= kinds.count; k++) {
			size_t bars = add_bars(figure, panel, &list, &kinds, k);

			attacked += k ? bars : 0;
		}
		panels_names(panel, &list);
		if (!attacked)
			figure_drop(panel);
	}
	figure->caption = series_caption(&list, figure);
	if (list.repeats <= 1 && figure_shows_range(figure))
		figure->caption =
			arena_format(records->arena, "%s; bars of attacks: Wilson 95 %% interval",
				     figure->caption);
}

const struct plot plot_attacked_bars = {
	.base = {"attacked_bars", "clean against attacked accuracy at one radius", "", rows,
		 sizeof(struct bars_options)},
	.fill = fill,
};
