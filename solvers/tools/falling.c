/* Bracketed roots. See falling.h. */
#include "solvers/tools/falling.h"

#include <float.h>
#include <math.h>

enum {
	STEPS = 150, /* a third of them halve the bracket; a handful is usual */
	BISECT = 3
};

double falling_root(struct falling f)
{
	double x = f.low;
	int side = 0;

	if (!(f.at_low > f.small))
		return f.low;
	if (!(f.at_high < -f.small))
		return f.high;
	for (int step = 0; step < STEPS; step++) {
		double at;

		x = (f.low * f.at_high - f.high * f.at_low) / (f.at_high - f.at_low);
		if (step % BISECT == BISECT - 1 || !(x > f.low && x < f.high))
			x = (f.low + f.high) / 2;
		at = f.f(f.context, x);
		if (fabs(at) <= f.small || f.high - f.low <= 2 * DBL_EPSILON * fabs(x))
			break;
		if (at > 0) {
			f.low = x;
			f.at_low = at;
			f.at_high /= side > 0 ? 2 : 1;
			side = 1;
		} else {
			f.high = x;
			f.at_high = at;
			f.at_low /= side < 0 ? 2 : 1;
			side = -1;
		}
	}
	return x;
}
