/* What the convex restriction keeps, of one output and of several: see restriction.h. Lanes take
 * blocks of samples. */
#ifndef RESTRICTION_RESTRICTION_BLOCK_H
#define RESTRICTION_RESTRICTION_BLOCK_H

#include "solvers/core/mat.h"
#include "solvers/model/threat.h"
#include "solvers/model/trainer.h"

/* A dual point; all of it is linear in the multipliers, so averages of points are points. */
struct restriction_dual {
	real *alpha;   /* n: y_k tau_k, tau_k = -dphi/dm >= 0; of k outputs -dl/df, n x k */
	double *omega; /* m: sum over others of tau_k (p + theta (1 - 2p)), the weight of e_i */
	struct mat R;  /* d x m: gradient without the terms of omega and beta */
};

/* What one thread needs for a block of samples, and what it adds up over its blocks; of k outputs
 * C, P, slope and smooth have a part for each rival. */
struct restriction_lane {
	struct mat T;           /* block x m: t, then the slopes in t */
	struct mat P, Q;        /* block x m */
	struct mat slope;       /* of k outputs, block x m: dm/dt */
	struct mat C;           /* d x block */
	real *margin, *smooth;  /* block: m_k at a trial; smoothed m_k */
	real *f, *z;            /* block k */
	real *spare;            /* d */
	struct mat R;           /* d x m */
	double *omega;          /* m */
	double smooth_sum, sum; /* of the losses */
};

struct restriction {
	const struct problem *problem;
	struct threat threat;
	double reach;   /* max of |s o g|_2^2 over |g|_p <= 1: what smoothing the norm can cost */
	double length;  /* root mean square of |x_k|_2 */
	ptrdiff_t m, k; /* neurons, outputs */
	const real *sigma; /* m k */
	struct mat S;      /* n x m, of k outputs n x m (k - 1) */
	/* of the last evaluation */
	real *margin; /* n: m_k; of k outputs those of a rival behind those of another */
	struct restriction_dual dual;
	/* scratch */
	ptrdiff_t block; /* samples of a block; lane l has the blocks l, l + lanes, .. */
	int lanes;
	struct restriction_lane *lane;
	struct mat spare;                          /* d x m */
	double *e, *e_smooth, *size, *size_smooth; /* m: eps |a_i|_q and |a_i|_2 */
};

/* What an evaluation is asked for. */
struct restriction_query {
	struct mat A;
	double h;
	double norm_width, relu_width; /* of what is blurred */
	bool follow, gradient;
};

/* Samples of the block that begins at `first`: r->block of them, or what is left. */
static inline ptrdiff_t restriction_block_rows(const struct restriction *r, ptrdiff_t first)
{
	ptrdiff_t rest = r->problem->X.rows - first;

	return rest < r->block ? rest : r->block;
}

/* The loss of the samples from `first` on. */
static inline struct loss_term restriction_block_loss(const struct restriction *r, ptrdiff_t first)
{
	const real *weight = r->problem->y.weight;

	return loss_with(r->problem->loss, weight ? weight + first : NULL);
}

/* p within [0, 1] */
static inline real restriction_block_clipped(real p)
{
	real low = p > 0 ? p : 0;

	return low < 1 ? low : 1;
}

/* New slopes. Steps in [0, 1]: the first crosses a third of it, the tenth a thirtieth. */
static const double restriction_block_step = 0.3, restriction_block_decay = 0.8;

/* How far kinks are blurred, in margin, for the subgradients of the slopes. */
static const double restriction_block_blur = 0.01;

#endif
