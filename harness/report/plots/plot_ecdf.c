/* Time to a target: the share of runs that have reached it after t seconds. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/curve.h"
#include "harness/report/series/panels.h"

#include <math.h>
#include <string.h>

struct ecdf_options { /* all zero = the defaults */
	double gap, factor;
	long settings;
};

static const double usual_factor = 1.05;

static const struct option rows[] = {
	{OPTION_FIELD(struct ecdf_options, gap), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "target: a certified relative gap of at most this"},
	{OPTION_FIELD(struct ecdf_options, factor), .initial = "null", .range = RANGE_ABOVE(1),
	 .doc = "target without `gap`: the objective (of robust methods the worst case) within "
		"this factor of the best final "
		"one of any method on the same data and repetition; unset: 1.05"},
	{OPTION_FIELD(struct ecdf_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

struct race {
	const char *column; /* of the trace */
	double target;      /* the value itself, or the factor */
	bool relative;
	struct series_list list;
	struct contest contest;
	double *seconds; /* entrants; infinite if the target was not reached, NaN if the trace does
			    not say when */
	size_t untimed;  /* entrants of the last kind */
	size_t unknown;  /* entrants whose worst-case objective is not known */
	double first, last;
};

/* The column of a record's trace that is compared: of robust methods the worst case. Traces of
 * earlier versions have the program's objective under that name. */
static const char *column_of(const struct race *race, const struct record *record)
{
	bool told = record->result.objective_of && csv_column(&record->trace, "objective") >= 0;

	return race->relative && !told ? "objective_network" : race->column;
}

/* When each run reached the target. */
static void run_race(struct race *race, const struct records *records)
{
	struct contest *contest = &race->contest;

	race->seconds = ARENA_ARRAY(records->arena, double, contest->count);
	for (size_t i = 0; i < contest->count; i++) {
		double value = stat_column(contest->at[i].record, "headline");
		bool ok = records_ok(contest->at[i].record) && isfinite(value);

		race->seconds[i] = ok ? value : HUGE_VAL;
	}
	contest_set_best(contest, race->seconds);
	race->first = HUGE_VAL;
	for (size_t i = 0; i < contest->count; i++) {
		const struct record *record = contest->at[i].record;
		const struct csv_table *trace = &record->trace;
		const char *column = column_of(race, record);
		int value = csv_column(trace, column);
		size_t task = contest->at[i].task, row = 0;
		double target = race->relative ? race->target * contest->best[task] : race->target;
		bool untimed = curve_untimed(record, column);
		/* adversarial training, whose worst case is not known, takes no part */
		bool unknown = race->relative && records_ok(record) &&
			       isnan(stat_column(record, "headline"));
		double *seconds = &race->seconds[i];

		while (row < trace->rows && !(csv_value(trace, row, value) <= target))
			row++;
		*seconds = row < trace->rows && records_ok(record)
				   ? curve_seconds(record, row, column)
				   : HUGE_VAL;
		race->untimed += untimed;
		race->unknown += unknown;
		if (untimed || unknown)
			*seconds = NAN;
		if (!isfinite(*seconds) ||
		    !contest_compares(contest, &race->list, contest->panel[task]))
			continue;
		*seconds = fmax(*seconds, 1e-9); /* a logarithm is taken */
		race->first = fmin(race->first, *seconds);
		race->last = fmax(race->last, *seconds);
	}
}

/* Has any run of a panel a value to compare with the target? Backprop alone certifies nothing. */
static bool is_drawn(const struct race *race, size_t panel)
{
	const struct contest *contest = &race->contest;

	if (!contest_compares(contest, &race->list, panel))
		return false;
	for (size_t i = 0; i < contest->count; i++) {
		const struct record *record = contest->at[i].record;
		const struct csv_table *trace = &record->trace;
		int column = csv_column(trace, column_of(race, record));

		for (size_t k = 0; contest->panel[contest->at[i].task] == panel && k < trace->rows;
		     k++)
			if (!isnan(csv_value(trace, k, column)))
				return true;
	}
	return false;
}

static const char *caption_of(const struct race *race, struct arena *arena)
{
	const char *target =
		arena_format(arena, "a certified relative gap of at most %.3g", race->target);
	const char *text;

	if (race->relative)
		target = arena_format(arena,
				      "an objective (of robust methods the worst case) within a "
				      "factor %.4g of the best final one of any method on the same "
				      "data and repetition",
				      race->target);
	text = arena_format(arena,
			    "Share of the runs of each method (%zu in all; those that are not ok "
			    "count as never) that reached %s%s, by the first trace point there%s",
			    race->contest.count, target,
			    contest_caption(&race->contest, race->column, arena),
			    race->list.best ? "; the best setting of each method" : "");
	if (!race->relative)
		text = arena_format(arena,
				    "%s; the time of the certificates is part of it, each "
				    "gap is of the method's own program; panels without a "
				    "certificate are left out",
				    text);
	if (race->unknown)
		text = arena_format(arena, "%s; left out: %zu runs whose worst case is not known",
				    text, race->unknown);
	if (race->untimed)
		text = arena_format(arena,
				    "%s; left out: %zu runs whose trace has no time of the "
				    "certificates",
				    text, race->untimed);
	return text;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct ecdf_options *o = options;
	struct arena *arena = records->arena;
	struct race race = {.relative = !(o->gap > 0)};
	const char *title;

	race.column = race.relative ? "objective" : "gap";
	race.target = !race.relative ? o->gap : o->factor > 0 ? o->factor : usual_factor;
	race.list = series_of(records, (enum series_settings)o->settings, 1);
	series_pool(&race.list, records);
	race.contest = contest_of(records, &race.list, race.column);
	run_race(&race, records);
	if (!isfinite(race.first))
		return;
	figure->x = (struct figure_axis){.label = curve_time_label(race.column),
					 .scale = FIGURE_LOGARITHMIC,
					 .starts = true,
					 .ends = true,
					 .low = race.first / 1.3,
					 .high = race.last * 1.3};
	figure->y = (struct figure_axis){.label = "share of runs",
					 .scale = FIGURE_LINEAR,
					 .starts = true,
					 .ends = true,
					 .high = 1.02};
	title = arena_format(arena,
			     race.relative ? "objective within a factor %.4g of the best"
					   : "certified relative gap at most %.3g",
			     race.target);
	for (size_t k = 0; k < race.contest.panels; k++) {
		const struct contest_panel *in = &race.contest.in[k];

		if (is_drawn(&race, k))
			panels_shares(
				figure,
				figure_panel(figure, in->key, "", *in->title ? in->title : title),
				&race.contest, &race.list, k, race.seconds);
	}
	figure->caption = caption_of(&race, arena);
}

const struct plot plot_ecdf = {
	.base = {"ecdf", "share of runs that reached a target against time", "", rows,
		 sizeof(struct ecdf_options)},
	.fill = fill,
};
