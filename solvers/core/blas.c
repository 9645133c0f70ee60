/* Thin wrappers: one name per operation, the precision chosen once. */
#include "solvers/core/blas.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#ifdef RB_SINGLE
#define NAME(routine) cblas_s##routine
#define LAPACK(routine) LAPACKE_s##routine
#else
#define NAME(routine) cblas_d##routine
#define LAPACK(routine) LAPACKE_d##routine
#endif

static int to_int(ptrdiff_t n)
{
	assert(n >= 0 && n <= 0x7fffffff);
	return (int)n;
}

static CBLAS_TRANSPOSE op(enum transpose t)
{
	return t == TRANSPOSED ? CblasTrans : CblasNoTrans;
}

void blas_gemm(double alpha, struct mat A, enum transpose ta, struct mat B, enum transpose tb,
	       double beta, struct mat C)
{
	ptrdiff_t inner = ta == TRANSPOSED ? A.rows : A.cols;

	assert((ta == TRANSPOSED ? A.cols : A.rows) == C.rows);
	assert((tb == TRANSPOSED ? B.rows : B.cols) == C.cols);
	assert((tb == TRANSPOSED ? B.cols : B.rows) == inner);
	if (C.rows == 0 || C.cols == 0)
		return;
	NAME(gemm)
	(CblasColMajor, op(ta), op(tb), to_int(C.rows), to_int(C.cols), to_int(inner), (real)alpha,
	 A.at, to_int(A.stride), B.at, to_int(B.stride), (real)beta, C.at, to_int(C.stride));
}

void blas_syrk(double alpha, struct mat A, enum transpose ta, double beta, struct mat C)
{
	ptrdiff_t inner = ta == TRANSPOSED ? A.rows : A.cols;

	assert(C.rows == C.cols && C.rows == (ta == TRANSPOSED ? A.cols : A.rows));
	NAME(syrk)
	(CblasColMajor, CblasLower, op(ta), to_int(C.rows), to_int(inner), (real)alpha, A.at,
	 to_int(A.stride), (real)beta, C.at, to_int(C.stride));
}

void blas_gemv(double alpha, struct mat A, enum transpose ta, const real *x, double beta, real *y)
{
	if (A.rows == 0 || A.cols == 0)
		return;
	NAME(gemv)
	(CblasColMajor, op(ta), to_int(A.rows), to_int(A.cols), (real)alpha, A.at, to_int(A.stride),
	 x, 1, (real)beta, y, 1);
}

void blas_trsm(struct mat L, enum transpose tl, struct mat B)
{
	assert(L.rows == L.cols && L.rows == B.rows);
	NAME(trsm)
	(CblasColMajor, CblasLeft, CblasLower, op(tl), CblasNonUnit, to_int(B.rows), to_int(B.cols),
	 1, L.at, to_int(L.stride), B.at, to_int(B.stride));
}

void blas_trsv(struct mat L, enum transpose tl, real *x)
{
	assert(L.rows == L.cols);
	if (L.rows == 0)
		return;
	NAME(trsv)
	(CblasColMajor, CblasLower, op(tl), CblasNonUnit, to_int(L.rows), L.at, to_int(L.stride), x,
	 1);
}

void blas_trsm_right(struct mat L, enum transpose tl, struct mat B)
{
	assert(L.rows == L.cols && L.rows == B.cols);
	NAME(trsm)
	(CblasColMajor, CblasRight, CblasLower, op(tl), CblasNonUnit, to_int(B.rows),
	 to_int(B.cols), 1, L.at, to_int(L.stride), B.at, to_int(B.stride));
}

void blas_trmm_right(struct mat L, struct mat B)
{
	assert(L.rows == L.cols && L.rows == B.cols);
	NAME(trmm)
	(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, to_int(B.rows),
	 to_int(B.cols), 1, L.at, to_int(L.stride), B.at, to_int(B.stride));
}

double blas_dot(size_t n, const real *x, const real *y)
{
	return (double)NAME(dot)(to_int((ptrdiff_t)n), x, 1, y, 1);
}

double blas_norm(size_t n, const real *x)
{
	return (double)NAME(nrm2)(to_int((ptrdiff_t)n), x, 1);
}

void blas_axpy(size_t n, double alpha, const real *x, real *y)
{
	NAME(axpy)(to_int((ptrdiff_t)n), (real)alpha, x, 1, y, 1);
}

void blas_scale(size_t n, double alpha, real *x)
{
	NAME(scal)(to_int((ptrdiff_t)n), (real)alpha, x, 1);
}

double blas_mat_norm(struct mat A)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < A.cols; j++) {
		double norm = blas_norm((size_t)A.rows, mat_col(A, j));

		square += norm * norm;
	}
	return sqrt(square);
}

double blas_squared_norm(struct mat A, int steps, real *v, real *f)
{
	double norm = 0;

	for (int step = 0; step < steps; step++) {
		double length = blas_norm((size_t)A.cols, v);

		if (!(length > 0))
			return 0;
		blas_scale((size_t)A.cols, 1 / length, v);
		blas_gemv(1, A, PLAIN, v, 0, f);
		norm = blas_norm((size_t)A.rows, f);
		blas_gemv(1, A, TRANSPOSED, f, 0, v);
	}
	return norm * norm;
}

double blas_squared_norm_above(struct mat A, struct arena *scratch)
{
	enum { POWER_STEPS = 30 }; /* |A|_2 to a few per cent */
	real *v = ARENA_ARRAY(scratch, real, A.cols), *f = ARENA_ARRAY(scratch, real, A.rows);

	for (ptrdiff_t j = 0; j < A.cols; j++)
		v[j] = (real)(1 + 0.37 * (double)(j % 7));
	return blas_squared_norm(A, POWER_STEPS, v, f) * 1.05;
}

bool blas_cholesky(struct mat A)
{
	ptrdiff_t n = A.rows;

	assert(n == A.cols);
	/* A pivot that is NaN passes for positive in some kernels; it makes the last one NaN. */
	return LAPACK(potrf_work)(LAPACK_COL_MAJOR, 'L', to_int(n), A.at, to_int(A.stride)) == 0 &&
	       (n == 0 || mat_get(A, n - 1, n - 1) > 0);
}

void blas_cholesky_solve(struct mat L, struct mat B)
{
	blas_trsm(L, PLAIN, B);
	blas_trsm(L, TRANSPOSED, B);
}

bool blas_cholesky_inverse(struct mat L)
{
	assert(L.rows == L.cols);
	return LAPACK(potri_work)(LAPACK_COL_MAJOR, 'L', to_int(L.rows), L.at, to_int(L.stride)) ==
	       0;
}

void blas_triangular_solve(struct mat L, ptrdiff_t block, real *x)
{
	ptrdiff_t n = L.rows, last = n > 0 ? (n - 1) / block * block : 0;

	for (ptrdiff_t first = 0; first < n; first += block) { /* L x = b */
		ptrdiff_t width = first + block < n ? block : n - first, below = n - first - width;

		blas_trsv(mat_rows(mat_cols(L, first, width), first, width), PLAIN, x + first);
		blas_gemv(-1, mat_rows(mat_cols(L, first, width), first + width, below), PLAIN,
			  x + first, 1, x + first + width);
	}
	for (ptrdiff_t first = last; first >= 0; first -= block) { /* L' x = b */
		ptrdiff_t width = first + block < n ? block : n - first, below = n - first - width;

		blas_gemv(-1, mat_rows(mat_cols(L, first, width), first + width, below), TRANSPOSED,
			  x + first + width, 1, x + first);
		blas_trsv(mat_rows(mat_cols(L, first, width), first, width), TRANSPOSED, x + first);
	}
}

static bool is_finite(struct mat A)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = j; i < A.rows; i++)
			if (!isfinite(mat_get(A, i, j)))
				return false;
	return true;
}

/* The workspace by LAPACK's documentation: its query answers by a `real`, which in single precision
 * has no room for the digits of it from order 2,896 on. */
bool blas_eigen(struct mat A, real *w)
{
	ptrdiff_t n = A.rows, work_length = 1 + 6 * n + 2 * n * n, integers = 3 + 5 * n;
	real *work;
	lapack_int *whole;
	bool found;

	assert(A.rows == A.cols);
	if (work_length > INT_MAX || !is_finite(A))
		return false;
	work = malloc((size_t)work_length * sizeof *work);
	whole = malloc((size_t)integers * sizeof *whole);
	found = work && whole &&
		LAPACK(syevd_work)(LAPACK_COL_MAJOR, 'V', 'L', to_int(n), A.at, to_int(A.stride), w,
				   work, to_int(work_length), whole, to_int(integers)) == 0;
	free(work);
	free(whole);
	return found;
}

void blas_expect_eigen(struct arena *arena, ptrdiff_t n)
{
	arena_expect_reals(arena, 2 * (double)n * (double)n);
}

void blas_symmetrize(struct mat A)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = j + 1; i < A.rows; i++)
			mat_set(A, j, i, mat_get(A, i, j));
}

int blas_threads(void)
{
	return openblas_get_num_threads();
}

void blas_set_threads(int threads)
{
	omp_set_num_threads(threads);
	openblas_set_num_threads(threads);
}
