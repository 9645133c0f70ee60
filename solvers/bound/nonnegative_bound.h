/* What multipliers of products of a neuron's nonnegative parts certify, whatever rounding did.
 *
 * A neuron u with output weight alpha >= 0 has z = relu(X u) and w = z - X u, z, w >= 0 and
 * z_i w_i = 0. For A, B, p, q >= 0 and C >= 0 but for its free diagonal
 *
 *     K/2 (alpha^2 + |u|^2) - alpha nu'z - z'A z - w'B w - z'C w - alpha p'z - alpha q'w
 *
 * semidefinite in (z, alpha, u) gives nu'relu(X u) <= K |u|. With T = -A - B - (C + C')/2 and
 * F = [-(nu + p + q)/2, (B + C/2) X]
 *
 *     K = 2 lmax(F'T^-1 F + [0 -q'X/2; -X'q/2 X'B X]),
 *
 * more of C's diagonal making T definite. See Prakhya, Birdal, Yurtsever (2025) for the relaxation
 * of which this is the dual. */
#ifndef BOUND_NONNEGATIVE_BOUND_H
#define BOUND_NONNEGATIVE_BOUND_H

#include "solvers/bound/dual.h"

/* Products of (alpha, z, w) with themselves, or what belongs to each: n x n; n. */
struct products {
	struct mat zz, ww, zw;
	real *az, *aw;
};

struct products products_new(ptrdiff_t n, struct arena *arena);

struct nonnegative_bound {
	struct dual *dual;
	double scale;                /* of z: a power of two near |X|_F */
	double beta, largest;        /* of the problem; squared singular value of X / scale */
	struct mat X;                /* n x d, X / scale */
	struct mat A, B, C, T, work; /* n x n */
	struct mat U, V, F;          /* n x d: B X + C X / 2, of C without theta; n x (1 + d) */
	struct mat H, G, R;          /* (1 + d) x (1 + d) */
	struct mat M;                /* order 1 + d + n */
	real *a, *q, *xq, *w;        /* n, n, d, n + d */
	real *alpha;                 /* of the samples */
	double lower, K;             /* the best bound; its kappa / beta */
};

/* rows: as many distinct ones as there can be. */
struct nonnegative_bound nonnegative_bound_new(struct dual *dual, struct arena *arena);

/* K >= max over |u| <= 1 of sign nu'relu(X u) by multipliers <= 0 of the products of z / unit and
 * w / unit; entries that are not allowed count as 0. HUGE_VAL where none is found. */
double nonnegative_kappa(struct nonnegative_bound *b, const double *nu, double sign,
			 const struct products *multiplier, double unit);

/* Takes over the lower bound that a point nu with these values gives. */
void nonnegative_take(struct nonnegative_bound *b, const double *nu, double K);

#endif
