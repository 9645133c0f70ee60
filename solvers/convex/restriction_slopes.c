/* Slopes of the convex restriction from a network: for each sample the best bound found.
 *
 *     own:    p = [t > 0];   other:  p = (t + e) / (2e), clipped to [0, 1]     (the chord)
 *
 * and from the better of these and the old slopes projected subgradient steps, because m_k is
 * concave in the slopes of its sample, too:
 *
 *     dm/dS = t - g'a (own),   dm/dS = e (1 - 2 [relu active]) - g'a (other),   g = eps grad |c|_q
 */
#include "solvers/convex/restriction.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

/* Steps of slopes in [0, 1]: the first crosses a third of it, the tenth a thirtieth. */
static const double first_step = 0.3, step_decay = 0.8;

/* How far kinks are blurred, in margin, for the subgradients of the slopes. */
static const double blur = 0.01;

struct renewal {
	struct restriction *r;
	ptrdiff_t first, rows;
	struct mat S;     /* rows x m of r->S: the best so far */
	struct mat T;     /* rows x m: t */
	struct mat trial; /* rows x m */
	struct mat Q;     /* rows x m: g'a */
	real *margin;     /* rows: at the trial */
};

static bool is_own(const struct renewal *w, ptrdiff_t k, ptrdiff_t j)
{
	return w->r->problem->y[w->first + k] * w->r->sigma[j] > 0;
}

static double clipped(double p)
{
	return p < 0 ? 0 : (p > 1 ? 1 : p);
}

static double slope_of(double t, double e, bool own)
{
	if (own)
		return t > 0;
	return e > 0 ? clipped((t + e) / (2 * e)) : (double)(t > 0);
}

static void propose(const struct renewal *w)
{
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			bool own = is_own(w, k, j);
			double p = slope_of((double)mat_get(w->T, k, j), w->r->e[j], own);

			mat_set(w->trial, k, j, (real)(own ? p : -p));
		}
}

/* Margins with slopes S; C becomes c. */
static void margins(const struct renewal *w, struct mat A, struct mat S, real *margin)
{
	struct restriction *r = w->r;
	struct mat C = mat_cols(r->C, 0, w->rows);

	blas_gemm(1, A, PLAIN, S, TRANSPOSED, 0, C);
	for (ptrdiff_t k = 0; k < w->rows; k++)
		r->smooth[k] = -r->eps * dualnorm_value(&r->norm, mat_col(C, k));
	for (ptrdiff_t j = 0; j < r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			double t = (double)mat_get(w->T, k, j);
			double p = fabs((double)mat_get(S, k, j)), e = r->e[j];

			r->smooth[k] +=
				is_own(w, k, j) ? p * t : -p * e - fmax(0, t + (1 - 2 * p) * e);
		}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		margin[k] = (real)r->smooth[k];
}

/* Where the trial raises the margin it becomes the best; a neuron that is zero keeps its slope. */
static void keep_better(const struct renewal *w, struct mat A)
{
	real *best = w->r->margin + w->first;
	size_t d = (size_t)A.rows;

	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		if (!(blas_norm(d, mat_col(A, j)) > 0))
			continue;
		for (ptrdiff_t k = 0; k < w->rows; k++)
			if (w->margin[k] > best[k])
				mat_set(w->S, k, j, mat_get(w->trial, k, j));
	}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		best[k] = w->margin[k] > best[k] ? w->margin[k] : best[k];
}

/* Q = g'a at the trial, whose c is in C */
static void norm_slopes(const struct renewal *w, struct mat A)
{
	struct restriction *r = w->r;
	struct mat C = mat_cols(r->C, 0, w->rows);
	double mu = blur / (r->eps * r->reach);

	for (ptrdiff_t k = 0; k < w->rows; k++) {
		real *c = mat_col(C, k), *prox = mat_col(r->spare, 0);

		dualnorm_prox(&r->norm, mu, c, prox);
		for (ptrdiff_t l = 0; l < r->norm.d; l++)
			c[l] = (c[l] - prox[l]) * (real)(r->eps / mu);
	}
	blas_gemm(1, C, TRANSPOSED, A, PLAIN, 0, w->Q);
}

/* dm/dS at the trial, or 0 for a neuron whose sign is fixed on the ball: its slope is exact. The
 * chord lies on the kink of the relu, so that the kink is blurred, too. */
static double rise(const struct renewal *w, ptrdiff_t k, ptrdiff_t j)
{
	double t = (double)mat_get(w->T, k, j), e = w->r->e[j];
	double p = fabs((double)mat_get(w->trial, k, j)), q = (double)mat_get(w->Q, k, j);
	double active = clipped(0.5 + (t + (1 - 2 * p) * e) / blur);

	if (fabs(t) >= e)
		return 0;
	return is_own(w, k, j) ? t - q : e * (1 - 2 * active) - q;
}

/* trial += step rise / max |rise|, projected, sample by sample */
static void climb(const struct renewal *w, double step)
{
	double *largest = w->r->norm_of;

	for (ptrdiff_t k = 0; k < w->rows; k++)
		largest[k] = 0;
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			double slope = rise(w, k, j);

			largest[k] = fmax(largest[k], fabs(slope));
			mat_set(w->Q, k, j, (real)slope);
		}
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			double side = is_own(w, k, j) ? 1 : -1, slope = (double)mat_get(w->Q, k, j);
			double move = slope == 0 ? 0 : step * slope / largest[k];

			mat_set(w->trial, k, j,
				(real)(side *
				       clipped(side * ((double)mat_get(w->trial, k, j) + move))));
		}
}

static void renew_block(struct renewal *w, struct mat A, long steps)
{
	struct restriction *r = w->r;
	double step = first_step;

	blas_gemm(1, mat_rows(r->problem->X, w->first, w->rows), PLAIN, A, PLAIN, 0, w->T);
	margins(w, A, w->S, r->margin + w->first);
	propose(w);
	margins(w, A, w->trial, w->margin);
	keep_better(w, A);
	mat_copy(w->trial, w->S);
	for (long i = 0; i < steps && r->eps > 0; i++, step *= step_decay) {
		margins(w, A, w->trial, w->margin);
		keep_better(w, A);
		norm_slopes(w, A);
		climb(w, step);
	}
	margins(w, A, w->trial, w->margin);
	keep_better(w, A);
}

double restriction_renew(struct restriction *r, struct mat A, long steps)
{
	ptrdiff_t n = r->problem->X.rows;
	size_t d = (size_t)A.rows;
	double norms = 0, sum = 0;

	for (ptrdiff_t j = 0; j < r->m; j++) {
		r->e[j] = r->eps * dualnorm_value(&r->norm, mat_col(A, j));
		norms += blas_norm(d, mat_col(A, j));
	}
	for (ptrdiff_t first = 0; first < n; first += r->block) {
		ptrdiff_t rows = first + r->block < n ? r->block : n - first;
		struct renewal w = {.r = r,
				    .first = first,
				    .rows = rows,
				    .S = mat_rows(r->S, first, rows),
				    .T = mat_rows(r->T, 0, rows),
				    .trial = mat_rows(r->trial, 0, rows),
				    .Q = mat_rows(r->Q, 0, rows),
				    .margin = r->z};

		renew_block(&w, A, steps);
		for (ptrdiff_t k = 0; k < rows; k++)
			r->f[k] = r->problem->y[first + k] * r->margin[first + k];
		sum += loss_value(r->problem->loss, (size_t)rows, r->f, r->problem->y + first);
	}
	return sum + r->problem->beta * norms;
}

ptrdiff_t restriction_from_net(const struct net *net, struct mat A, real *sigma)
{
	ptrdiff_t m = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double weight = (double)net->alpha[j];
		real *a = mat_col(A, m);

		memcpy(a, mat_col(net->U, j), (size_t)A.rows * sizeof *a);
		blas_scale((size_t)A.rows, fabs(weight), a);
		if (!(blas_norm((size_t)A.rows, a) > 0))
			continue;
		sigma[m++] = weight > 0 ? 1 : -1;
	}
	return m;
}

double restriction_certified(const struct problem *problem, const struct dualnorm *norm, double eps,
			     const struct net *net, long steps, real *margin)
{
	struct arena arena = {0};
	struct mat A = mat_new(&arena, net->U.rows, net->U.cols);
	real *sigma = ARENA_ARRAY(&arena, real, net->U.cols);
	ptrdiff_t m = restriction_from_net(net, A, sigma);
	struct restriction r = restriction_new(problem, norm, eps, sigma, m, &arena);
	double value = restriction_renew(&r, mat_cols(A, 0, m), steps);

	if (margin)
		memcpy(margin, r.margin, (size_t)problem->X.rows * sizeof *margin);
	arena_release(&arena);
	return value;
}
