/* Rounding by three-operator splitting (Davis, Yin 2017), as published for this program (Prakhya,
 * Birdal, Yurtsever 2024): the columns (a, b, u, v) of W, one for each neuron, minimise
 *
 *     |W W' - Lambda|^2 / 2   s.t.  a - b = X u  (D1),   a, b >= 0, a b = 0 by entries  (D2)
 *
 * from W = the leading eigenvectors of Lambda times the roots of their eigenvalues:
 *
 *     w = proj_D1(z),   h = proj_D2(2 w - z - 2 eta (w w'w - Lambda w)),   z += h - w.
 *
 * a and b are of the samples here, not of their directions. */
#include "solvers/lift/lift_round.h"

#include "solvers/core/blas.h"

#include <math.h>

/* Eigenvalues of S below this share of the largest are none. */
static const double least = 1e-10;

struct lift_round lift_round_new(const struct lift *lift, struct mat X, ptrdiff_t columns,
				 struct arena *arena)
{
	ptrdiff_t p = 2 * X.rows + lift->d + lift->c, d = lift->d, order = lift->order;
	struct lift_round r = {.lift = lift, .X = X};

	r.columns = columns < order ? columns : order;
	r.S = mat_new(arena, order, order);
	r.A = mat_new(arena, p, order);
	r.z = mat_new(arena, p, r.columns);
	r.w = mat_new(arena, p, r.columns);
	r.h = mat_new(arena, p, r.columns);
	r.inner = mat_new(arena, order, r.columns);
	r.small = mat_new(arena, r.columns, r.columns);
	r.normal = mat_new(arena, d, d);
	r.r = mat_new(arena, X.rows, r.columns);
	r.part = mat_new(arena, d, r.columns);
	r.values = ARENA_ARRAY(arena, real, order);
	blas_expect_eigen(arena, order);
	if (arena_counts(arena))
		return r;
	blas_syrk(1, X, TRANSPOSED, 0, r.normal);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(r.normal, j, j, mat_get(r.normal, j, j) + 2);
	blas_cholesky(r.normal);
	return r;
}

/* Column `to` of A: the eigenvector `from` of S, its b and a spread over the samples. */
static void spread(struct lift_round *r, ptrdiff_t from, ptrdiff_t to)
{
	const struct lift *l = r->lift;
	const real *s = mat_col(r->S, from);
	ptrdiff_t n = r->X.rows;
	double root = sqrt((double)r->values[from]);
	real *column = mat_col(r->A, to);

	for (ptrdiff_t i = 0; i < n; i++) {
		const struct lift_row *of = &l->of[i];
		double b, product = 0;

		column[i] = column[n + i] = 0;
		if (of->direction < 0)
			continue;
		b = (double)s[of->direction];
		for (ptrdiff_t k = 0; k < l->d; k++)
			product += (double)mat_get(l->X, of->direction, k) * (double)s[l->n + k];
		column[i + (of->across ? n : 0)] = (real)(root * of->factor * (b + product));
		column[i + (of->across ? 0 : n)] = (real)(root * of->factor * b);
	}
	for (ptrdiff_t k = 0; k < l->d + l->c; k++)
		column[2 * n + k] = (real)(root * (double)s[l->n + k]);
}

/* z = the leading columns of A turned so that they are orthogonal; the norm of Lambda. */
static double turn(struct lift_round *r)
{
	struct mat A = mat_cols(r->A, 0, r->rank);
	struct mat G = mat_rows(mat_cols(r->S, 0, r->rank), 0, r->rank);
	ptrdiff_t used = r->rank < r->columns ? r->rank : r->columns;
	double sum = 0;

	blas_syrk(1, A, TRANSPOSED, 0, G);
	if (!blas_eigen(G, r->values))
		return NAN;
	for (ptrdiff_t j = 0; j < r->rank; j++)
		sum += (double)r->values[j] * (double)r->values[j];
	mat_fill(r->z, 0);
	blas_gemm(1, A, PLAIN, mat_cols(G, r->rank - used, used), PLAIN, 0,
		  mat_cols(r->z, 0, used));
	return sqrt(sum);
}

bool lift_round_start(struct lift_round *r, struct mat S, double step)
{
	ptrdiff_t order = r->lift->order;
	double largest, norm;

	mat_copy(r->S, S);
	if (!blas_eigen(r->S, r->values))
		return false;
	largest = (double)r->values[order - 1];
	r->rank = 0;
	for (ptrdiff_t j = order - 1; j >= 0 && (double)r->values[j] > least * largest; j--)
		spread(r, j, r->rank++);
	norm = r->rank > 0 ? turn(r) : 0;
	r->step = norm > 0 ? step / norm : 0;
	return isfinite(norm);
}

/* w = z - M'(M M')^-1 M z, M = [-I, I, X, 0];
 * (2 I + X X')^-1 r = (r - X (2 I + X'X)^-1 X'r) / 2. */
static void project_affine(struct lift_round *r)
{
	ptrdiff_t n = r->X.rows, d = r->lift->d;
	struct mat a = mat_rows(r->w, 0, n), b = mat_rows(r->w, n, n), u = mat_rows(r->w, 2 * n, d);

	mat_copy(r->w, r->z);
	blas_gemm(1, r->X, PLAIN, u, PLAIN, 0, r->r);
	for (ptrdiff_t j = 0; j < r->columns; j++) {
		blas_axpy((size_t)n, -1, mat_col(a, j), mat_col(r->r, j));
		blas_axpy((size_t)n, 1, mat_col(b, j), mat_col(r->r, j));
	}
	blas_gemm(1, r->X, TRANSPOSED, r->r, PLAIN, 0, r->part);
	blas_cholesky_solve(r->normal, r->part);
	blas_gemm(-0.5, r->X, PLAIN, r->part, PLAIN, 0.5, r->r);
	for (ptrdiff_t j = 0; j < r->columns; j++) {
		blas_axpy((size_t)n, 1, mat_col(r->r, j), mat_col(a, j));
		blas_axpy((size_t)n, -1, mat_col(r->r, j), mat_col(b, j));
	}
	blas_gemm(-1, r->X, TRANSPOSED, r->r, PLAIN, 1, u);
}

/* Negatives are 0, and so is the smaller one of a and b; equal ones stay. */
static void project_pairs(struct lift_round *r)
{
	ptrdiff_t n = r->X.rows;

	for (ptrdiff_t j = 0; j < r->columns; j++) {
		real *a = mat_col(r->h, j), *b = a + n;

		for (ptrdiff_t i = 0; i < n; i++) {
			real p = a[i] > 0 ? a[i] : 0, q = b[i] > 0 ? b[i] : 0;

			a[i] = p < q ? 0 : p;
			b[i] = q < p ? 0 : q;
		}
	}
}

void lift_round_step(struct lift_round *r)
{
	struct mat A = mat_cols(r->A, 0, r->rank), inner = mat_rows(r->inner, 0, r->rank);
	size_t p = (size_t)r->z.rows;

	project_affine(r);
	blas_gemm(1, A, TRANSPOSED, r->w, PLAIN, 0, inner);
	blas_gemm(2 * r->step, A, PLAIN, inner, PLAIN, 0, r->h);
	blas_gemm(1, r->w, TRANSPOSED, r->w, PLAIN, 0, r->small);
	blas_gemm(-2 * r->step, r->w, PLAIN, r->small, PLAIN, 1, r->h);
	for (ptrdiff_t j = 0; j < r->columns; j++) {
		blas_axpy(p, 2, mat_col(r->w, j), mat_col(r->h, j));
		blas_axpy(p, -1, mat_col(r->z, j), mat_col(r->h, j));
	}
	project_pairs(r);
	for (ptrdiff_t j = 0; j < r->columns; j++) {
		blas_axpy(p, 1, mat_col(r->h, j), mat_col(r->z, j));
		blas_axpy(p, -1, mat_col(r->w, j), mat_col(r->z, j));
	}
}

struct mat lift_round_first(const struct lift_round *r)
{
	return mat_rows(r->w, 2 * r->X.rows, r->lift->d);
}

struct mat lift_round_second(const struct lift_round *r)
{
	return mat_rows(r->w, 2 * r->X.rows + r->lift->d, r->lift->c);
}
