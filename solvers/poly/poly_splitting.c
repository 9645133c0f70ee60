/* Alternating directions on  min w/2 |A(Z - Z') - y|^2 + beta (Z4 + Z4')  with copies S, S' in K of
 * Z, Z', over-relaxed, multipliers scaled. In T = Z - Z' and P = Z + Z' the step of Z, Z' falls
 * apart: P in closed form, and
 *
 *     (A'A + t I) T = A'y + t V,  t = rho / (2 w),
 *
 * by a factor of A'A + t I in the d (d + 1) / 2 + d + 1 entries of T, or with fewer samples than
 * those of A A' + t I, whose entries are <E_i, E_j> = a^2 (x_i'x_j)^2 + b^2/2 x_i'x_j + c^2: then
 * T = V + A'l, (A A' + t I) l = y - A V. Eigendecompositions are those of the projections on K
 * (poly_projection.h). The slopes of the loss at A T are the dual point of the bound. */
#include "solvers/poly/poly_splitting.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/poly/poly_projection.h"

#include <math.h>

enum { CHUNK = 256, BALANCE = 20, LAST_BALANCE = 400 }; /* samples at a time; steps */

static const double relaxation = 1.6;
static const double uneven = 4;     /* residuals apart by this change the penalty */
static const double solved = 1e-11; /* of the size of the matrices, in both residuals */

struct state {
	const struct poly_program *program;
	double weight, rho; /* of the loss; the penalty */
	ptrdiff_t order, q; /* d + 1; entries of a symmetric matrix */
	bool by_samples;
	struct mat S[POLY_SIDES], U[POLY_SIDES]; /* copies and multipliers, as all below but G */
	struct mat T, P, V, Q, zero;
	struct mat G;         /* above the diagonal the smaller of A'A and A A'; else the factor */
	real *diagonal;       /* of that Gram matrix */
	struct mat rows;      /* CHUNK x q: of A, by entries; not by samples */
	struct mat work;      /* n x d */
	real *f, *slopes, *l; /* n */
	real *entries, *Ay;   /* q */
	struct poly_projection projection;
	double nu[POLY_SIDES];
	struct poly_oracle *oracle;
	real *u; /* d */
	long steps;
};

/* out = A M, for the symmetric M = plus - less. */
static void apply(struct state *s, struct mat plus, struct mat less, real *out)
{
	const struct mat X = s->program->problem->X;
	ptrdiff_t d = X.cols;

	poly_program_form(s->program, plus, less, s->Q);
	blas_gemm(1, X, PLAIN, mat_rows(mat_cols(s->Q, 0, d), 0, d), PLAIN, 0, s->work);
	for (ptrdiff_t i = 0; i < X.rows; i++)
		out[i] = mat_get(s->Q, d, d);
	for (ptrdiff_t j = 0; j < d; j++) {
		const real *restrict x = mat_col(X, j), *restrict w = mat_col(s->work, j);
		const real twice = 2 * mat_get(s->Q, j, d);

		for (ptrdiff_t i = 0; i < X.rows; i++)
			out[i] += x[i] * (w[i] + twice);
	}
}

/* Entries of a symmetric matrix, those off the diagonal times `off`; and back. */
static void entries_of(struct mat M, double off, real *entries)
{
	for (ptrdiff_t j = 0; j < M.cols; j++)
		for (ptrdiff_t i = 0; i <= j; i++)
			*entries++ = (real)(i < j ? off : 1) * mat_get(M, i, j);
}

static void matrix_of(const real *entries, double off, struct mat M)
{
	for (ptrdiff_t j = 0; j < M.cols; j++)
		for (ptrdiff_t i = 0; i <= j; i++) {
			mat_set(M, i, j, (real)(i < j ? off : 1) * *entries);
			mat_set(M, j, i, (real)(i < j ? off : 1) * *entries++);
		}
}

/* A A' */
static void gram_of_samples(struct state *s)
{
	const double *activation = s->program->activation;
	double a = activation[0] * activation[0], b = activation[1] * activation[1] / 2;
	double c = activation[2] * activation[2];
	ptrdiff_t n = s->G.cols;

	blas_syrk(1, s->program->problem->X, PLAIN, 0, s->G);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = j; i < n; i++) {
			double product = (double)mat_get(s->G, i, j);

			mat_set(s->G, i, j, (real)((a * product + b) * product + c));
		}
}

/* A column of the rows of A at hand, from `first` on: entry (i, j) of E. */
static void fill_column(struct state *s, ptrdiff_t first, ptrdiff_t i, ptrdiff_t j, real *column)
{
	const struct mat X = s->program->problem->X;
	ptrdiff_t rest = X.rows - first, count = rest < CHUNK ? rest : CHUNK;
	double scale = poly_program_factor(s->program, i, j) * (i < j ? sqrt(2) : 1);

	for (ptrdiff_t k = 0; k < count; k++) {
		double left = i < X.cols ? (double)mat_get(X, first + k, i) : 1;
		double right = j < X.cols ? (double)mat_get(X, first + k, j) : 1;

		column[k] = (real)(scale * left * right);
	}
}

/* A'A by blocks of samples, and A'y. */
static void gram_of_entries(struct state *s)
{
	ptrdiff_t n = s->work.rows;

	for (ptrdiff_t first = 0; first < n; first += CHUNK) {
		ptrdiff_t count = n - first < CHUNK ? n - first : CHUNK, l = 0;

		for (ptrdiff_t j = 0; j < s->order; j++)
			for (ptrdiff_t i = 0; i <= j; i++)
				fill_column(s, first, i, j, mat_col(s->rows, l++));
		blas_syrk(1, mat_rows(s->rows, 0, count), TRANSPOSED, first > 0, s->G);
	}
	poly_program_gather(s->program, s->program->problem->y.at, s->work, s->Q);
	entries_of(s->Q, sqrt(2), s->Ay);
}

static double shift_of(const struct state *s)
{
	return s->rho / (2 * s->weight);
}

/* The Gram matrix, made below the diagonal, goes to where the factor leaves it. */
static void put_away(struct state *s)
{
	for (ptrdiff_t j = 0; j < s->G.cols; j++) {
		s->diagonal[j] = mat_get(s->G, j, j);
		for (ptrdiff_t i = j + 1; i < s->G.cols; i++)
			mat_set(s->G, j, i, mat_get(s->G, i, j));
	}
}

static bool refactor(struct state *s)
{
	for (ptrdiff_t j = 0; j < s->G.cols; j++) {
		mat_set(s->G, j, j, s->diagonal[j] + (real)shift_of(s));
		for (ptrdiff_t i = j + 1; i < s->G.cols; i++)
			mat_set(s->G, i, j, mat_get(s->G, j, i));
	}
	return blas_cholesky(s->G);
}

/* T from V, f = A T, and l = (y - f) / t. */
static void solve(struct state *s)
{
	const real *y = s->program->problem->y.at;
	ptrdiff_t n = s->work.rows;
	double t = shift_of(s);

	if (s->by_samples) {
		apply(s, s->V, s->zero, s->l);
		for (ptrdiff_t i = 0; i < n; i++)
			s->l[i] = y[i] - s->l[i];
		blas_triangular_solve(s->G, BLAS_SOLVE_BLOCK, s->l);
		poly_program_gather(s->program, s->l, s->work, s->T);
		for (ptrdiff_t j = 0; j < s->order; j++)
			blas_axpy((size_t)s->order, 1, mat_col(s->V, j), mat_col(s->T, j));
		for (ptrdiff_t i = 0; i < n; i++)
			s->f[i] = y[i] - (real)t * s->l[i];
		return;
	}
	entries_of(s->V, sqrt(2), s->entries);
	blas_scale((size_t)s->q, t, s->entries);
	blas_axpy((size_t)s->q, 1, s->Ay, s->entries);
	blas_triangular_solve(s->G, BLAS_SOLVE_BLOCK, s->entries);
	matrix_of(s->entries, sqrt(0.5), s->T);
	apply(s, s->T, s->zero, s->f);
}

/* V = (S - U) - (S' - U'), P = the sum of the two. */
static void gather(struct state *s)
{
	for (ptrdiff_t j = 0; j < s->order; j++)
		for (ptrdiff_t i = 0; i < s->order; i++) {
			real plus = mat_get(s->S[0], i, j) - mat_get(s->U[0], i, j);
			real minus = mat_get(s->S[1], i, j) - mat_get(s->U[1], i, j);

			mat_set(s->V, i, j, plus - minus);
			mat_set(s->P, i, j, plus + minus);
		}
}

struct residuals {
	double primal, dual, size; /* squared */
};

/* S and U of one side. */
static void project(struct state *s, int side, struct residuals *sum)
{
	struct mat S = s->S[side], U = s->U[side];

	for (ptrdiff_t j = 0; j < s->order; j++)
		for (ptrdiff_t i = 0; i < s->order; i++) {
			real z = (mat_get(s->P, i, j) + (side ? -1 : 1) * mat_get(s->T, i, j)) / 2;

			mat_set(s->V, i, j, z);
			mat_set(U, i, j,
				(real)relaxation * z + (real)(1 - relaxation) * mat_get(S, i, j) +
					mat_get(U, i, j));
		}
	mat_copy(s->Q, S);
	poly_projection_project(&s->projection, U, &s->nu[side], S);
	for (ptrdiff_t j = 0; j < s->order; j++)
		for (ptrdiff_t i = 0; i < s->order; i++) {
			double at = (double)mat_get(S, i, j);

			mat_set(U, i, j, mat_get(U, i, j) - (real)at);
			sum->primal += pow((double)mat_get(s->V, i, j) - at, 2);
			sum->dual += pow((double)mat_get(s->Q, i, j) - at, 2);
			sum->size += at * at;
		}
}

/* A penalty that brings the residuals together. */
static bool balance(struct state *s, const struct residuals *r)
{
	double ratio = sqrt(r->primal / r->dual);

	if (s->steps % BALANCE != 0 || s->steps > LAST_BALANCE ||
	    !(ratio > uneven || ratio < 1 / uneven))
		return true;
	ratio = fmin(10, fmax(0.1, sqrt(ratio)));
	s->rho *= ratio;
	for (int side = 0; side < POLY_SIDES; side++) {
		s->nu[side] /= ratio;
		for (ptrdiff_t j = 0; j < s->order; j++)
			blas_scale((size_t)s->order, 1 / ratio, mat_col(s->U[side], j));
	}
	return refactor(s);
}

static bool step(void *state)
{
	struct state *s = state;
	ptrdiff_t d = s->order - 1;
	struct residuals r = {0};

	if (s->steps++ == 0 && !refactor(s))
		return false;
	gather(s);
	mat_set(s->P, d, d, mat_get(s->P, d, d) - (real)(2 * s->program->problem->beta / s->rho));
	solve(s);
	for (int side = 0; side < POLY_SIDES; side++)
		project(s, side, &r);
	return fmax(r.primal, r.dual) > solved * solved * r.size && balance(s, &r);
}

static double objective(void *state)
{
	struct state *s = state;
	const struct problem *problem = s->program->problem;
	ptrdiff_t d = s->order - 1;

	apply(s, s->S[0], s->S[1], s->l);
	return loss_value(problem->loss, (size_t)problem->X.rows, s->l, problem->y.at) +
	       problem->beta * ((double)mat_get(s->S[0], d, d) + (double)mat_get(s->S[1], d, d));
}

static double bound(void *state)
{
	struct state *s = state;
	const struct problem *problem = s->program->problem;
	double largest;

	for (ptrdiff_t i = 0; i < problem->X.rows; i++)
		s->slopes[i] = (real)s->weight * (problem->y.at[i] - s->f[i]);
	poly_program_gather(s->program, s->slopes, s->work, s->Q);
	if (!poly_oracle_set(s->oracle, s->Q))
		return NAN;
	largest = fmax(poly_oracle_sphere(s->oracle, 1, s->u),
		       poly_oracle_sphere(s->oracle, -1, s->u));
	return scaling_best(problem, s->slopes, largest).bound;
}

struct poly_solver poly_splitting(const struct poly_program *program, struct arena *arena)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct problem *problem = program->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, order = d + 1, side;
	struct mat *squares[] = {s->S,  s->S + 1, s->U,  s->U + 1, &s->T,
				 &s->P, &s->V,    &s->Q, &s->zero};
	real **samples[] = {&s->f, &s->slopes, &s->l};

	*s = (struct state){.program = program,
			    .weight = problem->loss.weight,
			    .rho = problem->beta,
			    .order = order,
			    .q = order * (order + 1) / 2,
			    .projection = poly_projection_new(order, arena),
			    .oracle = poly_oracle_new(d, NULL, arena),
			    .work = mat_new(arena, n, d),
			    .u = ARENA_ARRAY(arena, real, d)};
	s->by_samples = n <= s->q;
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		*samples[i] = ARENA_ARRAY(arena, real, n);
	side = s->by_samples ? n : s->q;
	s->G = mat_new(arena, side, side);
	s->diagonal = ARENA_ARRAY(arena, real, side);
	if (!s->by_samples) {
		s->rows = mat_new(arena, CHUNK, s->q);
		s->entries = ARENA_ARRAY(arena, real, s->q);
		s->Ay = ARENA_ARRAY(arena, real, s->q);
	}
	if (!arena_counts(arena)) {
		if (s->by_samples)
			gram_of_samples(s);
		else
			gram_of_entries(s);
		put_away(s);
	}
	return (struct poly_solver){{s->S[0], s->S[1]}, step, objective, bound, s, NULL};
}
