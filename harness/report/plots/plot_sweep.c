/* A column of the results against a swept option: a curve per method, a panel per data set. A
 * method that sweeps nothing of its own is a horizontal level. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/excess.h"
#include "harness/report/series/levels.h"
#include "harness/report/series/panels.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sweep_options {
	const char *x;
	long y, scale_x, scale;
	const char *relative_to;
	struct texts methods;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct sweep_options, x),
	 .doc = "path of the swept option, as in summary.csv: rho, u_update.pcg.rank"},
	{OPTION_FIELD(struct sweep_options, y), .initial = "test_accuracy", .names = column_names,
	 .doc = COLUMN_DOC},
	{OPTION_FIELD(struct sweep_options, scale_x), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the horizontal axis; auto: logarithmic from one decade on if the values are "
		"spaced more evenly there"},
	{OPTION_FIELD(struct sweep_options, scale), .initial = "auto", .names = figure_scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on, but of accuracies "
		"linear"},
	{OPTION_FIELD(struct sweep_options, relative_to), .initial = "null",
	 .doc = "a method: draw by how much y lies above its value on the same problem and "
		"repetition, as a share of it"},
	{OPTION_FIELD(struct sweep_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

struct sweep {
	const struct sweep_options *o;
	const struct records *records;
	struct figure *figure;
	struct excess y;
	struct levels x;
	bool pooled;   /* over the other swept options: too many curves otherwise */
	bool bound;    /* y is the objective that the bound over all networks is below */
	size_t most;   /* repetitions */
	size_t levels; /* methods that do not sweep x */
	size_t other;  /* methods left out as levels: their objective is another one than most
			      values of x make it */
};

/* May a group that does not sweep x stand as a level beside the curves? Only if it has one setting,
 * nothing being swept but the data or `select` having chosen, and not if its objective is another
 * one than the values of x make it. */
static bool is_level(struct sweep *sweep, const struct group *group)
{
	const struct record *r = group->member[0];

	for (size_t i = 0; i < r->swept_count && !r->select_by; i++)
		if (!records_of_data(&r->swept[i]))
			return false;
	if (group->left_out)
		return false;
	if (!comparable_objective(column_names[sweep->o->y]) || !comparable_changed_by(sweep->o->x))
		return true;
	sweep->other++;
	return false;
}

/* The panel of a group that has a value and a place; else NULL. Objectives that differ in more than
 * x are in panels of their own, and are never pooled. */
static struct figure_panel *panel_of(struct sweep *sweep, const struct group *group, bool level)
{
	const char *y = column_names[sweep->o->y], *key = "", *title;
	const struct records *records = sweep->records;
	struct arena *arena = records->arena;

	if (!records_wanted(&sweep->o->methods, group->method) ||
	    stat_group(group, excess_value, &sweep->y, arena).count == 0)
		return NULL;
	if (comparable_objective(y))
		key = comparable_group_key(group, y, sweep->o->x, arena);
	if (!key)
		return NULL;
	key = arena_format(arena, "%s\n%s", group->data, key);
	if (level ? !figure_known(sweep->figure, key) || !is_level(sweep, group) : group->composed)
		return NULL;
	title = arena_format(arena, "%s: %s", group->data,
			     comparable_difference_but(group->member[0], records, group->data, y,
						       sweep->o->x, arena));
	return figure_panel(sweep->figure, key, group->data, title);
}

/* What no network is below, beside the objectives of a group: of the same repetitions. */
static void add_bound(struct sweep *sweep, struct figure_panel *panel, const struct group *group)
{
	struct figure_curve like = {.title = "bound over all networks",
				    .label = "bound over all networks",
				    .columns = "x bound low high",
				    .layer = FIGURE_LINE,
				    .band = true};
	struct figure_curve *curve = figure_find(panel, like.title);
	bool any = false;

	for (size_t i = 0; i < group->count; i++)
		any = any || !isnan(group->member[i]->result.global_bound);
	if (!sweep->bound || !any)
		return;
	like.entry = figure_place(sweep->figure, like.label);
	like.style = (struct figure_style){like.entry, like.entry};
	curve = curve ? curve : figure_curve(sweep->figure, panel, &like);
	for (size_t i = 0; i < group->count; i++)
		figure_value(curve, levels_value(&sweep->x, group->member[i]),
			     group->member[i]->result.global_bound);
}

/* Groups that sweep x or, afterwards, those of one setting beside them that do not. */
static void collect(struct sweep *sweep, bool level)
{
	const struct records *records = sweep->records;
	const char *x = sweep->o->x;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct record *r = group->member[0];
		bool swept = records_swept(r, x);
		struct figure_panel *panel = swept != level ? panel_of(sweep, group, level) : NULL;
		struct figure_curve like = {.layer = level ? FIGURE_LEVEL : FIGURE_LINE,
					    .band = true,
					    .every = true}; /* a marker at every value */
		struct figure_curve *curve;
		size_t ok = records_ok_count(group);

		if (!panel)
			continue;
		like.title = group->method;
		for (size_t i = 0; i < r->swept_count && !sweep->pooled; i++)
			if (strcmp(r->swept[i].path, x) != 0)
				like.title = arena_format(records->arena, "%s, %s=%s", like.title,
							  records_short(r->swept[i].path),
							  r->swept[i].value);
		like.label = like.title;
		like.entry = figure_place(sweep->figure, like.label);
		like.style = (struct figure_style){like.entry, like.entry};
		like.columns = arena_format(records->arena, "%s %s low high", x,
					    column_names[sweep->o->y]);
		curve = figure_find(panel, like.title);
		curve = curve ? curve : figure_curve(sweep->figure, panel, &like);
		for (size_t i = 0; i < group->count; i++)
			figure_value(curve, levels_value(&sweep->x, group->member[i]),
				     excess_value(group->member[i], &sweep->y));
		panels_cells(curve, group, level ? NAN : levels_value(&sweep->x, group->member[0]),
			     NAN);
		if (!level)
			add_bound(sweep, panel, group);
		sweep->levels += level;
		sweep->most = ok > sweep->most ? ok : sweep->most;
	}
}

/* Over what the statistic that is shown is taken. */
static const char *statistic(const struct sweep *sweep, const char *shown, struct arena *arena)
{
	const char *options = sweep->pooled ? " over the other swept options" : "";
	const char *repeats = sweep->records->folds ? records_repeats(sweep->records, sweep->most)
						    : arena_format(arena, "%zu", sweep->most);

	if (sweep->most > 1 || sweep->records->folds)
		return arena_format(arena, "%s over repetitions (up to %s)%s%s", shown, repeats,
				    sweep->pooled ? " and" : "", options);
	return sweep->pooled ? arena_format(arena, "%s%s", shown, options) : "One run per point";
}

/* Medians of all curves; the data set is the title where it has one panel; the caption. */
static void finish(struct sweep *sweep)
{
	struct figure *figure = sweep->figure;
	const char *base = sweep->o->relative_to, *left = "", *shown;

	/* pooled values are more than repetitions */
	shown = figure_repeats(figure, sweep->pooled ? sweep->records->count : sweep->most);

	for (struct figure_panel *p = figure->first; p; p = p->next) {
		size_t same = 0;

		for (struct figure_curve *c = p->first; c; c = c->next) {
			figure_pool(c, 1);
			if (c->layer != FIGURE_LEVEL)
				continue;
			c->count = 0;
			figure_level(p, c, (struct spread){c->at[1], c->at[2], c->at[3], 1});
		}
		for (struct figure_panel *q = figure->first; q; q = q->next)
			same += strcmp(q->name, p->name) == 0;
		if (same == 1)
			p->title = series_title(sweep->records, p->name);
	}
	if (sweep->other)
		left = arena_format(figure->arena,
				    "; left out: %zu methods whose objective is not the one that "
				    "%s makes it",
				    sweep->other, sweep->o->x);
	figure->caption = arena_format(
		figure->arena, "%s%s%s%s%s%s", statistic(sweep, shown, figure->arena),
		base ? ", each relative to " : "", base ? base : "",
		base ? ", without medians at or below 0 on a logarithmic axis" : "",
		sweep->levels ? "; horizontal: methods that do not sweep x" : "", left);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct sweep_options *o = options;
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {column_names[o->y], &kinds};
	struct sweep sweep = {.o = o, .records = records, .figure = figure};
	const char *base = o->relative_to;

	if (!o->x)
		return;
	sweep.bound = !base && (strcmp(column.name, "objective") == 0 ||
				strcmp(column.name, "objective_network") == 0);
	sweep.y = (struct excess){records, excess_of(records, &column, base)};
	sweep.x = levels_of(records, o->x, &o->methods);
	figure->x = (struct figure_axis){
		.label = o->x, .scale = (enum figure_scale)o->scale_x, .few = true};
	figure->y = (struct figure_axis){.label = column_label(column.name, records->arena),
					 .scale = (enum figure_scale)o->scale,
					 .ratio = base};
	if (base)
		figure->y.label =
			arena_format(records->arena, "(%s - %s) / %s", figure->y.label, base, base);
	if (!sweep.x.numeric) {
		figure->x.names = sweep.x.at;
		figure->x.name_count = sweep.x.count;
	}
	for (int pass = 0; pass < 2 && (pass == 0 || sweep.pooled); pass++) {
		figure->first = figure->last = NULL;
		sweep.levels = sweep.other = sweep.most = 0;
		collect(&sweep, false);
		collect(&sweep, true);
		sweep.pooled = pass == 1 || figure_entries(figure) > SERIES_READABLE;
	}
	finish(&sweep);
}

const struct plot plot_sweep = {
	.base = {"sweep", "a result column against a swept option", "", rows,
		 sizeof(struct sweep_options)},
	.fill = fill,
};
