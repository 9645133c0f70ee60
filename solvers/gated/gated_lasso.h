/* Group lasso with blocks of variables on a Gram matrix, from a given point:
 *
 *     min over W   -<R0, W - W0> + <W - W0, G (W - W0)> / 2 + beta sum_p |W_p|_F,
 *
 * W_p d x k one below the other, G (d count) x (d count) of the positive semidefinite kind, R0 the
 * negative slope at W0. Each pass is a few sweeps of exact block minimisation (the length of W_p by
 * a secular equation in the eigenbasis of G_pp) and semismooth Newton steps on the blocks in use,
 * each with a line search. */
#ifndef GATED_GATED_LASSO_H
#define GATED_GATED_LASSO_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

struct gated_lasso {
	ptrdiff_t d, k;
	ptrdiff_t count; /* blocks in use, up to those that there is room for */
	double beta;
	struct mat G;    /* both triangles */
	struct mat W, R; /* the point and the negative slope there, (d count) x k */
	struct mat Q;    /* d x (d count): eigenvectors of G_pp */
	real *e;         /* d count: their eigenvalues, ascending */
	/* scratch */
	ptrdiff_t *used;
	struct mat H;          /* Newton matrix of the blocks in use, lower triangle */
	struct mat step, move; /* order x 1: its direction; what was made of it */
	struct mat T;          /* (d count) x k */
	struct mat V, B;       /* d x k */
};

struct gated_lasso gated_lasso_new(ptrdiff_t d, ptrdiff_t k, ptrdiff_t room, struct arena *arena);

/* Q and e of block p from G. */
void gated_lasso_decompose(struct gated_lasso *s, ptrdiff_t p);

/* One pass: W and R move on. */
void gated_lasso_pass(struct gated_lasso *s);

/* |A_p|_F of the block p of d rows. */
double gated_lasso_norm(struct mat A, ptrdiff_t d, ptrdiff_t p);

#endif
