/* The factored matrix of the interior-point method: blocks H_j, and one system that joins them. See
 * ipm.h. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <stdlib.h>

enum {
	TRIALS = 4 /* of a factor, each with more on the diagonal */
};

/* Share of the trace that rows left out of a block carry. */
static const double dropped = 1e-3;

/* H += eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)), the cone of block i, lower triangle */
static void add_cone(const struct cones *c, ptrdiff_t i, struct mat H)
{
	const real *w = mat_col(c->w, i), *w1 = w + 1;
	double scale = 1 / ((double)c->eta[i] * (double)c->eta[i]);
	double factor = 2 * scale / (2 * (double)w[0] * (double)w[0] - 1);

	for (ptrdiff_t b = 0; b < H.cols; b++) {
		blas_axpy((size_t)(H.rows - b), -factor * (double)w1[b], w1 + b, mat_col(H, b) + b);
		mat_set(H, b, b, mat_get(H, b, b) + (real)scale);
	}
}

/* T = diag(weight o d_i) X */
static void weighted_features(const struct ipm *s, const real *weight, ptrdiff_t i, struct mat T)
{
	for (ptrdiff_t j = 0; j < T.cols; j++) {
		const real *x = mat_col(s->problem->X, j);
		real *t = mat_col(T, j);

		for (ptrdiff_t k = 0; k < T.rows; k++)
			t[k] = weight[k] * x[k];
		gates_mask(gates_col(s->D, i), T.rows, t, t);
	}
}

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

/* The rows that carry all but `dropped` of the trace of X' diag(weight) X, at least d of them, into
 * s->kept; returns their number, and what the others carry. */
static ptrdiff_t select_rows(struct ipm *s, const real *weight, double *rest)
{
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, count = n;
	double total = 0, tail = 0;

	for (ptrdiff_t k = 0; k < n; k++) {
		double size = (double)s->size[k];

		s->shares[k] = (struct ipm_row){(double)weight[k] * size * size, k};
		total += s->shares[k].share;
	}
	qsort(s->shares, (size_t)n, sizeof *s->shares, by_share);
	while (count > d && tail + s->shares[count - 1].share <= dropped * total)
		tail += s->shares[--count].share;
	for (ptrdiff_t k = 0; k < count; k++)
		s->kept[k] = s->shares[k].row;
	*rest = tail;
	return count;
}

/* X' diag(weight) X, lower triangle, of the rows that matter; the others as a multiple of X'X of
 * the same trace (constraint reduction: Tits, Absil, Woessner 2006). */
static void reduced_gram(struct ipm *s, const real *weight, struct mat to)
{
	double rest;
	ptrdiff_t count = select_rows(s, weight, &rest);
	struct mat G = mat_rows(s->G, 0, count);

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] = (real)sqrt((double)weight[k]);
	gather(s, s->u, s->kept, G);
	s->rows_kept += (double)count / (double)s->D.rows;
	mat_copy(to, s->gram);
	blas_scale((size_t)(to.rows * to.cols), rest / s->trace, to.at);
	blas_syrk(1, G, TRANSPOSED, 1, to);
}

/* X' diag(weight) X, lower triangle, from its packed columns or by a product. */
static void weighted_gram(struct ipm *s, ptrdiff_t i, struct mat to)
{
	const real *packed;

	if (s->pairs.cols == 0) {
		reduced_gram(s, mat_col(s->Q, i), to);
		return;
	}
	packed = mat_col(s->packed, i);
	for (ptrdiff_t b = 0; b < to.cols; b++)
		for (ptrdiff_t a = b; a < to.rows; a++)
			mat_set(to, a, b, *packed++);
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
		weighted_gram(s, i, s->B);
		add_cone(&h->cones, i, s->B);
		if (!factor_entries(s->B, ipm_block(h->L, i)))
			return false;
	}
	return true;
}

/* N_i N_i' = H_V^-1 + H_W^-1 */
static bool factor_inverses(struct ipm *s, ptrdiff_t i)
{
	struct mat N = ipm_block(s->N, i);

	mat_copy(s->B, ipm_block(s->half[0].L, i));
	mat_copy(N, ipm_block(s->half[1].L, i));
	if (!blas_cholesky_inverse(s->B) || !blas_cholesky_inverse(N))
		return false;
	for (ptrdiff_t j = 0; j < N.cols; j++)
		blas_axpy((size_t)(N.rows - j), 1, mat_col(N, j) + j, mat_col(s->B, j) + j);
	return factor_entries(s->B, N);
}

/* T_i = W^(1/2) D_i X N_i */
static void join(struct ipm *s, ptrdiff_t i, struct mat T)
{
	weighted_features(s, s->root_w, i, T);
	blas_trmm_right(ipm_block(s->N, i), T);
}

/* C = I */
static void start_join(struct mat C)
{
	mat_fill(C, 0);
	for (ptrdiff_t k = 0; k < C.rows; k++)
		mat_set(C, k, k, 1);
}

/* I + T'T */
static bool factor_assembled(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols;

	start_join(s->C);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		join(s, i, mat_cols(s->T, i * d, d));
	blas_syrk(1, s->T, TRANSPOSED, 1, s->C);
	return blas_cholesky(s->C);
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

/* I + T T', T by chunks of columns, or where these are many pattern by pattern */
static bool factor_coupling(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;

	start_join(s->C);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		if (s->square.rows > 0) {
			add_active(s, i);
			continue;
		}
		join(s, i, mat_cols(s->T, filled, d));
		filled += d;
		if (filled + d > s->T.cols || i == s->D.cols - 1) {
			blas_syrk(1, mat_cols(s->T, 0, filled), PLAIN, 1, s->C);
			filled = 0;
		}
	}
	return blas_cholesky(s->C);
}

void ipm_factor_allocate(struct ipm *s, struct arena *arena)
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

bool ipm_factor(struct ipm *s)
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
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		if (!factor_inverses(s, i))
			return false;
	return s->assembled ? factor_assembled(s) : factor_coupling(s);
}
