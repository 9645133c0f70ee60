/* Robust accuracy against eps: a line per method and attack, a panel per data set, norm and units.
 */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/attacks.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum {
	COLUMNS = 4,  /* eps, accuracy, low, high */
	READABLE = 10 /* lines of a panel with more than one attack per method */
};

struct robust_options { /* all zero = the defaults */
	long attacks, settings;
};

enum attacks { ATTACKS_AUTO, ATTACKS_EACH, ATTACKS_WORST };

static const char *const attacks_names[] = {"auto", "each", "worst", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct robust_options, attacks), .initial = "auto", .names = attacks_names,
	 .doc = "a line for each attack, or one for the lowest accuracy over the attacks; auto: "
		"each "
		"where that stays readable"},
	{OPTION_FIELD(struct robust_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* A panel. */
struct view {
	const char *data, *norm, *units;
};

/* The radii of one attack over the members of a group, ascending, each once. */
static size_t radii_of(const struct group *group, const struct attack_kind *kind, double **out,
		       struct arena *arena)
{
	size_t total = 0, count = 0, here;
	double *eps;

	for (size_t i = 0; i < group->count; i++) {
		attacks_rows(group->member[i], kind, &here);
		total += here;
	}
	eps = ARENA_ARRAY(arena, double, total);
	for (size_t i = 0; i < group->count; i++) {
		const struct attack_row *row = attacks_rows(group->member[i], kind, &here);

		for (size_t j = 0; j < here; j++)
			if (attacks_match(&row[j], kind))
				eps[count++] = row[j].eps;
	}
	*out = eps;
	return sample_distinct(eps, count);
}

static double clean_of(const struct record *record, const void *what)
{
	const struct attack_kind *kind = what;
	size_t count;
	const struct attack_row *row = attacks_rows(record, kind, &count);

	for (size_t i = 0; i < count; i++)
		if (attacks_match(&row[i], kind))
			return row[i].accuracy;
	return NAN;
}

/* One repetition: its Wilson interval; several: the quantiles over them. */
static void put_row(struct figure *figure, const struct group *group,
		    const struct attack_kind *kind, struct arena *arena)
{
	struct spread robust = stat_group(group, attacks_robust, kind, arena);
	double row[COLUMNS] = {kind->eps, robust.median, robust.low, robust.high};

	if (robust.count == 1) {
		row[2] = stat_group(group, attacks_low, kind, arena).median;
		row[3] = stat_group(group, attacks_high, kind, arena).median;
	}
	if (robust.count > 0)
		figure_row(figure, COLUMNS, row);
}

/* The lower end of the band at the largest radius: accuracy does not rise with eps. */
static double lowest_of(const struct group *group, const struct attack_kind *kind,
			struct arena *arena)
{
	struct spread robust = stat_group(group, attacks_robust, kind, arena);

	return robust.count == 1 ? stat_group(group, attacks_low, kind, arena).median : robust.low;
}

static void draw_curve(struct figure *figure, const struct series *series,
		       const struct attack_kind *kind, struct figure_style style,
		       struct arena *arena)
{
	const char *title =
		arena_format(arena, "%s: %s, %s", series->group->data, series->label, kind->label);
	struct attack_kind at = *kind;
	double *eps;
	size_t count = radii_of(series->group, kind, &eps, arena), block;

	if (count == 0)
		return;
	block = figure_block(figure, title, "eps robust_accuracy low high");
	if (eps[0] > 0) { /* the clean accuracy is the value at eps = 0 */
		struct spread clean = stat_group(series->group, clean_of, kind, arena);

		figure_row(figure, COLUMNS,
			   (double[COLUMNS]){0, clean.median, clean.low, clean.high});
	}
	for (size_t i = 0; i < count; i++) {
		at.eps = eps[i];
		put_row(figure, series->group, &at, arena);
	}
	/* A marker at every radius; below a certified curve the band would be taken for the shade.
	 */
	figure_curve(figure, block, 1, !kind->certified, style);
}

/* The area between the lowest attacked accuracy and the certified one, where the truth lies. */
static void shade(struct figure *figure, const struct series *series,
		  const struct attack_kind *certified, struct figure_style style,
		  struct arena *arena)
{
	struct attack_kind below = *certified, above = *certified;
	const char *title = arena_format(arena, "%s: %s, between %s and attacked",
					 series->group->data, series->label, certified->label);
	double *eps;
	size_t count = radii_of(series->group, certified, &eps, arena), block;

	if (count == 0)
		return;
	block = figure_block(figure, title, "eps certified attacked");
	above.certified = false;
	for (size_t i = 0; i < count; i++) {
		below.eps = above.eps = eps[i];
		figure_row(
			figure, 3,
			(double[]){
				eps[i],
				stat_group(series->group, attacks_robust, &below, arena).median,
				stat_group(series->group, attacks_robust, &above, arena).median});
	}
	figure_item(figure,
		    "data index %zu using 1:2:3 with filledcurves fc rgb '%s' fs transparent solid "
		    "0.2 noborder",
		    block, figure_colour(style));
}

/* With several attacks the colour is the method and the attack sets dash and marker, unless the
 * colours do not suffice for that. */
static struct figure_style style_of(const struct series_list *list, const struct series *series,
				    size_t kind, size_t kinds)
{
	if (kinds > 1 && list->entry_count <= FIGURE_COLOURS)
		return (struct figure_style){series->colour, kind};
	return (struct figure_style){series->colour, series->entry * kinds + kind};
}

static void draw_kind(struct figure *figure, const struct series *series,
		      const struct attack_kind *kind, struct figure_style style,
		      struct arena *arena)
{
	if (kind->certified)
		shade(figure, series, kind, style, arena);
	draw_curve(figure, series, kind, style, arena);
}

static const char *label_of(const struct series *series, const struct attack_kind *kind,
			    size_t kinds, struct arena *arena)
{
	return kinds > 1 ? arena_format(arena, "%s, %s", series->label, kind->label)
			 : series->label;
}

static const struct figure_entry *entries_of(const struct series_list *list,
					     const struct attack_kinds *kinds, size_t *count,
					     struct arena *arena)
{
	struct figure_entry *entries =
		ARENA_ARRAY(arena, struct figure_entry, list->entry_count * kinds->count);

	*count = 0;
	for (size_t e = 0; e < list->entry_count; e++)
		for (size_t k = 0; k < kinds->count; k++)
			entries[(*count)++] = (struct figure_entry){
				label_of(list->entry[e], &kinds->at[k], kinds->count, arena),
				style_of(list, list->entry[e], k, kinds->count), FIGURE_LINE};
	return entries;
}

/* Panels of one data set: one per pair of norm and units. */
static size_t add_views(const struct records *records, const char *data, struct view *views)
{
	struct attack_kinds attacks = attacks_of(records, data);
	struct attack_kinds certified = attacks_certified(records, data);
	struct attack_kinds all = attacks_join(&attacks, &certified, records->arena);
	struct attack_kinds pairs = attacks_worst(&all, records->arena);

	for (size_t k = 0; k < pairs.count; k++)
		views[k] = (struct view){data, pairs.at[k].norm, pairs.at[k].units};
	return pairs.count;
}

/* Where the vertical axis starts: a tenth below the lowest accuracy of the panel. */
static double floor_of(const struct view *view, const struct series_list *list,
		       const struct attack_kinds *all, struct arena *arena)
{
	double lowest = 1;

	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < all->count; k++) {
			const struct series *s = &list->at[i];

			if (strcmp(s->group->data, view->data) == 0 &&
			    strcmp(all->at[k].norm, view->norm) == 0 &&
			    strcmp(all->at[k].units, view->units) == 0)
				lowest = fmin(lowest, lowest_of(s->group, &all->at[k], arena));
		}
	return fmax(0, floor(10 * lowest - 0.5) / 10);
}

static void draw_view(struct figure *figure, const struct view *view,
		      const struct series_list *list, const struct attack_kinds *all,
		      const struct records *records)
{
	struct arena *arena = records->arena;

	figure_panel(figure, series_title(records, view->data),
		     arena_format(arena, "eps (%s, %s features)", view->norm,
				  *view->units ? view->units : "prepared"),
		     "robust accuracy");
	fprintf(figure->gp, "set yrange [%.1f:1]\nset offsets graph 0.02, graph 0.02, 0, 0\n",
		floor_of(view, list, all, arena));
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].group->data, view->data) != 0)
			continue;
		for (size_t k = 0; k < all->count; k++)
			if (strcmp(all->at[k].norm, view->norm) == 0 &&
			    strcmp(all->at[k].units, view->units) == 0)
				draw_kind(figure, &list->at[i], &all->at[k],
					  style_of(list, &list->at[i], k, all->count), arena);
	}
	figure_plot(figure);
}

/* All attacks, or the lowest accuracy over them if the lines would be too many; and below them what
 * is certified. */
static struct attack_kinds choose_kinds(const struct robust_options *o,
					const struct records *records)
{
	struct attack_kinds all = attacks_of(records, NULL);
	struct attack_kinds certified = attacks_certified(records, NULL);
	struct series_list best = series_of(records, SERIES_BEST, 1);
	size_t most = 0;

	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(&best, records->data[i]) * (all.count + certified.count);

		most = here > most ? here : most;
	}
	if (o->attacks == ATTACKS_WORST || (o->attacks == ATTACKS_AUTO && most > READABLE))
		all = attacks_worst(&all, records->arena);
	return attacks_join(&all, &certified, records->arena);
}

static const char *caption_of(const struct series_list *list, const struct attack_kinds *kinds,
			      struct arena *arena)
{
	return arena_format(arena, "%s%s%s%s", series_caption(list, arena),
			    list->repeats > 1 ? "" : "; band: Wilson 95 % interval",
			    kinds->count && !kinds->at[0].attack
				    ? "; the lowest accuracy over the attacks"
				    : "",
			    kinds->count && kinds->at[kinds->count - 1].certified
				    ? "; darker: between attacked and certified accuracy"
				    : "");
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct robust_options *o = options;
	struct arena *arena = records->arena;
	struct attack_kinds all = choose_kinds(o, records);
	struct series_list list = series_of(records, (enum series_settings)o->settings, all.count);
	struct view *views = ARENA_ARRAY(arena, struct view, records->data_count * all.count);
	struct figure_plan plan = {0};
	struct figure figure;

	for (size_t i = 0; i < records->data_count; i++)
		if (series_count(&list, records->data[i]) > 0)
			plan.panels += add_views(records, records->data[i], views + plan.panels);
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.entries = entries_of(&list, &all, &plan.entry_count, arena);
	plan.caption = caption_of(&list, &all, arena);
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t v = 0; v < plan.panels; v++)
		draw_view(&figure, &views[v], &list, &all, records);
	return figure_close(&figure, err);
}

const struct plot plot_robust_accuracy = {
	.base = {"robust_accuracy", "accuracy under attack against the radius eps", "", rows,
		 sizeof(struct robust_options)},
	.write = write_plot,
};
