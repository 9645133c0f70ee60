/* Confusion matrices: how the samples of each class were decided, a panel per method and problem.
 * Classes stand in the order of the data, the first one on top and on the left. */
#include "harness/report/figure/plot.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

struct confusion_options {
	long part, settings;
	struct texts methods;
};

static const char *const parts[] = {"test", "validation", "train", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct confusion_options, part), .initial = "test", .names = parts,
	 .doc = "samples that are counted"},
	{OPTION_FIELD(struct confusion_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct confusion_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* Counts of a group: k classes, and none at k. */
struct matrix {
	size_t k;
	const char **class; /* k + 1 */
	double *count;      /* (k + 1) x (k + 1), by class and decision */
	size_t cells;       /* that are in it */
};

static bool wanted(const struct confusion_row *row, const char *part)
{
	return strcmp(row->part, part) == 0;
}

/* Every class has a row in which it is decided right. */
static void find_classes(const struct group *group, const char *part, struct matrix *m)
{
	for (size_t i = 0; i < group->count; i++)
		for (size_t r = 0; r < group->member[i]->decision_count; r++) {
			const struct confusion_row *row = &group->member[i]->decision[r];

			if (wanted(row, part) && strcmp(row->class, row->decided) == 0 &&
			    records_index(m->class, m->k, row->class) == m->k)
				m->class[m->k++] = row->class;
		}
}

static struct matrix matrix_of(const struct group *group, const char *part, struct arena *arena)
{
	struct matrix m = {0};
	size_t room = 1;

	for (size_t i = 0; i < group->count; i++)
		room += group->member[i]->decision_count;
	m.class = ARENA_ARRAY(arena, const char *, room);
	find_classes(group, part, &m);
	m.count = ARENA_ARRAY(arena, double, (m.k + 1) * (m.k + 1));
	for (size_t i = 0; i < group->count; i++) {
		const struct record *record = group->member[i];
		bool any = false;

		for (size_t r = 0; r < record->decision_count && records_ok(record); r++) {
			const struct confusion_row *row = &record->decision[r];
			size_t class, decided;

			if (!wanted(row, part))
				continue;
			class = records_index(m.class, m.k, row->class);
			decided = records_index(m.class, m.k, row->decided);
			m.count[class * (m.k + 1) + decided] += row->count;
			any = true;
		}
		m.cells += any;
	}
	return m;
}

/* Names of the classes along both axes; a column for samples that are of none where there are any.
 */
static void name_axes(struct figure_panel *panel, const struct matrix *m, bool none,
		      struct arena *arena)
{
	const char **down = ARENA_ARRAY(arena, const char *, m->k);

	for (size_t c = 0; c < m->k; c++)
		down[c] = m->class[m->k - 1 - c];
	m->class[m->k] = "(none)";
	panel->x.names = m->class;
	panel->x.name_count = m->k + none;
	panel->y.names = down;
	panel->y.name_count = m->k;
	panel->x.room = panel->y.room = 0.5;
}

static void add_panel(struct figure *figure, const struct series *series, const struct matrix *m)
{
	struct arena *arena = figure->arena;
	const struct group *group = series->group;
	const char *title = arena_format(arena, "%s: %s", group->data, series->label);
	struct figure_panel *panel = figure_panel(figure, title, "", title);
	struct figure_curve *tiles =
		figure_curve(figure, panel,
			     &(struct figure_curve){.title = title,
						    .columns = "decided class share count",
						    .layer = FIGURE_COUNTS});
	bool none = false;

	for (size_t c = 0; c < m->k; c++) {
		const double *count = m->count + c * (m->k + 1);
		double samples = 0;

		for (size_t j = 0; j <= m->k; j++)
			samples += count[j];
		none = none || count[m->k] > 0;
		for (size_t j = 0; j <= m->k; j++)
			if (j < m->k || count[j] > 0)
				figure_row(tiles,
					   (double[]){(double)j, (double)(m->k - 1 - c),
						      samples > 0 ? 100 * count[j] / samples : 0,
						      count[j]});
	}
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]))
			figure_cell(tiles, (struct figure_cell){group->member[i]->id, NAN, NAN});
	name_axes(panel, m, none, arena);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct confusion_options *o = options;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, 1, o->methods);
	struct arena *arena = records->arena;
	size_t cells = 0;

	figure->x = (struct figure_axis){.label = "decided", .scale = FIGURE_LINEAR};
	figure->y = (struct figure_axis){.label = "class", .scale = FIGURE_LINEAR};
	figure->bar_label = "share of the samples of the class in %";
	figure->bar_end = 100;
	for (size_t i = 0; i < list.count; i++) {
		struct matrix m = matrix_of(list.at[i].group, parts[o->part], arena);

		if (m.cells == 0)
			continue;
		cells = m.cells > cells ? m.cells : cells;
		add_panel(figure, &list.at[i], &m);
	}
	figure->caption = arena_format(
		arena,
		"Samples of the %s part by their class (row) and the class that was decided "
		"(column)%s%s%s; colour: their share of the class, on the diagonal "
		"its recall; in the tiles, where there is room, how many, and below it the share%s",
		parts[o->part], cells > 1 ? ", together over " : "",
		cells > 1 && list.uneven ? "up to " : "",
		cells > 1 ? records_repeats(records, cells) : "", series_choice(&list, arena));
}

const struct plot plot_confusion = {
	.base = {"confusion", "decisions by class: counts and shares of each class", "", rows,
		 sizeof(struct confusion_options)},
	.fill = fill,
};
