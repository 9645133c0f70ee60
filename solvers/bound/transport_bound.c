/* See transport_bound.h.
 *
 * K >= kappa(nu) is proved by one Cholesky factorisation: K = S / (4 t) + h with S = sum pi^2 / g,
 * any t > 0, and
 *
 *     [ 16 (h - l)   b'            ]
 *     [ b            l I - t G / 4 ]  >= 0
 *
 * where the matrix less a multiple of I that rounding cannot exceed has a factor (Rump 2006). */
#include "solvers/bound/transport_bound.h"

#include "solvers/core/blas.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SEARCH = 40, TRIES = 8 };

double transport_side(const struct transport *t, const struct transport_pair *pair)
{
	return pair->j >= 0 || t->dual->mean[pair->i] > 0 ? 1 : -1;
}

void transport_divergence(struct transport *t)
{
	memset(t->nu, 0, (size_t)t->X.cols * sizeof *t->nu);
	for (ptrdiff_t p = 0; p < t->count; p++) {
		const struct transport_pair *q = &t->pair[p];

		t->nu[q->i] += transport_side(t, q) * q->pi;
		if (q->j >= 0)
			t->nu[q->j] -= q->pi;
	}
	memset(t->b, 0, (size_t)t->X.rows * sizeof *t->b);
	for (ptrdiff_t i = 0; i < t->X.cols; i++)
		blas_axpy((size_t)t->X.rows, t->nu[i], mat_col(t->X, i), t->b);
}

void transport_laplacian(const struct transport *t, struct mat Z, struct mat L)
{
	mat_fill(L, 0);
	for (ptrdiff_t p = 0; p < t->count; p++) {
		const struct transport_pair *q = &t->pair[p];
		const real *zi = mat_col(Z, q->i), *zj = q->j < 0 ? NULL : mat_col(Z, q->j);
		real *li = mat_col(L, q->i), *lj = q->j < 0 ? NULL : mat_col(L, q->j);
		real g = (real)q->g;

		for (ptrdiff_t k = 0; k < Z.rows && !lj; k++)
			li[k] += g * zi[k];
		for (ptrdiff_t k = 0; k < Z.rows && lj; k++) {
			real by = g * (zi[k] - zj[k]);

			li[k] += by;
			lj[k] -= by;
		}
	}
}

/* l + sum_k c_k / (l - t w_k / 4) / 16 for l = t lmax / 4 + e^z */
static double at(const struct transport *t, double scale, double z, double *l)
{
	ptrdiff_t d = t->X.rows;
	double top = fmax(0, (double)t->w[d - 1]) * scale / 4, sum = 0;

	*l = top + exp(z);
	for (ptrdiff_t k = 0; k < d; k++)
		sum += t->coefficient[k] / (*l - scale * (double)t->w[k] / 4);
	return *l + sum / 16;
}

/* The least over l, by golden section in z. */
static double over_l(const struct transport *t, double scale, double size, double *l)
{
	const double ratio = 0.6180339887498949;
	double low = log(size) - 30, high = log(size) + 3;

	for (int step = 0; step < SEARCH; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);

		if (at(t, scale, a, l) <= at(t, scale, b, l))
			high = b;
		else
			low = a;
	}
	return at(t, scale, (low + high) / 2, l);
}

/* The matrix with l and h, less `shift` I, has a factor. */
static bool holds(struct transport *t, double scale, double l, double h, double shift)
{
	ptrdiff_t d = t->X.rows;
	double trace = 16 * (h - l);

	mat_set(t->M, 0, 0, (real)(16 * (h - l)));
	for (ptrdiff_t j = 0; j < d; j++) {
		mat_set(t->M, 1 + j, 0, t->b[j]);
		for (ptrdiff_t i = j; i < d; i++)
			mat_set(t->M, 1 + i, 1 + j, (real)(-scale / 4) * mat_get(t->H, i, j));
		mat_set(t->M, 1 + j, 1 + j, mat_get(t->M, 1 + j, 1 + j) + (real)l);
		trace += fabs((double)mat_get(t->M, 1 + j, 1 + j));
	}
	shift += 4 * (double)(d + 1) * REAL_EPSILON * trace;
	for (ptrdiff_t j = 0; j <= d; j++)
		mat_set(t->M, j, j, mat_get(t->M, j, j) - (real)shift);
	return blas_cholesky(t->M);
}

/* G, lower triangle; returns what rounding may have done to it: sums of as many
 * products as a row has pairs, and of n. */
static double form(struct transport *t)
{
	ptrdiff_t d = t->X.rows, n = t->X.cols;
	double sum = 0, most = 0;

	for (ptrdiff_t i = 0; i < n; i++) {
		double norm = blas_norm((size_t)d, mat_col(t->X, i));

		t->length[i] = norm;
		t->shift[i] = 0;
	}
	for (ptrdiff_t p = 0; p < t->count; p++) {
		const struct transport_pair *q = &t->pair[p];
		double size = t->length[q->i] + (q->j < 0 ? 0 : t->length[q->j]);

		sum += q->g * size * size;
		t->shift[q->i]++;
		if (q->j >= 0)
			t->shift[q->j]++;
	}
	for (ptrdiff_t i = 0; i < n; i++)
		most = fmax(most, t->shift[i]);
	transport_laplacian(t, t->X, t->LX);
	blas_gemm(1, t->X, PLAIN, t->LX, TRANSPOSED, 0, t->G);
	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t i = 0; i < j; i++)
			mat_set(t->G, j, i, (mat_get(t->G, j, i) + mat_get(t->G, i, j)) / 2);
	return 2 * (most + (double)n + 8) * REAL_EPSILON * sum;
}

/* What b, and sums over equal rows that are not nu, may add to kappa. */
static double slack_of(struct transport *t)
{
	double sum = 0;

	for (ptrdiff_t p = 0; p < t->count; p++) {
		const struct transport_pair *q = &t->pair[p];

		sum += q->pi * (t->length[q->i] + (q->j < 0 ? 0 : t->length[q->j]));
	}
	return 2 * (double)(t->count + t->X.cols + 8) * REAL_EPSILON * sum +
	       dual_place(t->dual, t->nu, t->alpha);
}

/* The scale t of g with the least bound, its l and h. */
static double best_scale(const struct transport *t, double S, double *l, double *h)
{
	const double ratio = 0.6180339887498949;
	double top = (double)t->w[t->X.rows - 1], size = sqrt(S * top) / 4, scale;
	double low = -2, high = 2, centre = sqrt(S / top);

	for (int step = 0; step < SEARCH / 2; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		double sa = centre * exp(a), sb = centre * exp(b);

		if (S / (4 * sa) + over_l(t, sa, size, l) <= S / (4 * sb) + over_l(t, sb, size, l))
			high = b;
		else
			low = a;
	}
	scale = centre * exp((low + high) / 2);
	*h = over_l(t, scale, size, l);
	return scale;
}

double transport_certify(struct transport *t)
{
	ptrdiff_t d = t->X.rows;
	double rounding = form(t), S = 0, scale, l, h, more, K = HUGE_VAL, bound;

	for (ptrdiff_t p = 0; p < t->count; p++)
		S += t->pair[p].g > 0 ? t->pair[p].pi * t->pair[p].pi / t->pair[p].g : 0;
	mat_copy(t->H, t->G);
	if (!(S > 0) || !blas_eigen(t->G, t->w) || !((double)t->w[d - 1] > 0))
		return HUGE_VAL;
	blas_gemv(1, t->G, TRANSPOSED, t->b, 0, t->along);
	for (ptrdiff_t k = 0; k < d; k++)
		t->coefficient[k] = (double)t->along[k] * (double)t->along[k];
	scale = best_scale(t, S, &l, &h);
	more = 1e-10 * h;
	for (int k = 0; k < TRIES && !(K < HUGE_VAL); k++, more *= 10)
		if (holds(t, scale, l + more, h + 2 * more, scale * rounding / 4))
			K = S / (4 * scale) * (1 + 4 * (double)t->count * DBL_EPSILON) + h +
			    2 * more;
	if (!(K < HUGE_VAL))
		return HUGE_VAL;
	K += slack_of(t);
	bound = dual_bound(t->dual, t->alpha, K);
	if (bound > t->lower) {
		t->lower = bound;
		t->K = K / t->dual->problem->beta;
	}
	return K;
}
