/* Parallel coordinates of a sweep: a line for each setting of a method through its swept options
 * and what came of it; a panel per data set and method. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parallel_options { /* all zero = the defaults */
	long y;
	double best;
	struct texts methods;
};

static const double usual_best = 0.1;

static const struct option rows[] = {
	{OPTION_FIELD(struct parallel_options, y), .initial = "test_accuracy",
	 .names = column_names, .doc = COLUMN_DOC},
	{OPTION_FIELD(struct parallel_options, best), .initial = "null",
	 .range = RANGE_BETWEEN(0, 1),
	 .doc = "share of the settings that is drawn as the best; unset: 0.1"},
	{OPTION_FIELD(struct parallel_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* An axis: its values are mapped to [0, 1]. */
struct coordinate {
	const char *name;
	const struct levels *levels; /* NULL: the result */
	double low, high;
	bool log;
};

struct settings {
	size_t count;
	const struct group **at;
	double *result; /* medians over repetitions */
};

static double value_at(const struct coordinate *c, const struct settings *s, size_t i)
{
	return c->levels ? levels_value(c->levels, s->at[i]->member[0]) : s->result[i];
}

/* The ends of an axis, and the text below it: "rho, 0.01 to 10". */
static void measure(struct coordinate *c, const struct settings *s, struct arena *arena)
{
	const struct levels *levels = c->levels;
	double *values = ARENA_ARRAY(arena, double, s->count);
	size_t count;

	for (size_t i = 0; i < s->count; i++)
		values[i] = value_at(c, s, i);
	count = sample_distinct(values, s->count);
	c->low = values[0];
	c->high = values[count - 1];
	c->log = levels && levels->numeric && c->low > 0 && c->high >= 10 * c->low;
	if (levels && !levels->numeric)
		c->name = arena_format(arena, "%s: %s to %s", c->name, levels->at[(size_t)c->low],
				       levels->at[(size_t)c->high]);
	else
		c->name = arena_format(arena, "%s: %.3g to %.3g", c->name, c->low, c->high);
}

/* The settings of a method on a problem's data set whose result is known. */
static struct settings settings_of(const struct records *records, const char *data,
				   const char *method, const struct column *column)
{
	struct settings s = {0};

	s.at = ARENA_ARRAY(records->arena, const struct group *, records->group_count + 1);
	s.result = ARENA_ARRAY(records->arena, double, records->group_count + 1);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		double result = stat_group(group, column_value, column, records->arena).median;

		if (group->composed || isnan(result) || strcmp(group->data, data) != 0 ||
		    strcmp(group->method, method) != 0)
			continue;
		s.at[s.count] = group;
		s.result[s.count++] = result;
	}
	return s;
}

/* From axis to axis, two rows a piece. */
static void add_line(struct figure_curve *lines, const struct coordinate *axes, size_t count,
		     const struct settings *s, size_t i)
{
	for (size_t k = 0; k < 2 * (count - 1); k++) {
		const struct coordinate *c = &axes[(k + 1) / 2];
		double value = value_at(c, s, i), place = 0.5; /* if all values are equal */

		if (c->high > c->low)
			place = c->log ? log(value / c->low) / log(c->high / c->low)
				       : (value - c->low) / (c->high - c->low);
		figure_row(lines, (double[]){(double)((k + 1) / 2), place});
	}
}

static void add_panel(struct figure *figure, const struct settings *s, struct coordinate *axes,
		      size_t count, const struct parallel_options *o)
{
	const char *data = s->at[0]->data, *method = s->at[0]->method;
	const char *title = arena_format(figure->arena, "%s: %s", data, method);
	const char **names = ARENA_ARRAY(figure->arena, const char *, count);
	struct figure_panel *panel = figure_panel(figure, title, title, title);
	bool lower = !rows_higher_is_better(column_names[o->y]);
	double best = ceil((o->best > 0 ? o->best : usual_best) * (double)s->count);

	for (size_t k = 0; k < count; k++)
		names[k] = axes[k].name;
	panel->x.names = names;
	panel->x.name_count = count;
	for (int top = 0; top < 2; top++) { /* the best are drawn last */
		struct figure_curve *lines = figure_curve(
			figure, panel,
			&(struct figure_curve){.title = top ? "best" : "others",
					       .columns = "axis place, segments",
					       .label = top ? "best settings" : "other settings",
					       .entry = !top,
					       .layer = FIGURE_PIECES,
					       .style = {top ? 0 : 7, 0}});

		for (size_t i = 0; i < s->count; i++) {
			double better = 0; /* settings than this one */

			for (size_t k = 0; k < s->count; k++)
				better += lower ? s->result[k] < s->result[i]
						: s->result[k] > s->result[i];
			if ((better < best) == top)
				add_line(lines, axes, count, s, i);
		}
	}
}

/* The panel of a method on a data set, if it has settings to tell apart. */
static void add_method(struct figure *figure, const struct records *records,
		       const struct parallel_options *o, const struct column *column,
		       const struct settings *s)
{
	const char *method = s->at[0]->method;
	struct coordinate *axes =
		ARENA_ARRAY(figure->arena, struct coordinate, records->path_count + 1);
	size_t count = 0;

	for (size_t p = 0; p < records->path_count; p++) {
		struct levels *levels = ARENA_NEW(figure->arena, struct levels);

		if (!records_swept(s->at[0]->member[0], records->paths[p]))
			continue;
		*levels = levels_of(records, records->paths[p], &(struct texts){1, &method});
		axes[count++] = (struct coordinate){.name = records_short(records->paths[p]),
						    .levels = levels};
	}
	if (count == 0)
		return;
	axes[count++].name = column_label(column->name, figure->arena);
	for (size_t k = 0; k < count; k++)
		measure(&axes[k], s, figure->arena);
	add_panel(figure, s, axes, count, o);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct parallel_options *o = options;
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {column_names[o->y], &kinds};
	struct arena *arena = records->arena;

	figure->y = (struct figure_axis){
		.label = "place on each axis", .starts = true, .ends = true, .high = 1};
	for (size_t m = 0; m < records->method_count; m++)
		for (size_t d = 0; d < records->data_count; d++) {
			struct settings s = settings_of(records, records->data[d],
							records->methods[m], &column);

			if (s.count > 1 && records_wanted(&o->methods, records->methods[m]))
				add_method(figure, records, o, &column, &s);
		}
	figure->caption = arena_format(arena,
				       "A line per setting; each axis runs from its lowest value "
				       "below to its highest above, "
				       "on a logarithmic scale where numbers span a decade; best: "
				       "the %.3g %% of the settings "
				       "with the %s median %s over repetitions",
				       100 * (o->best > 0 ? o->best : usual_best),
				       rows_higher_is_better(column.name) ? "highest" : "lowest",
				       column_label(column.name, arena));
}

const struct plot plot_parallel = {
	.base = {"parallel", "parallel coordinates of swept options and a result", "", rows,
		 sizeof(struct parallel_options)},
	.fill = fill,
};
