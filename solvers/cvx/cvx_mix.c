/* Dual points of several certificates mixed. The norms N_b(alpha) = min over eta >= 0 |X'(+-d o
 * alpha) + X'(e o eta)| are convex, so that with bounds a_b of N_b(alpha) and k_b of N_b(kappa)
 *
 *     N_b((1 - t) alpha + t kappa) <= (1 - t) a_b + t k_b
 *
 * without another product. Where different blocks bind for the two, a mixture is feasible with a
 * larger scale than either. kappa is the best mixture so far. */
#include "solvers/cvx/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <math.h>
#include <string.h>

enum { SHARES = 32 /* values of t that are tried */ };

/* f = (1 - t) alpha + t kappa. Returns the largest of its norms, *rounding of which is for that of
 * f to `real`. */
static double mix(struct cvx *cvx, const real *alpha, double t, double *rounding)
{
	const struct cvx_kept *kept = &cvx->kept;
	size_t n = (size_t)cvx->M.rows;
	double largest = 0;

	for (size_t k = 0; k < n; k++)
		cvx->f[k] = (real)((1 - t) * (double)alpha[k] + t * (double)kept->alpha[k]);
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		largest = fmax(largest, (1 - t) * cvx->norm[b] + t * kept->norm[b]);
	*rounding =
		2 * REAL_EPSILON * cvx->size * (blas_norm(n, alpha) + blas_norm(n, kept->alpha));
	return largest + *rounding;
}

/* -L*(-s f) at the largest feasible s. */
static double mixture_value(struct cvx *cvx, const real *alpha, double t)
{
	const struct problem *problem = cvx->problem;
	double rounding, largest = mix(cvx, alpha, t, &rounding);

	return largest > 0 ? -loss_conjugate(problem->loss, (size_t)cvx->M.rows,
					     -problem->beta / largest, cvx->f, problem->y)
			   : -HUGE_VAL;
}

/* alpha itself is kept. */
static void replace(struct cvx *cvx, const real *alpha, double bound)
{
	memcpy(cvx->kept.alpha, alpha, (size_t)cvx->M.rows * sizeof *alpha);
	memcpy(cvx->kept.norm, cvx->norm, (size_t)cvx->M.cols * sizeof(double));
	cvx->kept.bound = bound;
}

/* The best share of the grid. */
static double best_share(struct cvx *cvx, const real *alpha)
{
	double best = -HUGE_VAL, share = 1;

	for (int i = 1; i < SHARES; i++) {
		double t = (double)i / SHARES, value = mixture_value(cvx, alpha, t);

		if (value > best) {
			best = value;
			share = t;
		}
	}
	return share;
}

double cvx_mix(struct cvx *cvx, const real *alpha, double bound)
{
	struct cvx_kept *kept = &cvx->kept;
	struct scaling found;
	double t, largest, rounding;

	if (!kept->any) {
		replace(cvx, alpha, bound);
		kept->any = true;
		return bound;
	}
	t = best_share(cvx, alpha);
	largest = mix(cvx, alpha, t, &rounding);
	found = scaling_best(cvx->problem, cvx->f, largest);
	if (found.bound > bound && found.bound > kept->bound) {
		for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
			kept->norm[b] = (1 - t) * cvx->norm[b] + t * kept->norm[b] + rounding;
		memcpy(kept->alpha, cvx->f, (size_t)cvx->M.rows * sizeof(real));
		kept->bound = found.bound;
	} else if (bound > kept->bound) {
		replace(cvx, alpha, bound);
	}
	return kept->bound;
}
