/* Directions of nearly largest margin by the splitting of splitting.h; see interior.h. */
#include "solvers/gates/interior.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { STEPS = 120, CHECK_EVERY = 10 };

/* 1 / rho: of the values tried from 1e-4 to 1 the margins at 50 steps are best, or within a tenth
 * of it, on images and on small data. */
static const double penalty = 0.03;
/* Share of its limit at which a margin will do: a step along it is no longer by the inverse. */
static const double close_enough = 0.7;

struct interior interior_new(const struct signcone *cone, ptrdiff_t P, struct arena *arena)
{
	struct interior in = {0};

	in.H = mat_new(arena, cone->X.cols, P);
	in.U = mat_new(arena, cone->B.cols, P);
	in.margin = ARENA_ARRAY(arena, double, P);
	in.limit = ARENA_ARRAY(arena, double, P);
	in.at = ARENA_ARRAY(arena, ptrdiff_t, P);
	return in;
}

double interior_flops(double n, double d, double P)
{
	return (STEPS + (double)STEPS / CHECK_EVERY / 2) * splitting_flops(n, d, P);
}

/* min_k e_k y_k over the rows that are not zero */
static double least_slack(const struct signcone *cone, const uint64_t *d, const real *y)
{
	real least = (real)HUGE_VAL, ey[GATES_BLOCK];

	for (ptrdiff_t first = 0; first < cone->X.rows; first += GATES_BLOCK) {
		ptrdiff_t rows = cone->X.rows - first,
			  count = rows < GATES_BLOCK ? rows : GATES_BLOCK;
		const real *length = cone->length + first;

		gates_flip(d + first / GATES_WORD, count, y + first, ey);
#pragma omp simd reduction(min : least)
		for (ptrdiff_t k = 0; k < count; k++)
			least = length[k] > 0 && ey[k] < least ? ey[k] : least;
	}
	return ranks_least(cone->ranks, (double)least);
}

/* Keep u (r), y = B u (n), as the direction of pattern i if its margin is the best so far, and more
 * than rounding. */
static void offer(struct interior *in, const struct signcone *cone, ptrdiff_t i, const uint64_t *d,
		  const real *u, const real *y)
{
	size_t r = (size_t)cone->B.cols;
	double length = blas_norm(r, u), margin = least_slack(cone, d, y) / length;
	real *best = mat_col(in->U, i);

	if (!(margin > in->margin[i] && margin > (double)(4 * cone->X.cols) * REAL_EPSILON))
		return;
	if (!isfinite(margin)) /* no row but zeros: any direction will do */
		margin = 1;
	in->margin[i] = margin;
	for (size_t j = 0; j < r; j++)
		best[j] = (real)((double)u[j] / length);
}

/* Limits from the multipliers, and margins from v: one more product. */
static void check(struct interior *in, struct splitting *s)
{
	const struct signcone *cone = s->cone;
	ptrdiff_t m = s->count;
	struct mat G = mat_cols(s->G, 0, m), Y = mat_cols(s->Y, 0, m);

	for (ptrdiff_t c = 0; c < m; c++)
		offer(in, cone, in->at[c], s->d[c], mat_col(s->V, c), mat_col(s->Y, c));
	splitting_multipliers(s, Y);
	ranks_gemm(cone->ranks, 1, cone->B, Y, 0, G);
	for (ptrdiff_t c = m - 1; c >= 0; c--) {
		const real *y = mat_col(Y, c);
		ptrdiff_t i = in->at[c];
		double sum = 0;

		for (ptrdiff_t k = 0; k < Y.rows; k++)
			sum += cone->length[k] > 0 ? fabs((double)y[k]) : 0;
		sum = ranks_sum(cone->ranks, sum);
		if (sum > 0)
			in->limit[i] =
				fmin(in->limit[i], blas_norm((size_t)G.rows, mat_col(G, c)) / sum);
		if (in->margin[i] >= close_enough * in->limit[i]) {
			splitting_drop(s, c);
			in->at[c] = in->at[s->count];
		}
	}
	mat_fill(mat_cols(s->G, 0, s->count), 0);
}

void interior_search(struct interior *in, struct splitting *s, struct gates D, struct mat start)
{
	struct mat V;
	struct mat Y;

	if (in->ready)
		return;
	in->ready = true;
	in->U.rows = s->cone->B.cols;
	splitting_start(s, 1, penalty);
	/* The guesses that lie inside their cones. */
	V = mat_cols(s->V, 0, D.cols);
	Y = mat_cols(s->Y, 0, D.cols);
	signcone_reduce(s->cone, start, V);
	blas_gemm(1, s->cone->B, PLAIN, V, PLAIN, 0, Y);
	for (ptrdiff_t i = 0; i < D.cols; i++)
		offer(in, s->cone, i, gates_col(D, i), mat_col(V, i), mat_col(Y, i));
	s->count = D.cols;
	for (ptrdiff_t i = 0; i < D.cols; i++) {
		in->at[i] = i;
		in->limit[i] = 1;
		s->d[i] = gates_col(D, i);
	}
	mat_fill(s->A, 1);
	mat_fill(s->G, 0);
	for (int step = 1; step <= STEPS && s->count > 0; step++) {
		splitting_step(s);
		if (step % CHECK_EVERY == 0)
			check(in, s);
	}
	signcone_expand(s->cone, in->U, in->H);
}
