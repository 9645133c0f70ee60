/* The penalty rho of an ADMM and when it changes: what makes both relative residuals fall alike
 * (Boyd et al. 2011, section 3.4.1), bounded, at geometrically spaced iterations, so that the steps
 * settle. */
#ifndef TOOLS_PENALTY_H
#define TOOLS_PENALTY_H

#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"

#include <stdbool.h>

struct penalty {
	double rho;
	double least, most; /* a factor of 1e6 from the start on either side, unless lowered */
	long next;          /* iteration at which it may change */
	bool adapt;
};

/* Units: with X / u and u V for X and V a program is the same but for beta / u, so that rho goes
 * with u^2 and penalties of preactivations relative to rho with 1 / u^2. u^2 here is the mean
 * square of the features, 1 if they are all zero; of the rows on all ranks. */
double penalty_unit(struct mat X, struct ranks *ranks);

struct penalty penalty_new(double rho, bool adapt);

/* sqrt(square / size); NaN if size is 0. */
double penalty_relative(double square, double size);

/* What a split variable's square sum `size` may count for beside a residual: at an objective above
 * that of zero, which the optimum is not, the point scaled back to it. A multiplier of a cone of
 * thin interior may run away; then what the other duals, of bounded functions, add up to for each
 * of `blocks` blocks counts. */
double penalty_size(double size, double objective, double zero);
double penalty_dual(double cones, double others, double blocks);

/* The factor by which rho changes after `iteration`, 1 if it does not; rho is updated. */
double penalty_change(struct penalty *penalty, long iteration, double primal, double dual);

/* x for a penalty times `ratio`, x = split + scaled dual (n each): the split variable stays, the
 * scaled dual takes the inverse. */
void penalty_rescale(size_t n, double ratio, const real *split, real *x);

/* Factor of the group soft threshold at beta / rho, prox of (beta / rho) |.|, of a vector of length
 * `norm`. */
double penalty_threshold(double norm, double beta, double rho);

/* Squares of (side - split), of the change of the split variable, of itself, and of its scaled
 * dual. */
struct penalty_sums {
	double primal, change, size, dual;
};

/* to += weight * part */
void penalty_add(struct penalty_sums *to, double weight, struct penalty_sums part);

/* What all ranks have counted; each rank its own rows. */
void penalty_sum(struct ranks *ranks, struct penalty_sums *sums);

/* One number of a split: before and now the split variable, x = now + dual. */
static inline void penalty_count(struct penalty_sums *sums, double side, double before, double now,
				 double x)
{
	sums->primal += (side - now) * (side - now);
	sums->change += (now - before) * (now - before);
	sums->size += now * now;
	sums->dual += (x - now) * (x - now);
}

#endif
