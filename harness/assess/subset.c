/* One threshold for all outputs. */
#include "harness/assess/subset.h"

#include <math.h>

double subset_threshold(size_t t)
{
	return (double)t / SUBSET_THRESHOLDS;
}

double subset_accuracy(const struct part *part, ptrdiff_t k, const real *f, double threshold)
{
	const ptrdiff_t n = part->X.rows;
	double correct = 0;

	for (ptrdiff_t i = 0; i < n; i++) {
		ptrdiff_t equal = 0;

		for (ptrdiff_t c = 0; c < k; c++)
			equal += ((double)f[c * n + i] > threshold) == (c == part->label[i]);
		correct += equal == k;
	}
	return n > 0 ? correct / (double)n : NAN;
}

/* The least of those that are best; *accuracy: with it. */
static double best(const struct part *part, ptrdiff_t k, const real *f, double *accuracy)
{
	double threshold = NAN;

	*accuracy = NAN;
	for (size_t t = 0; t < SUBSET_THRESHOLDS && part->X.rows > 0; t++) {
		double here = subset_accuracy(part, k, f, subset_threshold(t));

		if (here <= *accuracy) /* NaN before the first */
			continue;
		*accuracy = here;
		threshold = subset_threshold(t);
	}
	return threshold;
}

void subset_fill(const struct dataset *data, const real *const f[OUTPUTS_PARTS], struct result *r)
{
	double validated;

	if (data->regression || data->k < 2)
		return;
	r->subset_threshold = best(&data->validation, data->k, f[OUTPUTS_VALIDATION], &validated);
	if (!isnan(r->subset_threshold))
		r->test_subset_accuracy =
			subset_accuracy(&data->test, data->k, f[OUTPUTS_TEST], r->subset_threshold);
	best(&data->test, data->k, f[OUTPUTS_TEST], &r->test_subset_accuracy_optimistic);
}
