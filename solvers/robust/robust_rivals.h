/* Several outputs in the robust program: a sample of label y has a vector for each rival class,
 *
 *     c_q = sum_i d_ki (v_i - w_i)_y - sum_i d_ki (v_i - w_i)_rival,
 *
 * v and w with blocks of their own for each class, and the multi-class hinge loss of its worst
 * margins (Crammer, Singer 2001), psi(c) = weight max(0, max_q 1 - x'c_q + eps |c_q|_q). Rival
 * number q is class q, or q + 1 from the label on. */
#ifndef ROBUST_ROBUST_RIVALS_H
#define ROBUST_ROBUST_RIVALS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/model/threat.h"

/* Coefficients of a subgradient of psi_k: a = b x + T (a vector of |.|_p <= eps). */
struct robust_dual {
	double b, T;
};

/* One sample and its rivals; vectors of the rivals lie one behind the other. */
struct robust_rivals {
	const struct threat *threat;
	const real *x; /* d */
	ptrdiff_t count;
	double weight;
};

/* psi(c) */
double robust_rivals_value(const struct robust_rivals *s, const real *c);

/* c = argmin step psi(c) + |c - c0|^2 / 2, which do not overlap; its dual (count), b = -lambda, T =
 * lambda >= 0 with a sum of at most the weight. spare: 2 count. */
void robust_rivals_prox(const struct robust_rivals *s, double step, const real *c0, real *c,
			struct robust_dual *dual, double *spare);

/* An upper bound of psi*(s a) for the a that `dual` (count) stands for. */
double robust_rivals_conjugate(const struct robust_rivals *s, double scale,
			       const struct robust_dual *dual);

/* Patterns and classes of the samples. */
struct robust_classes {
	struct mat D; /* n x P: 0 and 1 */
	ptrdiff_t k;  /* classes, or 1: one output, whose c_k is the whole */
	const int *label;
	struct mat G; /* d x n: scratch; unused for one output */
};

/* F (d x n (k - 1), or d x n) = the vectors c of B (d x P k, the blocks of a class together). */
void robust_rivals_spread(const struct robust_classes *of, struct mat B, struct mat F);

/* Z = alpha (the adjoint of that at F) + beta Z */
void robust_rivals_gather(const struct robust_classes *of, double alpha, struct mat F, double beta,
			  struct mat Z);

/* N (P k x P k) = the product of both, symmetric. */
void robust_rivals_gram(const struct robust_classes *of, struct mat N, struct arena *scratch);

#endif
