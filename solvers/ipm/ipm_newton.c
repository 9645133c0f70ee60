/* The factored matrix: blocks H_j, and one system that joins them; and conjugate gradients with it.
 * See ipm_newton.h. */
#include "solvers/ipm/ipm_newton.h"

#include "solvers/core/blas.h"
#include "solvers/ipm/ipm_extended.h"

#include <math.h>
#include <stdlib.h>

enum {
	TRIALS = 4, /* of a factor, each with more on the diagonal */
	ROUNDS = 25 /* of conjugate gradients before the residual is computed anew */
};

/* Share of the trace that rows left out of a block carry. */
static const double dropped = 1e-3;

/* G = the rows of diag(weight) X that `rows` names. */
static void gather(const struct ipm *s, const real *weight, const ptrdiff_t *rows, struct mat G)
{
	for (ptrdiff_t j = 0; j < G.cols; j++) {
		const real *x = mat_col(s->problem->X, j);
		real *g = mat_col(G, j);

		for (ptrdiff_t k = 0; k < G.rows; k++)
			g[k] = weight[rows[k]] * x[rows[k]];
	}
}

/* A row and its share of the trace. */
struct ipm_row {
	double share;
	ptrdiff_t row;
};

/* Descending; ties by the row, so that the order is one. */
static int by_share(const void *a, const void *b)
{
	const struct ipm_row *x = a, *y = b;

	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

/* X' diag(weight) X, lower triangle, of the rows that matter: those that carry all but `dropped` of
 * its trace, at least d of them, into s->kept; the others as a multiple of X'X of the same trace
 * (constraint reduction: Tits, Absil, Woessner 2006). */
static void reduced_gram(struct ipm *s, const real *weight, struct mat to)
{
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, count = n;
	double total = 0, rest = 0;
	struct mat G;

	for (ptrdiff_t k = 0; k < n; k++) {
		double size = (double)s->size[k];

		s->shares[k] = (struct ipm_row){(double)weight[k] * size * size, k};
		total += s->shares[k].share;
		s->u[k] = (real)sqrt((double)weight[k]);
	}
	qsort(s->shares, (size_t)n, sizeof *s->shares, by_share);
	while (count > d && rest + s->shares[count - 1].share <= dropped * total)
		rest += s->shares[--count].share;
	for (ptrdiff_t k = 0; k < count; k++)
		s->kept[k] = s->shares[k].row;
	G = mat_rows(s->G, 0, count);
	gather(s, s->u, s->kept, G);
	s->rows_kept += (double)count / (double)n;
	mat_copy(to, s->gram);
	blas_scale((size_t)(to.rows * to.cols), rest / s->trace, to.at);
	blas_syrk(1, G, TRANSPOSED, 1, to);
}

/* Lower factor of the matrix B (lower triangle); its diagonal grows until there is one. */
static bool factor_entries(struct mat B, struct mat L)
{
	double more = 0;

	for (int trial = 0; trial < TRIALS; trial++) {
		mat_copy(L, B);
		for (ptrdiff_t j = 0; j < L.cols; j++)
			mat_set(L, j, j, (real)((1 + more) * (double)mat_get(L, j, j)));
		if (blas_cholesky(L))
			return true;
		more = fmax(100 * more, 100 * REAL_EPSILON);
	}
	return false;
}

/* Factors of H_j for all blocks of a half. */
static bool factor_blocks(struct ipm *s, struct ipm_half *h)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		real *q = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			q[k] = -minus[k] / slack[k];
	}
	if (s->pairs.cols > 0)
		blas_gemm(1, s->pairs, TRANSPOSED, s->Q, PLAIN, 0, s->packed);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *packed = s->pairs.cols > 0 ? mat_col(s->packed, i) : NULL;
		const real *w;
		const real *w1;
		double scale;
		double factor;

		if (!packed)
			reduced_gram(s, mat_col(s->Q, i), s->B);
		for (ptrdiff_t b = 0; packed && b < s->B.cols; b++)
			for (ptrdiff_t a = b; a < s->B.rows; a++)
				mat_set(s->B, a, b, *packed++);
		/* H += eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)), the cone of block i, lower triangle */
		w = mat_col(h->cones.w, i);
		w1 = w + 1;
		scale = 1 / ((double)h->cones.eta[i] * (double)h->cones.eta[i]);
		factor = 2 * scale / (2 * (double)w[0] * (double)w[0] - 1);
		for (ptrdiff_t j = 0; j < s->B.cols; j++) {
			blas_axpy((size_t)(s->B.rows - j), -factor * (double)w1[j], w1 + j,
				  mat_col(s->B, j) + j);
			mat_set(s->B, j, j, mat_get(s->B, j, j) + (real)scale);
		}
		if (!factor_entries(s->B, ipm_block(h->L, i)))
			return false;
	}
	return true;
}

/* C += T_i T_i', of the rows where pattern i is active */
static void add_active(struct ipm *s, ptrdiff_t i)
{
	const uint64_t *d = gates_col(s->D, i);
	ptrdiff_t count = 0;
	struct mat T, square;

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		if (gates_bit(d, k))
			s->kept[count++] = k;
	T = mat_rows(s->G, 0, count);
	square = mat_cols(mat_rows(s->square, 0, count), 0, count);
	gather(s, s->root_w, s->kept, T);
	blas_trmm_right(ipm_block(s->N, i), T);
	blas_syrk(1, T, PLAIN, 0, square);
	for (ptrdiff_t c = 0; c < count; c++) {
		real *to = mat_col(s->C, s->kept[c]);
		const real *from = mat_col(square, c);

		for (ptrdiff_t k = c; k < count; k++)
			to[s->kept[k]] += from[k];
	}
}

/* C = I + T'T, or I + T T', T by chunks of columns, or where these are many pattern by pattern */
static bool factor_joined(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;
	struct mat T;

	mat_fill(s->C, 0);
	for (ptrdiff_t k = 0; k < s->C.rows; k++)
		mat_set(s->C, k, k, 1);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		if (s->square.rows > 0) {
			add_active(s, i);
			continue;
		}
		T = mat_cols(s->T, filled, d); /* T_i = W^(1/2) D_i X N_i */
		for (ptrdiff_t j = 0; j < d; j++) {
			const real *x = mat_col(s->problem->X, j);
			real *t = mat_col(T, j);

			for (ptrdiff_t k = 0; k < T.rows; k++)
				t[k] = s->root_w[k] * x[k];
			gates_mask(gates_col(s->D, i), T.rows, t, t);
		}
		blas_trmm_right(ipm_block(s->N, i), T);
		filled += d;
		if (!s->assembled && (filled + d > s->T.cols || i == s->D.cols - 1)) {
			blas_syrk(1, mat_cols(s->T, 0, filled), PLAIN, 1, s->C);
			filled = 0;
		}
	}
	if (s->assembled)
		blas_syrk(1, s->T, TRANSPOSED, 1, s->C);
	return blas_cholesky(s->C);
}

void ipm_newton_allocate(struct ipm *s, struct arena *arena)
{
	struct mat X = s->problem->X;

	s->kept = ARENA_ARRAY(arena, ptrdiff_t, X.rows);
	if (s->pairs.cols > 0)
		return;
	s->shares = ARENA_ARRAY(arena, struct ipm_row, X.rows);
	s->gram = mat_new(arena, X.cols, X.cols);
	if (!arena_counts(arena))
		blas_syrk(1, X, TRANSPOSED, 0, s->gram);
	if (!s->assembled && X.cols >= IPM_WIDE)
		s->square = mat_new(arena, X.rows, X.rows);
}

bool ipm_newton_factor(struct ipm *s)
{
	interior_loss_weights(s->loss, s->f, s->w);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->w[k]);
	if (s->long_digits)
		return ipm_extended_factor(s);
	s->rows_kept = 0;
	for (int half = 0; half < 2; half++)
		if (!factor_blocks(s, &s->half[half]))
			return false;
	for (ptrdiff_t i = 0; i < s->D.cols; i++) { /* N_i N_i' = H_V^-1 + H_W^-1 */
		struct mat N = ipm_block(s->N, i);

		mat_copy(s->B, ipm_block(s->half[0].L, i));
		mat_copy(N, ipm_block(s->half[1].L, i));
		if (!blas_cholesky_inverse(s->B) || !blas_cholesky_inverse(N))
			return false;
		for (ptrdiff_t j = 0; j < N.cols; j++)
			blas_axpy((size_t)(N.rows - j), 1, mat_col(N, j) + j, mat_col(s->B, j) + j);
		if (!factor_entries(s->B, N))
			return false;
	}
	return factor_joined(s);
}

void ipm_newton_outputs(struct ipm *s, struct mat q, real *to)
{
	blas_gemm(1, s->problem->X, PLAIN, q, PLAIN, 0, s->Q);
	gates_outputs(s->D, s->Q, to);
}

void ipm_newton_subtract_cone(const struct cones *c, ptrdiff_t i, const real *x, real *to)
{
	const real *w = mat_col(c->w, i);
	ptrdiff_t d = c->w.rows - 1;
	double w0 = (double)w[0], scale = 1 / ((double)c->eta[i] * (double)c->eta[i]);
	double along = 2 * blas_dot((size_t)d, w + 1, x) / (2 * w0 * w0 - 1);

	for (ptrdiff_t j = 0; j < d; j++)
		to[j] -= (real)(scale * ((double)x[j] - along * (double)w[j + 1]));
}

/* Z = H^-1 Z for all blocks of a half */
static void solve_blocks(struct ipm *s, struct ipm_half *h)
{
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(ipm_block(h->L, i), mat_cols(h->Z, i, 1));
}

/* Z = the inverse of the factored matrix times R: with q = Z_v - Z_w of Z_j = H_j^-1 R_j and
 * u = W df = W F (S + F'W F)^-1 S q, S_i = (N_i N_i')^-1, Z_j = H_j^-1 (R_j - sign X'(D o u)). */
static void precondition(struct ipm *s)
{
	size_t count = (size_t)(s->q.rows * s->q.cols);

	for (int half = 0; half < 2; half++) {
		mat_copy(s->half[half].Z, s->half[half].R);
		solve_blocks(s, &s->half[half]);
	}
	mat_copy(s->q, s->half[0].Z);
	blas_axpy(count, -1, s->half[1].Z.at, s->q.at);
	if (s->assembled) {
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			blas_trsm(ipm_block(s->N, i), PLAIN, mat_cols(s->q, i, 1));
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->q.at);
		blas_gemv(1, s->T, PLAIN, s->q.at, 0, s->u);
	} else {
		ipm_newton_outputs(s, s->q, s->u);
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			s->u[k] *= s->root_w[k];
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->u);
	}
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] *= s->root_w[k];
	gates_spread(s->D, s->u, s->Q);
	blas_gemm(1, s->problem->X, TRANSPOSED, s->Q, PLAIN, 0, s->q);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_copy(h->Z, h->R);
		blas_axpy(count, -h->sign, s->q.at, h->Z.at);
		solve_blocks(s, h);
	}
}

/* product = A along */
static void multiply(struct ipm *s)
{
	ptrdiff_t n = s->D.rows;

	mat_copy(s->q, s->half[0].along);
	blas_axpy((size_t)(s->q.rows * s->q.cols), -1, s->half[1].along.at, s->q.at);
	ipm_newton_outputs(s, s->q, s->u);
	for (ptrdiff_t k = 0; k < n; k++)
		s->u[k] *= s->w[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		blas_gemm(1, s->problem->X, PLAIN, h->along, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *minus = mat_col(h->N, i), *slack = mat_col(h->S, i);
			real *q = mat_col(s->Q, i);

			gates_mask(gates_col(s->D, i), n, s->u, s->masked);
#pragma omp simd
			for (ptrdiff_t k = 0; k < n; k++)
				q[k] = -minus[k] / slack[k] * q[k] + sign * s->masked[k];
		}
		mat_fill(h->product, 0);
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			ipm_newton_subtract_cone(&h->cones, i, mat_col(h->along, i),
						 mat_col(h->product, i));
		blas_gemm(1, s->problem->X, TRANSPOSED, s->Q, PLAIN, -1, h->product);
	}
}

static double residual_norm(const struct ipm *s)
{
	return hypot(blas_mat_norm(s->half[0].R), blas_mat_norm(s->half[1].R));
}

void ipm_newton_solve(struct ipm *s, double share, double small)
{
	struct ipm_half *v = &s->half[0], *w = &s->half[1];
	double enough = fmax(share * residual_norm(s), small), size = 1, curvature, before;
	size_t count = (size_t)(s->q.rows * s->q.cols);

	for (int half = 0; half < 2; half++) {
		mat_fill(s->half[half].added, 0);
		mat_fill(s->half[half].along, 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		precondition(s);
		before = size;
		size = blas_dot(count, v->R.at, v->Z.at) + blas_dot(count, w->R.at, w->Z.at);
		for (int half = 0; half < 2; half++) { /* along = Z + size / before along */
			struct ipm_half *h = &s->half[half];

			blas_scale(count, round > 0 ? size / before : 0, h->along.at);
			blas_axpy(count, 1, h->Z.at, h->along.at);
		}
		multiply(s);
		curvature = blas_dot(count, v->along.at, v->product.at) +
			    blas_dot(count, w->along.at, w->product.at);
		s->rounds++;
		if (!(size > 0 && curvature > 0 && isfinite(curvature)))
			return;
		for (int half = 0; half < 2; half++) {
			struct ipm_half *h = &s->half[half];

			blas_axpy(count, size / curvature, h->along.at, h->added.at);
			blas_axpy(count, -size / curvature, h->product.at, h->R.at);
		}
		if (residual_norm(s) <= enough)
			return;
	}
}
