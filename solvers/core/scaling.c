/* Best scaling of a dual point: -L*(-s alpha) is concave in s, so golden section finds its maximum.
 */
#include "solvers/core/scaling.h"

#include <math.h>

enum {
	SEARCH_STEPS = 60 /* golden section on [0, 1]: 0.618^60 is below double rounding */
};

double scaling_best_bound(const struct problem *problem, const real *alpha, double largest)
{
	const double ratio = 0.6180339887498949; /* golden section */
	size_t n = (size_t)problem->X.rows;
	double most = largest > problem->beta ? problem->beta / largest : 1;
	double low = 0, high = most,
	       best = 0; /* s = 0 gives -L*(0) = inf L >= 0 for every loss here */

	best = fmax(best, -loss_conjugate(problem->loss, n, -most, alpha, problem->y));
	for (int step = 0; step < SEARCH_STEPS; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		double va = -loss_conjugate(problem->loss, n, -a, alpha, problem->y);
		double vb = -loss_conjugate(problem->loss, n, -b, alpha, problem->y);

		best = fmax(best, fmax(va, vb));
		if (va > vb)
			high = b;
		else
			low = a;
	}
	return best;
}
