/* Clean against robust accuracy of all settings of each method, and the front of those that no
 * other setting of the method beats in both; a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pareto_options { /* all zero = the defaults */
	double eps;
	struct texts methods;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct pareto_options, eps), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "radius of the attack; unset: the largest"},
	{OPTION_FIELD(struct pareto_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

struct point {
	double clean, robust;
};

static int by_clean(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	if (p->clean != q->clean)
		return p->clean < q->clean ? -1 : 1;
	return (p->robust > q->robust) - (p->robust < q->robust);
}

/* The corners of the front, clean ascending, and the pieces of its stairs. */
static void add_front(struct figure *figure, struct figure_panel *panel,
		      const struct figure_curve *like, struct point *points, size_t count)
{
	struct figure_curve *stairs = figure_curve(figure, panel, like);
	size_t kept = 0;

	qsort(points, count, sizeof *points, by_clean);
	for (size_t i = count; i-- > 0;) /* from the highest clean accuracy: robust must rise */
		if (!kept || points[i].robust > points[count - kept].robust)
			points[count - ++kept] = points[i];
	for (size_t i = count - kept; i + 1 < count; i++) {
		double corner[2] = {points[i].clean, points[i + 1].robust};

		figure_row(stairs, (double[]){points[i].clean, points[i].robust});
		figure_row(stairs, corner);
		figure_row(stairs, corner);
		figure_row(stairs, (double[]){points[i + 1].clean, points[i + 1].robust});
	}
}

static void add_method(struct figure *figure, const struct records *records, const char *data,
		       size_t m, const struct attack_kind *kind)
{
	const char *method = records->methods[m];
	struct point *points = ARENA_ARRAY(records->arena, struct point, records->group_count + 1);
	struct figure_curve *dots = NULL;
	struct figure_panel *panel;
	size_t count = 0;
	const struct figure_curve like = {.title = method,
					  .columns = "clean robust",
					  .label = method,
					  .entry = m,
					  .layer = FIGURE_DOTS,
					  .style = {m, m}};
	struct figure_curve stairs = like;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		struct point at = {stat_group(group, attacks_clean, kind, records->arena).median,
				   stat_group(group, attacks_robust, kind, records->arena).median};

		if (group->composed || strcmp(group->data, data) != 0 ||
		    strcmp(group->method, method) != 0 || isnan(at.clean) || isnan(at.robust))
			continue;
		panel = panels_data(figure, records, data);
		dots = dots ? dots : figure_curve(figure, panel, &like);
		figure_row(dots, (double[]){at.clean, at.robust, 0, 0});
		panels_cells(dots, group, at.clean, at.robust);
		points[count++] = at;
	}
	if (!count)
		return;
	stairs.label = NULL;
	stairs.title = arena_format(figure->arena, "%s, front", method);
	stairs.layer = FIGURE_PIECES;
	add_front(figure, panel, &stairs, points, count);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct pareto_options *o = options;
	struct attack_kinds all = attacks_of(records, NULL),
			    worst = attacks_worst(&all, records->arena);
	const char *norm;

	if (!worst.count)
		return;
	if (o->eps > 0)
		worst.at[0].eps = o->eps;
	norm = worst.at[0].norm;
	figure->x = (struct figure_axis){.label = "clean test accuracy", .scale = FIGURE_LINEAR};
	figure->y = (struct figure_axis){
		.label = arena_format(figure->arena, "robust accuracy, %s%s, eps = %.3g", norm,
				      rows_units_aside(worst.at[0].units), worst.at[0].eps),
		.scale = FIGURE_LINEAR};
	for (size_t d = 0; d < records->data_count; d++)
		for (size_t m = 0; m < records->method_count; m++)
			if (records_wanted(&o->methods, records->methods[m]))
				add_method(figure, records, records->data[d], m, &worst.at[0]);
	figure->caption = arena_format(
		records->arena,
		"A point per setting, its medians over repetitions; robust: the lowest accuracy "
		"over "
		"the attacks in %s; stairs: settings that no other one of the method beats in both",
		norm);
}

const struct plot plot_pareto = {
	.base = {"pareto", "clean against robust accuracy of all settings, and their front", "",
		 rows, sizeof(struct pareto_options)},
	.fill = fill,
};
