/* u-update `cholesky`: the published system of order 2 d P (Bai, Gautam, Sojoudi 2023,
 * section 3.1), factored once. A reference for small problems.
 *
 *     [ I o M + k F'F      - k F'F   ] [V]   [R_V + k F'p]
 *     [    - k F'F      I o M + k F'F] [W] = [R_W - k F'p],   F = [D_1 X .. D_P X],  k = c / 2. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"

struct cholesky {
	const struct u_system *system;
	struct mat C;  /* 2dP x 2dP, lower factor */
	struct mat Z;  /* d x 2Pk: [V W] of each output and its right-hand side */
	struct mat Fp; /* d x Pk: F'p */
	struct mat T;  /* n x d scratch, also n x Pk */
};

static void forecast(const void *options, struct u_shape s, struct forecast *out)
{
	double n = (double)s.n, d = (double)s.d, P = (double)s.P, N = 2 * d * P;

	(void)options;
	out->setup_flops = N * N * N / 3 + n * d * d * P * P;
	out->iteration_flops = (double)s.k * (2 * N * N + 10 * n * d * P);
}

static struct mat block_of(struct mat C, ptrdiff_t d, ptrdiff_t i, ptrdiff_t j)
{
	return mat_rows(mat_cols(C, j * d, d), i * d, d);
}

/* All blocks of the lower triangle: those that hold F_i'F_j, and M on the diagonal. */
static void assemble(struct cholesky *u)
{
	const struct u_system *s = u->system;
	ptrdiff_t d = s->X.cols, P = s->D.cols;
	double k = s->c / 2;

	for (ptrdiff_t j = 0; j < P; j++) {
		for (ptrdiff_t i = 0; i < P; i++) {
			struct mat T = mat_cols(u->T, 0, d);
			ptrdiff_t n = s->X.rows;

			/* T = diag(d_i o d_j) X */
			for (ptrdiff_t a = 0; a < s->X.cols; a++) {
				gates_mask(gates_col(s->D, i), n, mat_col(s->X, a), mat_col(T, a));
				gates_mask(gates_col(s->D, j), n, mat_col(T, a), mat_col(T, a));
			}
			blas_gemm(k, s->X, TRANSPOSED, T, PLAIN, 0, block_of(u->C, d, i, j));
			blas_gemm(k, s->X, TRANSPOSED, T, PLAIN, 0,
				  block_of(u->C, d, P + i, P + j));
			blas_gemm(-k, s->X, TRANSPOSED, T, PLAIN, 0, block_of(u->C, d, P + i, j));
		}
	}
	for (ptrdiff_t i = 0; i < 2 * P; i++) { /* Lower triangle of block += M = L L' */
		struct mat block = block_of(u->C, d, i, i);

		for (ptrdiff_t b = 0; b < s->M.cols; b++)
			for (ptrdiff_t l = 0; l <= b; l++)
				blas_axpy((size_t)(s->M.rows - b), (double)mat_get(s->M, b, l),
					  mat_col(s->M, l) + b, mat_col(block, b) + b);
	}
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct cholesky *u = ARENA_NEW(arena, struct cholesky);
	ptrdiff_t n = system->X.rows, d = system->X.cols, half = system->D.cols * system->k;

	(void)options;
	u->system = system;
	u->C = mat_lower(arena, 2 * d * system->D.cols);
	u->Z = mat_new(arena, d, 2 * half);
	u->Fp = mat_new(arena, d, half);
	u->T = mat_new(arena, n, d > half ? d : half);
	*state = u;
	if (arena_counts(arena))
		return STATUS_OK;
	assemble(u);
	if (!blas_cholesky(u->C))
		return err_set(
			err, STATUS_FAILED,
			"u_update cholesky: the system is not positive definite in %s precision",
			REAL_NAME);
	return STATUS_OK;
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct cholesky *u = state;
	const struct u_system *s = u->system;
	ptrdiff_t half = s->D.cols * s->k, size = s->X.cols * s->D.cols;
	struct mat stacked = {.rows = 2 * size, .cols = s->k, .stride = 2 * size, .at = u->Z.at};
	real *a = U.at, *b = U.at + size * s->k, *q = u->Fp.at;
	struct mat T = mat_cols(u->T, 0, half);
	real k = (real)(s->c / 2);

	u_update_spread(s, p, T);
	blas_gemm(1, s->X, TRANSPOSED, T, PLAIN, 0, u->Fp); /* F'p */
	for (ptrdiff_t j = 0; j < size * s->k; j++) {
		/* R_V = (R_A + R_B) / 2, R_W = (R_A - R_B) / 2 */
		real *v = mat_col(stacked, j / size) + j % size, *w = v + size;

		*v = (a[j] + b[j]) / 2 + k * q[j];
		*w = (a[j] - b[j]) / 2 - k * q[j];
	}
	blas_cholesky_solve(u->C, stacked);
	for (ptrdiff_t j = 0; j < size * s->k; j++) {
		const real *v = mat_col(stacked, j / size) + j % size, *w = v + size;

		a[j] = *v + *w;
		b[j] = *v - *w;
	}
	blas_gemm(1, s->X, PLAIN, U, PLAIN, 0, Y);
	u_update_outputs(s, mat_cols(Y, half, half), f);
}

const struct u_update u_cholesky = {
	.base = {.name = "cholesky",
		 .doc = "the published system of order 2dP, factored once; for small problems",
		 .cite = "bai2023"},
	.reference = true,
	.forecast = forecast,
	.setup = setup,
	.solve = solve,
};
