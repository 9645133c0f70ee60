/* What makes a number vary: the draw of the data, that of the method (patterns, or the start of
 * backprop), and both together, as standard deviations; a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/series/panels.h"
#include "harness/stats/components.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

struct variance_options { /* all zero = the defaults */
	long y;
	struct texts methods;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct variance_options, y), .initial = "test_accuracy",
	 .names = column_names, .doc = COLUMN_DOC},
	{OPTION_FIELD(struct variance_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* The cells of one method and setting on one data set, whatever their draws. */
struct sample {
	const char *data, *label;
	bool patterns; /* does the method draw patterns? else a start */
	size_t count, place;
	const struct record **of;
	double *y, *split, *draw;
};

struct samples {
	size_t count;
	struct sample *at;
};

static const char *label_of(const struct record *r, struct arena *arena)
{
	const char *text = r->result.method;

	for (size_t i = 0; i < r->swept_count; i++)
		if (strcmp(r->swept[i].path, "draw") != 0 &&
		    strcmp(r->swept[i].path, "data.draw") != 0)
			text = arena_format(arena, "%s, %s=%s", text,
					    records_short(r->swept[i].path), r->swept[i].value);
	return text;
}

static struct sample sample_new(const struct record *r, const char *label, size_t room,
				struct arena *arena)
{
	return (struct sample){.data = r->result.data,
			       .label = label,
			       .patterns = !isnan(r->result.patterns),
			       .of = ARENA_ARRAY(arena, const struct record *, room),
			       .y = ARENA_ARRAY(arena, double, room),
			       .split = ARENA_ARRAY(arena, double, room),
			       .draw = ARENA_ARRAY(arena, double, room)};
}

static struct samples samples_of(const struct variance_options *o, const struct records *records)
{
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {column_names[o->y], &kinds};
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);
	size_t *of = ARENA_ARRAY(arena, size_t, records->count), *size;
	struct samples out = {.at = ARENA_ARRAY(arena, struct sample, records->count)};

	size = ARENA_ARRAY(arena, size_t, records->count);
	for (int pass = 0; pass < 2; pass++) /* how many there are of each, and which */
		for (size_t i = 0; i < records->count; i++) {
			const struct record *r = &records->at[i];
			double y = records_ok(r) ? column_value(r, &column) : NAN;
			struct sample *to;

			if (isnan(y) || records->groups[r->group].left_out ||
			    !records_wanted(&o->methods, r->result.method))
				continue;
			if (pass == 0) {
				const char *label = label_of(r, arena);
				const char *key =
					arena_format(arena, "%s\n%s", r->result.data, label);

				of[i] = index_place(&index, key, out.count);
				size[of[i]]++;
				out.count += of[i] == out.count;
				continue;
			}
			to = &out.at[of[i]];
			if (!to->of)
				*to = sample_new(r, label_of(r, arena), size[of[i]], arena);
			to->of[to->count] = r;
			to->split[to->count] = r->data_draw;
			to->draw[to->count] = r->method_draw;
			to->y[to->count++] = y;
		}
	return out;
}

/* Sources that can be told apart, or not. */
enum source { SPLIT, METHOD, BOTH, SPLIT_BOTH, METHOD_BOTH, ALL, SOURCES };

static const char *source_name(enum source source, bool patterns, struct arena *arena)
{
	static const char *const names[SOURCES] = {[SPLIT] = "split",
						   [METHOD] = "%s",
						   [BOTH] = "interaction",
						   [SPLIT_BOTH] = "split and interaction",
						   [METHOD_BOTH] = "%s and interaction",
						   [ALL] = "split and %s together"};
	const char *method = patterns ? "patterns" : "initialisation";
	const char *blank = strstr(names[source], "%s");

	if (!blank)
		return names[source];
	return arena_format(arena, "%.*s%s%s", (int)(blank - names[source]), names[source], method,
			    blank + strlen("%s"));
}

/* Variances of a sample's sources; NaN: not of this sample. */
static void estimate(const struct sample *sample, double *variance)
{
	struct components c = components_of(sample->y, sample->split, sample->draw, sample->count);

	for (size_t s = 0; s < SOURCES; s++)
		variance[s] = NAN;
	variance[SPLIT] = c.first;
	variance[METHOD] = c.second;
	variance[BOTH] = c.both;
	if (isnan(c.same_second))
		variance[METHOD_BOTH] = c.same_first;
	if (isnan(c.same_first))
		variance[SPLIT_BOTH] = c.same_second;
	if (isnan(c.same_first) && isnan(c.same_second))
		variance[ALL] = c.apart;
}

/* The curve of a source in a panel; sources of all panels have one place in the legend. */
static struct figure_curve *curve_of(struct figure *figure, struct figure_panel *panel,
				     const char *name)
{
	struct figure_curve *curve = figure_find(panel, name);
	size_t entry = figure_place(figure, name);

	return curve ? curve
		     : figure_curve(figure, panel,
				    &(struct figure_curve){.title = name,
							   .columns = "place standard_deviation "
								      "low high",
							   .label = name,
							   .entry = entry,
							   .layer = FIGURE_BARS,
							   .style = {entry, entry},
							   .width = 0.26});
}

/* Bars of a sample, side by side around its place; text of what is below 0. */
static const char *add_bars(struct figure *figure, struct figure_panel *panel,
			    const struct sample *sample, const double *variance)
{
	static const int slots[SOURCES] = {-1, 0, 1, -1, 0, 0};
	const char *negative = "";

	for (enum source s = 0; s < SOURCES; s++) {
		const char *name = source_name(s, sample->patterns, figure->arena);
		double place = (double)sample->place + 0.27 * slots[s];
		double deviation = sqrt(fmax(0, variance[s]));
		struct figure_curve *curve;

		if (isnan(variance[s]))
			continue;
		curve = curve_of(figure, panel, name);
		figure_row(curve, (double[]){place, deviation, deviation, deviation});
		for (size_t i = 0; i < sample->count; i++)
			figure_cell(curve, (struct figure_cell){sample->of[i]->id, place, NAN});
		if (variance[s] < 0)
			negative = arena_format(figure->arena, "%s%s%s", negative,
						*negative ? ", " : "", name);
	}
	return negative;
}

static size_t levels(const double *values, size_t count, struct arena *arena)
{
	double *sorted = ARENA_ARRAY(arena, double, count);

	memcpy(sorted, values, count * sizeof *sorted);
	return sample_distinct(sorted, count);
}

/* "; scp: 4 splits x 5 patterns, 20 cells, interaction below 0". */
static const char *sample_text(const struct sample *s, const double *variance, const char *negative,
			       const struct records *records)
{
	struct arena *arena = records->arena;
	bool several = records->data_count > 1;
	const char *moved = "";

	if (!isnan(variance[ALL]))
		moved = ", not separable: both move together";
	else if (!isnan(variance[SPLIT_BOTH]) || !isnan(variance[METHOD_BOTH]))
		moved = ", interaction not separable";
	return arena_format(
		arena, "; %s%s%s: %zu split%s x %zu %s, %zu cells%s%s%s", s->label,
		several ? " on " : "", several ? s->data : "", levels(s->split, s->count, arena),
		levels(s->split, s->count, arena) == 1 ? "" : "s", levels(s->draw, s->count, arena),
		s->patterns ? "draws of patterns" : "initialisations", s->count, moved,
		*negative ? ", estimated below 0 and shown as 0: " : "", negative);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	enum { MOST = 8 /* samples in the caption */ };
	const struct variance_options *o = options;
	struct arena *arena = records->arena;
	struct samples samples = samples_of(o, records);
	const char *said = "", *name = column_label(column_names[o->y], arena);
	size_t shown = 0;

	figure->y =
		(struct figure_axis){.label = arena_format(arena, "standard deviation of %s", name),
				     .scale = FIGURE_LINEAR,
				     .starts = true};
	for (size_t i = 0; i < samples.count; i++) {
		struct sample *s = &samples.at[i];
		struct figure_panel *panel;
		const char *negative, **names;
		double variance[SOURCES];

		if (s->count < 2)
			continue;
		panel = panels_data(figure, records, s->data);
		s->place = panel->x.name_count;
		names = ARENA_ARRAY(arena, const char *, s->place + 1);
		if (s->place)
			memcpy(names, panel->x.names, s->place * sizeof *names);
		names[s->place] = s->label;
		panel->x.names = names;
		panel->x.name_count++;
		panel->x.room = 0.6;
		estimate(s, variance);
		negative = add_bars(figure, panel, s, variance);
		if (++shown <= MOST)
			said = arena_format(arena, "%s%s", said,
					    sample_text(s, variance, negative, records));
	}
	figure->caption = arena_format(
		arena,
		"Square roots of the variance components of %s (crossed random effects, method of "
		"moments): split: draws of the data and their parts; patterns, initialisation: "
		"draws of the method; interaction: what is of both%s%s",
		name, said,
		shown > MOST ? arena_format(arena, "; %zu more settings", shown - MOST) : "");
}

const struct plot plot_variance = {
	.base = {"variance", "variance components: split, patterns or initialisation, interaction",
		 "", rows, sizeof(struct variance_options)},
	.fill = fill,
};
