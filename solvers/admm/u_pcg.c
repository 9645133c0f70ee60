/* u-update `pcg`: the n x n form of `dual` by preconditioned conjugate gradients, without forming
 * it.
 *
 *     (I + c H) g = p - f(B0),   H g = f(M^-1 X'(D o (g 1'))),   B = B0 + c M^-1 X'(D o (g 1'))
 *
 * This is the difference system with M as its preconditioner, carried over to R^n; a further
 * preconditioner is the diagonal of I + c H or a randomised Nystrom approximation of H (Frangella,
 * Tropp, Udell 2023). It starts from the g of the last iteration and stops relative to the residual
 * there, so that the inner error falls with the outer one. For n beyond the memory of `dual`. */
#include "solvers/admm/u_update.h"

#include "solvers/admm/nystrom.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLAIN_M, JACOBI, NYSTROM };
enum { BLOCK = 4096 /* rows */ };

static const char *const preconditioners[] = {"none", "jacobi", "nystrom", NULL};

struct pcg_options {
	long preconditioner, rank, iterations;
	double tolerance;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct pcg_options, preconditioner), .initial = "none",
	 .names = preconditioners, .doc = "beside M, which is always used"},
	{OPTION_FIELD(struct pcg_options, rank), .initial = "30", .range = RANGE_FROM(1),
	 .doc = "of the Nystrom approximation"},
	{OPTION_FIELD(struct pcg_options, tolerance), .initial = "0.1",
	 .range = RANGE_BETWEEN(0, 1),
	 .doc = "residual to stop at, relative to that of the last iteration's solution"},
	{OPTION_FIELD(struct pcg_options, iterations), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "most conjugate gradient iterations in a u-step"},
	{0},
};

/* Conjugate gradients of one output. */
struct pcg_output {
	double rs, target; /* r's; |r| to stop at */
};

struct pcg {
	const struct u_system *system;
	const struct pcg_options *options;
	struct mat Z;              /* d x Pk */
	struct mat Y;              /* n x Pk */
	struct mat g, r, s, d, Hd; /* n x k: solution, residual, preconditioned one, direction,
					  H d */
	struct pcg_output *output; /* k */
	ptrdiff_t *open;           /* k: outputs that are not solved, so many: */
	ptrdiff_t count;
	real *diagonal;          /* n, or NULL */
	struct nystrom nystrom;  /* or rank 0 */
	double solves, products; /* made so far, of each output */
	char note[96];
};

/* Of an H g, and of a u-step beside them. */
static double product_flops(struct u_shape s)
{
	return 4 * (double)s.d * (double)s.P * ((double)s.n + (double)s.d / 2);
}

static double other_flops(struct u_shape s)
{
	return 8 * (double)s.d * (double)s.P * ((double)s.n + 0.75 * (double)s.d);
}

static void forecast(const void *options, struct u_shape s, struct forecast *out)
{
	const struct pcg_options *o = options;
	double n = (double)s.n, d = (double)s.d, product = product_flops(s);
	double rank = o->preconditioner == NYSTROM ? fmin((double)o->rank, n) : 0;
	const double usual = 8; /* products in a solve, warm started */

	out->setup_flops = rank * product + 4 * n * rank * rank + n * d * d;
	out->iteration_flops = (double)s.k * (usual * product + other_flops(s));
}

/* A sketch of an operator is not yet made over ranks. */
static const char *spread(const void *options)
{
	return ((const struct pcg_options *)options)->preconditioner == NYSTROM
		       ? "the Nystrom approximation needs all rows in one process"
		       : NULL;
}

/* Columns of H G for the open outputs. */
static void product(struct pcg *u, struct mat G, struct mat HG)
{
	const struct u_system *s = u->system;
	ptrdiff_t P = s->D.cols;
	struct mat Y = mat_cols(u->Y, 0, u->count * P), Z = mat_cols(u->Z, 0, u->count * P);

	for (ptrdiff_t i = 0; i < u->count; i++)
		gates_spread(s->D, mat_col(G, u->open[i]), mat_cols(Y, i * P, P));
	ranks_gemm(s->ranks, 1, s->X, Y, 0, Z);
	blas_cholesky_solve(s->M, Z);
	blas_gemm(1, s->X, PLAIN, Z, PLAIN, 0, Y);
	for (ptrdiff_t i = 0; i < u->count; i++)
		gates_outputs(s->D, mat_cols(Y, i * P, P), mat_col(HG, u->open[i]));
	u->products += (double)u->count;
}

/* h = H g */
static void product_one(void *state, const real *g, real *h)
{
	struct pcg *u = state;
	ptrdiff_t n = u->system->X.rows;

	u->count = 1;
	u->open[0] = 0;
	memcpy(u->d.at, g, (size_t)n * sizeof *g);
	product(u, u->d, u->Hd);
	memcpy(h, u->Hd.at, (size_t)n * sizeof *h);
}

/* 1 + c |L^-1 x_k|^2 (number of patterns active on k), M = L L', block of rows by block: T is no
 * copy of X. */
static void form_diagonal(struct pcg *u, const struct arena *arena)
{
	const struct u_system *s = u->system;
	struct arena scratch = arena_beside(arena);
	ptrdiff_t n = s->X.rows, most = n < BLOCK ? n : BLOCK;
	struct mat room = mat_new(&scratch, most, s->X.cols);

	for (ptrdiff_t first = 0; first < n && !arena_counts(arena); first += most) {
		ptrdiff_t count = n - first < most ? n - first : most;
		struct mat T = mat_rows(room, 0, count);

		mat_copy(T, mat_rows(s->X, first, count));
		blas_trsm_right(s->M, TRANSPOSED, T);
		for (ptrdiff_t k = 0; k < count; k++) {
			double square = 0, active = 0;

			for (ptrdiff_t j = 0; j < T.cols; j++)
				square += (double)mat_get(T, k, j) * (double)mat_get(T, k, j);
			for (ptrdiff_t i = 0; i < s->D.cols; i++)
				active += gates_get(s->D, first + k, i);
			u->diagonal[first + k] = (real)(1 + s->c * square * active);
		}
	}
	arena_release(&scratch);
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct pcg *u = ARENA_NEW(arena, struct pcg);
	ptrdiff_t n = system->X.rows, k = system->k;
	struct mat *vectors[] = {&u->g, &u->r, &u->s, &u->d, &u->Hd};

	u->system = system;
	u->options = options;
	u->Z = mat_new(arena, system->X.cols, system->D.cols * k);
	u->Y = mat_new(arena, n, system->D.cols * k);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = mat_new(arena, n, k);
	u->output = ARENA_ARRAY(arena, struct pcg_output, k);
	u->open = ARENA_ARRAY(arena, ptrdiff_t, k);
	*state = u;
	if (u->options->preconditioner == JACOBI) {
		u->diagonal = ARENA_ARRAY(arena, real, n);
		form_diagonal(u, arena);
	}
	if (u->options->preconditioner == NYSTROM &&
	    !nystrom_new(&u->nystrom, n, u->options->rank, product_one, u, arena))
		return err_set(err, STATUS_FAILED,
			       "u_update pcg: the Nystrom approximation failed in %s precision",
			       REAL_NAME);
	u->products = 0;
	return STATUS_OK;
}

/* s = (preconditioner)^-1 r of an output */
static void precondition(struct pcg *u, ptrdiff_t c)
{
	ptrdiff_t n = u->system->X.rows;
	real *s = mat_col(u->s, c);

	memcpy(s, mat_col(u->r, c), (size_t)n * sizeof *s);
	for (ptrdiff_t k = 0; u->diagonal && k < n; k++)
		s[k] /= u->diagonal[k];
	if (u->nystrom.U.cols > 0)
		nystrom_solve(&u->nystrom, 1 / u->system->c, s);
}

/* The residual of g, and where it may stop, for the right-hand side b; all outputs are open. */
static void begin(struct pcg *u, const real *b)
{
	struct ranks *ranks = u->system->ranks;
	size_t n = (size_t)u->system->X.rows;

	u->count = u->system->k;
	for (ptrdiff_t c = 0; c < u->count; c++)
		u->open[c] = c;
	product(u, u->g, u->Hd);
	for (ptrdiff_t c = 0; c < u->count; c++, b += n) {
		const real *g = mat_col(u->g, c), *Hd = mat_col(u->Hd, c);
		real *r = mat_col(u->r, c);

		for (size_t k = 0; k < n; k++) /* r = b - (I + c H) g */
			r[k] = b[k] - g[k] - (real)u->system->c * Hd[k];
		/* nothing below rounding can be asked for */
		u->output[c].target = fmax(u->options->tolerance * ranks_norm(ranks, n, r),
					   4 * REAL_EPSILON * ranks_norm(ranks, n, b));
		precondition(u, c);
		memcpy(mat_col(u->d, c), mat_col(u->s, c), n * sizeof *r);
		u->output[c].rs = ranks_dot(ranks, n, r, mat_col(u->s, c));
	}
}

/* A step of an output along d, of which Hd is known; false if there is none. */
static bool advance(struct pcg *u, ptrdiff_t c)
{
	size_t n = (size_t)u->system->X.rows;
	real *d = mat_col(u->d, c), *Hd = mat_col(u->Hd, c), *s = mat_col(u->s, c);
	double curvature, step, next, rs = u->output[c].rs;

	for (size_t k = 0; k < n; k++)
		Hd[k] = d[k] + (real)u->system->c * Hd[k];
	curvature = ranks_dot(u->system->ranks, n, d, Hd);
	if (!(curvature > 0 && rs > 0))
		return false;
	step = rs / curvature;
	blas_axpy(n, step, d, mat_col(u->g, c));
	blas_axpy(n, -step, Hd, mat_col(u->r, c));
	precondition(u, c);
	next = ranks_dot(u->system->ranks, n, mat_col(u->r, c), s);
	blas_scale(n, next / rs, d);
	blas_axpy(n, 1, s, d);
	u->output[c].rs = next;
	return true;
}

/* Improve g for the right-hand side b: outputs in step, so that they share the products. */
static void conjugate_gradients(struct pcg *u, const real *b)
{
	size_t n = (size_t)u->system->X.rows;

	begin(u, b);
	for (long i = 0; i < u->options->iterations; i++) {
		ptrdiff_t open = 0;

		for (ptrdiff_t o = 0; o < u->count; o++) {
			ptrdiff_t c = u->open[o];

			if (ranks_norm(u->system->ranks, n, mat_col(u->r, c)) > u->output[c].target)
				u->open[open++] = c;
		}
		u->count = open;
		if (open == 0)
			return;
		product(u, u->d, u->Hd);
		for (ptrdiff_t o = 0; o < open; o++)
			if (!advance(u, u->open[o]))
				u->output[u->open[o]].target = HUGE_VAL;
	}
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct pcg *u = state;
	const struct u_system *s = u->system;
	ptrdiff_t outputs = s->X.rows * s->k, half = s->D.cols * s->k;
	struct mat YB = mat_cols(Y, half, half);

	blas_cholesky_solve(s->M, U);              /* [A B0] = M^-1 [R_A R_B] */
	blas_gemm(1, s->X, PLAIN, U, PLAIN, 0, Y); /* X [A B0] */
	u_update_outputs(s, YB, f);                /* f(B0) */
	for (ptrdiff_t k = 0; k < outputs; k++)
		f[k] = p[k] - f[k];
	conjugate_gradients(u, f);
	u_update_correct(s, u->g.at, u->Z, U, Y);
	u_update_outputs(s, YB, f);
	u->solves += (double)s->k;
	snprintf(u->note, sizeof u->note, "u_update pcg: %.1f products a u-step",
		 u->products / u->solves);
}

static double spent(const void *state)
{
	const struct pcg *u = state;
	struct u_shape s = {u->system->X.rows, u->system->X.cols, u->system->D.cols, 1};

	return u->products * product_flops(s) + u->solves * other_flops(s);
}

static const char *note(const void *state)
{
	return ((const struct pcg *)state)->note;
}

const struct u_update u_pcg = {
	.base = {.name = "pcg",
		 .doc = "conjugate gradients on the n x n form, which is never formed; for large n",
		 .cite = "feng2024",
		 .options = rows,
		 .size = sizeof(struct pcg_options)},
	.spread = spread,
	.forecast = forecast,
	.setup = setup,
	.solve = solve,
	.spent = spent,
	.note = note,
};
