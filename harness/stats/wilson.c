/* Wilson score interval. */
#include "harness/stats/wilson.h"

#include <math.h>

static const double z = 1.959963984540054; /* 97.5 % quantile of the normal distribution */

void wilson_interval(double successes, double n, double *low, double *high)
{
	double p = successes / n, shrink = 1 + z * z / n;
	double centre = (p + z * z / (2 * n)) / shrink;
	double half = z / shrink * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	*low = fmax(0, centre - half);
	*high = fmin(1, centre + half);
	if (!(n > 0))
		*low = *high = NAN;
}
