/* What changed from one results folder to others: of each method the paired differences of
 * objective, accuracies and time. A row of panels per measure, a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"
#include "harness/stats/student.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

enum {
	MOST_NAMES = 16 /* in a panel: settings of a method become one name where there are more */
};

#define GROUP_SHARE 0.5 /* of the distance between names that points of several folders take */

enum scale {
	POINTS,  /* difference of shares */
	PERCENT, /* relative to the first folder */
	FACTOR   /* the same; a mean of logarithms, so that half and twice as long are alike */
};

static const struct measure {
	const char *column, *label;
	enum scale scale;
} measures[] = {{"objective", "objective, change in %", PERCENT},
		{"test_accuracy", "test accuracy, change in % points", POINTS},
		{"test_rmse", "test RMSE, change in %", PERCENT},
		{"robust_accuracy", "robust accuracy, change in % points", POINTS},
		{"time", "time of setup and solve, change in %", FACTOR}};

enum { MEASURES = sizeof measures / sizeof *measures };

/* A cell of the first folder and that of another one. */
struct pair {
	const struct record *a, *b;
	const char *name; /* of method and setting */
};

struct changes {
	const struct records *records;
	struct arena *arena;
	struct attack_kinds kinds; /* robust accuracy is looked at where the first folder looked */
	size_t folders, count, lonely, failed, other;
	const char **label; /* of each folder */
	struct pair *at;
};

/* The lowest accuracy over the attacks that both cells have. */
static double robust_change(const struct changes *c, const struct pair *pair)
{
	double a = NAN, b = NAN;

	for (size_t k = 0; k < c->kinds.count; k++) {
		double of_a = attacks_robust(pair->a, &c->kinds.at[k]);
		double of_b = attacks_robust(pair->b, &c->kinds.at[k]);

		if (isnan(of_a) || isnan(of_b))
			continue;
		a = fmin(a, of_a);
		b = fmin(b, of_b);
	}
	return 100 * (b - a);
}

/* In per cent, percentage points or as a logarithm; NaN where a value is not known or of another
 * objective. */
static double change_of(const struct changes *c, const struct pair *pair, const struct measure *m)
{
	double a, b;

	if (strcmp(m->column, "robust_accuracy") == 0)
		return robust_change(c, pair);
	if (strcmp(comparable_key(pair->a, m->column, NULL, c->arena),
		   comparable_key(pair->b, m->column, NULL, c->arena)) != 0)
		return NAN;
	a = stat_column(pair->a, m->column);
	b = stat_column(pair->b, m->column);
	if (m->scale == POINTS)
		return 100 * (b - a);
	if (m->scale == FACTOR)
		return a > 0 && b > 0 ? log(b / a) : NAN;
	return a > 0 || a < 0 ? 100 * (b - a) / fabs(a) : b == a ? 0 : NAN;
}

/* "admm, rho=0.1" */
static const char *name_of(const struct changes *c, const struct record *record)
{
	const char *setting = c->records->groups[record->group].setting;

	return *setting ? arena_format(c->arena, "%s, %s", record->origin->method, setting)
			: record->origin->method;
}

static void add_pair(struct changes *c, const struct record *a, const struct record *b)
{
	if (!a || strcmp(a->result.data, b->result.data) != 0) {
		c->lonely++;
	} else if (!records_ok(a) || !records_ok(b)) {
		c->failed++;
	} else {
		c->other += strcmp(comparable_key(a, "objective", NULL, c->arena),
				   comparable_key(b, "objective", NULL, c->arena)) != 0;
		c->at[c->count++] = (struct pair){a, b, name_of(c, a)};
	}
}

static struct changes changes_of(const struct records *records)
{
	struct arena *arena = records->arena;
	struct changes c = {.records = records,
			    .arena = arena,
			    .at = ARENA_ARRAY(arena, struct pair, records->count + 1),
			    .label = ARENA_ARRAY(arena, const char *, records->count + 1)};
	struct records first = {.arena = arena,
				.at = ARENA_ARRAY(arena, struct record, records->count + 1)};
	struct index index = index_new(records->count, arena);
	const struct record **at = ARENA_ARRAY(arena, const struct record *, records->count + 1);

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (!r->origin)
			continue;
		c.label[r->origin->folder] = r->origin->label;
		c.folders = r->origin->folder >= c.folders ? r->origin->folder + 1 : c.folders;
		if (r->origin->folder > 0 ||
		    index_place(&index, r->origin->key, first.count) != first.count)
			continue;
		at[first.count] = r;
		first.at[first.count++] = *r;
	}
	c.kinds = attacks_of(&first, NULL);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		ptrdiff_t place = r->origin && r->origin->folder
					  ? index_find(&index, r->origin->key)
					  : INDEX_NONE;

		if (r->origin && r->origin->folder > 0)
			add_pair(&c, place == INDEX_NONE ? NULL : at[place], r);
	}
	return c;
}

/* As it is drawn. */
static double shown_change(double change, enum scale scale)
{
	return scale == FACTOR ? 100 * expm1(change) : change;
}

/* Names of the pairs on a data set, each once. */
static size_t names_on(const struct changes *c, const char *data, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->at[i].a->result.data, data) == 0 &&
		    records_index(names, count, c->at[i].name) == count)
			names[count++] = c->at[i].name;
	return count;
}

/* Settings of a method are one name where a data set has too many. */
static bool pool_settings(struct changes *c, const char **names)
{
	size_t most = 0;

	for (size_t d = 0; d < c->records->data_count; d++) {
		size_t count = names_on(c, c->records->data[d], names);

		most = count > most ? count : most;
	}
	for (size_t i = 0; i < c->count && most > MOST_NAMES; i++)
		c->at[i].name = c->at[i].a->origin->method;
	return most > MOST_NAMES;
}

/* What a panel shows of one folder. */
struct shown {
	const struct measure *measure;
	const char *data;
	const char *const *names;
	size_t name_count, folder;
};

/* A row for each name that has differences: their mean with its interval. */
static void add_points(const struct changes *c, const struct shown *shown,
		       struct figure_curve *curve)
{
	double *change = ARENA_ARRAY(c->arena, double, c->count);
	double step = GROUP_SHARE / (double)(c->folders - 1);
	double shift = step * ((double)shown->folder - (double)c->folders / 2);

	for (size_t n = 0; n < shown->name_count; n++) {
		struct student interval;
		double overlap = 0;
		size_t count = 0;

		for (size_t i = 0; i < c->count; i++) {
			const struct pair *pair = &c->at[i];
			const struct result *r = &pair->a->result;

			if (pair->b->origin->folder != shown->folder ||
			    strcmp(r->data, shown->data) != 0 ||
			    strcmp(pair->name, shown->names[n]) != 0)
				continue;
			change[count++] = change_of(c, pair, shown->measure);
			if (pair->a->resampled && r->n_train > 0 && r->n_test > 0)
				overlap = r->n_test / r->n_train;
		}
		interval = student_interval(change, count, overlap);
		if (isnan(interval.mean))
			continue;
		if (isnan(interval.low)) /* of one pair */
			interval.low = interval.high = interval.mean;
		figure_row(curve, (double[]){(double)n + shift,
					     shown_change(interval.mean, shown->measure->scale),
					     shown_change(interval.low, shown->measure->scale),
					     shown_change(interval.high, shown->measure->scale)});
	}
}

static void add_panel(const struct changes *c, struct figure *figure, struct shown shown)
{
	const struct measure *m = shown.measure;
	const struct figure_curve zero = {.title = "no change",
					  .columns = "place zero zero zero",
					  .label = "no change",
					  .entry = c->folders,
					  .layer = FIGURE_LEVEL,
					  .style = {7, 1}};
	struct figure_panel *panel =
		figure_panel(figure, arena_format(c->arena, "%s\n%s", m->column, shown.data),
			     arena_format(c->arena, "%s, %s", shown.data, m->column),
			     series_title(c->records, shown.data));
	struct figure_curve *line = figure_curve(figure, panel, &zero);
	double last = (double)shown.name_count - 0.5;
	size_t points = 0;

	panel->row = m->column;
	panel->y.label = m->label;
	panel->x.names = shown.names;
	panel->x.name_count = shown.name_count;
	panel->x.room = 0.6;
	figure_row(line, (double[]){-0.5, 0, 0, 0});
	figure_row(line, (double[]){last, 0, 0, 0});
	for (shown.folder = 1; shown.folder < c->folders; shown.folder++) {
		const char *label =
			arena_format(c->arena, "%s less %s", c->label[shown.folder], c->label[0]);
		const struct figure_curve like = {.title = label,
						  .columns = "place mean low high",
						  .label = label,
						  .entry = shown.folder - 1,
						  .layer = FIGURE_RANGES,
						  .style = {shown.folder - 1, shown.folder - 1}};
		struct figure_curve *curve = figure_curve(figure, panel, &like);

		add_points(c, &shown, curve);
		points += curve->count;
	}
	if (points == 0)
		figure_drop(panel);
}

static const char *caption_of(const struct changes *c, bool pooled)
{
	struct arena *arena = c->arena;
	const char *text = arena_format(
		arena,
		"Mean of paired differences with Student's 95 %% interval; a pair: the cells of %s "
		"and of another folder with the same data, method, settings and repetition; "
		"objective, RMSE and time relative to %s, of time the geometric mean; %zu pairs",
		c->label[0], c->label[0], c->count);

	if (pooled)
		text = arena_format(arena, "%s, all settings of a method together", text);
	if (c->lonely)
		text = arena_format(arena, "%s; %zu cells without a partner", text, c->lonely);
	if (c->failed)
		text = arena_format(arena, "%s; %zu with a cell that is not ok", text, c->failed);
	if (c->other)
		text = arena_format(arena,
				    "%s; %zu with another objective, whose objectives and "
				    "times are not compared",
				    text, c->other);
	return text;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	struct changes c = changes_of(records);
	const char **names = ARENA_ARRAY(c.arena, const char *, c.count + 1);
	bool pooled;

	(void)options;
	if (c.count == 0)
		return;
	pooled = pool_settings(&c, names);
	for (size_t m = 0; m < MEASURES; m++)
		for (size_t d = 0; d < records->data_count; d++) {
			const char **here = ARENA_ARRAY(c.arena, const char *, c.count + 1);
			struct shown shown = {
				.measure = &measures[m], .data = records->data[d], .names = here};

			shown.name_count = names_on(&c, shown.data, here);
			if (shown.name_count)
				add_panel(&c, figure, shown);
		}
	figure->caption = caption_of(&c, pooled);
}

const struct plot plot_changes = {
	.base = {"changes", "paired differences of methods from one results folder to others", "",
		 NULL, 0},
	.fill = fill,
};
