/* From a dual point and a bound of what it does to neurons to a lower bound of the objective.
 *
 * Samples with equal features are one constraint, so that of alpha only the part with a sum there
 * has to be scaled: for any alpha0 whose sums over equal rows are 0 and K >= kappa(alpha)
 *
 *     -L*(-alpha0 - s (alpha - alpha0)),   0 <= s K <= beta
 *
 * is below the objective L(f, y) + beta sum_j |a_j| |u_j| of every network. For the squared loss
 * alpha0 is that of the means of equal rows, which costs nothing; for others it is 0, but for
 * samples of zeros -l'(0). */
#ifndef BOUND_DUAL_H
#define BOUND_DUAL_H

#include "solvers/bound/distinct.h"

struct dual {
	const struct problem *problem;
	const struct distinct *rows;
	real *rest, *mixed; /* n: alpha0; the point that is tried */
	/* Of rows: of the squared loss means of targets and sums of weights; of others, where each
	 * sample is a row, the target and 1 / quadratic (struct loss_box); the range of nu. */
	double *mean, *mass, *low, *high;
	double *factor; /* rows: of an entropy (struct loss_entropy); 0: a quadratic */
	double *sum;    /* rows */
};

struct dual dual_new(const struct problem *problem, const struct distinct *rows,
		     struct arena *arena);

/* By how much the dual objective rises with nu_i: the squared loss, or rows that are samples. */
double dual_slope(const struct dual *dual, ptrdiff_t i, double nu);

/* alpha (n) whose sums over equal rows are nu (rows): of the squared loss the best one, of others
 * where each sample is a row. Returns what kappa of alpha can be above that of nu, by rounding. */
double dual_place(struct dual *dual, const double *nu, real *alpha);

/* The best over s, less its rounding; at least 0. */
double dual_bound(struct dual *dual, const real *alpha, double K);

#endif
