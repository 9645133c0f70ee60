/* Decision regions of networks on two features, with the training points and their eps boxes.
 *
 * f(x) = sum_j alpha_j relu(u_j' z), z the prepared x, of several classes the largest of its
 * outputs, is evaluated here in plain loops on a grid of raw coordinates: the process that reports
 * never starts BLAS. */
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
	struct modelfile file;
	struct csv_table points;
	size_t train;         /* points of the training part */
	double eps, half[2];  /* the largest of l_inf, as half sides of a box in raw units; or 0 */
	double from[2], step; /* of the grid: a square in raw coordinates that holds all points */
};

static bool is_train(const struct csv_table *points, size_t row)
{
	int column = csv_column(points, "part");

	return column >= 0 &&
	       strcmp(points->cell[row * points->cols + (size_t)column], "train") == 0;
}

/* The first repetition with a model on two features, or NULL. A record whose files are damaged has
 * no panel. */
static const struct record *load_grid(const struct group *group, struct arena *arena,
				      struct grid *out)
{
	const struct csv_table *points = &out->points;
	double low[2], high[2], side = 0;
	const struct record *found = NULL;

	for (size_t i = 0; i < group->count && !found; i++) {
		const struct record *r = group->member[i];
		const char *data = arena_format(arena, "%s/points.csv", r->folder);
		const char *model = arena_format(arena, "%s/model.npz", r->folder);
		struct err ignored = {0};

		*out = (struct grid){.train = 0};
		if (records_ok(r) && access(data, R_OK) == 0 && access(model, R_OK) == 0 &&
		    csv_read(data, arena, &out->points, &ignored) == STATUS_OK &&
		    modelfile_load(model, arena, &out->file, &ignored) == STATUS_OK &&
		    out->file.stages.raw_d == 2 && points->rows > 0 &&
		    (model_outputs(out->file.model) == 1 || csv_column(points, "class") >= 0))
			found = r;
	}
	if (!found)
		return NULL;

	for (size_t k = 0; k < 2; k++) {
		int column = csv_column(points, k ? "x2" : "x1");

		low[k] = HUGE_VAL;
		high[k] = -HUGE_VAL;
		for (size_t i = 0; i < points->rows; i++) {
			low[k] = fmin(low[k], csv_value(points, i, column));
			high[k] = fmax(high[k], csv_value(points, i, column));
		}
		side = fmax(side, high[k] - low[k]);
	}
	side = side > 0 ? side * (1 + 2 * MARGIN_SHARE) : 1;
	out->step = side / (GRID - 1);
	for (size_t k = 0; k < 2; k++)
		out->from[k] = (low[k] + high[k] - side) / 2;
	for (size_t i = 0; i < points->rows; i++)
		out->train += is_train(points, i);
	return found;
}

/* There is a box if the preparation acts column by column. */
static void set_box(struct grid *grid, const struct record *record, struct arena *arena)
{
	struct stage_columns columns;

	if (stages_columns(&grid->file.stages, arena, &columns) || columns.count != 2)
		return;
	for (size_t i = 0; i < record->attack_count; i++) {
		const struct attack_row *row = &record->attack[i];
		bool raw = rows_units_raw(row->units);

		if (strcmp(row->norm, "linf") != 0 || !(row->eps > grid->eps))
			continue;
		grid->eps = row->eps;
		for (size_t k = 0; k < 2; k++) {
			double scale = columns.scale[k];

			grid->half[columns.column[k]] =
				raw || !(scale > 0) ? row->eps : row->eps / scale;
		}
	}
}

/* What the network says at the points of the grid, first feature fastest. */
struct outputs_on {
	size_t k;
	double *f;  /* GRID * GRID x k: outputs */
	int *class; /* GRID * GRID: of one output 0 or 1, where it is positive */
};

static struct outputs_on evaluate(const struct grid *grid, struct arena *arena)
{
	const struct model *model = grid->file.model;
	const struct stages *stages = &grid->file.stages;
	size_t width = stages_width(stages), d = (size_t)model_features(model);
	struct outputs_on field = {.k = (size_t)model_outputs(model)};
	double *x = ARENA_ARRAY(arena, double, 2 * width), size;
	struct mat z = mat_new(arena, 1, (ptrdiff_t)d);

	field.f = ARENA_ARRAY(arena, double, GRID *GRID *field.k);
	field.class = ARENA_ARRAY(arena, int, GRID *GRID);
	for (size_t at = 0; at < GRID * GRID; at++) {
		double *f = field.f + at * field.k;

		x[0] = grid->from[0] + grid->step * (double)(at % GRID);
		x[1] = grid->from[1] + grid->step * (double)(at / GRID);
		stages_apply(stages, 0, x, x + width);
		for (size_t i = 0; i < d; i++)
			mat_set(z, 0, (ptrdiff_t)i, (real)x[i]);
		model->kind->sample(model, z, 0, f, &size);
		field.class[at] = field.k == 1 && f[0] > 0;
		for (size_t c = 1; c < field.k; c++)
			if (f[c] > f[field.class[at]])
				field.class[at] = (int)c;
	}
	return field;
}

/* Where the classes of the corners a and b of a square are equally likely: share of the way. */
static double crossing(const struct outputs_on *field, size_t a, size_t b)
{
	const double *at = field->f + a * field->k, *to = field->f + b * field->k;
	int own = field->class[a], other = field->class[b];
	double here = field->k == 1 ? at[0] : at[own] - at[other];
	double there = field->k == 1 ? to[0] : to[own] - to[other];

	return here / (here - there);
}

/* The boundary in one square by marching squares: two of the four sides are met, or all four at a
 * saddle; they are joined in the order of the sides. Where three regions meet, each is joined to
 * the middle of them. */
static void add_square(struct figure_curve *line, const struct grid *grid,
		       const struct outputs_on *field, size_t at)
{
	size_t ring[5] = {at, at + 1, at + 1 + GRID, at + GRID, at}, count = 0;
	double met[4][2], middle[2] = {0, 0};
	bool several = false; /* more than two classes */

	for (size_t s = 0; s < 4; s++) {
		size_t a = ring[s], b = ring[s + 1];
		double xa = (double)(a % GRID), ya = (double)(a / GRID), t;

		several = several || (field->class[a] != field->class[at] &&
				      field->class[a] != field->class[b] &&
				      field->class[b] != field->class[at]);
		if (field->class[a] == field->class[b])
			continue;
		t = crossing(field, a, b);
		met[count][0] = grid->from[0] + grid->step * (xa + t * ((double)(b % GRID) - xa));
		met[count][1] = grid->from[1] + grid->step * (ya + t * ((double)(b / GRID) - ya));
		count++;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t axis = 0; axis < 2; axis++)
			middle[axis] += met[i][axis] / (double)count;
	for (size_t i = 0; i < count; i++) {
		figure_row(line, met[i]);
		if (several || count == 3)
			figure_row(line, middle);
	}
}

/* The class on the grid, and where it changes. */
static void add_regions(struct figure *figure, struct figure_panel *panel, const struct grid *grid)
{
	const struct outputs_on field = evaluate(grid, figure->arena);
	bool one = field.k == 1;
	struct figure_curve *regions = figure_curve(
		figure, panel,
		&(struct figure_curve){.title = "regions",
				       .columns = one ? "x1 x2 sign(f)" : "x1 x2 class",
				       .layer = one ? FIGURE_SIGNS : FIGURE_REGIONS});
	struct figure_curve *line = figure_curve(
		figure, panel,
		&(struct figure_curve){.title = "boundary",
				       .columns = one ? "x1 x2, segments of f = 0"
						      : "x1 x2, segments between classes",
				       .label = one ? "f = 0" : "between classes",
				       .entry = one ? 2 : field.k,
				       .layer = FIGURE_PIECES,
				       .style = {6, 0}});

	for (size_t at = 0; at < GRID * GRID; at++)
		figure_row(regions, (double[]){grid->from[0] + grid->step * (double)(at % GRID),
					       grid->from[1] + grid->step * (double)(at / GRID),
					       one ? 2 * field.class[at] - 1 : field.class[at]});
	for (size_t at = 0; at + GRID < GRID * GRID; at++)
		if (at % GRID + 1 < GRID)
			add_square(line, grid, &field, at);
}

/* The name of a class among the points, "a" of number 0; its number if they have none. */
static const char *class_name(const struct csv_table *points, size_t class, struct arena *arena)
{
	int name = csv_column(points, "class"), y = csv_column(points, "y");

	for (size_t i = 0; name >= 0 && i < points->rows; i++)
		if (!(fabs(csv_value(points, i, y) - (double)class) > 0))
			return points->cell[i * points->cols + (size_t)name];
	return arena_format(arena, "%zu", class);
}

/* Training points by their class: of two -1 and +1, label > 0 or not. */
static void add_points(struct figure *figure, struct figure_panel *panel, const struct grid *grid,
		       bool boxes)
{
	const struct csv_table *points = &grid->points;
	int x1 = csv_column(points, "x1"), x2 = csv_column(points, "x2"),
	    y = csv_column(points, "y");
	size_t k = (size_t)model_outputs(grid->file.model), classes = k > 1 ? k : 2;
	struct figure_curve **dots = ARENA_ARRAY(figure->arena, struct figure_curve *, classes);

	for (size_t c = 0; c < classes; c++) {
		const char *name = k > 1 ? class_name(points, c, figure->arena) : c ? "+1" : "-1";

		dots[c] = figure_curve(
			figure, panel,
			&(struct figure_curve){
				.title = arena_format(figure->arena, "training points, %s", name),
				.columns = "x1 x2 half_side1 half_side2",
				.label = arena_format(figure->arena, "training points, class %s",
						      name),
				.entry = c,
				.layer = FIGURE_DOTS,
				.style = {k > 1 ? c : !c, c},
				.band = boxes});
	}
	for (size_t i = 0; i < points->rows; i++) {
		double label = csv_value(points, i, y);
		size_t c = k == 1 ? label > 0 : label > 0 ? (size_t)label : 0;

		if (is_train(points, i) && c < classes)
			figure_row(dots[c],
				   (double[]){csv_value(points, i, x1), csv_value(points, i, x2),
					      grid->half[0], grid->half[1]});
	}
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	static const struct figure_entry box = {
		.label = "l_inf box of the largest eps", .style = {7, 6}, .layer = FIGURE_DOTS};
	const struct boundary_options *o = options;
	struct series_list list = series_of(records, SERIES_BEST, 1);
	struct arena *arena = records->arena;
	size_t shown = 0;
	bool several = false;

	figure->square = true;
	figure->x.label = "feature 1";
	figure->y.label = "feature 2";
	figure->x.starts = figure->x.ends = figure->y.starts = figure->y.ends = true;
	for (size_t i = 0; i < list.count; i++) {
		const struct group *group = list.at[i].group;
		const struct record *record;
		struct figure_panel *panel;
		struct grid grid;
		const char *title = list.at[i].label;
		bool boxes;

		record = load_grid(group, arena, &grid);
		if (!record)
			continue;
		several = several || model_outputs(grid.file.model) > 1;
		set_box(&grid, record, arena);
		boxes = grid.eps > 0 && o->boxes != BOXES_OFF &&
			(o->boxes == BOXES_ON || grid.train <= BOXES_READABLE);
		figure->extra = boxes ? &box : figure->extra;
		shown = shown ? shown : grid.train;
		if (records->data_count > 1)
			title = arena_format(arena, "%s: %s", group->data, title);
		panel = figure_panel(figure, title, title, title);
		panel->row = group->data;
		panel->x.low = grid.from[0];
		panel->y.low = grid.from[1];
		panel->x.high = grid.from[0] + grid.step * (GRID - 1);
		panel->y.high = grid.from[1] + grid.step * (GRID - 1);
		add_regions(figure, panel, &grid);
		add_points(figure, panel, &grid, boxes);
	}
	figure->caption = arena_format(
		arena,
		"%s in raw coordinates; one repetition of each method%s; %zu "
		"training points",
		several ? "Class with the largest output" : "Sign of f",
		records->group_count > list.count ? series_choice(&list, arena) : "", shown);
}

const struct plot plot_decision_boundary = {
	.base = {"decision_boundary", "regions, training points and eps boxes of 2-D data", "",
		 rows, sizeof(struct boundary_options)},
	.fill = fill,
};
