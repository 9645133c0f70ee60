/* u-update `primal`: the difference system of order d P, factored once; cheaper than `dual` where d
 * P < n.
 *
 *     (I o M + c F'F) vec(B) = vec(R_B) + c F'p,   F = [D_1 X .. D_P X],   M A = R_A. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"

struct primal {
	const struct u_system *system;
	struct mat C; /* dP x dP, lower factor */
	struct mat T; /* n x Pk: D o (p 1') */
};

static void forecast(const void *options, struct u_shape s, struct forecast *out)
{
	double n = (double)s.n, N = (double)s.d * (double)s.P;

	(void)options;
	out->setup_flops = N * N * N / 3 + n * N * N;
	out->iteration_flops = (double)s.k * (2 * N * N + 10 * n * N);
}

static const char *spread(const void *options)
{
	(void)options;
	return NULL;
}

/* C = c F'F + blockdiag(L L'), from F in one product; lower triangle */
static void assemble(struct primal *u, const struct arena *arena)
{
	const struct u_system *s = u->system;
	struct arena scratch = arena_beside(arena);
	ptrdiff_t n = s->X.rows, d = s->X.cols, P = s->D.cols;
	struct mat F = mat_new(&scratch, n, d * P), M = mat_new(&scratch, d, d),
		   L = mat_new(&scratch, d, d);

	if (arena_counts(arena)) {
		arena_release(&scratch);
		return;
	}
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t j = 0; j < d; j++)
			gates_mask(gates_col(s->D, i), n, mat_col(s->X, j), mat_col(F, i * d + j));
	ranks_syrk(s->ranks, s->c, F, u->C);
	for (ptrdiff_t b = 0; b < d; b++)
		for (ptrdiff_t a = b; a < d; a++)
			mat_set(L, a, b, mat_get(s->M, a, b));
	blas_syrk(1, L, PLAIN, 0, M);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t b = 0; b < d; b++)
			for (ptrdiff_t a = b; a < d; a++)
				mat_set(u->C, i * d + a, i * d + b,
					mat_get(u->C, i * d + a, i * d + b) + mat_get(M, a, b));
	arena_release(&scratch);
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct primal *u = ARENA_NEW(arena, struct primal);
	ptrdiff_t size = system->X.cols * system->D.cols;

	(void)options;
	u->system = system;
	u->C = mat_lower(arena, size);
	u->T = mat_new(arena, system->X.rows, system->D.cols * system->k);
	assemble(u, arena);
	*state = u;
	if (arena_counts(arena))
		return STATUS_OK;
	if (!blas_cholesky(u->C))
		return err_set(
			err, STATUS_FAILED,
			"u_update primal: the system is not positive definite in %s precision",
			REAL_NAME);
	return STATUS_OK;
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct primal *u = state;
	const struct u_system *s = u->system;
	ptrdiff_t half = s->D.cols * s->k;
	struct mat B = mat_cols(U, half, half);

	blas_cholesky_solve(s->M, mat_cols(U, 0, half)); /* A = M^-1 R_A */
	u_update_spread(s, p, u->T);
	ranks_gemm(s->ranks, s->c, s->X, u->T, 1, B); /* R_B + c F'p */
	u_update_back(u->C, s->k, B.at);
	blas_gemm(1, s->X, PLAIN, U, PLAIN, 0, Y);
	u_update_outputs(s, mat_cols(Y, half, half), f);
}

const struct u_update u_primal = {
	.base = {.name = "primal",
		 .doc = "exact, through the difference system of order dP; for dP below n",
		 .cite = "bai2023"},
	.spread = spread,
	.forecast = forecast,
	.setup = setup,
	.solve = solve,
};
