/* The convex program over a pattern set, evaluated independently of the method that solved it.
 *
 *     min over V, W (d x P)   L(f, y) + beta sum_i (|v_i| + |w_i|),   f = (D o (X (V - W))) 1
 *     s.t.  E o (X V) >= 0,  E o (X W) >= 0,   E = 2 D - 1
 *
 * (Pilanci and Ergen 2020; Bai, Gautam, Sojoudi 2023, equation 2.1 with sampled patterns.) */
#ifndef CORE_CVX_H
#define CORE_CVX_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/net.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

struct cvx {
	const struct problem *problem;
	struct patterns patterns;
	/* scratch */
	struct mat Y, YH; /* n x P */
	struct mat Z;     /* d x P */
	real *f, *fr;     /* n: outputs at the point and at its repaired version */
	real *alpha;      /* n: room for the caller's dual point */
};

/* A dual point: alpha (n) and multipliers eta = scale * max(0, -N) >= 0 of the sign constraints. */
struct cvx_dual {
	const real *alpha;
	struct mat NV, NW; /* n x P */
	double scale;
};

struct cvx cvx_new(const struct problem *problem, const struct patterns *patterns,
		   struct arena *arena);

/* beta sum_i |v_i| */
double cvx_group_norm(double beta, struct mat V);

/* Objective and feasibility at (V, W); an upper bound from a point made feasible by moving each
 * block along the interior direction h_i of its cone; and the lower bound max over s of -L*(-s
 * alpha), where s <= 1 is small enough that |X'(+-d_i o alpha) + X'(e_i o eta_i)| s <= beta for
 * every block and both signs. */
void cvx_certify(struct cvx *cvx, struct mat V, struct mat W, const struct cvx_dual *dual,
		 struct certificate *out);

/* Recovery: v_i gives u = v_i / sqrt|v_i|, alpha = +sqrt|v_i|; w_i likewise with a minus sign. Zero
 * blocks are left out. net needs room for 2 P neurons. */
void cvx_network(struct mat V, struct mat W, struct net *net);

#endif
