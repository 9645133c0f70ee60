/* Group lasso on a Gram matrix, for several outputs that share their neurons:
 *
 *     min over A in R^(N x k)   |Phi A - T|^2 / 2 + beta sum_j |A_j|,   A_j the rows of A,
 *
 * of which G = Phi'Phi, Phi'T and |T|^2 are all that is read: an iteration costs N^2 (N / 3 + k),
 * whatever the number of samples. Passes of block coordinate descent (Qin, Scheinberg, Goldfarb
 * 2013) settle which rows are zero, and a Newton step on the others ends what plain passes and
 * accelerated gradients do not: ReLU features are ill-conditioned. Its system
 *
 *     (I x G + D) dA = -slope,   D_j = beta / |A_j| (I - a_j a_j'),   a_j = A_j / |A_j|,
 *
 * is solved by conjugate gradients, preconditioned by one factor of G + diag(beta / |A_j|) for all
 * outputs. Rows and slopes are double; G and the factor are `real`. */
#ifndef SCP_SCP_GROUP_H
#define SCP_SCP_GROUP_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>

struct scp_group {
	ptrdiff_t N, k;
	struct mat G;            /* N x N, both triangles; set by the caller */
	double *B;               /* N x k: Phi'T; set by the caller */
	double square;           /* |T|^2; set by the caller */
	double beta;             /* set by the caller */
	double *A;               /* N x k, columns N apart: the iterate */
	double *C;               /* N x k: B - G A */
	double *D, *GD;          /* N x k: a direction, G times it */
	double *R, *P;           /* N x k: conjugate gradients */
	double *row;             /* k */
	ptrdiff_t *used;         /* N: rows that are not zero */
	struct mat factor;       /* N x N: lower triangle */
	struct mat thin[2];      /* N x k: vectors as the factor and G take them */
	double objective, bound; /* of the last gap */
};

/* A = 0. */
struct scp_group scp_group_new(ptrdiff_t N, ptrdiff_t k, struct arena *arena);

/* For N rows from now on, at most as many as it was made for: A = 0; G, B and `square` are to be
 * set anew. */
void scp_group_resize(struct scp_group *s, ptrdiff_t N);

/* After B, G or A were changed by the caller: C anew. */
void scp_group_refresh(struct scp_group *s);

/* For slopes S = Phi'(Phi A - T) (N x k) at A that the caller knows: C = -S and B to match. */
void scp_group_linearise(struct scp_group *s, struct mat S);

/* A curvature other than I x G: out = its product with P (N x k). NULL: none. */
struct scp_group_curvature {
	void (*product)(void *of, struct mat P, struct mat out);
	void *of;
};

/* D = the Newton direction over the rows in use, for the slopes -C and such a curvature, of which
 * I x G is then the preconditioner's estimate. False, with D as it was, where there is none. */
bool scp_group_direction(struct scp_group *s, struct scp_group_curvature curvature);

/* A step R of length t along D, rows that would turn round stopping at zero: sum_j |A_j| before it
 * and behind it, and the rate of the objective along it where it starts. */
struct scp_group_move {
	double before, norm, rate;
};

struct scp_group_move scp_group_displace(struct scp_group *s, double t);

/* Lengths of a step to be tried in turn, from number 0; `before` is the one before: 1, 1/2, ...,
 * and after a few the one at which the first row stops at zero. Of columns that are nearly alike
 * longer steps are short in sum only: a row that stops on the way leaves the others long. */
double scp_group_length(const struct scp_group *s, int number, double before);

/* Share of the rate that a step is to gain (Armijo 1966). */
static const double scp_group_enough = 1e-4;

/* One iteration: two passes and a Newton step. */
void scp_group_step(struct scp_group *s);

/* Objective less the value of the dual point s (T - Phi A), the best s that is feasible: what
 * is left at most, but for rounding. */
double scp_group_gap(struct scp_group *s);

#endif
