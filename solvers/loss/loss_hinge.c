/* Hinge loss l(f, y) = max(0, 1 - y f), y = -1 or +1. Of k outputs: the multi-class hinge loss of
 * Crammer and Singer (2001), l(f, y) = max(0, max_{c != y} 1 - f_y + f_c). */
#include "solvers/loss/loss.h"
#include "solvers/loss/rivals.h"

#include <math.h>

static double sample(const void *o, double f, double y)
{
	(void)o;
	return fmax(0, 1 - y * f);
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++)
		sum += fmax(0, 1 - (double)y[k] * (double)f[k]);
	return sum;
}

static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	(void)o;
	for (size_t k = 0; k < n; k++)
		g[k] = y[k] * f[k] < 1 ? -y[k] : 0;
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	(void)o;
	(void)f;
	(void)y;
	for (size_t k = 0; k < n; k++)
		h[k] = 0;
}

/* In the margin m = y v: m + t below 1 - t, 1 up to 1, m above. */
static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	(void)o;
	for (size_t k = 0; k < n; k++) {
		double m = (double)y[k] * (double)v[k];

		z[k] = (real)((double)y[k] * fmax(m, fmin(1, m + t)));
	}
}

/* l*(a) = a y for a y in [-1, 0] */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double p = s * (double)a[k] * (double)y[k];

		if (!(p >= -1 && p <= 0))
			return HUGE_VAL;
		sum += p;
	}
	return sum;
}

static double curvature(const void *o)
{
	(void)o;
	return HUGE_VAL;
}

static struct loss_box box(const void *o, double y)
{
	(void)o;
	return (struct loss_box){0, y > 0 ? -1 : 0, y > 0 ? 0 : 1};
}

static double outputs_sample(const void *o, ptrdiff_t k, const double *f, const double *y)
{
	double own = 0, most = -HUGE_VAL;

	(void)o;
	for (ptrdiff_t c = 0; c < k; c++)
		own += y[c] > 0.5 ? f[c] : 0;
	for (ptrdiff_t c = 0; c < k; c++)
		most = y[c] > 0.5 ? most : fmax(most, 1 - own + f[c]);
	return fmax(0, most);
}

static double outputs_value(const void *o, struct mat F, struct targets y)
{
	double sum = 0;

	(void)o;
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct rivals rows = rivals_of(F, y, first);

		for (ptrdiff_t r = 0; r < rows.count; r++)
			sum += rows.lead[r] <= -1 ? 0 : 1 + rows.lead[r];
	}
	return sum;
}

/* Of the rivals that lead, each takes its share of 1, the own output -1. */
static void gradient_rows(struct mat F, struct mat G, ptrdiff_t first, const struct rivals *rows)
{
	double leading[RIVALS_ROWS] = {0};

	for (ptrdiff_t c = 0; c < F.cols; c++) {
		const real *f = mat_col(F, c) + first;

		for (ptrdiff_t r = 0; r < rows->count; r++)
			leading[r] +=
				rows->label[r] != c && (double)f[r] - rows->own[r] >= rows->lead[r];
	}
	for (ptrdiff_t c = 0; c < F.cols; c++) {
		const real *f = mat_col(F, c) + first;
		real *g = mat_col(G, c) + first;

		for (ptrdiff_t r = 0; r < rows->count; r++) {
			bool leads = (double)f[r] - rows->own[r] >= rows->lead[r];
			double share = rows->label[r] == c ? -1 : (leads ? 1 / leading[r] : 0);

			g[r] = (real)(rows->lead[r] > -1 ? share : 0);
		}
	}
}

static void outputs_gradient(const void *o, struct mat F, struct targets y, struct mat G)
{
	(void)o;
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct rivals rows = rivals_of(F, y, first);

		gradient_rows(F, G, first, &rows);
	}
}

static void outputs_hessian_product(const void *o, struct mat F, struct targets y, struct mat V,
				    struct mat H)
{
	(void)o;
	(void)F;
	(void)y;
	(void)V;
	mat_fill(H, 0);
}

/* theta with sum_c (d_c - theta)_+ = min(theta, t), d_c = 1 + v_c - v_y, for each row: the left
 * side less the right one is convex and falls, so that Newton's method from 0 rises to the root and
 * drops a rival for good with each step but the last two (Michelot 1986). */
static void thresholds(struct mat V, double t, ptrdiff_t first, const struct rivals *rows,
		       double *theta)
{
	double sum[RIVALS_ROWS], above[RIVALS_ROWS];
	bool moves = true;

	for (ptrdiff_t r = 0; r < rows->count; r++)
		theta[r] = 0;
	while (moves) {
		for (ptrdiff_t r = 0; r < rows->count; r++)
			sum[r] = above[r] = 0;
		for (ptrdiff_t c = 0; c < V.cols; c++) {
			const real *v = mat_col(V, c) + first;

			for (ptrdiff_t r = 0; r < rows->count; r++) {
				double d = 1 + ((double)v[r] - rows->own[r]);
				bool in = rows->label[r] != c && d > theta[r];

				sum[r] += in ? d : 0;
				above[r] += in ? 1 : 0;
			}
		}
		moves = false;
		for (ptrdiff_t r = 0; r < rows->count; r++) {
			double next =
				theta[r] < t ? sum[r] / (above[r] + 1) : (sum[r] - t) / above[r];
			bool rises = above[r] > 0 && next > theta[r] * (1 + 4 * DBL_EPSILON);

			theta[r] = rises ? next : theta[r];
			moves |= rises;
		}
	}
}

/* z_y = v_y + min(theta, t), z_c = min(v_c, v_y + theta - 1): the dual of it, (v - z) / t + e_y, is
 * the projection of e_y + (v + 1 - e_y) / t on the simplex. */
static void outputs_prox(const void *o, double t, struct mat V, struct targets y, struct mat Z)
{
	(void)o;
#pragma omp parallel for schedule(static) if (y.n > 4 * RIVALS_ROWS)
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct rivals rows = rivals_of(V, y, first);
		double theta[RIVALS_ROWS];

		thresholds(V, t, first, &rows, theta);
		for (ptrdiff_t c = 0; c < V.cols; c++) {
			const real *v = mat_col(V, c) + first;
			real *z = mat_col(Z, c) + first;

			for (ptrdiff_t r = 0; r < rows.count; r++)
				z[r] = (real)(rows.label[r] == c
						      ? rows.own[r] + fmin(theta[r], t)
						      : fmin((double)v[r],
							     rows.own[r] + theta[r] - 1));
		}
	}
}

/* l*(a) = -sum_{c != y} a_c where a + e_y is on the simplex */
static double outputs_conjugate(const void *o, double s, struct mat A, struct targets y)
{
	double sum = 0;

	(void)o;
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct rivals_face face = rivals_face(A, y, first, s);

		if (!face.inside)
			return HUGE_VAL;
		for (ptrdiff_t r = 0; r < face.count; r++)
			sum -= face.others[r];
	}
	return sum;
}

static const struct loss_outputs outputs = {
	.least_margin = true,
	.sample = outputs_sample,
	.value = outputs_value,
	.gradient = outputs_gradient,
	.hessian_product = outputs_hessian_product,
	.prox = outputs_prox,
	.conjugate = outputs_conjugate,
	.curvature = curvature,
};

const struct loss loss_hinge = {
	.base = {.name = "hinge", .doc = "max(0, 1 - y f)", .cite = ""},
	.falls = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.box = box,
	.outputs = &outputs,
};
