/* A network in float. See generated_pass.h. */
#include "solvers/generated/generated_pass.h"

#include <cblas.h>
#include <string.h>

enum { BLOCK = 1024 }; /* rows at a time */

/* Those of this rank, none left out. */
static void take_rows(struct pass *s, struct mat X, struct arena *arena)
{
	float *copy = ARENA_ARRAY(arena, float, X.rows *X.cols);
	ptrdiff_t *row = ARENA_ARRAY(arena, ptrdiff_t, X.rows);

	s->X = copy;
	s->row = row;
	s->rows = X.rows;
	for (ptrdiff_t i = 0; i < X.rows && !arena_counts(arena); i++)
		row[i] = i;
	for (ptrdiff_t c = 0; c < X.cols && !arena_counts(arena); c++)
		for (ptrdiff_t i = 0; i < X.rows; i++)
			copy[i + c * X.rows] = (float)mat_get(X, i, c);
}

struct pass pass_new(const struct price *price, ptrdiff_t room, struct arena *arena)
{
	const struct problem *problem = price->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;
	struct pass s = {.X = price->X, .row = price->row, .n = n, .rows = price->rows};

	if (problem->ranks)
		take_rows(&s, problem->X, arena);
	s.U = ARENA_ARRAY(arena, float, d *room);
	s.A = ARENA_ARRAY(arena, float, k *room);
	s.G = ARENA_ARRAY(arena, float, d *room);
	s.Phi = ARENA_ARRAY(arena, float, n *room);
	s.W = ARENA_ARRAY(arena, float, (n < BLOCK ? n : BLOCK) * room);
	s.F = ARENA_ARRAY(arena, float, n *k);
	return s;
}

void pass_outputs(struct pass *s, struct model_layers net, struct mat F)
{
	int n = (int)F.rows, d = (int)net.U.rows, m = (int)net.U.cols, k = (int)F.cols,
	    rows = (int)s->rows;

	for (ptrdiff_t j = 0; j < m; j++) {
		for (ptrdiff_t i = 0; i < d; i++)
			s->U[i + j * d] = (float)mat_get(net.U, i, j);
		for (ptrdiff_t c = 0; c < k; c++)
			s->A[c + j * k] = (float)mat_get(net.A, j, c);
	}
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, rows, m, d, 1, s->X, n, s->U, d, 0,
		    s->Phi, n);
	for (ptrdiff_t j = 0; j < m; j++) {
		float *restrict phi = s->Phi + j * n;

#pragma omp simd
		for (ptrdiff_t i = 0; i < rows; i++)
			phi[i] = phi[i] > 0 ? phi[i] : 0;
	}
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasTrans, rows, k, m, 1, s->Phi, n, s->A, k, 0,
		    s->F, n);
	for (ptrdiff_t c = 0; c < k; c++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(F, i, c, (real)s->F[s->row[i] + c * n]);
}

/* W = [Phi > 0] o (F A) for the rows first .. first + count - 1 */
static void spread(struct pass *s, ptrdiff_t first, ptrdiff_t count, ptrdiff_t m, ptrdiff_t k)
{
	ptrdiff_t n = s->n;

	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)count, (int)m, (int)k, 1,
		    s->F + first, (int)n, s->A, (int)k, 0, s->W, (int)count);
	for (ptrdiff_t j = 0; j < m; j++) {
		const float *restrict phi = s->Phi + first + j * n;
		float *restrict w = s->W + j * count;

#pragma omp simd
		for (ptrdiff_t i = 0; i < count; i++)
			w[i] = phi[i] > 0 ? w[i] : 0;
	}
}

void pass_gradient(struct pass *s, struct mat R, struct model_layers slope)
{
	int n = (int)R.rows, d = (int)slope.U.rows, m = (int)slope.U.cols, k = (int)R.cols,
	    rows = (int)s->rows;

	memset(s->F, 0, (size_t)n * (size_t)k * sizeof *s->F);
	for (ptrdiff_t c = 0; c < k; c++)
		for (ptrdiff_t i = 0; i < n; i++)
			s->F[s->row[i] + c * n] += (float)mat_get(R, i, c);
	memset(s->G, 0, (size_t)d * (size_t)m * sizeof *s->G);
	for (int first = 0; first < rows; first += BLOCK) {
		int count = rows - first < BLOCK ? rows - first : BLOCK;

		spread(s, first, count, m, k);
		cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, d, m, count, 1, s->X + first,
			    n, s->W, count, 1, s->G, d);
	}
	cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, m, rows, 1, s->F, n, s->Phi, n, 0,
		    s->A, k);
	for (ptrdiff_t j = 0; j < m; j++) {
		for (ptrdiff_t i = 0; i < d; i++)
			mat_col(slope.U, j)[i] += (real)s->G[i + j * d];
		for (ptrdiff_t c = 0; c < k; c++)
			mat_col(slope.A, c)[j] += (real)s->A[c + j * k];
	}
}
