/* A column of the results over two swept options: a panel per problem and method. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/levels.h"

#include <string.h>

struct heat_options {
	const char *x, *y;
	long value;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct heat_options, x), .doc = "path of the swept option along the columns"},
	{OPTION_FIELD(struct heat_options, y), .doc = "path of the swept option along the rows"},
	{OPTION_FIELD(struct heat_options, value), .initial = "test_accuracy",
	 .names = column_names, .doc = COLUMN_DOC},
	{.name = NULL},
};

/* What the colours of a panel are about, the two axes aside. */
static const char *key_of(const struct heat_options *o, const struct records *records,
			  const struct group *group)
{
	const struct cellfile_swept *swept = group->member[0]->swept;
	const char *key = "";

	if (!comparable_objective(column_names[o->value]))
		return key;
	for (size_t i = 0; i < group->member[0]->swept_count; i++) {
		bool axis = strcmp(swept[i].path, o->x) == 0 || strcmp(swept[i].path, o->y) == 0;

		if (!axis && comparable_changed_by(swept[i].path))
			key = arena_format(records->arena, "%s, %s=%s", key,
					   records_short(swept[i].path), swept[i].value);
	}
	return key;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct heat_options *o = options;
	const char *name = column_names[o->value];
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {name, &kinds};
	struct arena *arena = records->arena;
	struct levels x, y;

	if (!o->x || !o->y)
		return;
	x = levels_of(records, o->x, NULL);
	y = levels_of(records, o->y, NULL);
	figure->x = (struct figure_axis){
		.label = o->x, .name_count = x.count, .names = x.at, .room = 0.5};
	figure->y = (struct figure_axis){
		.label = o->y, .name_count = y.count, .names = y.at, .room = 0.5};
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const struct group *group = &records->groups[r->group];
		size_t col = levels_place(&x, r), row = levels_place(&y, r);
		struct figure_panel *panel;
		const char *title;

		if (!records_ok(r) || col == x.count || row == y.count)
			continue;
		title = arena_format(arena, "%s: %s%s", group->data, group->method,
				     key_of(o, records, group));
		panel = figure_panel(figure, title, "", title);
		if (!panel->first)
			figure_curve(figure, panel,
				     &(struct figure_curve){.title = title,
							    .columns = "column row median",
							    .layer = FIGURE_TILES});
		figure_row(panel->first,
			   (double[]){(double)col, (double)row, column_value(r, &column)});
		figure_cell(panel->first, (struct figure_cell){r->id, (double)col, (double)row});
	}
	for (struct figure_panel *panel = figure->first; panel; panel = panel->next)
		figure_pool(panel->first, 2);
	figure->bar_label = column_label(name, arena);
	figure->caption =
		arena_format(arena,
			     "Colour: median %s over repetitions and other swept options, "
			     "%zu cells in all",
			     figure->bar_label, records->count);
}

const struct plot plot_heat_map = {
	.base = {"heat_map", "a result column over two swept options", "", rows,
		 sizeof(struct heat_options)},
	.fill = fill,
};
