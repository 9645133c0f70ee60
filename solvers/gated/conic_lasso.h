/* The convex program of ReLU networks over given patterns (Pilanci and Ergen 2020, equation 8), for
 * the squared loss, by active sets of halves and of the rows of their cones:
 *
 *     min over v_p, w_p in K_p   L(f, y) + beta sum_p |v_p| + |w_p|,   f = sum_p D_p X (v_p - w_p),
 *
 * K_p = {u : e_p o (X u) >= 0}, on the Gram matrix of the gated program, which it makes tighter. Of
 * each cone only those rows are looked at that some point of interest has broken; the halves in use
 * are solved one by one (conic_block.h) and by Newton steps on the faces of all of them together.
 *
 * Dual: max -L*(-a) s.t. |projection of +-X'D_p a on K_p| <= beta; a lower bound needs no more than
 * the rows that are looked at, as a larger cone has longer projections. */
#ifndef GATED_CONIC_LASSO_H
#define GATED_CONIC_LASSO_H

#include "solvers/gated/conic_block.h"
#include "solvers/gated/gated_program.h"
#include "solvers/model/net.h"

#include <math.h>

struct conic_lasso {
	struct gated_program *program; /* with W = V - W */
	ptrdiff_t halves;              /* 2 P: those of V, then those of W */
	double *c;                     /* d x 2 P */
	struct conic_face *face;       /* 2 P */
	bool *used;                    /* 2 P: c is not 0, or may join */
	ptrdiff_t room, *rows;         /* P: of each cone, how many are looked at */
	ptrdiff_t *row;                /* room x P: which ones */
	struct mat B;                  /* room x (d P): they, of length 1 and with their signs */
	double *size;                  /* n: |x_k| */
	struct conic_scratch scratch;
	double norm;    /* sum of |v_p| + |w_p| */
	double largest; /* the longest projection, from above */
	/* scratch */
	double *A, *r, *u, *old;   /* d x d; d */
	struct conic_face face_of; /* of u */
	real *R, *y, *part;        /* d P: X'D_p (y - f); n; d */
	struct mat N, T, M;        /* bases, G N, Newton system */
	real *t, *Gt;              /* its solution; G times the step */
	double *dx;                /* d x 2 P */
	double *limit;             /* 2 P: how far each can go */
	ptrdiff_t *blocking;       /* 2 P: the row in its way, or -1 */
	ptrdiff_t *first;          /* 2 P + 1: columns of N */
};

/* The pattern of a half, its sign in W, its vector (d), and what is looked at of its cone. */
static inline ptrdiff_t conic_pattern(const struct conic_lasso *s, ptrdiff_t h)
{
	return h % s->program->D.cols;
}

static inline double conic_sign(const struct conic_lasso *s, ptrdiff_t h)
{
	return h < s->program->D.cols ? 1 : -1;
}

static inline double *conic_at(const struct conic_lasso *s, ptrdiff_t h)
{
	return s->c + h * s->scratch.d;
}

static inline struct mat conic_rows(const struct conic_lasso *s, ptrdiff_t p)
{
	return mat_rows(mat_cols(s->B, p * s->scratch.d, s->scratch.d), 0, s->rows[p]);
}

/* |x|, x (d); is the half not 0? */
static inline double conic_length(ptrdiff_t d, const double *x)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		sum += x[j] * x[j];
	return sqrt(sum);
}

static inline bool conic_used(const struct conic_lasso *s, ptrdiff_t h)
{
	return conic_length(s->scratch.d, conic_at(s, h)) > 0;
}

struct conic_lasso *conic_lasso_new(struct gated_program *program, struct arena *arena);

/* Value, norm and `largest` at c; halves whose projection is longer than beta may join. */
void conic_lasso_evaluate(struct conic_lasso *s);

/* The best lower bound at the beta at work, of an evaluated point. */
double conic_lasso_bound(struct conic_lasso *s);

/* The halves in use and those that may join go to their optima, one by one, from where the point
 * was evaluated. */
void conic_lasso_sweep(struct conic_lasso *s);

/* Halves that break rows which nobody looked at are put back into their cones. */
void conic_lasso_repair(struct conic_lasso *s);

/* Its neurons; room for 2 P. */
void conic_lasso_network(const struct conic_lasso *s, struct net *net);

#endif
