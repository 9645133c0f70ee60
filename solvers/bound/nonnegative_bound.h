/* What multipliers of products of a neuron's nonnegative parts certify, whatever rounding did.
 *
 * A neuron u with output weight alpha >= 0 has z = relu(X u) and w = z - X u, z, w >= 0 and
 * z_i w_i = 0. For A, B, p, q >= 0 and C >= 0 but for its free diagonal
 *
 *     K/2 (alpha^2 + |u|^2) - alpha nu'z - z'A z - w'B w - z'C w - alpha p'z - alpha q'w
 *
 * semidefinite in (z, alpha, u) gives nu'relu(X u) <= K |u|. It may be so for neurons of alpha =
 * |u| alone, which are all that is needed: then lambda (alpha^2 - |u|^2) / 2 is 0 for any lambda,
 * and
 *
 *     z_i (p_i alpha + g_i'u) >= 0 for |g_i| <= p_i, and likewise w_i (q_i alpha + h_i'u),
 *
 * products of a nonnegative number and a second-order cone, which may be subtracted, too (in rows G
 * and H). With T = -A - B - (C + C')/2 and F = [-(nu + p + q)/2, (B + C/2) X - (G + H)/2]
 *
 *     K = 2 lmax(F'T^-1 F + [-lambda/2 -q'X/2; -X'q/2 X'B X - (X'H + H'X)/2 + lambda/2 I]),
 *
 * more of C's diagonal making T definite. See Prakhya, Birdal, Yurtsever (2025) for the relaxation
 * of which this is the dual, without the cones. */
#ifndef BOUND_NONNEGATIVE_BOUND_H
#define BOUND_NONNEGATIVE_BOUND_H

#include "solvers/bound/dual.h"

/* Products of (alpha, z, w) with themselves, or what belongs to each: n x n; n. */
struct products {
	struct mat zz, ww, zw;
	real *az, *aw;
};

struct products products_new(ptrdiff_t n, struct arena *arena);

/* z_i (p_i alpha + g_i'u), the rows of G, of z / unit and w / unit; p_i as it comes. */
struct cone_multipliers {
	struct mat G, H; /* n x d */
	real *p, *q;     /* n */
};

struct cone_multipliers cone_multipliers_new(ptrdiff_t n, ptrdiff_t d, struct arena *arena);

struct nonnegative_bound {
	struct dual *dual;
	double scale;                /* of z: a power of two near |X|_F */
	double beta, largest;        /* of the problem; squared singular value of X / scale */
	struct mat X;                /* n x d, X / scale, its rows times `row` */
	double *row;                 /* n: a neuron at a row by so much is as good */
	struct mat A, B, C, T, work; /* n x n */
	struct mat U, V, F;          /* n x d: B X + C X / 2, of C without theta; n x (1 + d) */
	struct mat H, G, R;          /* (1 + d) x (1 + d) */
	struct mat M;                /* order 1 + d + n */
	real *a, *q, *xq, *w;        /* n, n, d, n + d */
	double cones;                /* |G|_F + |H|_F */
	real *alpha;                 /* of the samples */
	double lower, K;             /* the best bound; its kappa / beta */
};

/* rows: as many distinct ones as there can be. */
struct nonnegative_bound nonnegative_bound_new(struct dual *dual, struct arena *arena);

/* K >= max over |u| <= 1 of sign nu'relu(X u) by multipliers <= 0 of the products of z / unit and
 * w / unit, where entries that are not allowed count as 0, and by those of the cones, whose p and q
 * are raised to what is allowed. HUGE_VAL where none is found. */
double nonnegative_kappa(struct nonnegative_bound *b, const double *nu, double sign,
			 const struct products *multiplier, const struct cone_multipliers *cones,
			 double unit);

/* Takes over the lower bound that a point nu with these values gives. */
void nonnegative_take(struct nonnegative_bound *b, const double *nu, double K);

#endif
