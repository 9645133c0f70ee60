/* See dual.h. */
#include "solvers/bound/dual.h"

#include "solvers/cvx/scaling.h"

#include <float.h>
#include <math.h>

/* Roundings in the conjugate of one sample, of the size of it and of s alpha (1 + |y|): a
 * quadratic, or p log p with p = 1 - q next to 1. */
static const double roundings = 64;

static double rounding_of(const struct problem *p, const real *alpha, double s)
{
	ptrdiff_t n = p->X.rows;
	double sum = 0, single = 0;

	for (ptrdiff_t k = 0; k < n; k++) {
		double at = fabs(s * (double)alpha[k]);

		sum += fabs(loss_conjugate(loss_of(p->loss, k), 1, -s, alpha + k, p->y.at + k));
		single += at * (1 + fabs((double)p->y.at[k]));
	}
	return DBL_EPSILON * ((double)n * sum + roundings * (sum + single));
}

double dual_bound(const struct problem *problem, const real *alpha, double K)
{
	struct scaling best;

	if (!(K < HUGE_VAL))
		return 0;
	best = scaling_best(problem, alpha, K * (1 + 8 * DBL_EPSILON));
	if (!(best.bound > 0))
		return 0;
	return fmax(0, best.bound - rounding_of(problem, alpha, best.scale));
}
