/* The convex program over a pattern set, evaluated independently of the method that solved it.
 *
 *     min over V, W (d x P)   L(f, y) + beta sum_i (|v_i| + |w_i|),   f = (D o (X (V - W))) 1
 *     s.t.  E o (X V) >= 0,  E o (X W) >= 0,   E = 2 D - 1
 *
 * (Pilanci and Ergen 2020; Bai, Gautam, Sojoudi 2023, equation 2.1 with sampled patterns.) */
#ifndef CVX_CVX_H
#define CVX_CVX_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/cvx/wide.h"
#include "solvers/gates/interior.h"
#include "solvers/gates/pattern.h"
#include "solvers/gates/signcone.h"
#include "solvers/gates/splitting.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/nnls.h"

/* The dual point that gave the best bound so far (cvx_dual.c). */
struct cvx_kept {
	bool any;
	real *alpha;  /* n */
	double *norm; /* 2 P: its norms, from above */
	double bound;
};

/* One of the 2 P blocks. */
struct cvx_order {
	double norm;
	ptrdiff_t index;
};

/* The 2 P blocks are numbered with V before W: block b is of pattern b % P. */
struct cvx {
	const struct problem *problem;
	struct cvx *first; /* whose scratch and directions it uses, or NULL */
	struct patterns patterns;
	struct mat RV, RW; /* d x P: the repaired point of the last certificate, halves of R */
	real *alpha;       /* n: room for the caller's dual point */
	bool exact;        /* few features: nnls, else the splitting */
	double affordable; /* operations of nnls in one certificate, else */
	/* made by the first certificate that needs them */
	struct signcone cone;
	struct interior interior;
	struct mat push; /* n x P: X h of the interior directions */
	/* kept from one certificate to the next */
	struct mat M; /* n x 2 P: e o eta, the best multipliers so far */
	bool warm;    /* they are those of a certificate before */
	struct cvx_kept kept;
	real *moved;  /* n: a dual point on its way (cvx_dual.c) */
	double slack; /* share of the objective that does not matter: of the last gap */
	/* scratch */
	struct mat R, Z;  /* d x 2 P */
	real *f, *fr, *a; /* n: outputs at the point and at its repaired version; |x| o alpha */
	real *d;          /* n: a pattern as 0 and 1, or what it masks or flips */
	double *g;        /* d */
	double *wide_z;   /* d x 2 P */
	double *room;     /* ranks x (2 P + 1), NULL without ranks */
	double size;      /* |X|_F */
	ptrdiff_t *at;    /* 2 P: blocks at work */
	double *norm;     /* 2 P: |X'(+-d o alpha) + X'M| from above */
	struct cvx_order *order; /* 2 P */
	struct nnls nnls;
	struct splitting split;
	struct wide wide;
};

/* A dual point: alpha (n) and multipliers eta = scale * max(0, -N) >= 0 of the sign constraints. */
struct cvx_dual {
	const real *alpha;
	struct mat NV, NW; /* n x P */
	double scale;
};

/* A point and the feasible one near it: outputs and beta sum |.| of the latter. */
struct cvx_fit {
	struct mat F, FR;          /* n x 1, scratch of cvx, or n x k */
	double norms;              /* of the feasible one */
	double violation, largest; /* of E o (X V) and of |X V| at the point */
};

struct cvx cvx_new(const struct problem *problem, const struct patterns *patterns,
		   struct arena *arena);

/* The same for another output on the same features and patterns, with a point and a bound of its
 * own; it uses the scratch of *first, one certificate at a time, and its interior directions. */
struct cvx cvx_beside(struct cvx *first, const struct problem *problem, struct arena *arena);

/* beta sum_i |v_i| */
double cvx_group_norm(double beta, struct mat V);

/* Objective and feasibility at (V, W); an upper bound from a feasible point near it;
 * and the lower bound max over s of -L*(-s alpha), where s is small enough that |X'(+-d_i o alpha)
 * + X'(e_i o eta_i)| s <= beta for every block and both signs. Where that binds, the multipliers of
 * the blocks that bind are improved first (cvx_dual.h). Allocates nothing.
 *
 * Both bounds hold in floating point: `upper` is the network objective of the repaired point, which
 * a real network has whatever its constraints lack by rounding; norms in the lower bound are summed
 * in double, whatever `real` is, and take in the rounding of their sums. */
void cvx_certify(struct cvx *cvx, struct mat V, struct mat W, const struct cvx_dual *dual,
		 struct certificate *out);

/* The feasible point near (V, W), in cvx->R. */
void cvx_fit_point(struct cvx *cvx, struct mat V, struct mat W, struct cvx_fit *fit);

/* The least of L(c FR, y) + c norms over c in [0, 2], never above that of c = 0 and c = 1; *c is
 * its place. FR has as many outputs as the problem; F is used up. */
double cvx_best_scale(const struct problem *problem, const struct cvx_fit *fit, double *c);

/* What matters to the next certificate, by the gap of the last one. */
void cvx_settle(struct cvx *cvx, const struct certificate *last);

/* Add what cvx_new takes, and the operations of a certificate. The first one costs more by the
 * coordinates and the directions. */
void cvx_forecast(double n, double d, double P, struct forecast *out);

/* Coordinates and interior directions, unless they are there; for certificates. */
void cvx_prepare(struct cvx *cvx);

/* Recovery: v_i gives u = v_i / sqrt|v_i|, alpha = +sqrt|v_i|; w_i likewise with a minus sign. Zero
 * blocks are left out. net needs room for 2 P neurons. */
void cvx_network(struct mat V, struct mat W, struct net *net);

#endif
