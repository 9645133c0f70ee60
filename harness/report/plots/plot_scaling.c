/* Cost against size on logarithmic axes, with the slope of a straight line fitted to it. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/index.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"
#include "harness/stats/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLUMNS = 4,  /* x, median, low, high */
	READABLE = 10 /* with more curves than this the other swept options are pooled */
};

struct scaling_options {
	const char *x;
	long y;
	struct texts data;
};

static const char *const y_names[] = {"seconds_per_iteration", "solve_s",    "setup_s", "time",
				      "peak_mem_bytes",        "iterations", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct scaling_options, x),
	 .doc = "size: n_train, d, patterns, neurons, another column of summary.csv, or the path "
		"of a swept option"},
	{OPTION_FIELD(struct scaling_options, y), .initial = "seconds_per_iteration",
	 .names = y_names, .doc = "cost; time: setup and solve"},
	{OPTION_FIELD(struct scaling_options, data), .initial = "null",
	 .doc = "names of the data sets to take; all by default"},
	{.name = NULL},
};

struct point {
	size_t label;
	double x, y;
	const struct record *record;
};

struct scaling {
	const struct scaling_options *o;
	const struct records *records;
	bool pooled;
	size_t label_count;
	const char **labels;
	size_t count;
	struct point *at; /* by label, then ascending in x */
};

/* y = scale x^slope, by least squares of the logarithms. */
struct fit {
	double slope, error, scale; /* error: standard error of the slope; NaN for two points */
	double from, to;
	bool known; /* at least two sizes */
};

static struct fit fit_of(const struct point *at, size_t count, struct arena *arena)
{
	struct fit fit = {.from = at[0].x, .to = at[count - 1].x};
	double *x = ARENA_ARRAY(arena, double, count), *y = ARENA_ARRAY(arena, double, count);
	struct line line;

	for (size_t i = 0; i < count; i++) {
		x[i] = log(at[i].x);
		y[i] = log(at[i].y);
	}
	fit.known = fit.to > fit.from;
	line = line_fit(x, y, count);
	fit.slope = line.slope;
	fit.error = line.error;
	fit.scale = exp(line.offset);
	return fit;
}

static double size_of(const struct record *record, const char *x)
{
	double size = records_number(&record->result, x);
	const char *text = records_swept(record, x);

	return isnan(size) && text ? strtod(text, NULL) : size;
}

/* The size of the data is what n_train and d stand for: curves run over data sets. */
static bool over_data(const char *x)
{
	return strcmp(x, "n_train") == 0 || strcmp(x, "d") == 0 || strncmp(x, "data.", 5) == 0;
}

/* What is minimised, where the cost depends on it, it differs and the swept values do not say it.
 */
static const char *objective_of(const struct scaling *scaling, const struct record *r)
{
	bool said = comparable_changed_by(scaling->o->x);

	for (size_t i = 0; i < r->swept_count && !scaling->pooled; i++)
		said = said || comparable_changed_by(r->swept[i].path);
	if (said || !comparable_cost(y_names[scaling->o->y]))
		return "";
	return comparable_difference(r, scaling->records, NULL, "time", scaling->records->arena);
}

static const char *label_of(const struct scaling *scaling, const struct record *r)
{
	struct arena *arena = scaling->records->arena;
	const char *text = r->result.method, *apart;
	bool across = over_data(scaling->o->x);

	if (!across && scaling->o->data.count != 1 && scaling->records->data_count > 1)
		text = arena_format(arena, "%s, %s", text, r->result.data);
	for (size_t i = 0; i < r->swept_count && !scaling->pooled; i++) {
		const struct cellfile_swept *swept = &r->swept[i];

		if (strcmp(swept->path, scaling->o->x) != 0 &&
		    strcmp(records_short(swept->path), scaling->o->x) != 0 &&
		    !(across && records_of_data(swept)))
			text = arena_format(arena, "%s, %s=%s", text, records_short(swept->path),
					    swept->value);
	}
	apart = objective_of(scaling, r);
	return *apart ? arena_format(arena, "%s, %s", text, apart) : text;
}

static int by_size(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	if (p->label != q->label)
		return p->label < q->label ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

static void collect(struct scaling *scaling)
{
	const struct records *records = scaling->records;
	struct index index = index_new(records->count, records->arena);
	struct column column = {y_names[scaling->o->y], NULL};

	scaling->count = scaling->label_count = 0;
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		struct point *p = &scaling->at[scaling->count];
		const char *label;

		p->x = size_of(r, scaling->o->x);
		p->y = column_value(r, &column);
		if (!records_wanted(&scaling->o->data, r->result.data) || !records_ok(r) ||
		    !(p->x > 0) || !(p->y > 0) || isinf(p->y))
			continue;
		label = label_of(scaling, r);
		p->record = r;
		p->label = index_place(&index, label, scaling->label_count);
		scaling->labels[p->label] = label;
		scaling->label_count += p->label == scaling->label_count;
		scaling->count++;
	}
	if (scaling->count)
		qsort(scaling->at, scaling->count, sizeof *scaling->at, by_size);
}

static const struct point *curve_of(const struct scaling *scaling, size_t label, size_t *count)
{
	size_t first = 0;

	while (first < scaling->count && scaling->at[first].label != label)
		first++;
	*count = 0;
	while (first + *count < scaling->count && scaling->at[first + *count].label == label)
		(*count)++;
	return scaling->at + first;
}

static void put_medians(struct figure *figure, const struct point *at, size_t count,
			struct arena *arena)
{
	double *values = ARENA_ARRAY(arena, double, count);

	for (size_t i = 0; i < count;) {
		double x = at[i].x;
		size_t here = 0;
		struct spread stat;

		while (i < count && at[i].x == x)
			values[here++] = at[i++].y;
		stat = sample_spread(values, here);
		figure_row(figure, COLUMNS, (double[COLUMNS]){x, stat.median, stat.low, stat.high});
	}
}

static void draw_curve(struct figure *figure, const struct scaling *scaling, size_t label)
{
	struct arena *arena = scaling->records->arena;
	struct figure_style style = {label, label};
	const char *title = scaling->labels[label];
	size_t count, block;
	const struct point *at = curve_of(scaling, label, &count);
	struct fit fit = fit_of(at, count, scaling->records->arena);

	block = figure_block(figure, title, "size median low high");
	put_medians(figure, at, count, arena);
	figure_item(figure,
		    "data index %zu using 1:2:3:4 with yerrorbars lc rgb '%s' lw 1 pt %d ps 0.9",
		    block, figure_colour(style), figure_point(style));
	block = figure_block(figure, arena_format(arena, "%s: fit", title), "size fit");
	figure_row(figure, 2, (double[2]){fit.from, fit.scale * pow(fit.from, fit.slope)});
	figure_row(figure, 2, (double[2]){fit.to, fit.scale * pow(fit.to, fit.slope)});
	figure_item(figure, "data index %zu using 1:2 with lines lc rgb '%s' lw 1.5 dt %s", block,
		    figure_colour(style), figure_dash(style));
}

static const struct figure_entry *entries_of(const struct scaling *scaling)
{
	struct arena *arena = scaling->records->arena;
	struct figure_entry *entries =
		ARENA_ARRAY(arena, struct figure_entry, scaling->label_count);

	for (size_t l = 0; l < scaling->label_count; l++) {
		size_t count;
		const struct point *at = curve_of(scaling, l, &count);
		struct fit fit = fit_of(at, count, scaling->records->arena);
		const char *label = scaling->labels[l];

		if (isnan(fit.error))
			label = arena_format(arena, "%s: slope %.2f", label, fit.slope);
		else
			label = arena_format(arena, "%s: slope %.2f \xc2\xb1 %.2f", label,
					     fit.slope, fit.error);
		entries[l] = (struct figure_entry){label, {l, l}, FIGURE_LINE};
	}
	return entries;
}

static void set_axes(struct figure *figure, const struct scaling *scaling)
{
	double *x = ARENA_ARRAY(scaling->records->arena, double, scaling->count);
	double low = HUGE_VAL, high = 0;

	for (size_t i = 0; i < scaling->count; i++) {
		x[i] = scaling->at[i].x;
		low = fmin(low, scaling->at[i].y);
		high = fmax(high, scaling->at[i].y);
	}
	figure_log_at(figure, 'x', x, sample_distinct(x, scaling->count));
	figure_log(figure, 'y', low, high);
}

/* The sizes that all cells share: "d = 32, P = 16"; else the number of cells. */
static const char *title_of(const struct scaling *scaling)
{
	static const char *const sizes[] = {"n_train", "d", "patterns"};
	static const char *const forms[] = {"n = %.0f", "d = %.0f", "P = %.0f"};
	struct arena *arena = scaling->records->arena;
	const char *title = "";

	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		double first = records_number(&scaling->at[0].record->result, sizes[k]);
		char text[32];
		size_t same = 0;

		while (same < scaling->count &&
		       records_number(&scaling->at[same].record->result, sizes[k]) == first)
			same++;
		if (same < scaling->count)
			continue;
		stat_format(text, sizeof text, forms[k], first);
		title = arena_format(arena, "%s%s%s", title, *title ? ", " : "", text);
	}
	return *title ? title : arena_format(arena, "%zu cells", scaling->count);
}

static const char *caption_of(const struct scaling *scaling)
{
	bool memory = strcmp(y_names[scaling->o->y], "peak_mem_bytes") == 0;

	return arena_format(
		scaling->records->arena,
		"Medians and 10\xe2\x80\x93"
		"90 %% ranges of %zu cells%s; lines: least squares of the logarithms over all "
		"cells, slope with its standard error%s",
		scaling->count, scaling->pooled ? ", other swept options pooled" : "",
		memory ? "; the memory is that of the whole process, so that slopes are low where "
			 "it is "
			 "small"
		       : "");
}

/* Leave out what has one size only. */
static void drop_constant(struct scaling *scaling)
{
	size_t labels = 0, points = 0;

	for (size_t l = 0; l < scaling->label_count; l++) {
		size_t count;
		const struct point *at = curve_of(scaling, l, &count);

		if (!fit_of(at, count, scaling->records->arena).known)
			continue;
		for (size_t i = 0; i < count; i++) {
			scaling->at[points] = at[i];
			scaling->at[points++].label = labels;
		}
		scaling->labels[labels++] = scaling->labels[l];
	}
	scaling->label_count = labels;
	scaling->count = points;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	struct scaling scaling = {.o = options, .records = records};
	struct arena *arena = records->arena;
	struct figure_plan plan = {.panels = 1};
	struct figure figure;

	*written = false;
	if (!scaling.o->x)
		return STATUS_OK;
	scaling.at = ARENA_ARRAY(arena, struct point, records->count + 1);
	scaling.labels = ARENA_ARRAY(arena, const char *, records->count);
	collect(&scaling);
	drop_constant(&scaling);
	scaling.pooled = scaling.label_count > READABLE;
	if (scaling.pooled) {
		collect(&scaling);
		drop_constant(&scaling);
	}
	if (scaling.label_count == 0)
		return STATUS_OK;
	*written = true;
	plan.entries = entries_of(&scaling);
	plan.entry_count = scaling.label_count;
	plan.caption = caption_of(&scaling);
	TRY(figure_open(&figure, records, stem, &plan, err));
	figure_panel(&figure, title_of(&scaling), scaling.o->x,
		     column_label(y_names[scaling.o->y], arena));
	set_axes(&figure, &scaling);
	for (size_t l = 0; l < scaling.label_count; l++)
		draw_curve(&figure, &scaling, l);
	figure_plot(&figure);
	return figure_close(&figure, err);
}

const struct plot plot_scaling = {
	.base = {"scaling", "cost against size with a fitted slope", "", rows,
		 sizeof(struct scaling_options)},
	.write = write_plot,
	.size = true,
};
