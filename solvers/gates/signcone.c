/* Common coordinates of the cones of patterns, from an eigendecomposition of the smaller Gram
 * matrix; see signcone.h. */
#include "solvers/gates/signcone.h"

#include "solvers/core/blas.h"

#include <math.h>

/* Columns of B below this share of the largest, in units of rounding and d, are none. */
static const double rank_margin = 16;
/* Below this share of the largest eigenvalue those of X X' have no digits. */
static const double dual_rank = 1e-10;

struct signcone signcone_new(struct mat X, struct arena *arena)
{
	return signcone_spread(X, NULL, false, arena);
}

/* Of a part of the rows the smaller Gram matrix is not known: that of the columns is taken. */
static bool by_columns(const struct signcone *cone)
{
	return cone->ranks || cone->X.cols <= cone->X.rows;
}

struct signcone signcone_spread(struct mat X, struct ranks *ranks, bool spilled,
				struct arena *arena)
{
	struct signcone cone = {.X = X, .ranks = ranks};
	ptrdiff_t r = by_columns(&cone) ? X.cols : X.rows;

	cone.length = ARENA_ARRAY(arena, real, X.rows);
	cone.B = spilled ? mat_spilled(arena, X.rows, r) : mat_new(arena, X.rows, r);
	cone.gram = mat_new(arena, r, r);
	cone.Q = by_columns(&cone) ? cone.gram : mat_new(arena, X.cols, r);
	cone.lambda = ARENA_ARRAY(arena, double, r);
	cone.spectrum = ARENA_ARRAY(arena, real, r);
	blas_expect_eigen(arena, r);
	return cone;
}

/* Gram matrix, eigenvectors, B, and Q where it is not they. */
double signcone_flops(double n, double d)
{
	double r = n < d ? n : d;

	return n * d * r + 9 * r * r * r + 2 * n * d * r + (d > n ? 3 * d * r * r : 0);
}

/* |x_k|, by scaled squares, which cannot leave the range. */
static void measure_rows(struct signcone *cone)
{
	struct mat X = cone->X;

	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double largest = 0, square = 0;

		for (ptrdiff_t j = 0; j < X.cols; j++)
			largest = fmax(largest, fabs((double)mat_get(X, k, j)));
		for (ptrdiff_t j = 0; j < X.cols && largest > 0; j++) {
			double x = (double)mat_get(X, k, j) / largest;

			square += x * x;
		}
		cone->length[k] = (real)(largest * sqrt(square));
	}
}

/* A = diag(1 / |x_k|) A; zero rows stay. */
static void normalise_rows(const struct signcone *cone, struct mat A)
{
	for (ptrdiff_t j = 0; j < A.cols; j++) {
		real *a = mat_col(A, j);

		for (ptrdiff_t k = 0; k < A.rows; k++)
			a[k] = cone->length[k] > 0 ? a[k] / cone->length[k] : 0;
	}
}

/* Q = eigenvectors of the Gram matrix of the columns; it is their room, B that of the rows. */
static bool columns_basis(struct signcone *cone)
{
	mat_copy(cone->B, cone->X);
	normalise_rows(cone, cone->B);
	ranks_syrk(cone->ranks, 1, cone->B, cone->gram);
	return blas_eigen(cone->gram, cone->spectrum);
}

/* Q = Q W in place, W square; as many rows at once as B has. */
static void rotate(struct signcone *cone, struct mat W)
{
	struct mat Q = cone->Q, B = cone->B;

	for (ptrdiff_t first = 0; first < Q.rows; first += B.rows) {
		ptrdiff_t count = Q.rows - first < B.rows ? Q.rows - first : B.rows;
		struct mat part = mat_rows(Q, first, count), copy = mat_rows(B, 0, count);

		mat_copy(copy, part);
		blas_gemm(1, copy, PLAIN, W, PLAIN, 0, part);
	}
}

/* Fewer rows than columns: X X' = W diag(w) W' and Q = X'W diag(w)^(-1/2), orthonormal once more by
 * a Cholesky factor, since small w lack digits. */
static bool rows_basis(struct signcone *cone)
{
	ptrdiff_t n = cone->X.rows, first = 0;
	double floor = fmax(dual_rank, 100 * REAL_EPSILON);

	mat_transpose(cone->Q, cone->X);
	for (ptrdiff_t k = 0; k < n; k++)
		blas_scale((size_t)cone->X.cols,
			   cone->length[k] > 0 ? 1 / (double)cone->length[k] : 0,
			   mat_col(cone->Q, k));
	blas_syrk(1, cone->Q, TRANSPOSED, 0, cone->gram);
	if (!blas_eigen(cone->gram, cone->spectrum))
		return false;
	while (first < n &&
	       !((double)cone->spectrum[first] > floor * (double)cone->spectrum[n - 1]))
		first++;
	rotate(cone, cone->gram);
	for (ptrdiff_t j = first; j < n; j++)
		blas_scale((size_t)cone->Q.rows, 1 / sqrt((double)cone->spectrum[j]),
			   mat_col(cone->Q, j));
	cone->Q = mat_cols(cone->Q, first, n - first);
	cone->B = mat_cols(cone->B, first, n - first);
	cone->gram = mat_rows(mat_cols(cone->gram, 0, n - first), 0, n - first);
	blas_syrk(1, cone->Q, TRANSPOSED, 0, cone->gram);
	if (!blas_cholesky(cone->gram))
		return false;
	blas_trsm_right(cone->gram, TRANSPOSED, cone->Q);
	return true;
}

void signcone_prepare(struct signcone *cone)
{
	bool known;
	ptrdiff_t r;
	ptrdiff_t first;
	double largest;
	double floor;

	if (cone->ready)
		return;
	cone->ready = true;
	measure_rows(cone);
	known = by_columns(cone) ? columns_basis(cone) : rows_basis(cone);
	if (!known) { /* entries that are not finite */
		cone->B.cols = cone->Q.cols = 0;
		return;
	}
	blas_gemm(1, cone->X, PLAIN, cone->Q, PLAIN, 0, cone->B);
	normalise_rows(cone, cone->B);
	/* lambda from the columns of B, and columns that are none to rounding left out. */
	r = cone->B.cols;
	first = 0;
	largest = 0;
	for (ptrdiff_t j = 0; j < r; j++) {
		cone->lambda[j] =
			pow(ranks_norm(cone->ranks, (size_t)cone->B.rows, mat_col(cone->B, j)), 2);
		largest = fmax(largest, cone->lambda[j]);
	}
	floor = rank_margin * (double)cone->X.cols * REAL_EPSILON;
	while (first < r && !(cone->lambda[first] > floor * floor * largest))
		first++;
	cone->B = mat_cols(cone->B, first, r - first);
	cone->Q = mat_cols(cone->Q, first, r - first);
	cone->lambda += first;
}

void signcone_reduce(const struct signcone *cone, struct mat V, struct mat U)
{
	blas_gemm(1, cone->Q, TRANSPOSED, V, PLAIN, 0, U);
}

void signcone_expand(const struct signcone *cone, struct mat U, struct mat V)
{
	blas_gemm(1, cone->Q, PLAIN, U, PLAIN, 0, V);
}
