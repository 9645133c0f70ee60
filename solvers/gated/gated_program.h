/* The gated ReLU program (Mishkin, Sahiner and Pilanci 2022, equation 4; several outputs):
 *
 *     min over W_p in R^(d x k)   L(F, Y) + beta sum_p |W_p|_F,   F = sum_p D_p X W_p,
 *
 * D_p = diag(1[X g_p >= 0]). It relaxes the convex program of ReLU networks over the same patterns:
 * there W_p = v_p - v'_p with both in the cone of the pattern, at the price of |v_p| + |v'_p| >=
 * |W_p|. Dual: max -L*(-A) s.t. |X'D_p A|_F <= beta for each p; A = -grad L(F), scaled into the
 * feasible set, gives the lower bound.
 *
 * GATED_NEWTON solves it over a working set of gates by gated_lasso.h: for the squared loss on its
 * Gram matrix, for other smooth ones on a model with the curvature at F, along whose step the
 * objective is searched. GATED_FISTA is the published way, accelerated proximal gradients with
 * restarts and a line search, here by products with X alone: nothing of the order of all weights
 * squared. Gates whose block is certainly zero at the optimum are left out by the gap safe sphere
 * (Ndiaye et al. 2017). */
#ifndef GATED_GATED_PROGRAM_H
#define GATED_GATED_PROGRAM_H

#include "solvers/cvx/wide.h"
#include "solvers/gated/gated_lasso.h"
#include "solvers/gates/gates.h"
#include "solvers/model/trainer.h"

enum gated_method { GATED_NEWTON, GATED_FISTA };

struct gated_program {
	enum gated_method method;
	struct problem problem; /* that of the caller with the beta at work */
	struct gates D;         /* n x P */
	struct mat W;           /* (d P) x k: the iterate */
	struct mat F, A;        /* n x k: outputs, negative slopes of the loss */
	struct mat S;           /* (d P) x k: X'D_p A */
	double value, norm;     /* L(F), sum_p |W_p|_F */
	double bound;           /* the best one at this beta */
	double last, scale;     /* the last one, and the factor of A that gave it */
	ptrdiff_t screened;     /* gates that are left out at this beta */
	/* scratch */
	struct mat Y;         /* n x P */
	struct mat some;      /* d x P: weights of some gates */
	struct mat step, F2;  /* (d P) x k, n x k: a step and its outputs; of GATED_FISTA the
				 extrapolated point and its */
	struct mat T;         /* n x k */
	bool *out;            /* P */
	double *slope, *size; /* P: |S_p|_F from above; bounds of |D_p X|_2 */
	ptrdiff_t *at;        /* P: the working set */
	ptrdiff_t *listed;    /* P: gates of a product */
	struct wide wide;
	double *z; /* d P */
	/* of GATED_NEWTON */
	struct mat Phi, Phi2; /* a block of rows x (d P); weighted */
	struct mat pair;      /* d P x d P: of two outputs, where they are coupled */
	real *weight;         /* n: of the model, square roots */
	struct gated_lasso lasso;
	struct mat G, Q; /* of the squared loss: of all gates, as in gated_lasso.h */
	real *e;
	/* of GATED_FISTA */
	struct mat before, F_before; /* the iterate before */
	double momentum, lipschitz;
	ptrdiff_t known_out; /* gates that were out when it started anew */
};

struct gated_program *gated_program_new(const struct problem *problem, struct gates D,
					enum gated_method method, struct arena *arena);

/* F = sum_p D_p X W_p */
void gated_program_put_out(struct gated_program *s, struct mat W, struct mat F);

/* A = -grad L(F), S_p = X'D_p A and |S_p|_F from above, of all gates or of those not left out. */
void gated_program_find_slopes(struct gated_program *s, struct mat F, bool all);

/* F, A, S and the value at W. */
void gated_program_evaluate(struct gated_program *s);

/* Another beta; what was screened out comes back. */
void gated_program_set(struct gated_program *s, double beta);

/* (objective - bound) / objective at the beta at work, of an evaluated W; screens. */
double gated_program_gap(struct gated_program *s);

/* The best lower bound at the beta at work, of an evaluated W. */
double gated_program_bound(struct gated_program *s);

/* W moves on from where it was evaluated, by Newton's method (gated_fista.h has the other). */
void gated_program_step(struct gated_program *s);

/* The largest |S_p|_F. */
double gated_program_largest(const struct gated_program *s);

#endif
