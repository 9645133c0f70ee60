/* Variance components from pairs of values. */
#include "harness/stats/components.h"

#include <math.h>
#include <stdbool.h>

static bool same(double a, double b)
{
	return !(a < b || a > b);
}

struct components components_of(const double *y, const double *first, const double *second,
				size_t n)
{
	enum { APART, SAME_FIRST, SAME_SECOND, SAME };
	double sum[SAME + 1] = {0}, pairs[SAME + 1] = {0};
	struct components out;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			int kind = (same(first[i], first[j]) ? SAME_FIRST : APART) |
				   (same(second[i], second[j]) ? SAME_SECOND : APART);

			sum[kind] += (y[i] - y[j]) * (y[i] - y[j]) / 2;
			pairs[kind]++;
		}
	out.same_first = pairs[SAME_FIRST] > 0 ? sum[SAME_FIRST] / pairs[SAME_FIRST] : NAN;
	out.same_second = pairs[SAME_SECOND] > 0 ? sum[SAME_SECOND] / pairs[SAME_SECOND] : NAN;
	out.apart = pairs[APART] > 0 ? sum[APART] / pairs[APART] : NAN;
	out.first = out.apart - out.same_first;
	out.second = out.apart - out.same_second;
	out.both = out.same_first + out.same_second - out.apart;
	return out;
}
