/* A column of the results against a swept option: a curve per method, a panel per data set. */
#include "harness/report/column.h"
#include "harness/report/figure.h"
#include "harness/report/report.h"
#include "harness/report/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLUMNS = 4,  /* x, median, low, high */
	READABLE = 10 /* with more curves than this the other swept options are pooled */
};

struct sweep_options {
	const char *x;
	long y;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct sweep_options, x),
	 .doc = "path of the swept option, as in summary.csv: rho, u_update.pcg.rank"},
	{OPTION_FIELD(struct sweep_options, y), .initial = "test_accuracy", .names = column_names,
	 .doc = COLUMN_DOC},
	{.name = NULL},
};

/* One group on a curve. */
struct point {
	const struct group *group;
	const char *data, *label;
	size_t data_place; /* of the data set and, in style, of the label: in order of appearance */
	struct figure_style style;
	double x;
};

struct sweep {
	const struct sweep_options *o;
	const struct records *records;
	struct column y;
	size_t count;
	struct point *at; /* by data set and label, then ascending in x */
	bool pooled;
	size_t value_count; /* names of x if some are no numbers: x is the index */
	const char **values;
};

/* The method and its swept values but x. */
static const char *label_of(const struct group *group, const char *x, struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = group->method;

	for (size_t i = 0; i < r->swept_count; i++) {
		const char *dot = strrchr(r->swept[i].path, '.');

		if (strcmp(r->swept[i].path, x) != 0)
			text = arena_format(arena, "%s, %s=%s", text,
					    dot ? dot + 1 : r->swept[i].path, r->swept[i].value);
	}
	return text;
}

/* Indices of names stand for values that are no numbers. */
static void set_places(struct sweep *sweep)
{
	bool numeric = true;
	char *end;

	for (size_t i = 0; i < sweep->count; i++) {
		const char *text = records_swept(sweep->at[i].group->member[0], sweep->o->x);

		sweep->at[i].x = strtod(text, &end);
		numeric = numeric && end != text && !*end;
	}
	if (numeric)
		return;
	sweep->values = ARENA_ARRAY(sweep->records->arena, const char *, sweep->count);
	for (size_t i = 0; i < sweep->count; i++) {
		const char *text = records_swept(sweep->at[i].group->member[0], sweep->o->x);
		size_t place = records_index(sweep->values, sweep->value_count, text);

		sweep->at[i].x = (double)place;
		sweep->values[place] = text;
		sweep->value_count += place == sweep->value_count;
	}
}

static int by_curve(const void *a, const void *b)
{
	const struct point *p = a, *q = b;
	if (p->data_place != q->data_place)
		return p->data_place < q->data_place ? -1 : 1;
	if (p->style.colour != q->style.colour)
		return p->style.colour < q->style.colour ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

static size_t set_labels(struct sweep *sweep, const char **labels)
{
	struct arena *arena = sweep->records->arena;
	size_t count = 0;

	for (size_t i = 0; i < sweep->count; i++) {
		struct point *p = &sweep->at[i];
		size_t place;

		p->label =
			sweep->pooled ? p->group->method : label_of(p->group, sweep->o->x, arena);
		place = records_index(labels, count, p->label);
		p->style = (struct figure_style){place, place};
		labels[place] = p->label;
		count += place == count;
	}
	return count;
}

/* All groups that sweep x and have a value. */
static void collect(struct sweep *sweep)
{
	const struct records *records = sweep->records;

	sweep->at = ARENA_ARRAY(records->arena, struct point, records->group_count);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		if (sweep->o->x && records_swept(group->member[0], sweep->o->x) &&
		    stat_group(group, column_value, &sweep->y, records->arena).count > 0)
			sweep->at[sweep->count++] = (struct point){
				.group = group,
				.data = group->data,
				.data_place = records_index(records->data, records->data_count,
							    group->data)};
	}
	set_places(sweep);
}

/* The points from `first` on that share data set, label and x: one row. Returns how many they are.
 */
static size_t put_row(struct figure *figure, const struct sweep *sweep, size_t first)
{
	const struct point *p = &sweep->at[first];
	struct arena *arena = sweep->records->arena;
	size_t points = 0, members = 0, count = 0;
	struct stat stat;
	double *values;

	while (first + points < sweep->count && by_curve(p, p + points) == 0)
		members += p[points++].group->count;
	values = ARENA_ARRAY(arena, double, members);
	for (size_t i = 0; i < points; i++)
		for (size_t j = 0; j < p[i].group->count; j++)
			if (records_ok(p[i].group->member[j]))
				values[count++] = column_value(p[i].group->member[j], &sweep->y);
	stat = stat_of(values, count);
	figure_row(figure, COLUMNS, (double[COLUMNS]){p->x, stat.median, stat.low, stat.high});
	return points;
}

static bool same_curve(const struct point *a, const struct point *b)
{
	return strcmp(a->data, b->data) == 0 && strcmp(a->label, b->label) == 0;
}

static void set_axes(struct figure *figure, const struct sweep *sweep, const char *data)
{
	double low = HUGE_VAL, high = -HUGE_VAL, lowest = HUGE_VAL, highest = -HUGE_VAL;

	for (size_t i = 0; i < sweep->count; i++) {
		struct stat stat;

		if (strcmp(sweep->at[i].data, data) != 0)
			continue;
		stat = stat_group(sweep->at[i].group, column_value, &sweep->y,
				  sweep->records->arena);
		low = fmin(low, sweep->at[i].x);
		high = fmax(high, sweep->at[i].x);
		lowest = fmin(lowest, stat.low);
		highest = fmax(highest, stat.high);
	}
	if (sweep->values) {
		fputs("set xtics (", figure->gp);
		for (size_t i = 0; i < sweep->value_count; i++) {
			fputs(i ? ", " : "", figure->gp);
			figure_text(figure, sweep->values[i]);
			fprintf(figure->gp, " %zu", i);
		}
		fputs(") noenhanced\n", figure->gp);
	} else if (figure_wants_log(low, high)) {
		figure_log(figure, 'x', low, high);
	}
	if (figure_wants_log(lowest, highest))
		figure_log(figure, 'y', lowest, highest);
}

static void draw_panel(struct figure *figure, const struct sweep *sweep, const char *data)
{
	struct arena *arena = sweep->records->arena;
	const char *y = sweep->y.name;
	const char *columns = arena_format(arena, "%s %s low high", sweep->o->x, y);

	figure_panel(figure, series_title(sweep->records, data), sweep->o->x,
		     column_label(y, arena));
	set_axes(figure, sweep, data);
	for (size_t i = 0; i < sweep->count;) {
		const struct point *p = &sweep->at[i];
		size_t block;

		if (strcmp(p->data, data) != 0) {
			i++;
			continue;
		}
		block = figure_block(figure, arena_format(arena, "%s: %s", data, p->label),
				     columns);
		while (i < sweep->count && same_curve(p, &sweep->at[i]))
			i += put_row(figure, sweep, i);
		figure_curve(figure, block, 1, true, p->style); /* a marker at every value */
	}
	figure_plot(figure);
}

static size_t panels_of(const struct sweep *sweep)
{
	size_t panels = 0;

	for (size_t i = 0; i < sweep->count; i++)
		panels += i == 0 || strcmp(sweep->at[i].data, sweep->at[i - 1].data) != 0;
	return panels;
}

static const char *caption_of(const struct sweep *sweep)
{
	size_t most = 0;

	for (size_t i = 0; i < sweep->count; i++)
		most = sweep->at[i].group->count > most ? sweep->at[i].group->count : most;
	return arena_format(sweep->records->arena,
			    "Median and 10\xe2\x80\x93"
			    "90 %% band over repetitions (up to %zu)%s",
			    most, sweep->pooled ? " and over the other swept options" : "");
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct sweep_options *o = options;
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct sweep sweep = {o, records, {column_names[o->y], &kinds}, 0, NULL, false, 0, NULL};
	const char **labels = ARENA_ARRAY(records->arena, const char *, records->group_count);
	struct figure_entry *entries;
	struct figure_plan plan = {0};
	struct figure figure;

	collect(&sweep);
	*written = sweep.count > 0;
	if (!*written)
		return STATUS_OK;
	plan.entry_count = set_labels(&sweep, labels);
	sweep.pooled = plan.entry_count > READABLE;
	if (sweep.pooled)
		plan.entry_count = set_labels(&sweep, labels);
	qsort(sweep.at, sweep.count, sizeof *sweep.at, by_curve);
	entries = ARENA_ARRAY(records->arena, struct figure_entry, plan.entry_count);
	for (size_t i = 0; i < plan.entry_count; i++)
		entries[i] = (struct figure_entry){labels[i], {i, i}, FIGURE_LINE};
	plan.entries = entries;
	plan.panels = panels_of(&sweep);
	plan.caption = caption_of(&sweep);
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < sweep.count; i++)
		if (i == 0 || strcmp(sweep.at[i].data, sweep.at[i - 1].data) != 0)
			draw_panel(&figure, &sweep, sweep.at[i].data);
	return figure_close(&figure, err);
}

const struct plot plot_sweep = {
	.base = {"sweep", "a result column against a swept option", "", rows,
		 sizeof(struct sweep_options)},
	.write = write_plot,
};
