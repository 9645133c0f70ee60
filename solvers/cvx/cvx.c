/* Independent evaluation of the convex program; see cvx.h for the notation. */
#include "solvers/cvx/cvx.h"

#include "solvers/core/blas.h"

#include <math.h>

/* A part of the gap this small is not worth another step. */
static const double slack_share = 0.02;

enum {
	EXACT_MOST = 32 /* features up to which the active set method is as cheap as a few steps */
};

struct cvx cvx_new(const struct problem *problem, const struct patterns *patterns,
		   struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = patterns->D.cols;
	struct cvx cvx = {.problem = problem, .patterns = *patterns};

	cvx.cone = signcone_new(problem->X, arena);
	cvx.interior = interior_new(&cvx.cone, P, arena);
	cvx.push = mat_new(arena, n, P);
	cvx.M = mat_new(arena, n, 2 * P);
	cvx.R = mat_new(arena, d, 2 * P);
	cvx.RV = mat_cols(cvx.R, 0, P);
	cvx.RW = mat_cols(cvx.R, P, P);
	cvx.Z = mat_new(arena, d, 2 * P);
	cvx.f = ARENA_ARRAY(arena, real, n);
	cvx.fr = ARENA_ARRAY(arena, real, n);
	cvx.a = ARENA_ARRAY(arena, real, n);
	cvx.d = ARENA_ARRAY(arena, real, n);
	cvx.alpha = ARENA_ARRAY(arena, real, n);
	cvx.g = ARENA_ARRAY(arena, double, d);
	cvx.wide_z = ARENA_ARRAY(arena, double, d * 2 * P);
	cvx.size = arena_counts(arena) ? 0 : blas_mat_norm(problem->X);
	cvx.slack = slack_share;
	cvx.at = ARENA_ARRAY(arena, ptrdiff_t, 2 * P);
	cvx.norm = ARENA_ARRAY(arena, double, 2 * P);
	cvx.kept.alpha = ARENA_ARRAY(arena, real, n);
	cvx.kept.norm = ARENA_ARRAY(arena, double, 2 * P);
	cvx.moved = ARENA_ARRAY(arena, real, n);
	cvx.order = cvx_order_new(P, arena);
	cvx.exact = cvx.cone.B.cols <= EXACT_MOST;
	cvx.nnls = nnls_new(cvx.cone.B, arena);
	if (!cvx.exact) /* its two square matrices */
		arena_untouched(arena, 2 * pow((double)cvx.cone.B.cols, 2) * sizeof(double));
	cvx.split = splitting_new(&cvx.cone, 2 * P, arena);
	cvx.wide = wide_new(d, 2 * P, arena);
	return cvx;
}

void cvx_prepare(struct cvx *cvx)
{
	cvx->split.cone = &cvx->cone; /* wherever cvx is now */
	if (cvx->interior.ready)
		return;
	signcone_prepare(&cvx->cone);
	interior_search(&cvx->interior, &cvx->split, cvx->patterns.D, cvx->patterns.H);
	blas_gemm(1, cvx->problem->X, PLAIN, cvx->interior.H, PLAIN, 0, cvx->push);
	nnls_take(&cvx->nnls, cvx->cone.B);
}

/* Of a certificate after the first one: products of all blocks, and projections of every other one
 * on both sides. */
static double certificate_flops(double n, double d, double P)
{
	double r = fmin(n, d), products = 24 * n * d * P;

	return products +
	       (r <= EXACT_MOST ? 2 * P * r * 2 * n * r : 20 * splitting_flops(n, d, 2 * P));
}

void cvx_forecast(double n, double d, double P, struct forecast *out)
{
	out->certificate_flops += certificate_flops(n, d, P);
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
	cvx->slack = slack_share * fmin(1, fmax(0, 1 - out->lower_bound / out->upper));
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
