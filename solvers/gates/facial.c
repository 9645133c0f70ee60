/* Gordan's alternative and facial reduction; see facial.h. */
#include "solvers/gates/facial.h"

#include <math.h>
#include <string.h>

/* Residuals and remainders below this are zero: 1.5e-10 in double. */
static double nothing(void)
{
	return 0.01 * sqrt(REAL_EPSILON);
}

/* Multipliers below this share of the largest may be rounding. */
static const double eta_floor = 1e-7;

static double dot(ptrdiff_t r, const double *x, const double *y)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < r; j++)
		sum += x[j] * y[j];
	return sum;
}

struct facial facial_new(const struct signcone *cone, struct arena *arena)
{
	ptrdiff_t n = cone->B.rows, r = cone->B.cols;
	struct facial f = {.cone = cone};

	f.h = ARENA_ARRAY(arena, double, r);
	f.eta = ARENA_ARRAY(arena, double, n);
	f.zero = ARENA_ARRAY(arena, bool, n);
	f.T = mat_new(arena, n, r + 1);
	f.basis = mat_new(arena, r, r);
	f.g = ARENA_ARRAY(arena, double, r + 1);
	f.d = ARENA_ARRAY(arena, real, n);
	f.nnls = nnls_new(f.T, arena);
	return f;
}

/* x = row k less its part in the basis; |x| */
static double leave(const struct facial *f, ptrdiff_t k, double *x)
{
	ptrdiff_t r = f->cone->B.cols;

	for (ptrdiff_t j = 0; j < r; j++)
		x[j] = (double)mat_get(f->cone->B, k, j);
	for (int pass = 0; pass < 2; pass++)
		for (ptrdiff_t i = 0; i < f->rank; i++) {
			const real *q = mat_col(f->basis, i);
			double along = 0;

			for (ptrdiff_t j = 0; j < r; j++)
				along += (double)q[j] * x[j];
			for (ptrdiff_t j = 0; j < r; j++)
				x[j] -= along * (double)q[j];
		}
	return sqrt(dot(r, x, x));
}

/* Row k is zero on the cone. */
static void fix(struct facial *f, ptrdiff_t k)
{
	ptrdiff_t r = f->cone->B.cols;
	double norm = leave(f, k, f->g);

	f->zero[k] = true;
	if (!(norm > nothing()) || f->rank == r)
		return;
	for (ptrdiff_t j = 0; j < r; j++)
		mat_set(f->basis, j, f->rank, (real)(f->g[j] / norm));
	f->rank++;
}

/* T = what the basis leaves of each row, of length 1, and e beside it; rows of which nothing is
 * left are zero on the cone. Returns how many are left. */
static ptrdiff_t form_rows(struct facial *f)
{
	ptrdiff_t n = f->T.rows, r = f->cone->B.cols, left = 0;

	for (ptrdiff_t k = 0; k < n; k++) {
		double norm = f->zero[k] ? 0 : leave(f, k, f->g);
		bool any = norm > nothing();

		f->zero[k] = !any;
		left += any;
		for (ptrdiff_t j = 0; j < r; j++)
			mat_set(f->T, k, j, any ? (real)(f->g[j] / norm) : 0);
		mat_set(f->T, k, r, any ? 2 * f->d[k] - 1 : 0);
	}
	return left;
}

/* h of length 1 from the residual, and its margin, computed anew. */
static void take_direction(struct facial *f)
{
	ptrdiff_t r = f->cone->B.cols;
	double norm = sqrt(dot(r, f->nnls.r, f->nnls.r));

	f->margin = norm > 0 ? HUGE_VAL : 0;
	for (ptrdiff_t j = 0; j < r; j++)
		f->h[j] = norm > 0 ? f->nnls.r[j] / norm : 0;
	for (ptrdiff_t k = 0; k < f->T.rows && norm > 0; k++) {
		double along = 0;

		for (ptrdiff_t j = 0; j < r; j++)
			along += (double)mat_get(f->cone->B, k, j) * f->h[j];
		if (!f->zero[k])
			f->margin = fmin(f->margin, f->d[k] > 0 ? along : -along);
	}
}

/* eta of sum 1 from the passive rows, and its residual; the rows with eta > 0 become zero ones.
 * False if it proves nothing. */
static bool take_multipliers(struct facial *f)
{
	const struct nnls *nnls = &f->nnls;
	double sum = 0, largest = 0, residual;

	memset(f->eta, 0, (size_t)f->T.rows * sizeof *f->eta);
	for (ptrdiff_t i = 0; i < nnls->count; i++) {
		sum += nnls->eta[i];
		largest = fmax(largest, nnls->eta[i]);
	}
	residual = sum > 0 ? sqrt(dot(f->cone->B.cols, nnls->r, nnls->r)) / sum : HUGE_VAL;
	if (!(residual <= nothing()))
		return false;
	f->residual = fmax(f->residual, residual);
	for (ptrdiff_t i = 0; i < nnls->count; i++) {
		ptrdiff_t k = nnls->passive[i];

		f->eta[k] = nnls->eta[i] / sum;
		if (nnls->eta[i] > eta_floor * largest)
			fix(f, k);
	}
	return true;
}

void facial_decide(struct facial *f, const uint64_t *d)
{
	ptrdiff_t n = f->T.rows, r = f->cone->B.cols;

	gates_unpack(d, n, f->d);
	f->rank = 0;
	f->margin = f->residual = 0;
	f->kind = FACIAL_ZERO;
	for (ptrdiff_t k = 0; k < n; k++)
		f->zero[k] = false;
	while (form_rows(f) > 0) {
		bool first = f->rank == 0;

		memset(f->g, 0, (size_t)r * sizeof *f->g);
		f->g[r] = -1;
		nnls_take(&f->nnls, f->T);
		nnls_solve(&f->nnls, (struct nnls_block){f->d, NULL, f->g}, -1, HUGE_VAL);
		take_direction(f);
		if (f->margin > 4 * (double)(r + 1) * REAL_EPSILON) {
			f->kind = first ? FACIAL_OPEN : FACIAL_FLAT;
			return;
		}
		if (!take_multipliers(f)) {
			f->kind = FACIAL_UNKNOWN;
			return;
		}
	}
}
