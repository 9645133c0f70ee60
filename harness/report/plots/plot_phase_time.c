/* Where the time goes: stacked bars of the phases of a cell, a panel per data set. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/plots/bars.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { PHASES = 8, COLUMNS = 3 /* place, bottom, top */ };

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

/* Where phase k of a bar begins; k = PHASES: the top of the bar. */
static double height_at(const struct group *group, size_t k, struct arena *arena)
{
	double sum = 0;

	for (size_t i = 0; i < k; i++) {
		struct spread stat = stat_group(group, phase_of, &i, arena);

		sum += stat.count ? stat.median : 0;
	}
	return sum;
}

static bool has_bars(const struct series_list *list, const char *data, struct arena *arena)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->data, data) == 0 &&
		    height_at(list->at[i].group, PHASES, arena) > 0)
			return true;
	return false;
}

static void draw_panel(struct figure *figure, const struct series_list *list, const char *data,
		       struct arena *arena)
{
	for (size_t k = 0; k < PHASES; k++) {
		size_t block =
			figure_block(figure, arena_format(arena, "%s: %s", data, phases[k].label),
				     "place bottom top");
		double place = 0;

		for (size_t i = 0; i < list->count; i++) {
			const struct group *group = list->at[i].group;

			if (strcmp(group->data, data) != 0)
				continue;
			figure_row(figure, COLUMNS,
				   (double[COLUMNS]){place, height_at(group, k, arena),
						     height_at(group, k + 1, arena)});
			place += 1;
		}
		figure_item(figure,
			    "data index %zu using 1:2:($1-0.32):($1+0.32):2:3 with boxxyerror fs "
			    "solid noborder fc rgb '%s'",
			    block, figure_colour((struct figure_style){k, k}));
	}
	figure_plot(figure);
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct phase_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	struct figure_entry entries[PHASES];
	int angle = bars_angle(&list, records);
	struct figure_plan plan = {.entries = entries, .entry_count = PHASES};
	struct figure figure;

	for (size_t k = 0; k < PHASES; k++)
		entries[k] = (struct figure_entry){phases[k].label, {k, k}, FIGURE_BAR};
	plan.tic_room = bars_room(&list, angle);
	for (size_t i = 0; i < records->data_count; i++)
		plan.panels += has_bars(&list, records->data[i], arena);
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.caption =
		arena_format(arena, "%s; a bar stacks the medians of the phases",
			     list.repeats > 1 ? arena_format(arena, "%zu repetitions", list.repeats)
					      : "One run per bar");
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < records->data_count; i++) {
		if (!has_bars(&list, records->data[i], arena))
			continue;
		figure_panel(&figure, series_title(records, records->data[i]), NULL, "time in s");
		bars_tics(&figure, &list, records->data[i], angle);
		fputs("set yrange [0:*]\nset offsets 0,0,graph 0.04,0\n", figure.gp);
		draw_panel(&figure, &list, records->data[i], arena);
	}
	return figure_close(&figure, err);
}

const struct plot plot_phase_time = {
	.base = {"phase_time",
		 "time of loading, setup, solve, certificates, evaluation and attacks, stacked", "",
		 rows, sizeof(struct phase_options)},
	.write = write_plot,
};
