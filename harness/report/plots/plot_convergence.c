/* Convergence: a column of the traces against time or iterations; a panel per data set and, where
 * objectives or gaps are drawn, per loss, beta and threat (comparable.h). */
#include "harness/report/figure/plot.h"
#include "harness/report/plots/panels.h"
#include "harness/report/plots/slope.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/curve.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { X_SECONDS, X_ITERATION };
enum { Y_SUBOPTIMALITY };

struct convergence_options { /* all zero = the defaults */
	long x, y, scale, scale_x;
	bool slope;
	long settings;
	struct texts methods;
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
static const char *const y_labels[] = {"objective less the best known",
				       "network objective",
				       "objective",
				       "relative gap",
				       "primal residual (relative)",
				       "dual residual (relative)",
				       "training accuracy",
				       "test accuracy",
				       "gap / objective of the zero network",
				       "objective of the iterate's own program"};

static const struct option rows[] = {
	{OPTION_FIELD(struct convergence_options, x), .initial = "seconds", .names = x_names,
	 .doc = "horizontal axis; seconds are those of setup and solve and, for a gap, of the "
		"certificates"},
	{OPTION_FIELD(struct convergence_options, y), .initial = "suboptimality", .names = y_names,
	 .doc = "column of trace.csv on the vertical axis; suboptimality: objective (of robust "
		"methods the worst case) less the best value that is known of it on the same data "
		"and repetition, or less the bound where all methods solve one program"},
	{OPTION_FIELD(struct convergence_options, scale), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on"},
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

/* Of trace.csv. */
static const char *column_of(const struct convergence_options *o)
{
	return o->y == Y_SUBOPTIMALITY ? "objective" : y_names[o->y];
}

/* The curve of a group, in the panel of what can be compared with it: of one data set and, of an
 * objective, of one key. */
static void add_curve(struct figure *figure, const struct records *records,
		      const struct convergence_options *o, const struct floors *floors,
		      const struct series *s, const struct group *group)
{
	struct arena *arena = records->arena;
	const char *x = x_names[o->x], *y = column_of(o), *key, *apart = "", *title;
	struct curve curve = curve_of(group, x, y, floors, arena);
	const struct figure_curve like = {.title = s->label,
					  .columns = arena_format(arena, "%s %s low high", x, y),
					  .label = s->label,
					  .entry = s->entry,
					  .style = {s->colour, s->entry},
					  .band = curve.band,
					  .of = group};
	struct figure_curve *drawn;

	if (curve.count == 0)
		return;
	key = arena_format(arena, "%s\n%s", group->data,
			   comparable_key(group->member[0], y, NULL, arena));
	if (comparable_objective(y))
		apart = comparable_difference(group->member[0], records, group->data, y, arena);
	title = *apart ? arena_format(arena, "%s: %s", group->data, apart)
		       : series_title(records, group->data);
	drawn = figure_curve(figure, figure_panel(figure, key, group->data, title), &like);
	for (size_t i = 0; i < curve.count; i++)
		figure_row(drawn, curve.at + CURVE_COLUMNS * i);
	panels_cells(drawn, group, NAN, NAN);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct convergence_options *o = options;
	const char *y = column_of(o), *text;
	struct arena *arena = records->arena;
	struct floors known = floors_of(records), *floors = o->y == Y_SUBOPTIMALITY ? &known : NULL;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, o->methods);
	size_t panels = 0, untimed = 0; /* cells whose trace does not say when it had its values */
	bool seconds = o->x == X_SECONDS;

	figure->x.label = seconds ? curve_time_label(y) : "iteration";
	figure->x.scale = (enum figure_scale)o->scale_x;
	figure->y.label = y_labels[o->y];
	figure->y.scale = (enum figure_scale)o->scale;
	figure->y.share = strstr(y, "accuracy");
	if (floors && figure->y.scale == FIGURE_AUTO)
		figure->y.scale = FIGURE_LOGARITHMIC; /* the best one ends at 0 */
	for (size_t i = 0; i < list.count; i++) {
		const struct group *group = list.at[i].group;
		size_t count;
		struct group *parts = comparable_split(group, y, NULL, arena, &count);

		for (size_t k = 0; k < count; k++)
			add_curve(figure, records, o, floors, &list.at[i], &parts[k]);
		for (size_t k = 0; k < count && seconds; k++)
			for (size_t j = 0; j < parts[k].count; j++)
				untimed += curve_untimed(parts[k].member[j], y);
	}
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		panels++;
	text = series_caption(&list, arena);
	if (comparable_objective(y) && panels > records->data_count)
		text = arena_format(arena, "%s; a panel for each loss, beta and threat", text);
	if (floors)
		text = arena_format(
			arena,
			"%s; best known: the least objective of any method with the same "
			"loss, beta and threat on the same data and repetition, or the "
			"bound where all solve one program",
			text);
	if (strncmp(y, "gap", strlen("gap")) == 0)
		text = arena_format(arena, "%s; each gap is of the method's own program", text);
	if (seconds)
		text = arena_format(arena, "%s; %s", text, curve_time_label(y));
	if (untimed)
		text = arena_format(arena,
				    "%s; left out: %zu cells whose trace has no time of the "
				    "certificates",
				    text, untimed);
	if (o->slope)
		text = arena_format(arena,
				    "%s; thin lines: slope of the linear phase, in the legend%s "
				    "(?: none found)%s",
				    text, panels > 1 ? " for the panels in turn" : "",
				    seconds ? "; a curve begins when its setup is done" : "");
	figure->caption = text;
	if (o->slope)
		slope_add(figure, seconds);
}

const struct plot plot_convergence = {
	.base = {"convergence", "trace against time or iterations, a panel per data set", "", rows,
		 sizeof(struct convergence_options)},
	.fill = fill,
};
