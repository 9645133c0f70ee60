/* HKM directions of two matrices with tr Z1 = Z4. See poly_cone.h. */
#include "solvers/poly/poly_cone.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/semidefinite.h"

#include <string.h>

struct poly_cone *poly_cone_new(ptrdiff_t d, double beta, struct arena *arena)
{
	struct poly_cone *c = ARENA_NEW(arena, struct poly_cone);
	ptrdiff_t order = d + 1, p = order * (order + 1) / 2 - 1, k = 0;
	struct mat *squares[] = {c->Z,      c->Z + 1, c->X,      c->X + 1,    c->dZ,
				 c->dZ + 1, c->dX,    c->dX + 1, c->inverse,  c->inverse + 1,
				 c->R,      c->R + 1, c->work,   c->work + 1, c->work + 2};

	c->beta = beta;
	c->order = order;
	c->p = p;
	c->at = arena_alloc(arena, (size_t)p, sizeof *c->at);
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	c->K = mat_lower(arena, POLY_SIDES * p);
	c->scale = ARENA_ARRAY(arena, real, POLY_SIDES * p);
	c->step = ARENA_ARRAY(arena, real, POLY_SIDES * p);
	for (ptrdiff_t j = 0; j < order && !arena_counts(arena); j++)
		for (ptrdiff_t i = 0; i <= j && !(j == d && i == d); i++) {
			const ptrdiff_t off[] = {i, j, j, i}, diagonal[] = {i, i, d, d};

			memcpy(c->at[k++], i < j ? off : diagonal, sizeof off);
		}
	return c;
}

/* Z = sum_k x_k B_k (order x order) */
static void matrix_of(const struct poly_cone *c, const real *x, struct mat Z)
{
	mat_fill(Z, 0);
	for (ptrdiff_t k = 0; k < c->p; k++) {
		const ptrdiff_t *at = c->at[k];

		mat_set(Z, at[0], at[1], mat_get(Z, at[0], at[1]) + x[k]);
		mat_set(Z, at[2], at[3], mat_get(Z, at[2], at[3]) + x[k]);
	}
}

/* out_k = <B_k, M> of a symmetric M */
static void products_with(const struct poly_cone *c, struct mat M, real *out)
{
	for (ptrdiff_t k = 0; k < c->p; k++)
		out[k] =
			mat_get(M, c->at[k][0], c->at[k][1]) + mat_get(M, c->at[k][2], c->at[k][3]);
}

void poly_cone_start(struct poly_cone *c, double primal, double dual)
{
	ptrdiff_t d = c->order - 1;

	for (int s = 0; s < POLY_SIDES; s++) {
		mat_fill(c->Z[s], 0);
		mat_fill(c->X[s], 0);
		for (ptrdiff_t i = 0; i <= d; i++) {
			mat_set(c->Z[s], i, i, (real)(i < d ? primal / (double)d : primal));
			mat_set(c->X[s], i, i, (real)dual);
		}
	}
}

/* The symmetric part of tr(P B_k Q B_l), a and b the units of B_k and B_l. */
static real trace_of(struct mat P, struct mat Q, const ptrdiff_t *a, const ptrdiff_t *b)
{
	real sum = 0;

	for (int u = 0; u < 4; u += 2)
		for (int v = 0; v < 4; v += 2)
			sum += mat_get(P, b[v + 1], a[u]) * mat_get(Q, a[u + 1], b[v]) +
			       mat_get(Q, b[v + 1], a[u]) * mat_get(P, a[u + 1], b[v]);
	return sum / 2;
}

bool poly_cone_weigh(struct poly_cone *c)
{
	for (int s = 0; s < POLY_SIDES; s++) {
		if (!semidefinite_invert(c->Z[s], c->inverse[s]))
			return false;
		for (ptrdiff_t l = 0; l < c->p; l++)
			for (ptrdiff_t k = l; k < c->p; k++)
				mat_set(c->K, s * c->p + k, s * c->p + l,
					trace_of(c->inverse[s], c->X[s], c->at[k], c->at[l]));
	}
	mat_fill(mat_rows(mat_cols(c->K, 0, c->p), c->p, c->p), 0);
	return true;
}

void poly_cone_add(struct poly_cone *c, struct mat H)
{
	ptrdiff_t p = c->p;

	for (ptrdiff_t l = 0; l < p; l++) {
		const real *h = mat_col(H, l);
		real *first = mat_col(c->K, l), *second = mat_col(c->K, p + l) + p;

		for (ptrdiff_t k = l; k < p; k++) {
			first[k] += h[k];
			second[k] += h[k];
		}
		for (ptrdiff_t k = 0; k < p; k++)
			first[p + k] -= h[k];
	}
}

/* out -= the symmetric part of X dZ Z^-1 */
static void subtract_product(struct poly_cone *c, struct mat X, int s, struct mat out)
{
	blas_gemm(1, X, PLAIN, c->dZ[s], PLAIN, 0, c->work[0]);
	blas_gemm(1, c->work[0], PLAIN, c->inverse[s], PLAIN, 0, c->work[1]);
	semidefinite_symmetrize(c->work[1]);
	for (ptrdiff_t j = 0; j < c->order; j++)
		blas_axpy((size_t)c->order, -1, mat_col(c->work[1], j), mat_col(out, j));
}

bool poly_cone_factor(struct poly_cone *c)
{
	return semidefinite_factor(c->K, c->scale);
}

void poly_cone_right(struct poly_cone *c, double target, bool correct)
{
	ptrdiff_t d = c->order - 1;

	for (int s = 0; s < POLY_SIDES; s++) {
		real *step = c->step + s * c->p;

		mat_copy(c->R[s], c->inverse[s]);
		for (ptrdiff_t j = 0; j <= d; j++)
			blas_scale((size_t)c->order, target, mat_col(c->R[s], j));
		if (correct)
			subtract_product(c, c->dX[s], s, c->R[s]);
		products_with(c, c->R[s], step);
		for (ptrdiff_t k = 0; k < c->p; k++)
			step[k] -= c->at[k][3] == d && c->at[k][2] == d ? (real)c->beta : 0;
	}
}

void poly_cone_direct(struct poly_cone *c)
{
	semidefinite_solve(c->K, c->scale, c->step);
	for (int s = 0; s < POLY_SIDES; s++) {
		matrix_of(c, c->step + s * c->p, c->dZ[s]);
		mat_copy(c->dX[s], c->R[s]);
		for (ptrdiff_t j = 0; j < c->order; j++)
			blas_axpy((size_t)c->order, -1, mat_col(c->X[s], j), mat_col(c->dX[s], j));
		subtract_product(c, c->X[s], s, c->dX[s]);
	}
}

double poly_cone_longest(const struct poly_cone *c, double limit)
{
	for (int s = 0; s < POLY_SIDES; s++) {
		limit = semidefinite_inside(c->Z[s], c->dZ[s], limit, c->work[0]);
		limit = semidefinite_inside(c->X[s], c->dX[s], limit, c->work[0]);
	}
	return limit;
}

double poly_cone_products(const struct poly_cone *c, double length)
{
	double sum = 0;

	for (int s = 0; s < POLY_SIDES; s++)
		for (ptrdiff_t j = 0; j < c->order; j++)
			for (ptrdiff_t i = 0; i < c->order; i++)
				sum += ((double)mat_get(c->Z[s], i, j) +
					length * (double)mat_get(c->dZ[s], i, j)) *
				       ((double)mat_get(c->X[s], i, j) +
					length * (double)mat_get(c->dX[s], i, j));
	return sum;
}

void poly_cone_move(struct poly_cone *c, double length)
{
	for (int s = 0; s < POLY_SIDES; s++)
		for (ptrdiff_t j = 0; j < c->order; j++) {
			blas_axpy((size_t)c->order, length, mat_col(c->dZ[s], j),
				  mat_col(c->Z[s], j));
			blas_axpy((size_t)c->order, length, mat_col(c->dX[s], j),
				  mat_col(c->X[s], j));
		}
}
