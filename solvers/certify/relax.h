/* The linear relaxation of min y f over a region, for a batch of problems, and its optimal slopes.
 *
 * With c_j = y alpha_j and z_j = u_j'(x + delta), y f = sum_j c_j relu(z_j). Each term is bounded
 * from below by w_j z_j + constant. The slopes that may be used are an interval [low_j, high_j]:
 *
 *   z_j > 0 or z_j < 0 throughout    {c_j} or {0}
 *   c_j > 0                          [0, c_j], all of them through the origin: together exact
 *   c_j < 0                          the chord over the range of z_j, one slope and a constant
 *   c_j < 0, split to z_j >= 0       (-inf, c_j]: the excess is the multiplier of z_j >= 0
 *   c_j < 0, split to z_j <= 0       [0, inf)
 *
 * (Zhang et al. 2018; slopes as variables: Xu et al. 2021; multipliers of splits: Wang et al.
 * 2021.) Every w gives the lower bound
 *
 *   D(w) = constant + sum_j w_j u_j'x + min over delta of (U w)'delta,
 *
 * concave in w, and max_w D is a saddle point in (w, delta). It is found by the primal-dual method
 * of Chambolle and Pock (2011), two products per step; each step gives a bound, and its delta a
 * point where the network can be evaluated at no cost. One problem is one column of the matrices; a
 * matrix whose stride is 0 has the same column for all problems. */
#ifndef CERTIFY_RELAX_H
#define CERTIFY_RELAX_H

#include "solvers/certify/region.h"
#include "solvers/core/mat.h"

struct relax {
	ptrdiff_t count, room;   /* problems, and how many there is room for */
	struct mat U;            /* d x m */
	const real *floor;       /* m: 0 for a relu, -inf for a term that is linear */
	const real *length;      /* m: |u_j|_2 */
	double spectral;         /* |U|_2, or a little less: it only sets step lengths */
	double gain, radius;     /* sum_j |c_j| |u_j|_2, l_2 radius of the region */
	ptrdiff_t terms;         /* d + m of the whole network, for its rounding */
	struct mat C, clean;     /* m x room: c_j, u_j'x */
	struct mat low, high, W; /* m x room: slopes allowed, slopes */
	double *constant;        /* room */
	double *reach;           /* room: |x|_2 + radius */
	struct region *region;   /* room */
	struct mat delta, best;  /* d x room: current point, the one with the lowest value */
	double *bound, *value;   /* room: best lower bound; y f at `best` */
	double *ceiling;         /* room: least value of the relaxation seen: no D(w) is above it */
	/* Scratch: the next delta and U w (d x room), z at delta and at the next one (m x room),
	 * step lengths. */
	struct mat next, G, Z, next_Z;
	double *tau, *sigma;
};

/* Scratch, `W`, `low`, `high`, results; the caller sets what is shared, and fills the columns. */
void relax_new(struct relax *relax, ptrdiff_t d, ptrdiff_t m, ptrdiff_t room, struct arena *arena);

/* |U|_2 of the first `cols` columns, by power iteration from a fixed start. work: d + m. */
double relax_spectral(struct mat U, real *work);

/* Raise `bound` to D(W). Leaves U w in G. */
void relax_bound(struct relax *relax);

/* Take delta as it is, and choose step lengths; after relax_bound. */
void relax_start(struct relax *relax);

/* One primal-dual step. relax_bound must have been called for the current W. */
void relax_step(struct relax *relax);

/* Evaluate the network at the delta of one column, moved into the region. */
void relax_visit(struct relax *relax, ptrdiff_t column);

/* The same, and the bound of the column raised to D(W), with W moved into what is allowed. No step
 * may follow without relax_bound. */
void relax_finish(struct relax *relax, ptrdiff_t column);

/* Bounds and values decide the sign of the minimum: above 0, or a point at or below 0. */
bool relax_decided(const struct relax *relax, ptrdiff_t column);

/* No slopes can raise the bound any more; or, if only the sign is wanted, above 0. */
bool relax_exhausted(const struct relax *relax, ptrdiff_t column, bool decide);

/* Column `to` = column `from`, but not of matrices that all problems share. */
void relax_move(struct relax *relax, ptrdiff_t to, ptrdiff_t from);

#endif
