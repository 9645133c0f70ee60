/* u-update `dual`: the difference system through an n x n form.
 *
 * Because (2 D_i - I)^2 = I every block has the same matrix M, and with K = X M^-1 X' and the
 * Hadamard product K o (D D') the system reduces to g = p - f(B) in R^n:
 *
 *     (I + c K o (D D')) g = p - f(B0),   B0 = M^-1 R_B,   B = B0 + c M^-1 X'(D o (g 1')).
 *
 * Setup: K from X L^-T (M = L L'), one Cholesky factorisation of order n. An iteration is six
 * products with X of 2 n d P flops and two triangular solves of order n: linear in P where the
 * published system of order 2 d P is quadratic. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	PANEL = 512 /* columns of K assembled at once */
};

struct dual {
	const struct u_system *system;
	struct mat C;    /* n x n, lower factor of I + c K o (D D') */
	struct mat Xt;   /* n x d: X L^-T */
	struct gates Dt; /* P x n: D' */
	struct mat Z;    /* d x P: of one output */
	real *g;         /* n x k */
};

static void forecast(const void *options, struct u_shape s, struct forecast *out)
{
	double n = (double)s.n, d = (double)s.d, P = (double)s.P;

	(void)options;
	out->setup_flops = n * n * n / 3 + n * n * (d + P) + n * d * d;
	out->iteration_flops = (double)s.k * (12 * n * d * P + 6 * d * d * P + 2 * n * n);
}

static void begin(const struct u_system *system, struct arena *arena, void **state)
{
	struct dual *u = ARENA_NEW(arena, struct dual);
	ptrdiff_t n = system->X.rows;

	u->system = system;
	u->C = mat_lower(arena, n);
	u->Xt = mat_new(arena, n, system->X.cols);
	u->Dt = gates_transpose(system->D, arena);
	u->Z = mat_new(arena, system->X.cols, system->k > 1 ? 0 : system->D.cols);
	u->g = ARENA_ARRAY(arena, real, n * system->k);
	*state = u;
}

/* Panels of the lower part of C = I + c K o (D D'): the entries of D D' count the patterns that two
 * samples share. */
static bool finish(void *state)
{
	struct dual *u = state;
	ptrdiff_t n = u->C.rows;
	real c = (real)u->system->c;

	mat_copy(u->Xt, u->system->X);
	blas_trsm_right(u->system->M, TRANSPOSED, u->Xt); /* X L^-T, so that K = Xt Xt' */
	for (ptrdiff_t first = 0; first < n; first += PANEL) {
		ptrdiff_t rows = n - first, width = rows < PANEL ? rows : PANEL;
		struct mat C = mat_rows(mat_cols(u->C, first, width), first, rows);

		blas_gemm(1, mat_rows(u->Xt, first, rows), PLAIN, mat_rows(u->Xt, first, width),
			  TRANSPOSED, 0, C);
#pragma omp parallel for schedule(static)
		for (ptrdiff_t j = 0; j < width; j++) {
			real *to = mat_col(C, j);

			for (ptrdiff_t k = j; k < rows; k++)
				to[k] *= c * (real)gates_overlap(u->Dt, first + k, first + j);
			to[j] += 1;
		}
	}
	return blas_cholesky(u->C);
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	(void)options;
	begin(system, arena, state);
	if (!arena_counts(arena) && !finish(*state))
		return err_set(
			err, STATUS_FAILED,
			"u_update dual: I + c K o (D D') is not positive definite in %s precision",
			REAL_NAME);
	return STATUS_OK;
}

/* g = C^-1 (p - f(B0)), from f = f(B0), which becomes f(B) = p - g by the system itself. */
static void solve_outputs(struct dual *u, const real *p, real *f)
{
	const struct u_system *s = u->system;
	ptrdiff_t outputs = s->X.rows * s->k;

	for (ptrdiff_t k = 0; k < outputs; k++)
		u->g[k] = p[k] - f[k];
	u_update_back(u->C, s->k, u->g);
	for (ptrdiff_t k = 0; k < outputs; k++)
		f[k] = p[k] - u->g[k];
}

/* The same for several outputs, in L'U, where X becomes X L^-T: a third fewer solves with M. One
 * output keeps its roundings. */
static void solve_several(struct dual *u, const real *p, struct mat U, struct mat Y, real *f)
{
	const struct u_system *s = u->system;
	ptrdiff_t half = s->D.cols * s->k;
	struct mat B = mat_cols(U, half, half), YB = mat_cols(Y, half, half);

	blas_trsm(s->M, PLAIN, U);                  /* L'[A B0] = L^-1 [R_A R_B] */
	blas_gemm(1, u->Xt, PLAIN, U, PLAIN, 0, Y); /* X [A B0] */
	u_update_outputs(s, YB, f);
	solve_outputs(u, p, f);
	u_update_spread(s, u->g, YB);
	blas_gemm(s->c, u->Xt, TRANSPOSED, YB, PLAIN, 1, B); /* L'B */
	blas_gemm(1, u->Xt, PLAIN, B, PLAIN, 0, YB);
	blas_trsm(s->M, TRANSPOSED, U);
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct dual *u = state;
	const struct u_system *s = u->system;
	ptrdiff_t half = s->D.cols * s->k;

	if (s->k > 1) {
		solve_several(u, p, U, Y, f);
		return;
	}
	blas_cholesky_solve(s->M, U);              /* [A B0] = M^-1 [R_A R_B] */
	blas_gemm(1, s->X, PLAIN, U, PLAIN, 0, Y); /* X [A B0] */
	u_update_outputs(s, mat_cols(Y, half, half), f);
	solve_outputs(u, p, f);
	u_update_correct(s, u->g, u->Z, U, Y);
}

const struct u_update u_dual = {
	.base = {.name = "dual",
		 .doc = "exact, through an n x n system; linear in the number of patterns",
		 .cite = "woodbury with a Hadamard product"},
	.forecast = forecast,
	.setup = setup,
	.begin = begin,
	.finish = finish,
	.solve = solve,
};
