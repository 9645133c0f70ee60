/* Clean against robust accuracy at one radius: a point per setting, a panel per data set and norm.
 */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"

#include <string.h>

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

/* The medians and ranges of a group, and its repetitions. */
static void add_point(struct figure_curve *points, const struct group *group,
		      const struct attack_kind *kind)
{
	struct arena *arena = points->arena;
	struct spread x = stat_group(group, stat_column, "test_accuracy", arena);
	struct spread y = panels_robust(group, kind, arena);
	double *clean = ARENA_ARRAY(arena, double, group->count),
	       *robust = ARENA_ARRAY(arena, double, group->count);
	size_t count = stat_values(group, stat_column, "test_accuracy", clean);

	stat_values(group, attacks_robust, kind, robust);
	if (x.count == 0 || y.count == 0)
		return;
	figure_row(points, (double[]){x.median, y.median, x.low, x.high, y.low, y.high});
	panels_cells(points, group, x.median, y.median);
	for (size_t i = 0; i < count; i++)
		figure_point(points, clean[i], robust[i]);
}

static void add_panel(struct figure *figure, const struct records *records,
		      const struct series_list *list, const struct attack_kind *kind,
		      const char *data)
{
	struct arena *arena = records->arena;
	const char *key = arena_format(arena, "%s\n%s\n%s", data, kind->norm, kind->units);
	struct figure_panel *panel = figure_panel(figure, key, data, series_title(records, data));

	panel->y.label = arena_format(arena, "robust accuracy, %s%s eps = %.3g", kind->norm,
				      rows_units_aside(kind->units), kind->eps);
	for (size_t m = 0; m < records->method_count; m++) {
		const char *method = records->methods[m];
		const struct figure_curve like = {
			.title = method,
			.columns = "clean robust clean_low clean_high robust_low robust_high",
			.label = method,
			.entry = m,
			.layer = FIGURE_CROSSES,
			.style = {m, m}};
		struct figure_curve *points = figure_curve(figure, panel, &like);

		for (size_t i = 0; i < list->count; i++) {
			const struct group *group = list->at[i].group;

			if (strcmp(group->data, data) == 0 && strcmp(group->method, method) == 0)
				add_point(points, group, kind);
		}
	}
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct trade_options *o = options;
	struct arena *arena = records->arena;
	/* points do not hide each other as curves do: 0 of them count */
	struct series_list list = series_of(records, (enum series_settings)o->settings, 0);
	struct attack_kinds all = attacks_of(records, NULL), kinds = attacks_worst(&all, arena);

	const char *shown = figure_repeats(figure, list.repeats);

	figure->x.label = "clean test accuracy";
	for (size_t k = 0; k < kinds.count; k++) {
		if (o->eps > 0)
			kinds.at[k].eps = o->eps;
		for (size_t i = 0; i < records->data_count; i++)
			add_panel(figure, records, &list, &kinds.at[k], records->data[i]);
	}
	figure->caption = arena_format(arena,
				       "%s of %s%s of each setting; robust: the lowest "
				       "over the attacks of the norm",
				       shown, list.uneven ? "up to " : "", list.repeated);
	if (list.repeats <= 1)
		figure->caption = arena_format(
			arena,
			"One run per point%s; robust: the lowest over the attacks of the norm",
			figure_shows_range(figure) ? ", Wilson 95 % interval of its robust accuracy"
						   : "");
}

const struct plot plot_trade_off = {
	.base = {"trade_off", "clean against robust accuracy at one radius, a point per setting",
		 "", rows, sizeof(struct trade_options)},
	.fill = fill,
};
