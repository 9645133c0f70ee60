/* Batch kernels of gated networks: GEMMs over row blocks, with an elementwise pass between them.
 *
 *     Z = X G,  S = [Z >= 0] o (X U) (block x m),  F = S R
 *     S = [Z >= 0] o (C R'),  gradient = S U'
 *
 * Where a gate opens the gradient is that of the pieces. */
#include "solvers/burer_monteiro/gated_net.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { SCRATCH = 2 }; /* Z and S */

struct gated_net *gated_net_of(const struct model *model)
{
	return (struct gated_net *)(void *)model;
}

static const struct gated_net *const_of(const struct model *model)
{
	return (const struct gated_net *)(const void *)model;
}

/* S = [Z >= 0] o S */
static void mask(struct mat Z, struct mat S)
{
	for (ptrdiff_t j = 0; j < S.cols; j++) {
		const real *restrict z = mat_col(Z, j);
		real *restrict s = mat_col(S, j);

#pragma omp simd
		for (ptrdiff_t k = 0; k < S.rows; k++)
			s[k] = z[k] >= 0 ? s[k] : 0;
	}
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct gated_net *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat Z = mat_cols(H, 0, m), S = mat_cols(H, m, m);

	blas_gemm(1, X, PLAIN, mat_cols(net->G, 0, m), PLAIN, 0, Z);
	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, S);
	mask(Z, S);
	blas_gemm(1, S, PLAIN, mat_rows(net->R, 0, m), PLAIN, 0, F);
}

static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct gated_net *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat S = mat_cols(H, m, m);

	(void)X;
	blas_gemm(1, C, PLAIN, mat_rows(net->R, 0, m), TRANSPOSED, 0, S);
	mask(mat_cols(H, 0, m), S);
	blas_gemm(1, S, PLAIN, net->U, TRANSPOSED, 0, G);
}

static double decay(const struct model *model)
{
	const struct gated_net *net = const_of(model);

	return (mat_squares(net->U) + mat_squares(mat_rows(net->R, 0, net->U.cols))) / 2;
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct gated_net *net = const_of(model);

	*size = 0;
	memset(f, 0, (size_t)net->R.cols * sizeof *f);
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double gate = 0, y = 0, products = 0, largest = 0;

		for (ptrdiff_t i = 0; i < X.cols; i++) {
			double x = (double)mat_get(X, row, i);
			double product = x * (double)mat_get(net->U, i, j);

			gate += x * (double)mat_get(net->G, i, j);
			y += product;
			products += fabs(product);
		}
		for (ptrdiff_t c = 0; c < net->R.cols; c++) {
			double r = (double)mat_get(net->R, j, c);

			f[c] += gate >= 0 ? y * r : 0;
			largest = fmax(largest, fabs(r));
		}
		*size += largest * products;
	}
}

/* Of one output the nuclear norm is that of `gated_relu`. */
static const char *objective(const struct model *model)
{
	return const_of(model)->R.cols > 1 ? "gated network with nuclear norms" : "gated network";
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct gated_net, U), MODEL_FEATURES, MODEL_UNITS},
	{"G", offsetof(struct gated_net, G), MODEL_FEATURES, MODEL_UNITS},
	{"R", offsetof(struct gated_net, R), MODEL_UNITS, MODEL_OUTPUTS},
	{0},
};

const struct model_kind model_gated_net = {
	.base = {.name = "gated_net",
		 .doc = "two layers with fixed gates, sum_j 1[g_j'x >= 0] (u_j'x) r_j",
		 .cite = "sahiner2024"},
	.size = sizeof(struct gated_net),
	.arrays = arrays,
	.objective = objective,
	.hidden = SCRATCH,
	.forward = forward,
	.pullback = pullback,
	.sample = sample,
	.decay = decay,
};
