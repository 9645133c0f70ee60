/* Best scaling of a dual point: -L*(-s alpha) is concave in s, so golden section finds its maximum.
 */
#include "solvers/cvx/scaling.h"

#include <math.h>
#include <stdint.h>

enum {
	SEARCH_STEPS = 60 /* golden section: 0.618^60 is below double rounding */
};

/* A dual point is the gradient of a loss near the optimum, where s = 1: more than this is no dual
 * point of a useful iterate. */
static const double most_scale = 16;

static double value_at(const struct problem *problem, const real *alpha, double s)
{
	/* the conjugate only reads its point */
	struct mat A = {problem->y.n, problem->y.k, problem->y.n, (real *)(uintptr_t)alpha};

	return -loss_outputs_conjugate(problem->loss, -s, A, problem->y);
}

static void keep(struct scaling *best, double s, double value)
{
	if (value > best->bound)
		*best = (struct scaling){s, value};
}

/* max over s in [0, min(16, beta / largest)] of -L*(-s alpha). Beyond the domain the value is -inf
 * at every s from there on, so a tie goes down. */
struct scaling scaling_best(const struct problem *problem, const real *alpha, double largest)
{
	const double ratio = 0.6180339887498949; /* golden section */
	double high = fmin(most_scale, largest > 0 ? problem->beta / largest : HUGE_VAL), low = 0;
	double a = high - ratio * high, b = ratio * high;
	double va = value_at(problem, alpha, a), vb = value_at(problem, alpha, b);
	struct scaling best = {0, 0}; /* s = 0 gives -L*(0) = inf L >= 0 for every loss here */

	keep(&best, high, value_at(problem, alpha, high));
	if (high >= 1)
		keep(&best, 1, value_at(problem, alpha, 1));
	for (int step = 0; step < SEARCH_STEPS; step++) {
		keep(&best, a, va);
		keep(&best, b, vb);
		if (va >= vb) {
			high = b;
			b = a;
			vb = va;
			a = high - ratio * (high - low);
			va = value_at(problem, alpha, a);
		} else {
			low = a;
			a = b;
			va = vb;
			b = low + ratio * (high - low);
			vb = value_at(problem, alpha, b);
		}
	}
	return best;
}

void scaling_slopes(const struct problem *problem, double scale, struct mat W, struct mat slopes)
{
	struct targets y = problem->y;

	for (ptrdiff_t r = 0; r < y.n; r++) {
		double others = 0;

		for (ptrdiff_t c = 0; c < y.k; c++) {
			double a = scale * (double)mat_get(W, r, c);

			if (y.k == 1) {
				struct loss_box range =
					loss_range(loss_of(problem->loss, r), (double)y.at[r]);

				a = fmin(range.high, fmax(range.low, a));
			} else {
				a = fmax(0, a);
				others += c == y.label[r] ? 0 : a;
			}
			mat_set(slopes, r, c, (real)a);
		}
		if (y.k > 1)
			mat_set(slopes, r, y.label[r], (real)-others);
	}
}
