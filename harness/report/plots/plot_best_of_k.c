/* What tuning brings: the expected test accuracy of the best of k settings drawn at random without
 * replacement, against k; the best by what the method selects by, else by validation accuracy. A
 * curve per method, a panel per data set. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/select.h"
#include "harness/report/series/panels.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>

static const struct option rows[] = {{.name = NULL}};

/* One setting in one repetition. */
struct trial {
	double score, test; /* score: lower is better */
};

static int by_score(const void *a, const void *b)
{
	double x = ((const struct trial *)a)->score, y = ((const struct trial *)b)->score;

	return (x > y) - (x < y); /* the best first */
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
	const char *by = select_criterion(search->setting[0]);
	size_t count = 0;

	for (size_t s = 0; s < search->count; s++)
		for (size_t i = 0; i < search->setting[s]->count && count < search->count; i++) {
			const struct record *record = search->setting[s]->member[i];
			const struct result *r = &record->result;
			struct trial trial = {select_score(record, by), r->test_accuracy};
			bool failed = !records_ok(record);

			/* a failed one leaves no network: it is chosen last and is right nowhere */
			if (failed)
				trial.test = 0;
			if (records_same_draw(r, draw) && !isnan(trial.test) &&
			    (failed || trial.score < HUGE_VAL))
				trials[count++] = trial;
		}
	qsort(trials, count, sizeof *trials, by_score);
	for (size_t i = 0; i < count;) { /* of equal ones any may be chosen */
		size_t end = i;
		double sum = 0;

		for (; end < count && trials[end].score == trials[i].score; end++)
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

/* "validation accuracy"; of several "validation accuracy (sgd) or validation auc (adam)". */
static const char *chosen_by(const struct searches *searches, const size_t *repeats,
			     struct arena *arena)
{
	const char **seen = ARENA_ARRAY(arena, const char *, searches->count);
	const char *text = "", *by;
	size_t count = 0;

	for (size_t i = 0; i < searches->count; i++) {
		const struct group *group = searches->at[i].setting[0];

		by = column_label(select_criterion(group), arena);
		if (!repeats[i] || records_index(seen, count, by) < count)
			continue;
		seen[count++] = by;
		text = arena_format(arena, "%s%s%s (%s)", text, *text ? " or " : "", by,
				    group->method);
	}
	return count == 1 ? seen[0] : text;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	struct searches searches = select_searches(records);
	struct arena *arena = records->arena;
	const char *shown;
	size_t *repeats = ARENA_ARRAY(arena, size_t, searches.count), most = 0, other = 0;

	(void)options;
	figure->x.label = "settings tried";
	figure->y.label = "test accuracy";
	for (size_t i = 0; i < searches.count; i++) {
		repeats[i] = add_curve(figure, &searches.at[i]);
		most = repeats[i] > most ? repeats[i] : most;
		other += searches.at[i].count > 1 && !select_is_flat(&searches.at[i]);
	}
	shown = figure_repeats(figure, most);
	figure->caption = arena_format(
		arena,
		"Expected test accuracy of the best, by %s, of k settings drawn at random (a "
		"failed one has accuracy 0). %s",
		chosen_by(&searches, repeats, arena),
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
