/* Decision regions of networks on two features, with the training points and their eps boxes.
 *
 * f(x) = sum_j alpha_j relu(u_j' z), z the prepared x, is evaluated here in plain loops on a grid
 * of raw coordinates: the process that reports never starts BLAS. */
#include "harness/report/figure.h"
#include "harness/report/report.h"
#include "harness/report/series.h"
#include "harness/store/modelfile.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MARGIN_SHARE 0.12 /* of the span of the points, on each side */

enum {
	ROW_OF_PANELS = 4,
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

static const struct figure_style style_minus = {1, 0}, style_plus = {0, 1}, style_line = {6, 0},
				 style_box = {7, 6};

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

/* Marching squares: the pieces of f = 0 in one square of the grid. Two of the four sides are met,
 * or all four at a saddle; they are joined in the order of the sides. */
static void put_square(struct figure *figure, const struct grid *field, size_t corner)
{
	size_t ring[5] = {corner, corner + 1, corner + 1 + GRID, corner + GRID, corner};
	double hit[4][2];
	size_t hits = 0;

	for (size_t s = 0; s < 4; s++)
		if ((field->value[ring[s]] > 0) != (field->value[ring[s + 1]] > 0))
			crossing(field, ring[s], ring[s + 1], hit[hits++]);
	for (size_t s = 0; s + 1 < hits; s += 2) {
		figure_row(figure, 2, hit[s]);
		figure_row(figure, 2, hit[s + 1]);
		figure_gap(figure);
	}
}

static void put_regions(struct figure *figure, const struct grid *field, const char *title)
{
	size_t block = figure_block(figure, title, "x1 x2 sign(f)");

	for (size_t i = 0; i < GRID * GRID; i++)
		figure_row(figure, 3,
			   (double[]){field->from[0] + field->step * (double)(i % GRID),
				      field->from[1] + field->step * (double)(i / GRID),
				      field->value[i] > 0 ? 1 : -1});
	figure_item(figure, "data index %zu using 1:2:3 with image", block);
}

static void put_line(struct figure *figure, const struct grid *field, const char *title)
{
	size_t block = figure_block(figure, title, "x1 x2, segments of f = 0"), above = 0;

	for (size_t i = 0; i < GRID * GRID; i++)
		above += field->value[i] > 0;
	for (size_t i = 0; i + 1 < GRID; i++)
		for (size_t k = 0; k + 1 < GRID; k++)
			put_square(figure, field, i * GRID + k);
	if (above == 0 || above == GRID * GRID) { /* an empty block would shift the others */
		figure_row(figure, 2, (double[]){NAN, NAN});
		return;
	}
	figure_item(figure, "data index %zu using 1:2 with lines lw 1.6 lc rgb '%s'", block,
		    figure_colour(style_line));
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

/* Training points of one class, label > 0 or not. */
static void put_points(struct figure *figure, const struct grid *field, const char *title,
		       bool plus, bool boxes)
{
	struct figure_style style = plus ? style_plus : style_minus;
	size_t block = figure_block(figure, title, "x1 x2 half_side1 half_side2");
	size_t count = 0;

	for (size_t i = 0; i < field->points.rows; i++) {
		if (!is_part(&field->points, i, "train") ||
		    (point_at(&field->points, i, "y") > 0) != plus)
			continue;
		figure_row(figure, 4,
			   (double[]){point_at(&field->points, i, "x1"),
				      point_at(&field->points, i, "x2"), field->half[0],
				      field->half[1]});
		count++;
	}
	if (count == 0) {
		figure_row(figure, 4, (double[]){NAN, NAN, NAN, NAN});
		return;
	}
	if (boxes)
		figure_item(figure,
			    "data index %zu using 1:2:3:4 with boxxyerror lc rgb '%s' lw 0.6 fs "
			    "empty border",
			    block, figure_colour(style));
	figure_item(figure, "data index %zu using 1:2 with points pt %d ps 0.45 lc rgb '%s'", block,
		    figure_point(style), figure_colour(style));
}

static void draw_panel(struct figure *figure, const struct boundary_options *o, struct grid *field,
		       const struct records *records)
{
	struct arena *arena = records->arena;
	const struct group *group = field->series->group;
	bool boxes = wants_boxes(o, field);
	const char *title =
		arena_format(arena, "%s%s%s", records->data_count > 1 ? group->data : "",
			     records->data_count > 1 ? ": " : "", field->series->label);
	double side = field->step * (GRID - 1);

	evaluate(field, arena);
	figure_panel(figure, title, "feature 1", "feature 2");
	fprintf(figure->gp,
		"set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset offsets 0,0,0,0\n"
		"set palette defined (-1 '#FBE6D8', 1 '#D6E8F5')\nset cbrange [-1:1]\n"
		"unset colorbox\n",
		field->from[0], field->from[0] + side, field->from[1], field->from[1] + side);
	put_regions(figure, field, arena_format(arena, "%s: regions", title));
	put_line(figure, field, arena_format(arena, "%s: boundary", title));
	put_points(figure, field, arena_format(arena, "%s: training points, -1", title), false,
		   boxes);
	put_points(figure, field, arena_format(arena, "%s: training points, +1", title), true,
		   boxes);
	figure_plot(figure);
}

/* A row of panels per data set, if all have equally many methods and those fit. */
static size_t columns_of(const struct grid *fields, size_t panels)
{
	size_t columns = 0;

	for (size_t i = 0, run = 0; i < panels; i++) {
		bool last = i + 1 == panels || strcmp(fields[i].series->group->data,
						      fields[i + 1].series->group->data) != 0;

		run++;
		if (last && columns && run != columns)
			return 0;
		if (last) {
			columns = run;
			run = 0;
		}
	}
	return columns < panels && columns > 1 && columns <= ROW_OF_PANELS ? columns : 0;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct figure_entry entries[] = {
		{"training points, class -1", style_minus, FIGURE_POINT},
		{"training points, class +1", style_plus, FIGURE_POINT},
		{"f = 0", style_line, FIGURE_STROKE},
		{"l_inf box of the largest eps", style_box, FIGURE_POINT},
	};
	const struct boundary_options *o = options;
	struct series_list list = series_of(records, SERIES_BEST, 1);
	struct grid *fields = ARENA_ARRAY(records->arena, struct grid, list.count);
	struct figure_plan plan = {.square = true, .entries = entries, .entry_count = 3};
	struct figure figure;

	for (size_t i = 0; i < list.count; i++)
		if (load_field(&list.at[i], records->arena, &fields[plan.panels])) {
			if (wants_boxes(o, &fields[plan.panels]))
				plan.entry_count = 4;
			plan.panels++;
		}
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.columns = columns_of(fields, plan.panels);
	plan.caption = arena_format(records->arena,
				    "Sign of f in raw coordinates; one repetition of each "
				    "method%s; %zu training points",
				    records->group_count > list.count
					    ? " at its setting with the best validation accuracy, "
					      "or without validation part of each loss, beta and "
					      "threat the lowest objective"
					    : "",
				    train_rows(&fields[0]));
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < plan.panels; i++)
		draw_panel(&figure, o, &fields[i], records);
	return figure_close(&figure, err);
}

const struct plot plot_decision_boundary = {
	.base = {"decision_boundary", "regions, training points and eps boxes of 2-D data", "",
		 rows, sizeof(struct boundary_options)},
	.write = write_plot,
};
