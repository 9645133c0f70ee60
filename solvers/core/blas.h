/* BLAS and LAPACK on matrix views, in the precision of `real`. Shapes are asserted. */
#ifndef CORE_BLAS_H
#define CORE_BLAS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>
#include <stddef.h>

enum transpose { PLAIN, TRANSPOSED };

/* C = alpha op(A) op(B) + beta C */
void blas_gemm(double alpha, struct mat A, enum transpose ta, struct mat B, enum transpose tb,
	       double beta, struct mat C);
/* Lower triangle of C = alpha A A' + beta C (PLAIN) or alpha A' A + beta C (TRANSPOSED) */
void blas_syrk(double alpha, struct mat A, enum transpose ta, double beta, struct mat C);
/* y = alpha op(A) x + beta y */
void blas_gemv(double alpha, struct mat A, enum transpose ta, const real *x, double beta, real *y);
/* B = L^-1 B (PLAIN) or L^-T B (TRANSPOSED), L lower triangular */
void blas_trsm(struct mat L, enum transpose tl, struct mat B);
/* x = L^-1 x (PLAIN) or L^-T x (TRANSPOSED), for one vector */
void blas_trsv(struct mat L, enum transpose tl, real *x);
/* B = B L^-1 (PLAIN) or B L^-T (TRANSPOSED) */
void blas_trsm_right(struct mat L, enum transpose tl, struct mat B);
/* B = B L, L lower triangular */
void blas_trmm_right(struct mat L, struct mat B);
double blas_dot(size_t n, const real *x, const real *y);
double blas_norm(size_t n, const real *x);
void blas_axpy(size_t n, double alpha, const real *x, real *y); /* y += alpha x */
void blas_scale(size_t n, double alpha, real *x);
/* Frobenius norm */
double blas_mat_norm(struct mat A);
/* |A|_2^2 from below, by `steps` steps of the power method on A'A from v (A.cols, overwritten); f
 * (A.rows) is scratch. 0 where v meets nothing but the kernel. */
double blas_squared_norm(struct mat A, int steps, real *v, real *f);

/* |A|_2^2 with a margin of a few per cent, as the power method stays below. */
double blas_squared_norm_above(struct mat A, struct arena *scratch);

/* Lower Cholesky factor of the symmetric A (lower triangle) in place; false if A is not positive
 * definite. */
bool blas_cholesky(struct mat A);
/* B = (L L')^-1 B */
void blas_cholesky_solve(struct mat L, struct mat B);
/* L = (L L')^-1, lower triangle, in place of the factor; false if it has a zero on its diagonal. */
bool blas_cholesky_inverse(struct mat L);
/* x = (L L')^-1 x for one vector, by blocks of `block` columns, so that the bulk is threaded
 * products. */
enum { BLAS_SOLVE_BLOCK = 512 }; /* a good `block`: from 128 to 2048 the time is the same */
void blas_triangular_solve(struct mat L, ptrdiff_t block, real *x);
/* Eigenvalues w (ascending) and, in place of the symmetric A (lower triangle), the orthonormal
 * eigenvectors as columns in the same order; false if the iteration did not converge, with entries
 * that are not finite, without memory for the workspace, and from order 32,767 on. */
bool blas_eigen(struct mat A, real *w);

/* Counting: its workspace for order n. */
void blas_expect_eigen(struct arena *arena, ptrdiff_t n);
/* Copy the lower triangle onto the upper one. */
void blas_symmetrize(struct mat A);

/* Threads that BLAS uses now. */
int blas_threads(void);
/* From now on this many threads, of BLAS and of parallel loops. */
void blas_set_threads(int threads);

#endif
