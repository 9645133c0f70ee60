/* The passes of a network of k outputs, F = relu(H)' A (b x k):
 *
 *     G = dL/dF,   gA = relu(H) G,   gU = B ([H > 0] o (A G'))'
 *
 * The shares of A are short beside those of U, so plain loops over neurons do. */
#include "baselines/backprop_outputs.h"
#include "baselines/head.h"

#include <string.h>

/* H becomes relu(H); the part's share of F, rows x k. */
void backprop_outputs_forward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct mat H = backprop_hidden(b, pass, part), A = backprop_head(b, b->weights, part);
	real *share = mat_col(b->share, part);

	backprop_products(b, pass, part);
	for (ptrdiff_t r = 0; r < H.cols; r++) {
		real *restrict h = mat_col(H, r);

#pragma omp simd
		for (ptrdiff_t j = 0; j < H.rows; j++)
			h[j] = h[j] < 0 ? 0 : h[j];
		head_outputs(mat_rows(A, 0, H.rows), h, share + r, pass->columns);
	}
}

struct mat backprop_outputs_columns(const struct backprop *b, const struct backprop_pass *pass,
				    real *at)
{
	return (struct mat){pass->columns, b->k, pass->columns, at};
}

void backprop_outputs_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	loss_outputs_gradient(
		b->problem->loss, mat_rows(backprop_outputs_columns(b, pass, b->f), 0, pass->rows),
		pass->targets, mat_rows(backprop_outputs_columns(b, pass, b->g), 0, pass->rows));
}

void backprop_outputs_backward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct mat H = backprop_hidden(b, pass, part), A = backprop_head(b, b->weights, part),
		   gA = backprop_head(b, b->gradient, part);

	if (!pass->add)
		mat_fill(gA, 0);
	for (ptrdiff_t r = 0; r < H.cols; r++) {
		real *restrict h = mat_col(H, r), *restrict s = mat_col(b->slope, part);

		memset(s, 0, (size_t)H.rows * sizeof *s);
		for (ptrdiff_t c = 0; c < b->k; c++) {
			const real *restrict a = mat_col(A, c);
			real *restrict ga = mat_col(gA, c), g = b->g[c * pass->columns + r];

#pragma omp simd
			for (ptrdiff_t j = 0; j < H.rows; j++) {
				ga[j] += g * h[j];
				s[j] += a[j] * g;
			}
		}
#pragma omp simd
		for (ptrdiff_t j = 0; j < H.rows; j++)
			h[j] = h[j] > 0 ? s[j] : 0;
	}
	backprop_end_products(b, pass, part);
}

const struct backprop_regime backprop_outputs = {
	.outputs = 1,
	.forward = backprop_outputs_forward,
	.slopes = backprop_outputs_slopes,
	.backward = backprop_outputs_backward,
};
