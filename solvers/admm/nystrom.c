/* Randomised Nystrom approximation. See nystrom.h. */
#include "solvers/admm/nystrom.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>

/* Omega (n x r): orthonormal columns of a Gaussian matrix, by Cholesky of the Gram matrix, which is
 * well conditioned for r well below n; twice, for the others. */
static bool orthonormal(struct mat Omega, struct mat C)
{
	for (int round = 0; round < 2; round++) {
		blas_syrk(1, Omega, TRANSPOSED, 0, C);
		if (!blas_cholesky(C))
			return false;
		blas_trsm_right(C, TRANSPOSED, Omega);
	}
	return true;
}

/* U = B V s^-1/2 from the eigenvalues s and eigenvectors V of B'B; lambda = s - shift. */
static bool eigenvectors(struct nystrom *self, struct mat B, struct mat C, double shift)
{
	ptrdiff_t rank = B.cols;

	blas_syrk(1, B, TRANSPOSED, 0, C);
	if (!blas_eigen(C, self->lambda))
		return false;
	for (ptrdiff_t j = 0; j < rank; j++) {
		double s = fmax((double)self->lambda[j], shift);

		blas_scale((size_t)rank, 1 / sqrt(s), mat_col(C, j));
		self->lambda[j] = (real)(s - shift);
	}
	blas_gemm(1, B, PLAIN, C, PLAIN, 0, self->U);
	return true;
}

bool nystrom_new(struct nystrom *self, ptrdiff_t n, long rank,
		 void (*product)(void *context, const real *g, real *h), void *context,
		 struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	struct mat Omega, Y, C;
	double shift;
	bool fine;

	rank = rank < n ? rank : (long)n;
	self->U = mat_new(arena, n, rank);
	self->lambda = ARENA_ARRAY(arena, real, rank);
	self->c = ARENA_ARRAY(arena, real, rank);
	Omega = mat_new(&scratch, n, rank);
	Y = mat_new(&scratch, n, rank);
	C = mat_new(&scratch, rank, rank);
	blas_expect_eigen(arena, rank);
	if (arena_counts(arena)) {
		arena_release(&scratch);
		return true;
	}
	for (ptrdiff_t j = 0; j < rank; j++) {
		struct rng rng = rng_stream(0, "nystrom", (uint64_t)j);

		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(Omega, k, j, (real)rng_normal(&rng));
	}
	fine = orthonormal(Omega, C);
	for (ptrdiff_t j = 0; fine && j < rank; j++)
		product(context, mat_col(Omega, j), mat_col(Y, j));
	shift = sqrt((double)n) * REAL_EPSILON * blas_mat_norm(Y);
	for (ptrdiff_t j = 0; fine && j < rank; j++)
		blas_axpy((size_t)n, shift, mat_col(Omega, j), mat_col(Y, j));
	/* in place of Y = (H + shift I) Omega: B = Y C^-T, C C' = Omega'Y, so that B B' is the
	 * approximation */
	blas_gemm(1, Omega, TRANSPOSED, Y, PLAIN, 0, C);
	fine = fine && blas_cholesky(C);
	if (fine)
		blas_trsm_right(C, TRANSPOSED, Y);
	fine = fine && eigenvectors(self, Y, C, shift);
	arena_release(&scratch);
	return fine;
}

void nystrom_solve(const struct nystrom *self, double mu, real *x)
{
	double least = (double)self->lambda[0] + mu;

	blas_gemv(1, self->U, TRANSPOSED, x, 0, self->c);
	for (ptrdiff_t j = 0; j < self->U.cols; j++)
		self->c[j] *= (real)(least / ((double)self->lambda[j] + mu) - 1);
	blas_gemv(1, self->U, PLAIN, self->c, 1, x);
}
