/* One block of a group lasso in a polyhedral cone,
 *
 *     min over c in R^d   c'A c / 2 - r'c + beta |c|   s.t.  B c >= 0,
 *
 * A positive semidefinite, in double whatever `real` is: primal active sets with Newton steps on
 * the face of the rows at 0 (Nocedal and Wright 2006, section 16.5), each with a line search. The
 * value falls from c = 0 along the projection of r on the cone, if that is longer than beta, else c
 * = 0 is the minimum. */
#ifndef GATED_CONIC_BLOCK_H
#define GATED_CONIC_BLOCK_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/tools/nnls.h"

struct conic_block {
	const double *A; /* d x d, both triangles */
	const double *r; /* d */
	double beta;
	struct mat B; /* rows x d */
};

/* Rows of B at 0, linearly independent. */
struct conic_face {
	ptrdiff_t count;
	ptrdiff_t *row; /* room for d */
};

struct conic_scratch {
	ptrdiff_t d;
	double *Q, *R;        /* d x d, of the face: R_ij in R[i + j d] */
	double *H, *t;        /* Newton system on the face */
	double *g, *dx, *mu;  /* d */
	double *Ac, *Adx;     /* d */
	double *trial;        /* d */
	double *slack, *rate; /* rows: B c, B dx */
	real *ones;           /* rows */
	struct nnls nnls;     /* of `room` rows */
};

/* For up to `room` rows. */
struct conic_scratch conic_scratch_new(ptrdiff_t d, ptrdiff_t room, struct arena *arena);

/* The projection of g (d) on {u : B u >= 0} into u, the face it lies on, and its length from above;
 * it stops early, with the length alone, where that is at most `low`. */
double conic_project(struct conic_scratch *s, struct mat B, const double *g, double low, double *u,
		     struct conic_face *face);

/* Orthonormal columns Q (d x d): the first ones span the rows of the face, R their coefficients;
 * the others are orthogonal to it. */
void conic_basis(struct conic_scratch *s, struct mat B, const struct conic_face *face);

/* c to the face, whose basis is at hand: rounding adds up along many steps. */
void conic_settle(const struct conic_scratch *s, const struct conic_face *face, double *c);

/* How far c can go along dx, at most 1: then the row in the way is -1, and it is HUGE_VAL. */
double conic_limit(struct conic_scratch *s, struct mat B, const struct conic_face *face,
		   const double *c, const double *dx, ptrdiff_t *blocking);

/* Of the gradient g (d) at a point of the face, whose basis is at hand: the place there of the
 * row that the value falls away from fastest; -1: there is none. `size`: what rounding is of.
 */
ptrdiff_t conic_leaving(struct conic_scratch *s, const struct conic_face *face, const double *g,
			double size);

void conic_drop(struct conic_face *face, ptrdiff_t place);

/* c and the face go to the minimum. c is feasible and the rows of the face are at 0. */
void conic_solve(struct conic_scratch *s, const struct conic_block *block, double *c,
		 struct conic_face *face);

#endif
