/* Scores of classifiers. */
#include "harness/stats/confusion.h"
#include "harness/stats/sample.h"

#include <math.h>

struct confusion confusion_new(size_t k, struct arena *arena)
{
	return (struct confusion){k, ARENA_ARRAY(arena, double, k *(k + 1))};
}

void confusion_add(struct confusion *counts, size_t c, size_t j)
{
	counts->count[c * (counts->k + 1) + j]++;
}

double confusion_samples(const struct confusion *counts, size_t c)
{
	double sum = 0;

	for (size_t j = 0; j <= counts->k; j++)
		sum += counts->count[c * (counts->k + 1) + j];
	return sum;
}

double confusion_majority(const struct confusion *counts)
{
	double most = 0, all = 0;

	for (size_t c = 0; c < counts->k; c++) {
		double here = confusion_samples(counts, c);

		most = fmax(most, here);
		all += here;
	}
	return all > 0 ? most / all : NAN;
}

/* NaN where the class has no sample. */
static double recall(const struct confusion *counts, size_t c)
{
	return counts->count[c * (counts->k + 1) + c] / confusion_samples(counts, c);
}

double confusion_balanced_accuracy(const struct confusion *counts)
{
	double sum = 0;

	for (size_t c = 0; c < counts->k; c++)
		sum += recall(counts, c);
	return sum / (double)counts->k;
}

double confusion_worst_recall(const struct confusion *counts)
{
	double least = 1;

	for (size_t c = 0; c < counts->k && !isnan(least); c++)
		least = recall(counts, c) >= least ? least : recall(counts, c);
	return least;
}

double confusion_macro_f1(const struct confusion *counts)
{
	size_t k = counts->k;
	double sum = 0;

	for (size_t c = 0; c < k; c++) {
		double decided = 0, samples = confusion_samples(counts, c);

		for (size_t i = 0; i < k; i++)
			decided += counts->count[i * (k + 1) + c];
		sum += samples > 0 ? 2 * counts->count[c * (k + 1) + c] / (samples + decided) : NAN;
	}
	return sum / (double)k;
}

double confusion_auc(double *const scores[2], const size_t count[2])
{
	double above = 0; /* twice the pairs with a > b, and those with a = b */
	size_t below = 0, end = 0;

	for (int c = 0; c < 2; c++)
		for (size_t i = 0; i < count[c]; i++)
			if (isnan(scores[c][i]))
				return NAN;
	if (count[0] == 0 || count[1] == 0)
		return NAN;
	sample_sort(scores[0], count[0]);
	sample_sort(scores[1], count[1]);
	for (size_t i = 0; i < count[0]; i++) {
		while (below < count[1] && scores[1][below] < scores[0][i])
			below++;
		while (end < count[1] && scores[1][end] <= scores[0][i])
			end++;
		above += (double)below + (double)end;
	}
	return above / (2 * (double)count[0] * (double)count[1]);
}
