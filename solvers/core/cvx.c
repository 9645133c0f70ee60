/* Independent evaluation of the convex program; see cvx.h for the notation. */
#include "solvers/core/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/core/scaling.h"

#include <math.h>
#include <string.h>

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
	return cvx;
}

double cvx_group_norm(double beta, struct mat V)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		sum += blas_norm((size_t)V.rows, mat_col(V, i));
	return beta * sum;
}

/* What one half (V or W) adds up to. */
struct half {
	double violation, largest;    /* of E o (X V) and of |X V| */
	double norms, repaired_norms; /* beta sum |v_i|, and after the repair */
};

/* Step t along h that makes block i feasible: max_k (-e_k y_k)_+ / |x_k' h|; HUGE_VAL if h does not
 * help. */
static double repair_step(struct cvx *cvx, ptrdiff_t i, struct half *half)
{
	const real *d = mat_col(cvx->patterns.D, i), *y = mat_col(cvx->Y, i),
		   *yh = mat_col(cvx->YH, i);
	double step = 0;

	for (ptrdiff_t k = 0; k < cvx->Y.rows; k++) {
		double e = d[k] > 0 ? 1 : -1, slack = e * (double)y[k], push = e * (double)yh[k];

		half->largest = fmax(half->largest, fabs(slack));
		half->violation = fmax(half->violation, -slack);
		if (slack < 0)
			step = fmax(step, push > 0 ? -slack / push : HUGE_VAL);
	}
	return step;
}

/* Add sign * (d o (X v_i)) to f and the same for v_i + t h_i to fr. */
static void add_block(struct cvx *cvx, ptrdiff_t i, double sign, double t)
{
	const real *d = mat_col(cvx->patterns.D, i), *y = mat_col(cvx->Y, i),
		   *yh = mat_col(cvx->YH, i);
	real s = (real)sign, step = (real)(isfinite(t) ? t : 0);

#pragma omp simd
	for (ptrdiff_t k = 0; k < cvx->Y.rows; k++) {
		cvx->f[k] += s * d[k] * y[k];
		cvx->fr[k] += s * d[k] * (y[k] + step * yh[k]);
	}
}

/* |v + t h| */
static double moved_norm(size_t d, const real *v, double t, const real *h)
{
	double square = 0;

	for (size_t j = 0; j < d; j++) {
		double x = (double)v[j] + t * (double)h[j];

		square += x * x;
	}
	return sqrt(square);
}

/* One half: YH holds X H. */
static void add_half(struct cvx *cvx, struct mat V, double sign, struct half *half)
{
	struct mat H = cvx->patterns.H;
	double beta = cvx->problem->beta;

	blas_gemm(1, cvx->problem->X, PLAIN, V, PLAIN, 0, cvx->Y);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double norm = blas_norm((size_t)V.rows, mat_col(V, i));
		double t = norm > 0 ? repair_step(cvx, i, half) : 0;

		half->norms += beta * norm;
		half->repaired_norms +=
			beta * (t > 0 ? moved_norm((size_t)V.rows, mat_col(V, i), t, mat_col(H, i))
				      : norm);
		if (norm > 0)
			add_block(cvx, i, sign, t);
	}
}

static void evaluate_point(struct cvx *cvx, struct mat V, struct mat W, struct certificate *out)
{
	const struct problem *problem = cvx->problem;
	size_t n = (size_t)problem->X.rows;
	struct half v = {0}, w = {0};
	double largest;

	memset(cvx->f, 0, n * sizeof *cvx->f);
	memset(cvx->fr, 0, n * sizeof *cvx->fr);
	blas_gemm(1, problem->X, PLAIN, cvx->patterns.H, PLAIN, 0, cvx->YH);
	add_half(cvx, V, 1, &v);
	add_half(cvx, W, -1, &w);
	largest = fmax(v.largest, w.largest);
	out->objective = loss_value(problem->loss, n, cvx->f, problem->y) + v.norms + w.norms;
	out->feasibility = largest > 0 ? fmax(v.violation, w.violation) / largest : 0;
	out->upper = loss_value(problem->loss, n, cvx->fr, problem->y) + v.repaired_norms +
		     w.repaired_norms;
	if (!isfinite(out->upper)) /* some block has no known interior direction */
		out->upper = NAN;
}

/* max_i |X'(sign d_i o alpha) + X'(e_i o eta_i)|, eta = scale max(0, -N) */
static double dual_norm(struct cvx *cvx, const struct cvx_dual *dual, double sign, struct mat N)
{
	struct mat D = cvx->patterns.D;
	real s = (real)sign, scale = (real)dual->scale;
	double largest = 0;

	for (ptrdiff_t i = 0; i < D.cols; i++) {
		const real *d = mat_col(D, i), *nu = mat_col(N, i);
		real *q = mat_col(cvx->Y, i);

		for (ptrdiff_t k = 0; k < D.rows; k++) {
			real eta = nu[k] < 0 ? -scale * nu[k] : 0;

			q[k] = s * d[k] * dual->alpha[k] + (2 * d[k] - 1) * eta;
		}
	}
	blas_gemm(1, cvx->problem->X, TRANSPOSED, cvx->Y, PLAIN, 0, cvx->Z);
	for (ptrdiff_t i = 0; i < D.cols; i++)
		largest = fmax(largest, blas_norm((size_t)cvx->Z.rows, mat_col(cvx->Z, i)));
	return largest;
}

void cvx_certify(struct cvx *cvx, struct mat V, struct mat W, const struct cvx_dual *dual,
		 struct certificate *out)
{
	double largest;

	evaluate_point(cvx, V, W, out);
	largest = fmax(dual_norm(cvx, dual, 1, dual->NV), dual_norm(cvx, dual, -1, dual->NW));
	out->lower_bound = scaling_best_bound(cvx->problem, dual->alpha, largest);
	out->scope = cvx->patterns.all ? "all" : "sampled";
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
