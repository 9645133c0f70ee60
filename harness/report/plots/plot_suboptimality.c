/* Does the training objective predict test accuracy? Of every network how far its objective is
 * above the best one known of the same problem, or above a bound of all networks, against its
 * accuracy, with the rank correlation of the two. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/series.h"
#include "harness/stats/sample.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

enum above { ABOVE_BEST, ABOVE_BOUND };
enum panels { PANELS_PROBLEM, PANELS_OBJECTIVE };

struct suboptimality_options { /* all zero = the defaults */
	long above, panels, y;
	double least;
	struct texts methods;
};

static const char *const above_names[] = {"best", "bound", NULL};
static const char *const panels_names_of[] = {"problem", "objective", NULL};
static const double usual_least = 1e-4;

static const struct option rows[] = {
	{OPTION_FIELD(struct suboptimality_options, above), .initial = "best", .names = above_names,
	 .doc = "what objectives are measured from: the best network of the same data, loss and "
		"beta, whoever trained it, or the largest lower bound over all networks"},
	{OPTION_FIELD(struct suboptimality_options, panels), .initial = "problem",
	 .names = panels_names_of,
	 .doc = "one per data set, loss and beta, or one per loss and beta with all data sets: y "
		"is less the mean over the networks of each problem then"},
	{OPTION_FIELD(struct suboptimality_options, y), .initial = "test_accuracy",
	 .names = column_names, .doc = COLUMN_DOC},
	{OPTION_FIELD(struct suboptimality_options, least), .initial = "null",
	 .range = RANGE_ABOVE(0),
	 .doc = "smaller distances, that of the best network 0, are drawn here; null: 1e-4"},
	{OPTION_FIELD(struct suboptimality_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default. The best network is of any"},
	{.name = NULL},
};

/* One draw of the data with what is minimised on it. */
struct problem {
	double best, sum; /* the lowest objective; of y */
	size_t count;     /* networks that are drawn */
	struct figure_panel *panel;
};

struct plane {
	const struct suboptimality_options *o;
	const struct records *records;
	struct figure *figure;
	struct column column;
	double least;
	size_t *place; /* by record: its problem */
	double *x, *y; /* by record; NaN: it is not drawn */
	struct problem *problem;
	size_t count;  /* of them */
	size_t beside; /* networks with y, but what they are measured from is not above 0 */
	size_t empty;  /* without a neuron: their outputs are one constant, at most */
};

static bool is_network(const struct record *r)
{
	return records_ok(r) && comparable_is_network(&r->result) &&
	       isfinite(r->result.objective_network);
}

/* The problems with their best networks. */
static void find_problems(struct plane *plane)
{
	const struct records *records = plane->records;
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *key = arena_format(
			arena, "%s\n%s\n%s", records->groups[r->group].problem,
			records_draw(&r->result, arena), comparable_network_key(r, arena));
		struct problem *p;

		if (!is_network(r))
			continue;
		plane->place[i] = index_place(&index, key, plane->count);
		p = &plane->problem[plane->place[i]];
		if (plane->place[i] == plane->count) {
			*p = (struct problem){.best = HUGE_VAL};
			plane->count++;
		}
		p->best = fmin(p->best, r->result.objective_network);
	}
}

static struct figure_panel *panel_of(const struct plane *plane, const struct record *r)
{
	struct arena *arena = plane->records->arena;
	const char *data = plane->o->panels == PANELS_OBJECTIVE ? "" : r->result.data, *apart;

	apart = comparable_difference_but(r, plane->records, *data ? data : NULL,
					  "objective_network", NULL, arena);
	return figure_panel(
		plane->figure,
		arena_format(arena, "%s\n%s", data, comparable_network_key(r, arena)), data,
		arena_format(arena, "%s%s%s", data, *data && *apart ? ": " : "", apart));
}

static void place_network(struct plane *plane, size_t i)
{
	const struct record *r = &plane->records->at[i];
	struct problem *p = &plane->problem[plane->place[i]];
	double from = plane->o->above == ABOVE_BOUND ? r->result.global_bound : p->best,
	       y = column_value(r, &plane->column);

	if (!isfinite(y) || !records_wanted(&plane->o->methods, r->result.method))
		return;
	plane->empty += r->result.neurons == 0;
	plane->beside += r->result.neurons != 0 && !(from > 0);
	if (r->result.neurons == 0 || !(from > 0))
		return;
	p->panel = p->panel ? p->panel : panel_of(plane, r);
	p->sum += y;
	p->count++;
	plane->x[i] = fmax(0, r->result.objective_network / from - 1);
	plane->y[i] = y;
}

static void draw_network(const struct plane *plane, size_t i)
{
	const struct records *records = plane->records;
	const struct record *r = &records->at[i];
	const struct problem *p = &plane->problem[plane->place[i]];
	size_t m = records_index(records->methods, records->method_count, r->result.method);
	const struct figure_curve like = {.title = r->result.method,
					  .label = r->result.method,
					  .columns = "above accuracy",
					  .entry = m,
					  .layer = FIGURE_DOTS,
					  .style = {m, m}};
	struct figure_curve *dots = figure_find(p->panel, like.title);
	double x = fmax(plane->x[i], plane->least), y = plane->y[i];

	if (plane->o->panels == PANELS_OBJECTIVE)
		y -= p->sum / (double)p->count;
	dots = dots ? dots : figure_curve(plane->figure, p->panel, &like);
	figure_row(dots, (double[]){x, y, 0, 0});
	figure_cell(dots, (struct figure_cell){r->id, x, y});
}

/* Of the networks of problem k; NaN: there are fewer than three, or all agree in x or in y. */
static double correlation_of(const struct plane *plane, size_t k)
{
	struct arena *arena = plane->records->arena;
	size_t count = 0, most = plane->problem[k].count;
	double *x = ARENA_ARRAY(arena, double, most + 1), *y = ARENA_ARRAY(arena, double, most + 1);

	for (size_t i = 0; i < plane->records->count; i++)
		if (!isnan(plane->x[i]) && plane->place[i] == k) {
			x[count] = plane->x[i];
			y[count++] = plane->y[i];
		}
	return count > 2 ? sample_rank_correlation(x, y, count, arena) : NAN;
}

/* The title of a panel says the mean over its problems. */
static void say_correlation(const struct plane *plane, struct figure_panel *panel)
{
	double sum = 0;
	size_t count = 0;

	for (size_t k = 0; k < plane->count; k++) {
		double rank = plane->problem[k].panel == panel ? correlation_of(plane, k) : NAN;

		if (isnan(rank))
			continue;
		sum += rank;
		count++;
	}
	if (count)
		panel->title =
			arena_format(plane->figure->arena, "%s%srank correlation %.2f",
				     panel->title, *panel->title ? ", " : "", sum / (double)count);
}

static const char *caption_of(const struct plane *plane)
{
	struct arena *arena = plane->records->arena;
	const char *text = arena_format(
		arena,
		"Each network: by how much its objective is above %s of the same data, loss and "
		"beta (smaller shares than %.3g there), against its %s%s; rank correlation: "
		"Spearman's, of the networks of one problem%s",
		plane->o->above == ABOVE_BOUND ? "the largest bound over all networks"
					       : "the lowest of any network",
		plane->least, column_label(plane->column.name, arena),
		plane->o->panels == PANELS_OBJECTIVE ? " less its mean over those of a problem"
						     : "",
		plane->o->panels == PANELS_OBJECTIVE ? ", mean over problems"
						     : ", mean where a panel has several");

	if (plane->beside)
		text = arena_format(
			arena, "%s; %zu networks without %s are left out", text, plane->beside,
			plane->o->above == ABOVE_BOUND ? "a bound above 0" : "a best one above 0");
	if (plane->empty)
		text = arena_format(arena, "%s; networks without a neuron, left out: %zu", text,
				    plane->empty);
	return text;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct suboptimality_options *o = options;
	struct arena *arena = records->arena;
	struct attack_kinds all = attacks_of(records, NULL), worst = attacks_worst(&all, arena);
	struct plane plane = {.o = o,
			      .records = records,
			      .figure = figure,
			      .column = {column_names[o->y], &worst},
			      .least = o->least > 0 ? o->least : usual_least,
			      .place = ARENA_ARRAY(arena, size_t, records->count + 1),
			      .x = ARENA_ARRAY(arena, double, records->count + 1),
			      .y = ARENA_ARRAY(arena, double, records->count + 1),
			      .problem = ARENA_ARRAY(arena, struct problem, records->count + 1)};
	const char *label = column_label(plane.column.name, arena);

	figure->x = (struct figure_axis){.label = o->above == ABOVE_BOUND
							  ? "objective above the bound, share"
							  : "objective above the best, share",
					 .scale = FIGURE_LOGARITHMIC,
					 .ratio = true,
					 .starts = true,
					 .low = plane.least / 1.5};
	if (o->panels == PANELS_OBJECTIVE)
		label = arena_format(arena, "%s less mean of problem", label);
	figure->y = (struct figure_axis){.label = label, .scale = FIGURE_LINEAR};
	find_problems(&plane);
	for (size_t i = 0; i < records->count; i++) {
		plane.x[i] = plane.y[i] = NAN;
		if (is_network(&records->at[i]))
			place_network(&plane, i);
	}
	for (size_t i = 0; i < records->count; i++)
		if (!isnan(plane.x[i]))
			draw_network(&plane, i);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		say_correlation(&plane, p);
	figure->caption = caption_of(&plane);
}

const struct plot plot_suboptimality = {
	.base = {"suboptimality",
		 "objectives above the best network or a bound of all, against test accuracy, with "
		 "rank correlations",
		 "", rows, sizeof(struct suboptimality_options)},
	.fill = fill,
};
