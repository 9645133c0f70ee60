/* A column of the results over two swept options: a panel per problem and method. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR_ROOM 54.0 /* pixels below the panels for the colour bar */
#define BAR_LEFT 80.0
#define BAR_WIDTH 260.0
#define BAR_HEIGHT 10.0
#define CELL_TEXT 34.0 /* pixels of a cell that shows its number */

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

/* The values of one option, ascending if all are numbers. */
struct axis_values {
	size_t count;
	const char **at;
};

/* One square: the groups with these two values, other swept options pooled. */
struct square {
	const struct group *group; /* the first of them */
	const char *key;           /* key_of */
	size_t x, y;
	double median;
};

struct heat {
	const struct heat_options *o;
	const struct records *records;
	struct column value;
	struct axis_values x, y;
	size_t count;
	struct square *at; /* by problem and method */
	double *scratch;   /* room for a value of each record */
	double low, high;  /* of all medians: the panels share their colours */
};

static bool is_number(const char *text)
{
	char *end;

	strtod(text, &end);
	return end != text && !*end;
}

static int by_number(const void *a, const void *b)
{
	double x = strtod(*(const char *const *)a, NULL), y = strtod(*(const char *const *)b, NULL);

	return (x > y) - (x < y);
}

static struct axis_values values_of(const struct records *records, const char *path)
{
	struct axis_values out = {
		.at = ARENA_ARRAY(records->arena, const char *, records->group_count)};
	bool numeric = true;

	for (size_t g = 0; g < records->group_count; g++) {
		const char *text = records_swept(records->groups[g].member[0], path);

		if (!text || records_index(out.at, out.count, text) < out.count)
			continue;
		out.at[out.count++] = text;
		numeric = numeric && is_number(text);
	}
	if (numeric && out.count)
		qsort(out.at, out.count, sizeof *out.at, by_number);
	return out;
}

/* What the colours of a panel are about, the two axes aside. */
static const char *key_of(const struct heat *heat, const struct group *group)
{
	const struct cellfile_swept *swept = group->member[0]->swept;
	const char *column = heat->value.name, *key = "";

	if (!comparable_objective(column))
		return key;
	for (size_t i = 0; i < group->member[0]->swept_count; i++) {
		bool axis = strcmp(swept[i].path, heat->o->x) == 0 ||
			    strcmp(swept[i].path, heat->o->y) == 0;

		if (!axis && comparable_changed_by(swept[i].path))
			key = arena_format(heat->records->arena, "%s, %s=%s", key,
					   records_short(swept[i].path), swept[i].value);
	}
	return key;
}

static bool same_panel(const struct heat *heat, const struct group *a, const struct group *b)
{
	return strcmp(a->data, b->data) == 0 && strcmp(a->method, b->method) == 0 &&
	       strcmp(key_of(heat, a), key_of(heat, b)) == 0;
}

/* The median over all groups of the panel with the two values of this one. */
static double median_at(const struct heat *heat, const struct group *like)
{
	const struct records *records = heat->records;
	const char *x = records_swept(like->member[0], heat->o->x);
	const char *y = records_swept(like->member[0], heat->o->y);
	double *values = heat->scratch;
	size_t count = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *rx = records_swept(r, heat->o->x), *ry = records_swept(r, heat->o->y);

		if (records_ok(r) && rx && ry && strcmp(rx, x) == 0 && strcmp(ry, y) == 0 &&
		    same_panel(heat, &records->groups[r->group], like))
			values[count++] = column_value(r, &heat->value);
	}
	return sample_spread(values, count).median;
}

static bool has_square(const struct heat *heat, const struct square *square)
{
	for (size_t i = 0; i < heat->count; i++)
		if (heat->at[i].x == square->x && heat->at[i].y == square->y &&
		    same_panel(heat, heat->at[i].group, square->group))
			return true;
	return false;
}

static int by_panel(const void *a, const void *b)
{
	const struct square *p = a, *q = b;
	int data = strcmp(p->group->data, q->group->data);
	int method = strcmp(p->group->method, q->group->method);

	return data ? data : method ? method : strcmp(p->key, q->key);
}

static void collect(struct heat *heat)
{
	const struct records *records = heat->records;

	heat->x = values_of(records, heat->o->x);
	heat->y = values_of(records, heat->o->y);
	heat->at = ARENA_ARRAY(records->arena, struct square, records->group_count);
	heat->scratch = ARENA_ARRAY(records->arena, double, records->count);
	heat->low = HUGE_VAL;
	heat->high = -HUGE_VAL;
	for (size_t g = 0; g < records->group_count; g++) {
		struct square *square = &heat->at[heat->count];
		const struct group *group = &records->groups[g];
		const char *x = records_swept(group->member[0], heat->o->x);
		const char *y = records_swept(group->member[0], heat->o->y);

		if (!x || !y || group->composed)
			continue;
		*square = (struct square){group, key_of(heat, group),
					  records_index(heat->x.at, heat->x.count, x),
					  records_index(heat->y.at, heat->y.count, y), 0};
		if (has_square(heat, square))
			continue;
		square->median = median_at(heat, group);
		if (!isfinite(square->median))
			continue;
		heat->low = fmin(heat->low, square->median);
		heat->high = fmax(heat->high, square->median);
		heat->count++;
	}
	if (heat->count)
		qsort(heat->at, heat->count, sizeof *heat->at, by_panel);
}

static size_t panels_of(const struct heat *heat)
{
	size_t panels = 0;

	for (size_t i = 0; i < heat->count; i++)
		panels += i == 0 || by_panel(&heat->at[i], &heat->at[i - 1]) != 0;
	return panels;
}

static void write_tics(struct figure *figure, char axis, const struct axis_values *values)
{
	fprintf(figure->gp, "set %ctics (", axis);
	for (size_t i = 0; i < values->count; i++) {
		fputs(i ? ", " : "", figure->gp);
		figure_tic(figure, values->at[i]);
		fprintf(figure->gp, " %zu", i);
	}
	fprintf(figure->gp, ") noenhanced scale 0\nset %crange [-0.5:%g]\n", axis,
		(double)values->count - 0.5);
}

/* Five values from end to end. */
static void write_bar_tics(struct figure *figure, double low, double high)
{
	enum { STEPS = 4 };
	bool logarithmic = figure_wants_log(low, high);

	fputs(logarithmic ? "set logscale cb\nset cbtics (" : "set cbtics (", figure->gp);
	for (int i = 0; i <= STEPS; i++) {
		double share = (double)i / STEPS;
		double at = logarithmic ? low * pow(high / low, share) : low + share * (high - low);

		fprintf(figure->gp, "%s'%.3g' %.9g", i ? ", " : "", at, at);
	}
	fputs(") font ',10' scale 0.4\n", figure->gp);
}

/* Colours of the map "viridis" (van der Walt and Smith 2015), which also reads in grey. */
static void write_colours(struct figure *figure, const struct heat *heat)
{
	double bottom = (double)figure->rows * figure->panel_height - BAR_ROOM + 20;
	double low = heat->low, high = heat->high;

	if (!(high > low)) { /* gnuplot needs a range */
		low -= fmax(fabs(low), 1e-9) / 100;
		high += fmax(fabs(high), 1e-9) / 100;
	}
	fprintf(figure->gp,
		"set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', "
		"4 '#7ad151', 5 '#fde725')\n"
		"set cbrange [%.9g:%.9g]\n"
		"set colorbox horizontal user origin screen %.5f,%.5f size screen %.5f,%.5f\n"
		"unset grid\n",
		low, high, BAR_LEFT / figure->width, 1 - (bottom + BAR_HEIGHT) / figure->height,
		BAR_WIDTH / figure->width, BAR_HEIGHT / figure->height);
	write_bar_tics(figure, low, high);
}

/* White on the dark half of the colours, black on the other. */
static void write_numbers(struct figure *figure, const struct heat *heat, size_t block)
{
	bool logarithmic = figure_wants_log(heat->low, heat->high);
	double middle = logarithmic ? sqrt(heat->low * heat->high) : (heat->low + heat->high) / 2;

	for (int dark = 0; dark < 2; dark++)
		figure_item(figure,
			    "data index %zu using 1:($3 %s %.9g ? $2 : NaN):(sprintf('%%.3g', $3)) "
			    "with labels font ',10' tc rgb '%s'",
			    block, dark ? "<=" : ">", middle, dark ? "#ffffff" : "#000000");
}

static void draw_panel(struct figure *figure, const struct heat *heat, size_t first)
{
	struct arena *arena = heat->records->arena;
	const struct group *group = heat->at[first].group;
	const char *title =
		arena_format(arena, "%s: %s%s", group->data, group->method, heat->at[first].key);
	size_t block;

	figure_panel(figure, title, heat->o->x, heat->o->y);
	fputs("set offsets 0,0,0,0\n", figure->gp);
	write_tics(figure, 'x', &heat->x);
	write_tics(figure, 'y', &heat->y);
	if (figure->panel == 1)
		write_colours(figure, heat);
	else
		fputs("unset colorbox\n", figure->gp);
	block = figure_block(figure, title, "column row median");
	for (size_t i = first; i < heat->count && by_panel(&heat->at[first], &heat->at[i]) == 0;
	     i++) {
		const struct square *s = &heat->at[i];

		figure_row(figure, 3, (double[3]){(double)s->x, (double)s->y, s->median});
	}
	figure_item(figure,
		    "data index %zu using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with "
		    "boxxyerror fs solid noborder lc palette",
		    block);
	if (figure->panel_width > CELL_TEXT * (double)(heat->x.count + 3))
		write_numbers(figure, heat, block);
	figure_plot(figure);
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct heat_options *o = options;
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct heat heat = {.o = o, .records = records, .value = {column_names[o->value], &kinds}};
	struct figure_plan plan = {.tic_room = BAR_ROOM};
	struct figure figure;

	*written = false;
	if (!o->x || !o->y)
		return STATUS_OK;
	collect(&heat);
	plan.panels = panels_of(&heat);
	if (plan.panels == 0)
		return STATUS_OK;
	*written = true;
	plan.caption = arena_format(records->arena,
				    "Colour: median %s over repetitions and other swept options, "
				    "%zu cells in all",
				    column_label(heat.value.name, records->arena), records->count);
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < heat.count; i++)
		if (i == 0 || by_panel(&heat.at[i], &heat.at[i - 1]) != 0)
			draw_panel(&figure, &heat, i);
	return figure_close(&figure, err);
}

const struct plot plot_heat_map = {
	.base = {"heat_map", "a result column over two swept options", "", rows,
		 sizeof(struct heat_options)},
	.write = write_plot,
};
