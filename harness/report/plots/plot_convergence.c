/* Convergence: columns of the traces against time or iterations; a panel per data set and, where
 * objectives or gaps are drawn, per loss, beta and threat (comparable.h). Several columns of one
 * kind are curves of one panel: the colour tells the method, the dashes tell the column. */
#include "harness/report/figure/plot.h"
#include "harness/report/plots/slope.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/curve.h"
#include "harness/report/series/panels.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { X_SECONDS, X_ITERATION };

struct convergence_options { /* all zero = the defaults */
	long x, y, scale, scale_x;
	bool slope;
	long settings;
	struct texts methods, columns;
};

static const char *const x_names[] = {"seconds", "iteration", NULL};
static const char *const y_names[] = {"suboptimality",
				      "objective_network",
				      "objective",
				      "gap",
				      "primal_residual",
				      "dual_residual",
				      "train_accuracy",
				      "test_accuracy",
				      "gap_zero",
				      "objective_iterate",
				      NULL};
enum { Y_SUBOPTIMALITY, Y_COUNT = sizeof y_names / sizeof *y_names - 1 };

/* Columns of one axis have one label for it. */
static const struct {
	const char *label, *axis;
} y_labels[Y_COUNT] = {
	{"objective less the best known", "objective less the best known"},
	{"network objective", "objective"},
	{"objective", "objective"},
	{"relative gap", "relative gap"},
	{"primal residual (relative)", "relative residual"},
	{"dual residual (relative)", "relative residual"},
	{"training accuracy", "accuracy"},
	{"test accuracy", "accuracy"},
	{"gap / objective of the zero network", "gap / objective of the zero network"},
	{"objective of the iterate's own program", "objective"}};

static const struct option rows[] = {
	{OPTION_FIELD(struct convergence_options, x), .initial = "seconds", .names = x_names,
	 .doc = "horizontal axis; seconds are those of setup and solve and, for a gap, of the "
		"certificates"},
	{OPTION_FIELD(struct convergence_options, y), .initial = "suboptimality", .names = y_names,
	 .doc = "column of trace.csv on the vertical axis; suboptimality: objective (of robust "
		"methods the worst case) less the best value that is known of it on the same data "
		"and repetition, or less the bound where all methods solve one program"},
	{OPTION_FIELD(struct convergence_options, columns), .initial = "null", .names = y_names,
	 .doc = "several of them in the place of y: those of one kind (objectives, residuals, "
		"accuracies) are curves of one panel, by dashes"},
	{OPTION_FIELD(struct convergence_options, scale), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on, but of accuracies "
		"linear"},
	{OPTION_FIELD(struct convergence_options, scale_x), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the horizontal axis; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct convergence_options, slope), .initial = "false", .doc = SLOPE_DOC},
	{OPTION_FIELD(struct convergence_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct convergence_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* What is drawn: the columns, and of all of them how the panels come about. */
struct view {
	const struct convergence_options *o;
	const struct records *records;
	struct figure *figure;
	const struct floors *floors;
	size_t count;
	size_t at[Y_COUNT]; /* by y_names, each once */
	size_t untimed;     /* cells whose trace does not say when it had its values */
	bool objective, apart, gap, suboptimality; /* is there one? apart: in panels of their own */
};

/* Of trace.csv. */
static const char *column_of(size_t y)
{
	return y == Y_SUBOPTIMALITY ? "objective" : y_names[y];
}

static bool is_gap(size_t y)
{
	return strncmp(y_names[y], "gap", strlen("gap")) == 0;
}

static struct view view_of(const struct convergence_options *o)
{
	struct view view = {.o = o, .count = 1, .at = {(size_t)o->y}};

	if (o->columns.count)
		view.count = 0;
	for (size_t i = 0; i < o->columns.count; i++) {
		size_t y = 0, k = 0;

		while (strcmp(y_names[y], o->columns.at[i]) != 0)
			y++;
		while (k < view.count && view.at[k] != y)
			k++;
		view.at[k] = y;
		view.count += k == view.count;
	}
	for (size_t k = 0; k < view.count; k++) {
		view.objective = view.objective || comparable_objective(column_of(view.at[k]));
		view.gap = view.gap || is_gap(view.at[k]);
		view.suboptimality = view.suboptimality || view.at[k] == Y_SUBOPTIMALITY;
	}
	return view;
}

/* Which of the columns of its axis column k is. */
static size_t place_of(const struct view *view, size_t k)
{
	size_t place = 0;

	for (size_t i = 0; i < k; i++)
		place += strcmp(y_labels[view->at[i]].axis, y_labels[view->at[k]].axis) == 0;
	return place;
}

/* Axes of the panels of column k: its own label where it is alone there. */
static void set_axes(struct view *view, size_t k)
{
	const struct convergence_options *o = view->o;
	struct figure *figure = view->figure;
	size_t y = view->at[k], same = 0;

	for (size_t i = 0; i < view->count; i++)
		same += strcmp(y_labels[view->at[i]].axis, y_labels[y].axis) == 0;
	figure->x.label = o->x == X_SECONDS ? curve_time_label(column_of(y)) : "iteration";
	figure->x.scale = (enum figure_scale)o->scale_x;
	figure->y.label = same > 1 ? y_labels[y].axis : y_labels[y].label;
	figure->y.scale = (enum figure_scale)o->scale;
	figure->y.share = strstr(y_names[y], "accuracy");
	if (y == Y_SUBOPTIMALITY && figure->y.scale == FIGURE_AUTO)
		figure->y.scale = FIGURE_LOGARITHMIC; /* the best one ends at 0 */
}

/* Column k of a group, in the panel of what can be compared with it: of one data set and kind and,
 * of an objective, of one key. */
static void add_curve(struct view *view, const struct series *s, const struct group *group,
		      size_t k)
{
	const struct records *records = view->records;
	struct arena *arena = records->arena;
	const char *x = x_names[view->o->x], *y = column_of(view->at[k]), *key, *apart = "", *title;
	const struct floors *floors = view->at[k] == Y_SUBOPTIMALITY ? view->floors : NULL;
	struct curve curve = curve_of(group, x, y, floors, arena);
	bool several = view->count > 1;
	const char *label =
		several ? arena_format(arena, "%s, %s", s->label, y_labels[view->at[k]].label)
			: s->label;
	const struct figure_curve like = {
		.title = label,
		.columns = arena_format(arena, "%s %s low high", x, y),
		.label = label,
		.entry = view->count * s->entry + k,
		.style = {s->colour, several ? place_of(view, k) : s->entry},
		.marker = several ? s->entry + 1 : 0,
		.band = curve.band,
		.of = group};
	struct figure_curve *drawn;

	if (curve.count == 0)
		return;
	key = arena_format(arena, "%s\n%s\n%s", y_labels[view->at[k]].axis, group->data,
			   comparable_key(group->member[0], y, NULL, arena));
	if (comparable_objective(y))
		apart = comparable_difference(group->member[0], records, group->data, y, arena);
	view->apart = view->apart || *apart;
	title = *apart ? arena_format(arena, "%s: %s", group->data, apart)
		       : series_title(records, group->data);
	drawn = figure_curve(view->figure, figure_panel(view->figure, key, group->data, title),
			     &like);
	for (size_t i = 0; i < curve.count; i++) {
		const double *row = curve.at + CURVE_COLUMNS * i;

		figure_row(drawn, row);
		for (size_t r = 0; r < curve.runs; r++)
			figure_point(drawn, row[0], curve.value[curve.runs * i + r]);
	}
	panels_cells(drawn, group, NAN, NAN);
}

/* Column k of a series: a curve for each objective that its cells have. */
static void add_series(struct view *view, const struct series *s, size_t k)
{
	const char *y = column_of(view->at[k]);
	size_t count;
	struct group *parts = comparable_split(s->group, y, NULL, view->records->arena, &count);

	for (size_t p = 0; p < count; p++)
		add_curve(view, s, &parts[p], k);
	for (size_t p = 0; p < count && view->o->x == X_SECONDS; p++)
		for (size_t i = 0; i < parts[p].count; i++)
			view->untimed += curve_untimed(parts[p].member[i], y);
}

static const char *caption_of(const struct view *view, const char *text, struct arena *arena)
{
	bool seconds = view->o->x == X_SECONDS;

	if (view->apart)
		text = arena_format(arena, "%s; a panel for each loss, beta and threat", text);
	if (view->suboptimality)
		text = arena_format(
			arena,
			"%s; best known: the least objective of any method with the same "
			"loss, beta and threat on the same data and repetition, or the "
			"bound where all solve one program",
			text);
	if (view->gap)
		text = arena_format(arena, "%s; each gap is of the method's own program", text);
	if (seconds)
		text = arena_format(arena, "%s; %s", text, view->figure->x.label);
	if (view->untimed)
		text = arena_format(arena,
				    "%s; left out: %zu cells whose trace has no time of the "
				    "certificates",
				    text, view->untimed);
	if (view->o->slope)
		text = arena_format(
			arena,
			"%s; thin lines: slope of the linear phase, in the legend%s "
			"(?: none found)%s",
			text,
			view->figure->first != view->figure->last ? " for the panels in turn" : "",
			seconds ? "; a curve begins when its setup is done" : "");
	return text;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct convergence_options *o = options;
	struct view view = view_of(o);
	struct floors floors = floors_of(records);
	struct series_list list = series_of_methods(records, (enum series_settings)o->settings,
						    view.count, o->methods);

	view.records = records;
	view.figure = figure;
	view.floors = &floors;
	for (size_t k = 0; k < view.count; k++) {
		set_axes(&view, k);
		for (size_t i = 0; i < list.count; i++)
			add_series(&view, &list.at[i], k);
	}
	figure->caption = caption_of(&view, series_caption(&list, figure), records->arena);
	if (o->slope)
		slope_add(figure, o->x == X_SECONDS);
}

const struct plot plot_convergence = {
	.base = {"convergence", "trace against time or iterations, a panel per data set", "", rows,
		 sizeof(struct convergence_options)},
	.fill = fill,
};
