/* Decision regions of networks on two features, with the training points and their eps boxes.
 *
 * f(x) = sum_j alpha_j relu(u_j' z), z the prepared x, is evaluated here in plain loops on a grid
 * of raw coordinates: the process that reports never starts BLAS. */
#include "harness/report/figure/plot.h"
#include "harness/report/series/series.h"
#include "harness/store/modelfile.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MARGIN_SHARE 0.12 /* of the span of the points, on each side */

enum {
	GRID = 121,          /* points per axis: two pixels of the drawing each */
	BOXES_READABLE = 400 /* more boxes than this cover each other */
};

struct boundary_options { /* all zero = the defaults */
	long boxes;
};

enum boxes { BOXES_AUTO, BOXES_ON, BOXES_OFF };

static const char *const boxes_names[] = {"auto", "on", "off", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct boundary_options, boxes), .initial = "auto", .names = boxes_names,
	 .doc = "boxes of the largest l_inf eps around the training points; auto: up to 400 "
		"points"},
	{.name = NULL},
};

/* One panel. */
struct grid {
	const struct series *series;
	const struct record *record;
	struct modelfile file;
	struct csv_table points;
	double eps;     /* NaN: no l_inf attack */
	double half[2]; /* half sides of a box in raw units */
	double from[2], step;
	double *value; /* GRID x GRID, first feature fastest */
};

static bool is_part(const struct csv_table *points, size_t row, const char *part)
{
	int column = csv_column(points, "part");

	return column >= 0 && strcmp(points->cell[row * points->cols + (size_t)column], part) == 0;
}

static double point_at(const struct csv_table *points, size_t row, const char *name)
{
	return csv_value(points, row, csv_column(points, name));
}

/* The square in raw coordinates that holds all points. */
static void set_square(struct grid *field)
{
	const char *const names[2] = {"x1", "x2"};
	double low[2], high[2], side = 0;

	for (size_t k = 0; k < 2; k++) {
		low[k] = HUGE_VAL;
		high[k] = -HUGE_VAL;
		for (size_t i = 0; i < field->points.rows; i++) {
			low[k] = fmin(low[k], point_at(&field->points, i, names[k]));
			high[k] = fmax(high[k], point_at(&field->points, i, names[k]));
		}
		side = fmax(side, high[k] - low[k]);
	}
	side = side > 0 ? side * (1 + 2 * MARGIN_SHARE) : 1;
	field->step = side / (GRID - 1);
	for (size_t k = 0; k < 2; k++)
		field->from[k] = (low[k] + high[k] - side) / 2;
}

static void evaluate(struct grid *field, struct arena *arena)
{
	const struct stages *stages = &field->file.stages;
	const struct model *model = field->file.model;
	size_t width = stages_width(stages), d = (size_t)model_features(model);
	double *x = ARENA_ARRAY(arena, double, 2 * width), size;
	struct mat z = mat_new(arena, 1, (ptrdiff_t)d);

	field->value = ARENA_ARRAY(arena, double, GRID *GRID);
	for (size_t row = 0; row < GRID; row++)
		for (size_t k = 0; k < GRID; k++) {
			x[0] = field->from[0] + field->step * (double)k;
			x[1] = field->from[1] + field->step * (double)row;
			stages_apply(stages, 0, x, x + width);
			for (size_t i = 0; i < d; i++)
				mat_set(z, 0, (ptrdiff_t)i, (real)x[i]);
			field->value[row * GRID + k] = model->kind->sample(model, z, 0, &size);
		}
}

/* The largest l_inf radius, as half sides in raw units: there is a box if the preparation acts
 * column by column. */
static void set_box(struct grid *field, struct arena *arena)
{
	struct stage_columns columns;

	field->eps = NAN;
	if (stages_columns(&field->file.stages, arena, &columns) || columns.count != 2)
		return;
	for (size_t i = 0; i < field->record->attack_count; i++) {
		const struct attack_row *row = &field->record->attack[i];
		bool raw = strcmp(row->units, "raw") == 0;

		if (strcmp(row->norm, "linf") != 0 || !(row->eps > 0) || row->eps <= field->eps)
			continue;
		field->eps = row->eps;
		for (size_t k = 0; k < 2; k++) {
			double scale = columns.scale[k];

			field->half[columns.column[k]] =
				raw || !(scale > 0) ? row->eps : row->eps / scale;
		}
	}
}

/* The first repetition with a model on two features; false if there is none. A record whose files
 * are damaged has no panel. */
static bool load_field(const struct series *series, struct arena *arena, struct grid *out)
{
	*out = (struct grid){.series = series};
	for (size_t i = 0; i < series->group->count; i++) {
		const struct record *r = series->group->member[i];
		const char *points = arena_format(arena, "%s/points.csv", r->folder);
		const char *model = arena_format(arena, "%s/model.npz", r->folder);
		struct err ignored = {0};

		if (!records_ok(r) || access(points, R_OK) != 0 || access(model, R_OK) != 0 ||
		    csv_read(points, arena, &out->points, &ignored) != STATUS_OK ||
		    modelfile_load(model, arena, &out->file, &ignored) != STATUS_OK ||
		    out->file.stages.raw_d != 2 || out->points.rows == 0)
			continue;
		out->record = r;
		set_square(out);
		set_box(out, arena);
		return true;
	}
	return false;
}

/* Where the segment between two corners meets f = 0. */
static void crossing(const struct grid *field, size_t a, size_t b, double out[2])
{
	double t = field->value[a] / (field->value[a] - field->value[b]);
	double xa = (double)(a % GRID), ya = (double)(a / GRID);

	out[0] = field->from[0] + field->step * (xa + t * ((double)(b % GRID) - xa));
	out[1] = field->from[1] + field->step * (ya + t * ((double)(b / GRID) - ya));
}

static size_t train_rows(const struct grid *field)
{
	size_t count = 0;

	for (size_t i = 0; i < field->points.rows; i++)
		count += is_part(&field->points, i, "train");
	return count;
}

static bool wants_boxes(const struct boundary_options *o, const struct grid *field)
{
	return !isnan(field->eps) && o->boxes != BOXES_OFF &&
	       (o->boxes == BOXES_ON || train_rows(field) <= BOXES_READABLE);
}

static void add_regions(struct figure *figure, struct figure_panel *panel, const struct grid *field)
{
	struct figure_curve *signs = figure_curve(figure, panel,
						  &(struct figure_curve){.title = "regions",
									 .columns = "x1 x2 sign(f)",
									 .layer = FIGURE_SIGNS});

	for (size_t i = 0; i < GRID * GRID; i++)
		figure_row(signs, (double[]){field->from[0] + field->step * (double)(i % GRID),
					     field->from[1] + field->step * (double)(i / GRID),
					     field->value[i] > 0 ? 1 : -1});
}

/* Marching squares: the pieces of f = 0 in each square of the grid. Two of the four sides are met,
 * or all four at a saddle; they are joined in the order of the sides. */
static void add_boundary(struct figure *figure, struct figure_panel *panel,
			 const struct grid *field)
{
	struct figure_curve *line =
		figure_curve(figure, panel,
			     &(struct figure_curve){.title = "boundary",
						    .columns = "x1 x2, segments of f = 0",
						    .label = "f = 0",
						    .entry = 2,
						    .layer = FIGURE_PIECES,
						    .style = {6, 0}});

	for (size_t at = 0; at + GRID < GRID * GRID; at++) {
		size_t ring[5] = {at, at + 1, at + 1 + GRID, at + GRID, at};
		double hit[4][2];
		size_t hits = 0;

		for (size_t s = 0; s < 4 && at % GRID + 1 < GRID; s++)
			if ((field->value[ring[s]] > 0) != (field->value[ring[s + 1]] > 0))
				crossing(field, ring[s], ring[s + 1], hit[hits++]);
		for (size_t s = 0; s < hits; s++)
			figure_row(line, hit[s]);
	}
}

/* Training points of one class, label > 0 or not. */
static void add_points(struct figure *figure, struct figure_panel *panel, const struct grid *field,
		       bool plus, bool boxes)
{
	const struct csv_table *points = &field->points;
	struct figure_curve *dots = figure_curve(
		figure, panel,
		&(struct figure_curve){
			.title = plus ? "training points, +1" : "training points, -1",
			.columns = "x1 x2 half_side1 half_side2",
			.label = plus ? "training points, class +1" : "training points, class -1",
			.entry = plus,
			.layer = FIGURE_DOTS,
			.style = {!plus, plus},
			.band = boxes});

	for (size_t i = 0; i < points->rows; i++)
		if (is_part(points, i, "train") && (point_at(points, i, "y") > 0) == plus)
			figure_row(dots,
				   (double[]){point_at(points, i, "x1"), point_at(points, i, "x2"),
					      field->half[0], field->half[1]});
}

static void add_panel(struct figure *figure, const struct records *records,
		      const struct series *series, struct grid *field, bool boxes)
{
	struct arena *arena = records->arena;
	const char *data = series->group->data;
	const char *title = arena_format(arena, "%s%s%s", records->data_count > 1 ? data : "",
					 records->data_count > 1 ? ": " : "", series->label);
	struct figure_panel *panel = figure_panel(figure, title, title, title);
	struct figure_axis *axis[] = {&panel->x, &panel->y};

	evaluate(field, arena);
	panel->row = data;
	for (size_t k = 0; k < 2; k++) {
		axis[k]->starts = axis[k]->ends = true;
		axis[k]->low = field->from[k];
		axis[k]->high = field->from[k] + field->step * (GRID - 1);
	}
	add_regions(figure, panel, field);
	add_boundary(figure, panel, field);
	add_points(figure, panel, field, false, boxes);
	add_points(figure, panel, field, true, boxes);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	static const struct figure_entry box = {
		.label = "l_inf box of the largest eps", .style = {7, 6}, .layer = FIGURE_DOTS};
	const struct boundary_options *o = options;
	struct series_list list = series_of(records, SERIES_BEST, 1);
	size_t shown = 0;

	figure->square = true;
	figure->x.label = "feature 1";
	figure->y.label = "feature 2";
	for (size_t i = 0; i < list.count; i++) {
		struct grid field;
		bool boxes;

		if (!load_field(&list.at[i], records->arena, &field))
			continue;
		boxes = wants_boxes(o, &field);
		figure->extra = boxes ? &box : figure->extra;
		shown = shown ? shown : train_rows(&field);
		add_panel(figure, records, &list.at[i], &field, boxes);
	}
	figure->caption = arena_format(
		records->arena,
		"Sign of f in raw coordinates; one repetition of each method%s; %zu "
		"training points",
		records->group_count > list.count
			? " at its setting with the best validation accuracy, or without "
			  "validation part of each loss, beta and threat the lowest "
			  "objective"
			: "",
		shown);
}

const struct plot plot_decision_boundary = {
	.base = {"decision_boundary", "regions, training points and eps boxes of 2-D data", "",
		 rows, sizeof(struct boundary_options)},
	.fill = fill,
};
