/* Performance profiles (Dolan and More, Mathematical Programming 2002): the share of tasks on which
 * a method comes within a factor tau of the best. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/series/contest.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct profile_options { /* all zero = the defaults */
	long y, settings;
};

static const char *const y_names[] = {"objective_network", "time",           "solve_s",
				      "iterations",        "peak_mem_bytes", "test_accuracy",
				      "robust_accuracy",   "objective",      NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct profile_options, y), .initial = "objective_network", .names = y_names,
	 .doc = "column that is compared; of an accuracy the share of errors is; objective: of "
		"robust "
		"methods the worst case"},
	{OPTION_FIELD(struct profile_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

struct profile {
	const char *y;
	struct series_list list;
	struct contest contest;
	double *ratio; /* entrants: to the best; infinite for a cell that is not ok */
	double highest;
};

/* Lower is better. Half a point stands for no error at all, so that ratios exist. */
static double cost_of(const struct record *record, const struct column *column)
{
	double value = column_value(record, column), least = DBL_MIN;

	if (!records_ok(record) || isnan(value))
		return HUGE_VAL;
	if (strstr(column->name, "accuracy")) {
		value = 1 - value;
		least = record->result.n_test > 0 ? 0.5 / record->result.n_test : DBL_EPSILON;
	}
	return fmax(value, least);
}

static void set_ratios(struct profile *profile, const struct records *records)
{
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {profile->y, &kinds};
	struct contest *contest = &profile->contest;

	profile->ratio = ARENA_ARRAY(records->arena, double, contest->count);
	for (size_t i = 0; i < contest->count; i++)
		profile->ratio[i] = cost_of(contest->at[i].record, &column);
	contest_set_best(contest, profile->ratio);
	for (size_t i = 0; i < contest->count; i++) {
		double best = contest->best[contest->at[i].task];

		/* nothing to compare with where no cell has a value */
		profile->ratio[i] = isfinite(best) ? profile->ratio[i] / best : HUGE_VAL;
		if (isfinite(profile->ratio[i]))
			profile->highest = fmax(profile->highest, profile->ratio[i]);
	}
}

static bool is_compared(const struct contest *contest, size_t task, size_t panel)
{
	return contest->panel[task] == panel && contest->rivals[task] &&
	       isfinite(contest->best[task]);
}

static size_t compared_tasks(const struct profile *profile, size_t panel)
{
	size_t count = 0;

	for (size_t t = 0; t < profile->contest.tasks; t++)
		count += is_compared(&profile->contest, t, panel);
	return count;
}

static void draw_entry(struct figure *figure, const struct profile *profile, size_t panel,
		       size_t entry, struct arena *arena)
{
	const struct contest *contest = &profile->contest;
	struct figure_ecdf ecdf = {.title = contest_label(&profile->list, entry), .from = 1};

	ecdf.values = ARENA_ARRAY(arena, double, contest->count);
	ecdf.to = profile->highest;
	for (size_t i = 0; i < contest->count; i++) {
		const struct entrant *e = &contest->at[i];

		if (e->entry != entry || !is_compared(contest, e->task, panel))
			continue;
		ecdf.total++;
		if (isfinite(profile->ratio[i]))
			ecdf.values[ecdf.count++] = profile->ratio[i];
	}
	if (ecdf.total)
		figure_steps(figure, &ecdf,
			     (struct figure_style){profile->list.entry[entry]->colour, entry});
}

static void draw_panel(struct figure *figure, const struct profile *p, size_t panel,
		       struct arena *arena)
{
	const char *apart = p->contest.in[panel].title;

	figure_panel(figure,
		     arena_format(arena, "%s%s%zu tasks", apart, *apart ? ": " : "",
				  compared_tasks(p, panel)),
		     arena_format(arena, "factor of the best: %s%s", column_label(p->y, arena),
				  strstr(p->y, "accuracy") ? " (errors)" : ""),
		     "share of tasks");
	fputs("set yrange [0:1.02]\nset offsets 0,0,0,0\n", figure->gp);
	if (figure_wants_log(1, p->highest))
		figure_log(figure, 'x', 1, p->highest);
	for (size_t e = 0; e < p->list.entry_count; e++)
		draw_entry(figure, p, panel, e, arena);
	figure_plot(figure);
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct profile_options *o = options;
	struct arena *arena = records->arena;
	struct profile p = {.y = y_names[o->y], .highest = 1};
	struct figure_plan plan = {0};
	struct figure figure;
	size_t tasks = 0;

	p.list = series_of(records, (enum series_settings)o->settings, 1);
	series_pool(&p.list, records);
	p.contest = contest_of(records, &p.list, p.y);
	set_ratios(&p, records);
	for (size_t k = 0; k < p.contest.panels; k++) {
		tasks += compared_tasks(&p, k);
		plan.panels += compared_tasks(&p, k) > 0;
	}
	*written = tasks > 0;
	if (!*written)
		return STATUS_OK;
	plan.entries = series_entries(&p.list, &plan.entry_count, arena);
	plan.caption = arena_format(arena,
				    "Share of %zu tasks (problem and repetition%s) on which a "
				    "method is within the factor of the best; cells that are not "
				    "ok never are%s",
				    tasks, contest_caption(&p.contest, p.y, arena),
				    p.list.best ? "; the best setting of each method" : "");
	TRY(figure_open(&figure, records, stem, &plan, err));
	p.highest = fmax(1.02 * p.highest, 1 + 1e-6);
	for (size_t k = 0; k < p.contest.panels; k++)
		if (compared_tasks(&p, k) > 0)
			draw_panel(&figure, &p, k, arena);
	return figure_close(&figure, err);
}

const struct plot plot_performance_profile = {
	.base = {"performance_profile", "share of tasks within a factor of the best method",
		 "dolan2002", rows, sizeof(struct profile_options)},
	.write = write_plot,
};
