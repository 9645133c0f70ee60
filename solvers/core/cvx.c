/* Independent evaluation of the convex program; see cvx.h for the notation. */
#include "solvers/core/cvx.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	EXACT_MOST = 32 /* features up to which the active set method is as cheap as a few steps */
};

struct cvx cvx_new(const struct problem *problem, const struct patterns *patterns,
		   struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = patterns->D.cols;
	struct cvx cvx = {.problem = problem, .patterns = *patterns};

	cvx.Y = mat_new(arena, n, P);
	cvx.YH = mat_new(arena, n, P);
	cvx.Z = mat_new(arena, d, P);
	cvx.f = ARENA_ARRAY(arena, real, n);
	cvx.fr = ARENA_ARRAY(arena, real, n);
	cvx.alpha = ARENA_ARRAY(arena, real, n);
	cvx.RV = mat_new(arena, d, P);
	cvx.RW = mat_new(arena, d, P);
	cvx.g = ARENA_ARRAY(arena, double, d);
	cvx.order = cvx_order_new(P, arena);
	cvx.exact = d <= EXACT_MOST;
	if (cvx.exact)
		cvx.nnls = nnls_new(problem->X, arena);
	else
		cvx.lanes = cvx_lanes_new(problem->X, arena);
	return cvx;
}

double cvx_group_norm(double beta, struct mat V)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		sum += blas_norm((size_t)V.rows, mat_col(V, i));
	return beta * sum;
}

void cvx_certify(struct cvx *cvx, struct mat V, struct mat W, const struct cvx_dual *dual,
		 struct certificate *out)
{
	cvx_primal(cvx, V, W, out);
	cvx_bound(cvx, dual, out);
}

static ptrdiff_t recover(struct mat V, double sign, struct net *net, ptrdiff_t width)
{
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double root = sqrt(blas_norm((size_t)V.rows, mat_col(V, i)));

		if (!(root > 0))
			continue;
		mat_copy((struct mat){V.rows, 1, net->U.stride, mat_col(net->U, width)},
			 mat_cols(V, i, 1));
		blas_scale((size_t)V.rows, 1 / root, mat_col(net->U, width));
		net->alpha[width++] = (real)(sign * root);
	}
	return width;
}

void cvx_network(struct mat V, struct mat W, struct net *net)
{
	net->U.cols = recover(W, -1, net, recover(V, 1, net, 0));
}
