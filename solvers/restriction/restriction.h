/* The convex restriction: worst-case training of two-layer ReLU networks without sign constraints.
 *
 * Network f(x) = sum_i sigma_i relu(a_i'x), sigma_i = -1 or +1, A (d x m) with columns a_i; every
 * perturbation |delta|_p <= eps of x_k, frozen coordinates left alone. For a sample with label y a
 * neuron is *own* if sigma_i = y, else *other*. With any slopes p_ki in [0, 1],
 *
 *     relu(a'z) >= p a'z                                                   (own)
 *     relu(a'z) <= p a'z + max( (1-p) (t + e), p (e - t) )                 (other)
 *               =  p a'z + p (e - t) + relu(t + (1 - 2p) e),   t = a'x, e = eps |a|_q,
 *
 * for every z in the ball. S (n x m) holds p for own, -p for other neurons, c_k = sum_i S_ki a_i:
 *
 *     y f(x_k + delta) >= m_k = sum_own p t - eps |c_k|_q - sum_other ( p e + relu(t + (1-2p) e) )
 *
 * m_k is concave in A, so that for a loss phi that never rises with the margin
 *
 *     min over A   F(A; S) = sum_k phi(m_k) + beta sum_i |a_i|
 *
 * is a convex program without constraints, and F at A is a certified bound on the worst-case
 * objective of the network, whatever S is. p = 0 for the others gives the norm before the sum; p =
 * 1 is exact for a neuron active on the whole ball, without a sign constraint; p = (t+e)/(2e) is
 * the chord (Zhang, Weng, Chen, Hsieh, Daniel 2018), so that slopes taken from A make F(A; S) its
 * linear-bound certificate. Minimising over A and renewing S in turn never raises F. Derived here;
 * the frame of trained bounds is Wong, Kolter 2018. Several outputs: restriction_outputs.h. */
#ifndef RESTRICTION_RESTRICTION_H
#define RESTRICTION_RESTRICTION_H

#include "solvers/restriction/restriction_block.h"

struct restriction_dual restriction_dual_new(const struct problem *problem, ptrdiff_t m,
					     struct arena *arena);
/* average += weight (point - average), alpha of n numbers */
void restriction_average(struct restriction_dual *average, size_t n, double weight,
			 const struct restriction_dual *point);

/* Room for m neurons with signs sigma (m, borrowed), or of k outputs with directions of length 1,
 * one (k) behind the other; S is all zero: restriction_renew fills it. */
struct restriction restriction_new(const struct problem *problem, const struct threat *threat,
				   const real *sigma, ptrdiff_t m, struct arena *arena);

/* S (rows x m) from T = X A of the samples from `first` on: own [t > 0], others minus the chord. */
void restriction_slopes(const struct restriction *r, ptrdiff_t first, struct mat T, struct mat S);

/* The columns of A and the signs of a network, |alpha_j| u_j, or of k outputs the directions of its
 * output weights, zero neurons left out; A and sigma have room for all. Returns their number. */
ptrdiff_t restriction_from_net(struct model_layers net, struct mat A, real *sigma);

/* F smoothed with margins blurred by about h, and F itself. */
struct restriction_value {
	double smooth, exact;
};

/* Both values at A (d x m) and, unless G is empty (0 columns), the gradient G (d x m) of the
 * smoothed one; fills margin and dual. h > 0. */
struct restriction_value restriction_evaluate(struct restriction *r, struct mat A, double h,
					      struct mat G);

/* The same with the slopes that A itself gives, own [t > 0], others the chord, instead of S, which
 * stays; the gradient holds them fixed. `exact` is a certificate of A. */
struct restriction_value restriction_follow(struct restriction *r, struct mat A, double h,
					    struct mat G);

/* A lower bound of min F(.; S) from a dual point of it: if |R_i + e|_2 <= beta for all i with some
 * perturbations |e|_p <= eps omega_i, then alpha is feasible and gives -sum phi*; it is scaled
 * until that holds. Dual points are those of evaluations with a gradient, and their averages. */
double restriction_bound(struct restriction *r, const struct restriction_dual *dual);

#endif
