/* Pictures of image data: samples, what an attack adds to them, and both together, with the class
 * that is predicted before and after; and weights of the first layer. Two panels per series. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/margins.h"
#include "harness/report/series/series.h"
#include "harness/store/modelfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pictures_options {               /* all zero = the defaults */
	double examples, weights, rows; /* whole parts count */
	long settings;
	struct texts methods;
};

enum { EXAMPLES = 3, WEIGHTS = 9 };

static const struct option rows[] = {
	{OPTION_FIELD(struct pictures_options, examples), .initial = "null",
	 .range = RANGE_WITHIN(1, 12),
	 .doc = "samples shown, of those that an entry of `attack` with `keep` has stored; unset: "
		"3"},
	{OPTION_FIELD(struct pictures_options, weights), .initial = "null",
	 .range = RANGE_WITHIN(1, 100),
	 .doc = "neurons shown, those with the largest |u_j| |alpha_j|; unset: 9"},
	{OPTION_FIELD(struct pictures_options, rows), .initial = "null", .range = RANGE_FROM(1),
	 .doc = "rows of pixels; unset: what the source of the data says, or as many as columns"},
	{OPTION_FIELD(struct pictures_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct pictures_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* A network and how its features are pixels. */
struct camera {
	const struct record *record;
	struct cellfile cell;
	struct modelfile file;
	size_t channels, rows, cols;
	size_t features; /* but for the bias */
	size_t *pixel;   /* features: place of each in channels x rows x cols */
};

/* Are so many features a picture, and of what shape? */
static bool take_shape(struct camera *c, size_t features, double given)
{
	const struct cellfile_image *image = &c->cell.image;
	size_t side = (size_t)lround(sqrt((double)features));

	c->channels = 1;
	c->rows = c->cols = side;
	if (given >= 1) {
		c->rows = (size_t)given;
		c->cols = features / c->rows;
	} else if (image->rows * image->cols * image->channels == features) {
		c->channels = image->channels;
		c->rows = image->rows;
		c->cols = image->cols;
	}
	return features > 1 && c->channels * c->rows * c->cols == features;
}

static bool in_feature_space(const struct record *record)
{
	return record->result.space && *record->result.space;
}

/* The preparation may have left columns out: then they have the places that they had. */
static bool load(struct camera *c, const struct record *record, double given, struct arena *arena)
{
	struct stage_columns columns;
	struct err ignored = {0}; /* a record that is not whole says so elsewhere */
	bool left_out;

	c->record = record;
	if (in_feature_space(record) ||
	    cellfile_read(arena_format(arena, "%s/cell.json", record->folder), arena, &c->cell,
			  &ignored) != STATUS_OK ||
	    modelfile_load(arena_format(arena, "%s/model.npz", record->folder), arena, &c->file,
			   &ignored) != STATUS_OK ||
	    stages_columns(&c->file.stages, arena, &columns))
		return false;
	c->features = columns.count;
	left_out = !take_shape(c, columns.count, given);
	if (left_out && !take_shape(c, c->file.stages.raw_d, given))
		return false;
	c->pixel = ARENA_ARRAY(arena, size_t, columns.count);
	for (size_t j = 0; j < columns.count; j++)
		c->pixel[j] = left_out ? columns.column[j] : j;
	return true;
}

/* Pictures in a square of `side` x `side` places, apart by white lines. */
struct wall {
	const struct camera *camera;
	size_t side, width, height; /* places; pixels of all */
	size_t step[2];             /* pixels from picture to picture */
	unsigned char *rgb;         /* height x width x 3 */
};

static struct wall wall_new(const struct camera *camera, size_t side, struct arena *arena)
{
	size_t gap = camera->cols / 10 + 1;
	struct wall w = {
		.camera = camera, .side = side, .step = {camera->cols + gap, camera->rows + gap}};

	w.width = side * w.step[0] - gap;
	w.height = side * w.step[1] - gap;
	w.rgb = ARENA_ARRAY(arena, unsigned char, 3 * w.width * w.height);
	memset(w.rgb, 255, 3 * w.width * w.height);
	return w;
}

static unsigned char byte_of(double share)
{
	return (unsigned char)lround(255 * fmin(1, fmax(0, share)));
}

/* Features (those of the camera) from low to high as grey or in colours; signed ones of one channel
 * from blue over white to red. */
static void hang(struct wall *w, size_t across, size_t down, const double *features,
		 const double range[2])
{
	const struct camera *c = w->camera;
	size_t plane = c->rows * c->cols;
	bool is_signed = range[0] < 0 && !(range[0] + range[1] > 0 || range[0] + range[1] < 0);

	for (size_t y = 0; y < c->rows; y++)
		memset(w->rgb + 3 * ((down * w->step[1] + y) * w->width + across * w->step[0]),
		       is_signed ? 255 : 0, 3 * c->cols);
	for (size_t j = 0; j < c->features; j++) {
		size_t at = c->pixel[j] % plane, channel = c->pixel[j] / plane;
		size_t x = across * w->step[0] + at % c->cols, y = down * w->step[1] + at / c->cols;
		unsigned char *rgb = w->rgb + 3 * (y * w->width + x);
		double share = (features[j] - range[0]) / (range[1] - range[0]);

		if (c->channels == 3) {
			rgb[channel] = byte_of(share);
			continue;
		}
		rgb[0] = byte_of(is_signed ? 2 * share : share);
		rgb[1] = byte_of(is_signed ? 1 - fabs(2 * share - 1) : share);
		rgb[2] = byte_of(is_signed ? 2 - 2 * share : share);
	}
}

/* The pictures, with places 0, 1, ... from left to right and from the bottom to the top. */
static void add_wall(struct figure *figure, struct figure_panel *panel, const struct wall *w,
		     const char *title)
{
	struct figure_curve *curve =
		figure_curve(figure, panel,
			     &(struct figure_curve){.title = title,
						    .columns = "column row red green blue",
						    .layer = FIGURE_PIXELS});
	double middle[] = {(double)(w->camera->cols - 1) / 2, (double)(w->camera->rows - 1) / 2};

	for (size_t i = 0; i < w->height * w->width; i++) {
		const unsigned char *rgb = w->rgb + 3 * i;
		double x = (double)(i % w->width), y = (double)(i / w->width);

		figure_row(curve,
			   (double[]){(x - middle[0]) / (double)w->step[0],
				      (double)w->side - 1 - (y - middle[1]) / (double)w->step[1],
				      rgb[0], rgb[1], rgb[2]});
	}
	figure_cell(curve, (struct figure_cell){w->camera->record->id, NAN, NAN});
}

static struct figure_panel *panel_of(struct figure *figure, const char *title, const char *row,
				     size_t side)
{
	struct figure_panel *panel = figure_panel(figure, title, title, title);
	const char **blank = ARENA_ARRAY(figure->arena, const char *, side);

	for (size_t i = 0; i < side; i++)
		blank[i] = "";
	panel->row = row;
	panel->x = panel->y =
		(struct figure_axis){.names = blank, .name_count = side, .room = 0.55};
	return panel;
}

/* "8" of an output of this class; y f <= 0 is the other one, so 0 is none of both. */
static const char *class_of(const struct camera *c, double f, struct arena *arena)
{
	size_t class = f > 0 ? (size_t)f : 0;

	if (c->file.model && model_outputs(c->file.model) > 1) /* f is a class number */
		return class < c->cell.classes.count ? c->cell.classes.at[class]
						     : arena_format(arena, "%zu", class);
	if (c->cell.classes.count == 2)
		return f > 0 ? c->cell.classes.at[1] : f < 0 ? c->cell.classes.at[0] : "none";
	return f > 0   ? "+1"
	       : f < 0 ? "\xe2\x88\x92"
			 "1"
		       : "none";
}

static size_t add_examples(struct figure *figure, const struct camera *c, const char *label,
			   size_t wanted, bool *tested)
{
	static const char *const lines[] = {"clean", "added", "attacked"};
	enum { LINES = sizeof lines / sizeof *lines };
	struct arena *arena = figure->arena;
	double range[2] = {HUGE_VAL, -HUGE_VAL}, most = 0, *added;
	struct margins_example e;
	struct figure_panel *panel;
	const char **across, **down;
	size_t shown, side;
	struct wall w;
	bool here;

	if (!margins_example(c->record, arena, &e) || e.features != c->features)
		return 0;
	shown = e.count < wanted ? e.count : wanted;
	side = shown > LINES ? shown : LINES;
	w = wall_new(c, side, arena);
	added = ARENA_ARRAY(arena, double, shown *e.features);
	for (size_t i = 0; i < shown * e.features; i++) {
		added[i] = e.attacked[i] - e.clean[i];
		most = fmax(most, fabs(added[i]));
		range[0] = fmin(range[0], fmin(e.clean[i], e.attacked[i]));
		range[1] = fmax(range[1], fmax(e.clean[i], e.attacked[i]));
	}
	range[1] = range[1] > range[0] ? range[1] : range[0] + 1;
	most = most > 0 ? most : 1;
	here = strcmp(e.part, "test") == 0;
	*tested = *tested && here;
	panel = panel_of(figure,
			 arena_format(arena, "%s: %s %s, eps = %.3g%s%s%s", label, e.name, e.norm,
				      e.eps, rows_units_aside(e.units), here ? "" : ", ",
				      here ? "" : e.part),
			 label, side);
	across = ARENA_ARRAY(arena, const char *, side);
	down = ARENA_ARRAY(arena, const char *, side);
	for (size_t i = 0; i < side; i++)
		across[i] = down[i] = "";
	for (size_t i = 0; i < LINES; i++)
		down[side - 1 - i] = lines[i];
	for (size_t i = 0; i < shown; i++) {
		const double *outputs = e.outputs + 3 * i;

		across[i] =
			arena_format(arena, "%s \xe2\x86\x92 %s", class_of(c, outputs[1], arena),
				     class_of(c, outputs[2], arena));
		hang(&w, i, 0, e.clean + i * e.features, range);
		hang(&w, i, 1, added + i * e.features, (double[]){-most, most});
		hang(&w, i, 2, e.attacked + i * e.features, range);
	}
	panel->x.names = across;
	panel->y.names = down;
	panel->x.label = "predicted before and after";
	add_wall(figure, panel, &w, "examples");
	return shown;
}

struct neuron {
	ptrdiff_t at;
	double size; /* |u| |alpha| */
};

static int by_size(const void *a, const void *b)
{
	const struct neuron *p = a, *q = b;

	if (p->size > q->size || p->size < q->size)
		return p->size > q->size ? -1 : 1;
	return (p->at > q->at) - (p->at < q->at);
}

/* heads_j = length of row j */
static void set_lengths(struct mat A, double *heads)
{
	for (ptrdiff_t j = 0; j < A.rows; j++) {
		heads[j] = 0;
		for (ptrdiff_t c = 0; c < A.cols; c++)
			heads[j] = hypot(heads[j], (double)mat_get(A, j, c));
	}
}

/* Output weights of the units (m), lengths of those of several outputs; of kinds that have none
 * 1. */
static double *heads_of(const struct model *model, struct arena *arena)
{
	size_t m = (size_t)model_width(model);
	double *heads = ARENA_ARRAY(arena, double, m + 1);

	for (size_t j = 0; j < m; j++)
		heads[j] = 1;
	for (size_t a = 0; a < model_arrays(model->kind); a++) {
		struct model_part part = model_part(model, &model->kind->arrays[a]);

		for (size_t j = 0; part.vector && part.rows == (ptrdiff_t)m && j < m; j++)
			heads[j] = (double)part.vector[j];
		if (model->kind->arrays[a].rows == MODEL_UNITS &&
		    model->kind->arrays[a].cols == MODEL_OUTPUTS)
			set_lengths(*part.mat, heads);
	}
	return heads;
}

static size_t add_weights(struct figure *figure, const struct camera *c, const char *label,
			  size_t wanted)
{
	struct arena *arena = figure->arena;
	const struct model *model = c->file.model;
	struct model_part u = model_part(model, &model->kind->arrays[0]);
	size_t m = (size_t)model_width(model), side = 1;
	struct neuron *neuron = ARENA_ARRAY(arena, struct neuron, m + 1);
	double *weights = ARENA_ARRAY(arena, double, c->features), *heads = heads_of(model, arena);
	struct figure_panel *panel;
	struct wall w;

	if (!m)
		return 0;
	for (size_t j = 0; j < m; j++) {
		double squares = 0;

		for (size_t i = 0; i < c->features; i++)
			squares += pow((double)mat_get(*u.mat, (ptrdiff_t)i, (ptrdiff_t)j), 2);
		neuron[j] = (struct neuron){(ptrdiff_t)j, sqrt(squares) * fabs(heads[j])};
	}
	qsort(neuron, m, sizeof *neuron, by_size);
	wanted = wanted < m ? wanted : m;
	while (side * side < wanted)
		side++;
	w = wall_new(c, side, arena);
	for (size_t j = 0; j < wanted; j++) {
		double most = 0;

		for (size_t i = 0; i < c->features; i++) {
			weights[i] = (double)mat_get(*u.mat, (ptrdiff_t)i, neuron[j].at);
			most = fmax(most, fabs(weights[i]));
		}
		most = most > 0 ? most : 1;
		hang(&w, j % side, j / side, weights, (double[]){-most, most});
	}
	panel = panel_of(
		figure,
		arena_format(arena, "%s: first layer, %zu of %zu neurons", label, wanted, m), label,
		side);
	add_wall(figure, panel, &w, "weights");
	return wanted;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct pictures_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, 1, o->methods);
	size_t cells = 0, examples = 0, weights = 0;
	bool tested = true, featured = false;

	figure->square = true;
	for (size_t i = 0; i < list.count; i++) {
		const struct group *group = list.at[i].group;
		const char *label = list.at[i].label;
		struct camera camera;
		size_t k = 0, before = examples + weights;

		while (k < group->count && !records_ok(group->member[k]))
			k++;
		featured = featured || (k < group->count && in_feature_space(group->member[k]));
		if (k == group->count || !load(&camera, group->member[k], o->rows, arena))
			continue;
		if (records->data_count > 1)
			label = arena_format(arena, "%s: %s", group->data, label);
		examples +=
			add_examples(figure, &camera, label,
				     o->examples >= 1 ? (size_t)o->examples : EXAMPLES, &tested);
		weights += add_weights(figure, &camera, label,
				       o->weights >= 1 ? (size_t)o->weights : WEIGHTS);
		cells += examples + weights > before;
	}
	figure->caption = arena_format(
		arena,
		"The first %zu correctly classified samples of %s%s, and the weights of "
		"%zu neurons with the largest |u| |alpha| (of prepared features, each on its own "
		"scale; negative blue, positive red; in colours 0 is grey); one repetition of each "
		"curve, %zu cells%s%s",
		examples, tested ? "test parts" : "the parts of the data in the titles",
		examples ? ", the perturbation that the attack adds (on one scale), and both "
			   "together"
			 : " (an entry of `attack` stores them with `keep`)",
		weights, cells, series_choice(&list, arena),
		featured ? "; there are none of data in a feature space" : "");
}

const struct plot plot_pictures = {
	.base = {"pictures", "adversarial examples and first-layer weights of image data", "", rows,
		 sizeof(struct pictures_options)},
	.fill = fill,
};
