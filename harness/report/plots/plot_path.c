/* The path of penalties that a method has gone (path.csv of its cells): what was certified at each
 * of them against the penalty, or against its share of the first one; for each data set a panel of
 * numbers of neurons, of accuracies, and so on. Step i of all repetitions is one point, as their
 * penalties differ. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/panels.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { X_BETA, X_SHARE };

struct path_options { /* all zero = the defaults */
	long x;
	struct texts columns, methods;
	long scale;
};

static const char *const x_names[] = {"beta", "share", NULL};

/* Columns of path.csv; those of one axis are curves of one panel. */
static const char *const y_names[] = {"neurons",
				      "train_accuracy",
				      "validation_accuracy",
				      "test_accuracy",
				      "train_loss",
				      "validation_loss",
				      "test_loss",
				      "objective",
				      "objective_network",
				      "gap",
				      "screened",
				      "steps",
				      "seconds",
				      NULL};
enum { Y_COUNT = sizeof y_names / sizeof *y_names - 1 };
static const struct {
	const char *label, *axis;
} y_labels[Y_COUNT] = {{"neurons in use", "neurons"},
		       {"training", "accuracy"},
		       {"validation", "accuracy"},
		       {"test", "accuracy"},
		       {"training", "mean loss"},
		       {"validation", "mean loss"},
		       {"test", "mean loss"},
		       {"objective at the penalty", "objective at the penalty"},
		       {"objective of the network", "objective at the penalty"},
		       {"certified gap (relative)", "certified gap (relative)"},
		       {"gates screened out", "neurons"},
		       {"steps", "steps at the penalty"},
		       {"seconds", "setup and solve so far (s)"}};

/* What is drawn by default: of classes, of numbers. */
static const char *const of_classes[] = {"neurons", "train_accuracy", "validation_accuracy",
					 "test_accuracy"};
static const char *const of_numbers[] = {"neurons", "train_loss", "validation_loss", "test_loss"};
enum { OF = sizeof of_classes / sizeof *of_classes };

static const struct option rows[] = {
	{OPTION_FIELD(struct path_options, x), .initial = "beta", .names = x_names,
	 .doc = "beta: the penalty; share: as a share of the first one, at which all weights are "
		"zero"},
	{OPTION_FIELD(struct path_options, columns), .initial = "null", .names = y_names,
	 .doc = "columns of path.csv; those of one kind are curves of one panel, by dashes; by "
		"default neurons and accuracies, of regression losses"},
	{OPTION_FIELD(struct path_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{OPTION_FIELD(struct path_options, scale), .initial = "auto", .names = figure_scale_names,
	 .doc = "of the vertical axes; auto: logarithmic from one decade on, but of accuracies "
		"linear"},
	{.name = NULL},
};

/* The paths of the cells of a series that are ok. */
struct paths {
	size_t count, longest;
	struct csv_table *at;
};

static struct paths paths_of(const struct group *group, struct arena *arena)
{
	struct paths out = {.at = ARENA_ARRAY(arena, struct csv_table, group->count)};

	for (size_t i = 0; i < group->count; i++) {
		const struct record *r = group->member[i];
		struct csv_table *table = &out.at[out.count];
		struct err ignored = {0}; /* it has none */

		if (!records_ok(r) || csv_read(arena_format(arena, "%s/path.csv", r->folder), arena,
					       table, &ignored) != STATUS_OK)
			continue;
		if (table->rows < 2)
			continue;
		out.longest = table->rows > out.longest ? table->rows : out.longest;
		out.count++;
	}
	return out;
}

/* Values of step `row`, of all paths that have it. */
static void values_at(const struct paths *paths, size_t row, const char *column, bool share,
		      double *values)
{
	for (size_t i = 0; i < paths->count; i++) {
		const struct csv_table *t = &paths->at[i];
		int c = csv_column(t, column);

		values[i] = NAN;
		if (row >= t->rows)
			continue;
		if (!strstr(column, "accuracy") || csv_value(t, row, csv_column(t, "neurons")) > 0)
			values[i] = csv_value(t, row, c); /* f = 0 is no class */
		if (share)
			values[i] /= csv_value(t, 0, c);
	}
}

struct view {
	const struct path_options *o;
	const struct records *records;
	struct figure *figure;
	struct texts columns; /* drawn */
	bool dashes;          /* those of one panel are told apart by them */
	size_t repeats;       /* most paths of a curve */
};

/* Is column k of the axis of column i? */
static bool share_axis(const struct view *view, size_t k, size_t i)
{
	const char *const *at = view->columns.at;

	return strcmp(y_labels[records_index(y_names, Y_COUNT, at[k])].axis,
		      y_labels[records_index(y_names, Y_COUNT, at[i])].axis) == 0;
}

/* The panel of column k of a group: of one data set and kind, and of objectives and losses of what
 * can be compared but for beta. */
static struct figure_panel *panel_of(struct view *view, const struct group *group, size_t k,
				     bool alone)
{
	const struct records *records = view->records;
	const char *y = view->columns.at[k], *data = group->data, *key, *apart, *what;
	size_t index = records_index(y_names, Y_COUNT, y);
	struct figure_panel *panel;

	what = strstr(y, "loss") || strstr(y, "gap") ? "objective" : y;
	key = arena_format(records->arena, "%s\n%s\n%s", y_labels[index].axis, data,
			   comparable_key(group->member[0], what, "beta", records->arena));
	apart = comparable_difference(group->member[0], records, data, what, records->arena);
	view->figure->y.label = alone ? y_labels[index].label : y_labels[index].axis;
	view->figure->y.share = strstr(y, "accuracy");
	view->figure->y.scale = (enum figure_scale)view->o->scale;
	if (strcmp(y, "gap") == 0 && view->o->scale == FIGURE_AUTO)
		view->figure->y.scale = FIGURE_LOGARITHMIC;
	panel = figure_panel(view->figure, key, data,
			     comparable_objective(what) && *apart
				     ? arena_format(records->arena, "%s: %s", data, apart)
				     : series_title(records, data));
	panel->row = data;
	return panel;
}

/* The steps of the paths that have a value of the column. */
static void add_steps(const struct view *view, const struct paths *paths, const char *y,
		      struct figure_curve *curve)
{
	double *x = ARENA_ARRAY(view->records->arena, double, 2 * paths->count);
	double *value = x + paths->count;

	for (size_t row = 0; row < paths->longest; row++) {
		struct spread at;

		values_at(paths, row, "beta", view->o->x == X_SHARE, x);
		values_at(paths, row, y, false, value);
		for (size_t i = 0; i < paths->count; i++)
			x[i] = isnan(value[i]) ? NAN : x[i];
		at = sample_spread(x, paths->count);
		if (at.count == 0)
			continue;
		for (size_t i = 0; i < paths->count && at.count > 1; i++)
			figure_point(curve, at.median, value[i]);
		figure_spread(curve, at.median, sample_spread(value, paths->count));
	}
	figure_order(curve, 1);
}

/* Column k of the columns drawn, of a series. */
static void add_curve(struct view *view, const struct series *s, const struct paths *paths,
		      size_t k)
{
	const char *y = view->columns.at[k], *label = s->label;
	size_t index = records_index(y_names, Y_COUNT, y), same = 0, place = 0;
	struct arena *arena = view->records->arena;
	struct figure_curve *curve;

	if (paths->count == 0)
		return;
	for (size_t i = 0; i < view->columns.count; i++) {
		same += share_axis(view, k, i);
		place += i < k && share_axis(view, k, i);
	}
	if (same > 1)
		label = arena_format(arena, "%s, %s", s->label, y_labels[index].label);
	curve = figure_curve(
		view->figure, panel_of(view, s->group, k, same == 1),
		&(struct figure_curve){.title = label,
				       .label = label,
				       .columns = arena_format(arena, "beta %s low high", y),
				       .entry = view->columns.count * s->entry + k,
				       .style = {s->colour, view->dashes ? place : s->entry},
				       .marker = view->dashes ? s->entry + 1 : 0,
				       .band = paths->count > 1});
	add_steps(view, paths, y, curve);
	panels_cells(curve, s->group, NAN, NAN);
	view->repeats = paths->count > view->repeats ? paths->count : view->repeats;
}

/* Those that were asked for; else of classes or of numbers, by what the paths have. */
static struct texts columns_of(const struct path_options *o, const struct paths *paths,
			       size_t series)
{
	if (o->columns.count)
		return o->columns;
	for (size_t i = 0; i < series; i++)
		for (size_t j = 0; j < paths[i].count; j++)
			if (!isnan(csv_value(&paths[i].at[j], 0,
					     csv_column(&paths[i].at[j], of_classes[1]))))
				return (struct texts){.count = OF, .at = (const char **)of_classes};
	return (struct texts){.count = OF, .at = (const char **)of_numbers};
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct path_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list = series_of_methods(records, SERIES_ALL, 2, o->methods);
	struct paths *paths = ARENA_ARRAY(arena, struct paths, list.count);
	struct view view = {.o = o, .records = records, .figure = figure};
	const char *repeated = "Paths of one cell each; ";

	for (size_t i = 0; i < list.count; i++) {
		paths[i] = paths_of(list.at[i].group, arena);
		for (size_t k = 0; k < paths[i].count; k++)
			if (csv_column(&paths[i].at[k], "neurons") < 0)
				figure->lacks = "path.csv of cells has no column neurons: an "
						"earlier version wrote it, run them again";
	}
	view.columns = columns_of(o, paths, list.count);
	figure->x = (struct figure_axis){
		.label = o->x == X_SHARE ? "beta as a share of the first one" : "beta",
		.scale = FIGURE_LOGARITHMIC};
	for (size_t at = 0; at < view.columns.count * view.columns.count; at++) {
		size_t k = at / view.columns.count, i = at % view.columns.count;

		view.dashes = view.dashes || (i < k && share_axis(&view, k, i));
	}
	for (size_t d = 0; d < records->data_count; d++)
		for (size_t at = 0; at < view.columns.count * list.count; at++) {
			size_t k = at / list.count, i = at % list.count;

			if (strcmp(list.at[i].group->data, records->data[d]) == 0)
				add_curve(&view, &list.at[i], &paths[i], k);
		}
	if (view.repeats > 1)
		repeated = arena_format(arena, "%s of %s, step by step; ",
					figure_repeats(figure, view.repeats),
					records_repeats(records, view.repeats));
	figure->caption = arena_format(
		arena,
		"%seach step: a penalty, solved from the one before and certified; to the right "
		"all weights are zero, and there are no accuracies",
		repeated);
}

const struct plot plot_path = {
	.base = {"path", "what was certified at each penalty of a path: neurons, accuracies", "",
		 rows, sizeof(struct path_options)},
	.fill = fill,
};
