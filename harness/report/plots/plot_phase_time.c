/* Where the time goes: stacked bars of the phases of a cell, a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

enum {
	PHASES = 8,
	READABLE = 24 /* names of more bars than this in one panel run into each other */
};

struct phase_options { /* all zero = the defaults */
	long settings;
};

/* In order of the bar. `less`: a phase of its own that is part of this one. */
static const struct {
	const char *column, *less, *label;
} phases[PHASES] = {{"load_s", NULL, "load"},
		    {"setup_s", NULL, "setup"},
		    {"solve_s", NULL, "solve"},
		    {"certificate_s", NULL, "certificates of the gap"},
		    {"eval_s", "certificate_s", "evaluation"},
		    {"select_s", NULL, "attack of the selection"},
		    {"attack_s", NULL, "attack"},
		    {"certify_s", NULL, "certificates of robustness"}};

static double phase_of(const struct record *record, const void *what)
{
	size_t k = *(const size_t *)what;
	double value = stat_column(record, phases[k].column);
	double less = phases[k].less ? stat_column(record, phases[k].less) : 0;

	return isnan(less) ? value : fmax(0, value - less);
}

static const struct option rows[] = {
	{OPTION_FIELD(struct phase_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* The pieces of phase k: each begins where the ones before it end. */
static void add_phase(struct figure *figure, struct figure_panel *panel,
		      const struct series_list *list, size_t k)
{
	const struct figure_curve like = {.title = phases[k].label,
					  .columns = "place bottom top",
					  .label = phases[k].label,
					  .entry = k,
					  .layer = FIGURE_STACK,
					  .style = {k, k}};
	struct figure_curve *pieces = figure_curve(figure, panel, &like);

	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;

		double row[] = {(double)pieces->count, 0, 0};

		for (size_t j = 0; j <= k; j++) {
			struct spread stat = stat_group(group, phase_of, &j, figure->arena);

			row[1] = row[2];
			row[2] += stat.count ? stat.median : 0;
		}
		if (strcmp(group->data, panel->name) != 0)
			continue;
		figure_row(pieces, row);
		panels_cells(pieces, group, row[0], NAN);
	}
}

/* One bar for each method where the bars of its settings cannot be read. */
static bool pool_methods(struct series_list *list, const struct records *records)
{
	struct group *groups = ARENA_ARRAY(records->arena, struct group, list->count);
	struct index index = index_new(list->count, records->arena);
	size_t count = 0;
	bool many = false;

	for (size_t i = 0; i < records->data_count; i++)
		many = many || series_count(list, records->data[i]) > READABLE;
	if (!many || list->all)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct group *of = list->at[i].group;
		const char *key = arena_format(records->arena, "%s\n%s", of->data, of->method);
		size_t at = index_place(&index, key, count);
		struct group *group = &groups[at];

		if (at == count) {
			*group = (struct group){.data = of->data, .method = of->method};
			group->member =
				ARENA_ARRAY(records->arena, const struct record *, records->count);
			list->at[count++] = (struct series){.group = group, .label = of->method};
		}
		for (size_t k = 0; k < of->count; k++)
			group->member[group->count++] = of->member[k];
	}
	list->count = count;
	return true;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct phase_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	bool methods = pool_methods(&list, records);

	figure->y =
		(struct figure_axis){.label = "time in s", .scale = FIGURE_LINEAR, .starts = true};
	for (size_t i = 0; i < records->data_count; i++) {
		struct figure_panel *panel = panels_data(figure, records, records->data[i]);

		for (size_t k = 0; k < PHASES; k++)
			add_phase(figure, panel, &list, k);
		panels_names(panel, &list);
		if (!(figure_extent(panel, FIGURE_Y).high > 0))
			figure_drop(panel);
	}
	figure->caption = "One run per bar";
	if (list.repeats > 1)
		figure->caption =
			arena_format(arena, "%s%s", list.uneven ? "up to " : "", list.repeated);
	if (methods)
		figure->caption =
			arena_format(arena, "A bar for each method, of all cells of its settings%s",
				     list.best ? " (of each loss, beta and threat the best)" : "");
	figure->caption =
		arena_format(arena, "%s; a bar stacks the medians of the phases", figure->caption);
}

const struct plot plot_phase_time = {
	.base = {"phase_time",
		 "time of loading, setup, solve, certificates, evaluation and attacks, stacked", "",
		 rows, sizeof(struct phase_options)},
	.fill = fill,
};
