/* The share of samples whose distance to the decision boundary is at most eps: at least what
 * attacks have found, at most what no certificate excludes, as steps over eps; a panel per data
 * set, part of it, and kind of ball. */
#include "harness/report/figure/plot.h"
#include "harness/report/series/distance.h"
#include "harness/report/series/panels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MOST_STEPS = 500 }; /* of a curve */

struct distance_options { /* all zero = the defaults */
	long part, settings;
	struct texts methods;
};

enum part { PART_TEST, PART_TRAIN, PART_BOTH, PART_VALIDATION };
static const char *const part_names[] = {"test", "train", "both", "validation", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct distance_options, part), .initial = "test", .names = part_names,
	 .doc = "part of the data whose samples are looked at: test, train or validation (of "
		"attacks and certificates with that `part`), or both test and train in panels of "
		"their own"},
	{OPTION_FIELD(struct distance_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct distance_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* Of a group, what is known in balls of one kind on one part. */
struct known {
	const char *part, *ball;
	const struct record **of; /* count each */
	struct distance *at;
	size_t count;
	double *radii; /* tried */
	size_t radius_count;
	double *steps; /* these, and distances of points found */
	size_t step_count;
};

/* What the figure is of. */
struct tally {
	struct arena *arena;
	const char **names[2]; /* of entries without and with bounds from below */
	size_t count[2], room;
	size_t networks, least, most; /* cells, and the samples of each */
	bool alone;                   /* is each curve of one network? */
	const char *nearest; /* an entry whose points have distances of their own; or NULL */
};

static const char *list_of(const struct tally *tally, bool below)
{
	const char *text = "";

	for (size_t i = 0; i < tally->count[below]; i++)
		text = arena_format(tally->arena, "%s%s%s", text, i ? ", " : "",
				    tally->names[below][i]);
	return text;
}

static void note(struct tally *tally, const struct margins *m)
{
	bool below = m->lower != NULL;
	const char **names = tally->names[below];
	size_t count = tally->count[below];

	tally->nearest = m->distance ? m->name : tally->nearest;
	if (records_index(names, count, m->name) < count)
		return;
	if (count == tally->room) {
		tally->room = 2 * tally->room + 4;
		for (size_t k = 0; k < 2; k++) {
			const char **wider = ARENA_ARRAY(tally->arena, const char *, tally->room);

			if (tally->count[k])
				memcpy(wider, tally->names[k], tally->count[k] * sizeof *wider);
			tally->names[k] = wider;
		}
	}
	tally->names[below][tally->count[below]++] = m->name;
}

static void learn(struct known *known, const struct record *record, const struct margins *m,
		  struct arena *arena)
{
	size_t at = known->count;

	if (!at || known->of[at - 1] != record) {
		known->of[at] = record;
		known->at[at] = distance_new(m->n, arena);
		known->count++;
	} else {
		at--;
	}
	if (known->at[at].n == m->n)
		distance_learn(&known->at[at], m);
}

static bool is_wanted(const char *part, long wanted)
{
	return wanted == PART_BOTH ? strcmp(part, part_names[PART_VALIDATION]) != 0
				   : strcmp(part, part_names[wanted]) == 0;
}

/* What all cells of a group have, by part and ball, in order of appearance. */
static size_t know(const struct group *group, const struct distance_options *o, struct tally *tally,
		   struct known **out)
{
	struct margins_list *of = ARENA_ARRAY(tally->arena, struct margins_list, group->count);
	size_t room = 0, kinds = 0;
	struct known *known;

	for (size_t i = 0; i < group->count; i++) {
		if (records_ok(group->member[i]))
			of[i] = margins_of(group->member[i], tally->arena);
		room += of[i].count;
	}
	known = *out = ARENA_ARRAY(tally->arena, struct known, room);
	for (size_t i = 0; i < group->count; i++)
		for (size_t k = 0; k < of[i].count; k++) {
			const struct margins *m = &of[i].at[k];
			size_t at = 0;

			if (!is_wanted(m->part, o->part))
				continue;
			while (at < kinds && (strcmp(known[at].part, m->part) != 0 ||
					      strcmp(known[at].ball, m->ball) != 0))
				at++;
			if (at == kinds)
				known[kinds++] = (struct known){
					.part = m->part,
					.ball = m->ball,
					.of = ARENA_ARRAY(tally->arena, const struct record *,
							  group->count),
					.at = ARENA_ARRAY(tally->arena, struct distance,
							  group->count),
					.radii = ARENA_ARRAY(tally->arena, double, room)};
			learn(&known[at], group->member[i], m, tally->arena);
			known[at].radii[known[at].radius_count++] = m->eps;
			note(tally, m);
		}
	return kinds;
}

/* The colour is the method and the dash the side, unless the colours do not suffice for that. */
static struct figure_style style_of(const struct series_list *list, const struct series *s,
				    bool most)
{
	bool enough = list->entry_count <= FIGURE_COLOURS;

	return (struct figure_style){s->colour, enough ? most : 2 * s->entry + most};
}

/* One curve up to the largest radius tried from its side by every network. */
static void add_curve(struct figure *figure, struct figure_panel *panel,
		      const struct series_list *list, const struct series *s,
		      const struct known *known, bool most)
{
	struct arena *arena = figure->arena;
	const char *side = most ? "at most" : "at least";
	struct figure_curve *curve;
	const double *radii = most ? known->radii : known->steps;
	size_t count = most ? known->radius_count : known->step_count;
	double end = HUGE_VAL, here;

	for (size_t i = 0; i < known->count; i++)
		end = fmin(end, most ? known->at[i].proven : known->at[i].attacked);
	if (!(end > 0))
		return;
	curve = figure_curve(
		figure, panel,
		&(struct figure_curve){.title = arena_format(arena, "%s, %s", s->label, side),
				       .columns = "eps samples_percent",
				       .label = arena_format(arena, "%s, %s", s->label, side),
				       .entry = 2 * s->entry + most,
				       .layer = FIGURE_STEPS,
				       .style = style_of(list, s, most)});
	here = distance_least(known->at, known->count, 0);
	figure_row(curve, (double[]){0, 100 * here});
	for (size_t i = 0; i < count && radii[i] <= end; i++) {
		double eps = radii[i], before = i ? radii[i - 1] : 0;

		here = most ? distance_most(known->at, known->count, eps)
			    : distance_least(known->at, known->count, eps);
		if (eps > 0)
			figure_row(curve, (double[]){most ? before : eps, 100 * here});
	}
	if (most) /* U rises just behind a radius */
		figure_row(curve, (double[]){end, 100 * here});
	for (size_t i = 0; i < known->count; i++)
		figure_cell(curve, (struct figure_cell){known->of[i]->id, NAN, NAN});
}

/* Where the truth lies, as far as both sides were tried. */
static void add_area(struct figure *figure, struct figure_panel *panel,
		     const struct series_list *list, const struct series *s,
		     const struct known *known)
{
	struct figure_curve *area =
		figure_curve(figure, panel,
			     &(struct figure_curve){
				     .title = arena_format(figure->arena, "%s, between", s->label),
				     .columns = "eps least_percent most_percent",
				     .layer = FIGURE_BETWEEN,
				     .style = style_of(list, s, false)});
	double end = HUGE_VAL, before = 0;

	for (size_t i = 0; i < known->count; i++)
		end = fmin(end, fmin(known->at[i].proven, known->at[i].attacked));
	for (size_t i = 0; i < known->step_count && known->steps[i] <= end; i++) {
		double eps = known->steps[i];
		double least = 100 * distance_least(known->at, known->count, before);
		double most = 100 * distance_most(known->at, known->count, eps);

		if (!(eps > 0))
			continue;
		figure_row(area, (double[]){before, least, most});
		figure_row(area, (double[]){eps, least, most});
		before = eps;
	}
}

/* The radii, and distances of points found; of very many each so manieth. */
static void add_steps(struct known *known, struct arena *arena)
{
	size_t room = known->radius_count, count = 0, kept;
	double *found, *radii;

	for (size_t i = 0; i < known->count; i++)
		room += known->at[i].n;
	found = ARENA_ARRAY(arena, double, room);
	radii = ARENA_ARRAY(arena, double, room);
	for (size_t i = 0; i < known->count; i++)
		for (size_t k = 0; k < known->at[i].n; k++)
			if (known->at[i].broken[k] > 0 && isfinite(known->at[i].broken[k]))
				found[count++] = known->at[i].broken[k];
	count = sample_distinct(found, count);
	kept = known->radius_count;
	memcpy(radii, known->radii, kept * sizeof *radii);
	for (size_t i = 0; i < count; i += count / MOST_STEPS + 1)
		radii[kept++] = found[i];
	known->steps = radii;
	known->step_count = sample_distinct(radii, kept);
}

static void add_panel(struct figure *figure, const struct records *records,
		      const struct series_list *list, const struct series *s, struct known *known,
		      struct tally *tally)
{
	const char *data = s->group->data;
	struct figure_panel *panel = figure_panel(
		figure, arena_format(figure->arena, "%s\n%s\n%s", data, known->part, known->ball),
		data, series_title(records, data));

	panel->x.label = arena_format(figure->arena, "eps (%s; %s part)", known->ball, known->part);
	known->radius_count = sample_distinct(known->radii, known->radius_count);
	add_steps(known, figure->arena);
	tally->alone = tally->alone && known->count == 1;
	for (size_t i = 0; i < known->count; i++) {
		tally->least = known->at[i].n < tally->least ? known->at[i].n : tally->least;
		tally->most = known->at[i].n > tally->most ? known->at[i].n : tally->most;
	}
	add_area(figure, panel, list, s, known);
	add_curve(figure, panel, list, s, known, false);
	add_curve(figure, panel, list, s, known, true);
}

static const char *caption_of(const struct tally *tally, const struct series_list *list)
{
	bool proven = tally->count[true] > 0;
	const char *above = list_of(tally, false), *below = list_of(tally, true), *samples;
	const char *nearest = "";

	if (tally->nearest)
		nearest = arena_format(tally->arena,
				       " (%s looks for the nearest one and counts at "
				       "its own distance, others at the radius tried)",
				       tally->nearest);

	samples = tally->least == tally->most
			  ? arena_format(tally->arena, "%zu", tally->most)
			  : arena_format(tally->arena, "%zu to %zu", tally->least, tally->most);
	return arena_format(
		tally->arena,
		"Samples whose distance to the decision boundary is at most eps; misclassified "
		"ones are at 0. At least: %s%s%s found a point so near%s%s%s%s. %s of %s samples, "
		"%zu cells in all%s",
		above, *above && proven ? " or " : "", below, nearest, proven ? "; at most: " : "",
		below, proven ? " did not prove that there is none" : "",
		tally->alone ? "Each curve: one network and its part"
			     : "Each curve: the networks of all repetitions together, each on its "
			       "own part",
		samples, tally->networks, series_choice(list, tally->arena));
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct distance_options *o = options;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, 2, o->methods);
	struct tally tally = {.arena = records->arena, .least = SIZE_MAX, .alone = true};

	figure->y = (struct figure_axis){.label = "samples in %",
					 .scale = FIGURE_LINEAR,
					 .starts = true,
					 .ends = true,
					 .high = 101};
	for (size_t i = 0; i < list.count; i++) {
		size_t kinds, most = 0;
		struct known *known;

		kinds = know(list.at[i].group, o, &tally, &known);
		for (size_t k = 0; k < kinds; k++) {
			add_panel(figure, records, &list, &list.at[i], &known[k], &tally);
			most = known[k].count > most ? known[k].count : most;
		}
		tally.networks += most;
	}
	figure->caption = caption_of(&tally, &list);
}

const struct plot plot_boundary_distance = {
	.base = {"boundary_distance",
		 "share of samples up to a distance from the decision boundary, from both sides",
		 "", rows, sizeof(struct distance_options)},
	.fill = fill,
};
