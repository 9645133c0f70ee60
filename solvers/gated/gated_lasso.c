/* Group lasso with blocks of variables. See gated_lasso.h. */
#include "solvers/gated/gated_lasso.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	SWEEPS = 3,
	NEWTON_STEPS = 4,
	NEWTON_MOST = 4000, /* order of its matrix: beyond it sweeps alone are made */
	SECULAR_STEPS = 40,
	HALVINGS = 12
};

/* Ridge of the Newton matrix, a share of the mean of its diagonal. */
static const double ridge = 1e-10 > 16 * REAL_EPSILON ? 1e-10 : 16 * REAL_EPSILON;

/* Share of the slope along a step that its descent has at least. */
static const double enough = 1e-4;

struct gated_lasso gated_lasso_new(ptrdiff_t d, ptrdiff_t k, ptrdiff_t room, struct arena *arena)
{
	ptrdiff_t N = d * room, order = N * k < NEWTON_MOST ? N * k : NEWTON_MOST;

	return (struct gated_lasso){.d = d,
				    .k = k,
				    .G = mat_new(arena, N, N),
				    .W = mat_new(arena, N, k),
				    .R = mat_new(arena, N, k),
				    .Q = mat_new(arena, d, N),
				    .e = ARENA_ARRAY(arena, real, N),
				    .used = ARENA_ARRAY(arena, ptrdiff_t, room),
				    .H = mat_lower(arena, order),
				    .step = mat_new(arena, order, 1),
				    .move = mat_new(arena, order, 1),
				    .T = mat_new(arena, N, k),
				    .V = mat_new(arena, d, k),
				    .B = mat_new(arena, d, k)};
}

static struct mat block(struct mat A, ptrdiff_t d, ptrdiff_t p)
{
	return mat_rows(A, p * d, d);
}

double gated_lasso_norm(struct mat A, ptrdiff_t d, ptrdiff_t p)
{
	double square = 0;

	for (ptrdiff_t c = 0; c < A.cols; c++)
		for (ptrdiff_t i = p * d; i < (p + 1) * d; i++)
			square += (double)mat_get(A, i, c) * (double)mat_get(A, i, c);
	return sqrt(square);
}

void gated_lasso_decompose(struct gated_lasso *s, ptrdiff_t p)
{
	struct mat Q = mat_cols(s->Q, p * s->d, s->d);

	mat_copy(Q, mat_cols(block(s->G, s->d, p), p * s->d, s->d));
	blas_eigen(Q, s->e + p * s->d);
}

/* to -= (columns p of G) dW, rows of blocks in use */
static void subtract(const struct gated_lasso *s, ptrdiff_t p, struct mat dW, struct mat to)
{
	struct mat G = mat_rows(mat_cols(s->G, p * s->d, s->d), 0, s->d * s->count);

	if (s->k == 1) /* what a product of matrices would copy first is as long as the work */
		blas_gemv(-1, G, PLAIN, dW.at, 1, to.at);
	else
		blas_gemm(-1, G, PLAIN, dW, PLAIN, 1, mat_rows(to, 0, G.rows));
}

/* The length t of the minimiser of w'Hw/2 - v'w + beta |w|, b = Q'v with |b| > beta: the root of
 * |b / (e t + beta)| = 1. 1 / |.| is concave, so Newton's method rises to it from a lower bound. */
static double length_of(const struct mat B, const real *e, double beta)
{
	ptrdiff_t d = B.rows;
	double size = blas_mat_norm(B), t = (size - beta) / (double)e[d - 1];

	for (int step = 0; step < SECULAR_STEPS; step++) {
		double square = 0, slope = 0, norm, change;

		for (ptrdiff_t i = 0; i < d; i++) {
			double at = fmax(0, (double)e[i]), to = at * t + beta, sum = 0;

			for (ptrdiff_t c = 0; c < B.cols; c++)
				sum += (double)mat_get(B, i, c) * (double)mat_get(B, i, c);
			square += sum / (to * to);
			slope += sum / (to * to * to) * at;
		}
		norm = sqrt(square);
		change = (norm - 1) * square / slope;
		t += change;
		if (!(fabs(change) > 4 * REAL_EPSILON * t))
			break;
	}
	return t;
}

/* W_p = its exact minimiser with the other blocks as they are. */
static void minimise_block(struct gated_lasso *s, ptrdiff_t p)
{
	struct mat W = block(s->W, s->d, p), Q = mat_cols(s->Q, p * s->d, s->d);
	const real *e = s->e + p * s->d;
	double t;

	mat_copy(s->V, block(s->R, s->d, p)); /* V = R_p + G_pp W_p, B = Q'V */
	blas_gemm(1, mat_cols(block(s->G, s->d, p), p * s->d, s->d), PLAIN, W, PLAIN, 1, s->V);
	blas_gemm(1, Q, TRANSPOSED, s->V, PLAIN, 0, s->B);
	mat_copy(s->V, W);
	if (!(blas_mat_norm(s->B) > s->beta) || !(e[s->d - 1] > 0)) {
		if (!(blas_mat_norm(W) > 0))
			return;
		mat_fill(W, 0);
	} else {
		t = length_of(s->B, e, s->beta);
		for (ptrdiff_t c = 0; c < s->k; c++)
			for (ptrdiff_t i = 0; i < s->d; i++)
				mat_set(s->B, i, c,
					(real)((double)mat_get(s->B, i, c) * t /
					       (fmax(0, (double)e[i]) * t + s->beta)));
		blas_gemm(1, Q, PLAIN, s->B, PLAIN, 0, W);
	}
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (ptrdiff_t i = 0; i < s->d; i++)
			mat_set(s->V, i, c, mat_get(W, i, c) - mat_get(s->V, i, c));
	subtract(s, p, s->V, s->R);
}

/* Blocks that are not zero. */
static ptrdiff_t find_used(struct gated_lasso *s)
{
	ptrdiff_t used = 0;

	for (ptrdiff_t p = 0; p < s->count; p++)
		if (gated_lasso_norm(s->W, s->d, p) > 0)
			s->used[used++] = p;
	return used;
}

/* Rows of H of the a-th block in use: G for each output, and of the norm beta / |w| (I - w w' /
 * |w|^2); and of the step the negative slope. */
static void fill_newton(struct gated_lasso *s, ptrdiff_t a)
{
	ptrdiff_t d = s->d, size = d * s->k, p = s->used[a];
	double norm = gated_lasso_norm(s->W, d, p), share = s->beta / norm;

	for (ptrdiff_t b = 0; b <= a; b++) {
		struct mat to = mat_rows(mat_cols(s->H, b * size, size), a * size, size);
		struct mat G = mat_cols(block(s->G, d, p), s->used[b] * d, d);

		mat_fill(to, 0);
		for (ptrdiff_t c = 0; c < s->k; c++)
			mat_copy(mat_rows(mat_cols(to, c * d, d), c * d, d), G);
	}
	for (ptrdiff_t j = 0; j < size; j++) {
		double w = (double)mat_get(s->W, p * d + j % d, j / d);
		ptrdiff_t at = a * size + j;

		s->step.at[at] = (real)((double)mat_get(s->R, p * d + j % d, j / d) - share * w);
		for (ptrdiff_t i = 0; i < size; i++) {
			double v = (double)mat_get(s->W, p * d + i % d, i / d);
			double more = share * ((i == j) - v * w / (norm * norm));

			mat_set(s->H, a * size + i, at,
				mat_get(s->H, a * size + i, at) + (real)more);
		}
	}
}

/* What the objective changes by with t times the step, where a block that would turn round goes to
 * zero; `move` is the step then made, T = -G move. */
static double change_at(const struct gated_lasso *s, ptrdiff_t used, double t)
{
	ptrdiff_t d = s->d, size = d * s->k;
	double change = 0;

	mat_fill(mat_rows(s->T, 0, d * s->count), 0);
	for (ptrdiff_t a = 0; a < used; a++) {
		const real *step = s->step.at + a * size;
		struct mat W = block(s->W, d, s->used[a]), V = {d, s->k, d, s->move.at + a * size};
		double along = 0, square = 0, after = 0;

		for (ptrdiff_t j = 0; j < size; j++) {
			double w = (double)mat_get(W, j % d, j / d);

			square += w * w;
			along += w * (w + t * (double)step[j]);
		}
		for (ptrdiff_t j = 0; j < size; j++) {
			double w = (double)mat_get(W, j % d, j / d);
			double by = along > 0 ? t * (double)step[j] : -w;

			V.at[j] = (real)by;
			after += along > 0 ? (w + by) * (w + by) : 0;
			change -= by * (double)mat_get(s->R, s->used[a] * d + j % d, j / d);
		}
		change += s->beta * (sqrt(after) - sqrt(square));
		subtract(s, s->used[a], V, s->T);
	}
	for (ptrdiff_t a = 0; a < used; a++)
		for (ptrdiff_t j = 0; j < size; j++)
			change -= (double)s->move.at[a * size + j] *
				  (double)mat_get(s->T, s->used[a] * d + j % d, j / d) / 2;
	return change;
}

/* W += move, R += T */
static void advance(struct gated_lasso *s, ptrdiff_t used)
{
	ptrdiff_t d = s->d, size = d * s->k;

	for (ptrdiff_t a = 0; a < used; a++)
		for (ptrdiff_t j = 0; j < size; j++) {
			ptrdiff_t row = s->used[a] * d + j % d;

			mat_set(s->W, row, j / d,
				mat_get(s->W, row, j / d) + s->move.at[a * size + j]);
		}
	for (ptrdiff_t c = 0; c < s->k; c++)
		blas_axpy((size_t)(d * s->count), 1, mat_col(s->T, c), mat_col(s->R, c));
}

/* The Newton step into s->step, from its negative slopes there; false: it cannot be had. *slope: of
 * the objective along it. */
static bool solve(struct gated_lasso *s, ptrdiff_t order, double *slope)
{
	struct mat H = mat_rows(mat_cols(s->H, 0, order), 0, order);
	struct mat step = mat_rows(s->step, 0, order), before = mat_rows(s->move, 0, order);
	double trace = 0, largest = 0;

	for (ptrdiff_t j = 0; j < order; j++) {
		trace += (double)mat_get(H, j, j);
		largest = fmax(largest, fabs((double)step.at[j]));
	}
	for (ptrdiff_t j = 0; j < order; j++)
		mat_set(H, j, j, mat_get(H, j, j) + (real)(ridge * trace / (double)order));
	if (!(largest > 64 * REAL_EPSILON * s->beta) || !blas_cholesky(H))
		return false;
	mat_copy(before, step);
	blas_cholesky_solve(H, step);
	*slope = -blas_dot((size_t)order, before.at, step.at);
	return true;
}

/* False if no step was made, or only a part of one. */
static bool newton(struct gated_lasso *s)
{
	ptrdiff_t used = find_used(s), order = used * s->d * s->k;
	double slope, t = 1;

	if (used == 0 || order > s->H.rows)
		return false;
	for (ptrdiff_t a = 0; a < used; a++)
		fill_newton(s, a);
	if (!solve(s, order, &slope))
		return false;
	for (int halving = 0; halving < HALVINGS; halving++, t /= 2)
		if (change_at(s, used, t) <= enough * t * slope) {
			advance(s, used);
			return t >= 1;
		}
	return false;
}

void gated_lasso_pass(struct gated_lasso *s)
{
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (ptrdiff_t p = 0; p < s->count; p++)
			minimise_block(s, p);
	for (int step = 0; step < NEWTON_STEPS; step++)
		if (!newton(s))
			break;
}
