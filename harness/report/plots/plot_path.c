/* The path of penalties that a method has gone (path.csv of its cells): what was certified at each
 * of them against the penalty, or against its share of the first one; for each data set a panel of
 * numbers of gates, of accuracies, and so on. Step i of all repetitions is one point, as their
 * penalties differ. */
#include "harness/report/figure/plot.h"
#include "harness/report/series/panels.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { X_BETA, X_SHARE };

struct path_options { /* all zero = the defaults */
	long x;
	struct texts columns, methods;
	long scale, settings;
};

static const char *const x_names[] = {"beta", "share", NULL};

/* Columns of path.csv; those of one axis are curves of one panel. */
static const char *const y_names[] = {"gates",      "train_accuracy",  "validation_accuracy",
				      "train_loss", "validation_loss", "objective",
				      "gap",        "screened",        "steps",
				      NULL};
enum { Y_COUNT = sizeof y_names / sizeof *y_names - 1 };
static const struct {
	const char *label, *axis;
} y_labels[Y_COUNT] = {{"gates in use", "gates"},
		       {"training", "accuracy"},
		       {"validation", "accuracy"},
		       {"training", "mean loss"},
		       {"validation", "mean loss"},
		       {"objective at the penalty", "objective at the penalty"},
		       {"certified gap (relative)", "certified gap (relative)"},
		       {"gates screened out", "gates"},
		       {"steps", "steps at the penalty"}};

/* What is drawn by default: of classes, of numbers. */
static const char *const of_classes[] = {"gates", "train_accuracy", "validation_accuracy"};
static const char *const of_numbers[] = {"gates", "train_loss", "validation_loss"};

static const struct option rows[] = {
	{OPTION_FIELD(struct path_options, x), .initial = "beta", .names = x_names,
	 .doc = "beta: the penalty; share: as a share of the first one, at which all weights are "
		"zero"},
	{OPTION_FIELD(struct path_options, columns), .initial = "null", .names = y_names,
	 .doc = "columns of path.csv; those of one kind are curves of one panel, by dashes; by "
		"default gates in use and accuracies, of regression losses"},
	{OPTION_FIELD(struct path_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{OPTION_FIELD(struct path_options, scale), .initial = "auto", .names = figure_scale_names,
	 .doc = "of the vertical axes; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct path_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
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

		values[i] = row < t->rows ? csv_value(t, row, c) : NAN;
		if (share)
			values[i] /= csv_value(t, 0, c);
	}
}

struct view {
	const struct path_options *o;
	const struct records *records;
	struct figure *figure;
	struct texts columns; /* drawn */
	size_t repeats;       /* most paths of a curve */
};

/* Column k of the columns drawn, of a series. */
static void add_curve(struct view *view, const struct series *s, const struct paths *paths,
		      size_t k)
{
	const char *y = view->columns.at[k], *data = s->group->data, *key;
	size_t index = records_index(y_names, Y_COUNT, y);
	struct arena *arena = view->records->arena;
	double *x = ARENA_ARRAY(arena, double, 2 * paths->count), *value = x + paths->count;
	struct figure_curve *curve = NULL;
	struct figure_panel *panel;
	const char *label = s->label;
	size_t same = 0, place = 0;

	for (size_t i = 0; i < view->columns.count; i++) {
		size_t other = records_index(y_names, Y_COUNT, view->columns.at[i]);
		bool alike = strcmp(y_labels[other].axis, y_labels[index].axis) == 0;

		same += alike;
		place += alike && i < k;
	}
	if (same > 1)
		label = arena_format(arena, "%s, %s", s->label, y_labels[index].label);
	view->figure->y.label = same > 1 ? y_labels[index].axis : y_labels[index].label;
	view->figure->y.share = strstr(y, "accuracy");
	for (size_t row = 0; row < paths->longest; row++) {
		struct spread at, of;

		values_at(paths, row, "beta", view->o->x == X_SHARE, x);
		values_at(paths, row, y, false, value);
		for (size_t i = 0; i < paths->count; i++)
			x[i] = isnan(value[i]) ? NAN : x[i];
		at = sample_spread(x, paths->count);
		if (at.count == 0)
			continue;
		if (!curve) {
			key = arena_format(arena, "%s\n%s", y_labels[index].axis, data);
			panel = figure_panel(view->figure, key, data,
					     series_title(view->records, data));
			panel->row = data;
			curve = figure_curve(
				view->figure, panel,
				&(struct figure_curve){
					.title = label,
					.label = label,
					.columns = arena_format(arena, "beta %s low high", y),
					.entry = view->columns.count * s->entry + k,
					.style = {s->colour, same > 1 ? place : s->entry},
					.marker = same > 1 ? s->entry + 1 : 0,
					.band = paths->count > 1});
		}
		for (size_t i = 0; i < paths->count && at.count > 1; i++)
			figure_point(curve, at.median, value[i]);
		of = sample_spread(value, paths->count);
		figure_spread(curve, at.median, of);
	}
	if (!curve)
		return;
	figure_order(curve, 1);
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
				return (struct texts){.count = 3, .at = (const char **)of_classes};
	return (struct texts){.count = 3, .at = (const char **)of_numbers};
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct path_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, 2, o->methods);
	struct paths *paths = ARENA_ARRAY(arena, struct paths, list.count);
	struct view view = {.o = o, .records = records, .figure = figure};

	for (size_t i = 0; i < list.count; i++)
		paths[i] = paths_of(list.at[i].group, arena);
	view.columns = columns_of(o, paths, list.count);
	figure->x = (struct figure_axis){
		.label = o->x == X_SHARE ? "beta as a share of the first one" : "beta",
		.scale = FIGURE_LOGARITHMIC};
	figure->y.scale = (enum figure_scale)o->scale;
	for (size_t d = 0; d < records->data_count; d++)
		for (size_t at = 0; at < view.columns.count * list.count; at++) {
			size_t k = at / list.count, i = at % list.count;

			if (strcmp(list.at[i].group->data, records->data[d]) == 0)
				add_curve(&view, &list.at[i], &paths[i], k);
		}
	figure->caption = "Each point: a penalty of the path, solved from the one before and "
			  "certified; to the right all weights are zero";
	if (view.repeats > 1)
		figure->caption =
			arena_format(arena, "%s; %s of %s, at each step of their paths",
				     figure->caption, figure_repeats(figure, view.repeats),
				     records_repeats(records, view.repeats));
	figure->caption = arena_format(arena, "%s%s", figure->caption, series_choice(&list, arena));
}

const struct plot plot_path = {
	.base = {"path", "what was certified at each penalty of a path: gates, accuracies", "",
		 rows, sizeof(struct path_options)},
	.fill = fill,
};
