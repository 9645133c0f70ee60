/* What tuning brings: the expected test accuracy of the best, by validation accuracy, of k settings
 * drawn at random without replacement, against k. A curve per method, a panel per data set. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 /* k, median, low, high */ };

static const struct option rows[] = {{.name = NULL}};

/* One setting in one repetition. */
struct trial {
	double validation, test;
};

/* The runs of one method on one problem. */
struct bests {
	const struct search *search;
	size_t repeats, trials; /* trials: most settings that are known in a repetition */
	double **curve;         /* repeats x trials, NaN beyond the settings known there */
};

static int by_validation(const void *a, const void *b)
{
	double x = ((const struct trial *)a)->validation, y = ((const struct trial *)b)->validation;

	return (x < y) - (x > y); /* the best first */
}

/* Equal validation accuracies: any of them may be chosen. */
static void share_ties(struct trial *trials, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t end = i;
		double sum = 0;

		for (; end < count && trials[end].validation == trials[i].validation; end++)
			sum += trials[end].test;
		sum /= (double)(end - i);
		for (; i < end; i++)
			trials[i].test = sum;
	}
}

/* sum_i P(the best of k is the i-th of N) test_i with P = C(N - i, k - 1) / C(N, k): each is the
 * one before times (N - i - k + 1) / (N - i). */
static double expected(const struct trial *sorted, size_t count, size_t k)
{
	double probability = (double)k / (double)count, sum = 0;

	for (size_t i = 0; i + k <= count; i++) {
		sum += probability * sorted[i].test;
		if (i + 1 < count)
			probability *= (double)(count - i - k) / (double)(count - i - 1);
	}
	return sum;
}

/* A setting that fails leaves no network: it is chosen last and is right nowhere. */
static bool trial_of(const struct record *record, struct trial *out)
{
	const struct result *r = &record->result;

	*out = (struct trial){r->validation_accuracy, r->test_accuracy};
	if (!records_ok(record))
		*out = (struct trial){-1, 0};
	return !isnan(out->validation) && !isnan(out->test);
}

/* Trials of one repetition; returns how many are known. */
static size_t trials_of(const struct search *search, double repetition, struct trial *trials)
{
	size_t count = 0;

	for (size_t s = 0; s < search->count; s++)
		for (size_t i = 0; i < search->setting[s]->count; i++) {
			const struct record *r = search->setting[s]->member[i];

			if (count < search->count && r->result.repetition == repetition &&
			    trial_of(r, &trials[count]))
				count++;
		}
	return count;
}

static struct bests bests_of(const struct search *search, struct arena *arena)
{
	struct trial *trials = ARENA_ARRAY(arena, struct trial, search->count + 1);
	const struct group *first = search->setting[0];
	struct bests out = {.search = search, .curve = ARENA_ARRAY(arena, double *, first->count)};

	for (size_t i = 0; search->count > 1 && i < first->count; i++) {
		size_t count = trials_of(search, first->member[i]->result.repetition, trials);
		double *curve = ARENA_ARRAY(arena, double, search->count);

		if (count < 2)
			continue;
		qsort(trials, count, sizeof *trials, by_validation);
		share_ties(trials, count);
		for (size_t k = 0; k < search->count; k++)
			curve[k] = k < count ? expected(trials, count, k + 1) : NAN;
		out.trials = count > out.trials ? count : out.trials;
		out.curve[out.repeats++] = curve;
	}
	return out;
}

static void draw_curve(struct figure *figure, const struct bests *bests, size_t style,
		       struct arena *arena)
{
	const struct group *group = bests->search->setting[0];
	double *values = ARENA_ARRAY(arena, double, bests->repeats);
	size_t block =
		figure_block(figure, arena_format(arena, "%s: %s", group->problem, group->method),
			     "k median low high");

	for (size_t k = 0; k < bests->trials; k++) {
		struct spread stat;

		for (size_t r = 0; r < bests->repeats; r++)
			values[r] = bests->curve[r][k];
		stat = sample_spread(values, bests->repeats);
		figure_row(figure, COLUMNS,
			   (double[COLUMNS]){(double)(k + 1), stat.median, stat.low, stat.high});
	}
	figure_curve(figure, block, bests->trials, bests->repeats > 1,
		     (struct figure_style){style, style});
}

static bool in_panel(const struct bests *bests, const char *problem)
{
	return bests->repeats > 0 && strcmp(bests->search->setting[0]->problem, problem) == 0;
}

/* The problems with a curve, in order of appearance. */
static size_t problems_of(const struct bests *all, size_t count, const char **names)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const char *name = all[i].search->setting[0]->problem;

		if (all[i].repeats == 0)
			continue;
		names[found] = name;
		found += records_index(names, found, name) == found;
	}
	return found;
}

/* Legend: the methods that have a curve. */
static size_t methods_of(const struct bests *all, size_t count, struct figure_entry *entries,
			 const char **names)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at;

		if (all[i].repeats == 0)
			continue;
		names[found] = all[i].search->setting[0]->method;
		at = records_index(names, found, names[found]);
		entries[at] = (struct figure_entry){names[at], {at, at}, FIGURE_LINE};
		found += at == found;
	}
	return found;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	struct arena *arena = records->arena;
	struct searches searches = select_searches(records);
	struct bests *all = ARENA_ARRAY(arena, struct bests, searches.count);
	const char **problems = ARENA_ARRAY(arena, const char *, searches.count + 1);
	const char **methods = ARENA_ARRAY(arena, const char *, searches.count + 1);
	struct figure_entry *entries = ARENA_ARRAY(arena, struct figure_entry, searches.count + 1);
	struct figure_plan plan = {.entries = entries};
	struct figure figure;
	size_t repeats = 0;

	(void)options;
	for (size_t i = 0; i < searches.count; i++) {
		all[i] = bests_of(&searches.at[i], arena);
		repeats = all[i].repeats > repeats ? all[i].repeats : repeats;
	}
	plan.panels = problems_of(all, searches.count, problems);
	plan.entry_count = methods_of(all, searches.count, entries, methods);
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	plan.caption = arena_format(arena,
				    "Expected test accuracy of the best, by validation accuracy, "
				    "of k settings drawn at random (a failed one has "
				    "accuracy 0); median%s",
				    repeats > 1 ? arena_format(arena,
							       " and 10\xe2\x80\x93"
							       "90 %% band of %zu repetitions",
							       repeats)
						: " of one repetition");
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t p = 0; p < plan.panels; p++) {
		figure_panel(&figure, problems[p], "settings tried", "test accuracy");
		for (size_t i = 0; i < searches.count; i++)
			if (in_panel(&all[i], problems[p]))
				draw_curve(&figure, &all[i],
					   records_index(methods, plan.entry_count,
							 all[i].search->setting[0]->method),
					   arena);
		figure_plot(&figure);
	}
	return figure_close(&figure, err);
}

const struct plot plot_best_of_k = {
	.base = {"best_of_k", "expected test accuracy of the best of k settings against k", "",
		 rows, 0},
	.write = write_plot,
};
