/* Passes of the generator. See feature_generator.h. */
#include "solvers/generative/feature_generator.h"

#include "solvers/core/blas.h"

#include <math.h>

static ptrdiff_t rows_of(struct feature_shape shape, ptrdiff_t layer)
{
	return layer == 0 ? shape.p : layer <= shape.layers ? shape.hidden : shape.d;
}

struct feature_generator feature_generator_new(struct feature_shape shape, struct arena *arena)
{
	struct feature_generator g = {.layers = shape.layers + 1};
	real *at[2];

	for (ptrdiff_t l = 1; l <= g.layers; l++)
		g.count += (size_t)(rows_of(shape, l) * (rows_of(shape, l - 1) + 1));
	g.weights = at[0] = arena_alloc(arena, g.count, sizeof(real));
	g.slopes = at[1] = arena_alloc(arena, g.count, sizeof(real));
	g.W = ARENA_ARRAY(arena, struct mat, g.layers);
	g.gW = ARENA_ARRAY(arena, struct mat, g.layers);
	g.b = ARENA_ARRAY(arena, real *, g.layers);
	g.gb = ARENA_ARRAY(arena, real *, g.layers);
	g.H = ARENA_ARRAY(arena, struct mat, g.layers + 1);
	g.gH = ARENA_ARRAY(arena, struct mat, g.layers + 1);
	for (ptrdiff_t l = 0; l <= g.layers; l++) {
		g.H[l] = mat_new(arena, rows_of(shape, l), shape.N);
		g.gH[l] = mat_new(arena, rows_of(shape, l), shape.N);
	}
	for (ptrdiff_t l = 0; l < g.layers && !arena_counts(arena); l++) {
		ptrdiff_t out = rows_of(shape, l + 1), in = rows_of(shape, l);

		g.W[l] = (struct mat){out, in, out, at[0]};
		g.gW[l] = (struct mat){out, in, out, at[1]};
		g.b[l] = at[0] + out * in;
		g.gb[l] = at[1] + out * in;
		at[0] += out * (in + 1);
		at[1] += out * (in + 1);
	}
	g.V = mat_new(arena, shape.d, shape.N);
	g.length = ARENA_ARRAY(arena, real, shape.N);
	return g;
}

static void draw(struct mat A, double deviation, struct rng *rng)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, (real)(deviation * rng_normal(rng)));
}

void feature_generator_draw(struct feature_generator *g, struct rng *rng)
{
	for (ptrdiff_t l = 0; l < g->layers; l++)
		draw(g->W[l], sqrt(2 / (double)g->W[l].cols), rng);
}

void feature_generator_latents(struct feature_generator *g, struct rng *rng)
{
	draw(g->H[0], 1, rng);
}

void feature_generator_forward(struct feature_generator *g)
{
	for (ptrdiff_t l = 0; l < g->layers; l++) {
		struct mat H = g->H[l + 1];

		blas_gemm(1, g->W[l], PLAIN, g->H[l], PLAIN, 0, H);
		for (ptrdiff_t j = 0; j < H.cols; j++)
			for (ptrdiff_t i = 0; i < H.rows; i++) {
				real t = mat_get(H, i, j) + g->b[l][i];

				mat_set(H, i, j, l + 1 < g->layers && t < 0 ? 0 : t);
			}
	}
	mat_copy(g->V, g->H[g->layers]);
	for (ptrdiff_t j = 0; j < g->V.cols; j++) {
		double length = blas_norm((size_t)g->V.rows, mat_col(g->V, j));

		g->length[j] = (real)(length > 0 ? length : 1);
		blas_scale((size_t)g->V.rows, 1 / (double)g->length[j], mat_col(g->V, j));
	}
}

/* Slopes in v_j from those in w_j = v_j / |v_j|: what is across w_j, over the length. */
static void across(struct feature_generator *g, struct mat slopes)
{
	size_t d = (size_t)g->V.rows;

	for (ptrdiff_t j = 0; j < g->V.cols; j++) {
		real *s = mat_col(slopes, j);
		const real *w = mat_col(g->V, j);

		blas_axpy(d, -blas_dot(d, w, s), w, s);
		blas_scale(d, 1 / (double)g->length[j], s);
	}
}

/* Slopes of relus at rest are 0. */
static void mask(struct mat slopes, struct mat H)
{
	for (ptrdiff_t j = 0; j < H.cols; j++)
		for (ptrdiff_t i = 0; i < H.rows; i++)
			if (!(mat_get(H, i, j) > 0))
				mat_set(slopes, i, j, 0);
}

void feature_generator_backward(struct feature_generator *g, struct mat slopes)
{
	across(g, slopes);
	mat_copy(g->gH[g->layers], slopes);
	for (ptrdiff_t l = g->layers - 1; l >= 0; l--) {
		struct mat gH = g->gH[l + 1];

		if (l + 1 < g->layers)
			mask(gH, g->H[l + 1]);
		for (ptrdiff_t i = 0; i < gH.rows; i++) {
			g->gb[l][i] = 0;
			for (ptrdiff_t j = 0; j < gH.cols; j++)
				g->gb[l][i] += mat_get(gH, i, j);
		}
		blas_gemm(1, gH, PLAIN, g->H[l], TRANSPOSED, 0, g->gW[l]);
		blas_gemm(1, g->W[l], TRANSPOSED, gH, PLAIN, 0, g->gH[l]);
	}
}
