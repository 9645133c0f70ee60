/* What tuning brings: the expected test accuracy of the best, by validation accuracy, of k settings
 * drawn at random without replacement, against k. A curve per method, a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/plots/panels.h"
#include "harness/report/records/select.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>

static const struct option rows[] = {{.name = NULL}};

/* One setting in one repetition. */
struct trial {
	double validation, test;
};

static int by_validation(const void *a, const void *b)
{
	double x = ((const struct trial *)a)->validation, y = ((const struct trial *)b)->validation;

	return (x < y) - (x > y); /* the best first */
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

/* Trials of one repetition and fold, the best first; returns how many are known. */
static size_t trials_of(const struct search *search, const struct result *draw,
			struct trial *trials)
{
	size_t count = 0;

	for (size_t s = 0; s < search->count; s++)
		for (size_t i = 0; i < search->setting[s]->count && count < search->count; i++) {
			const struct record *record = search->setting[s]->member[i];
			const struct result *r = &record->result;
			struct trial trial = {r->validation_accuracy, r->test_accuracy};

			/* a failed one leaves no network: it is chosen last and is right nowhere */
			if (!records_ok(record))
				trial = (struct trial){-1, 0};
			if (records_same_draw(r, draw) && !isnan(trial.validation) &&
			    !isnan(trial.test))
				trials[count++] = trial;
		}
	qsort(trials, count, sizeof *trials, by_validation);
	for (size_t i = 0; i < count;) { /* of equal ones any may be chosen */
		size_t end = i;
		double sum = 0;

		for (; end < count && trials[end].validation == trials[i].validation; end++)
			sum += trials[end].test;
		sum /= (double)(end - i);
		for (; i < end; i++)
			trials[i].test = sum;
	}
	return count;
}

/* The curve of one method on one problem; how many repetitions it is of. */
static size_t add_curve(struct figure *figure, const struct search *search)
{
	const struct group *first = search->setting[0];
	struct trial *trials = ARENA_ARRAY(figure->arena, struct trial, search->count + 1);
	struct figure_curve *curve = NULL;
	size_t repeats = 0;

	for (size_t i = 0; search->count > 1 && select_is_flat(search) && i < first->count; i++) {
		size_t count = trials_of(search, &first->member[i]->result, trials);
		size_t place = figure_place(figure, first->method);

		if (count < 2)
			continue;
		if (!curve)
			curve = figure_curve(figure,
					     figure_panel(figure, first->problem, first->problem,
							  first->problem),
					     &(struct figure_curve){.title = first->method,
								    .columns = "k median low high",
								    .label = first->method,
								    .entry = place,
								    .style = {place, place}});
		for (size_t k = 1; k <= count; k++)
			figure_value(curve, (double)k, expected(trials, count, k));
		repeats++;
	}
	if (curve) {
		for (size_t i = 0; i < search->count; i++)
			panels_cells(curve, search->setting[i], NAN, NAN);
		figure_pool(curve, 1);
		curve->band = repeats > 1;
	}
	return repeats;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	struct searches searches = select_searches(records);
	struct arena *arena = records->arena;
	const char *shown;
	size_t most = 0, other = 0;

	(void)options;
	figure->x.label = "settings tried";
	figure->y.label = "test accuracy";
	for (size_t i = 0; i < searches.count; i++) {
		size_t repeats = add_curve(figure, &searches.at[i]);

		most = repeats > most ? repeats : most;
		other += searches.at[i].count > 1 && !select_is_flat(&searches.at[i]);
	}
	shown = figure_repeats(figure, most);
	figure->caption = arena_format(
		arena,
		"Expected test accuracy of the best, by validation accuracy, of k settings drawn "
		"at random (a failed one has accuracy 0). %s",
		most > 1 ? arena_format(arena, "%s of %s", shown, records_repeats(records, most))
			 : "One repetition");
	if (other)
		figure->caption = arena_format(
			arena,
			"%s; left out: %zu search%s by rungs or inner folds, whose settings "
			"were not all tried alike",
			figure->caption, other, other == 1 ? "" : "es");
}

const struct plot plot_best_of_k = {
	.base = {"best_of_k", "expected test accuracy of the best of k settings against k", "",
		 rows, 0},
	.fill = fill,
};
