/* Batch kernels of the gated ReLU network: GEMMs over row blocks, with an elementwise pass between
 * them.
 *
 *     Z = X G (block x P),  f_c = ([Z >= 0] o (X W_c)) 1
 *     S_c = [Z >= 0] o (C_c 1'),  gradient = sum_c S_c W_c'
 *
 * W_c (d x P) is column c of W read as a matrix. The gates are constant but where one opens: the
 * gradient is that of the pieces. */
#include "solvers/gated/gated_relu.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { SCRATCH = 2 }; /* Z, and X W_c or S_c */

struct gated_relu *gated_relu_of(const struct model *model)
{
	return (struct gated_relu *)(void *)model;
}

static const struct gated_relu *const_of(const struct model *model)
{
	return (const struct gated_relu *)(const void *)model;
}

static struct mat weights(const struct gated_relu *net, ptrdiff_t c)
{
	return (struct mat){net->G.rows, net->G.cols, net->G.rows, mat_col(net->W, c)};
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct gated_relu *net = const_of(model);
	ptrdiff_t P = net->G.cols;
	struct mat Z = mat_cols(H, 0, P), Y = mat_cols(H, P, P);

	blas_gemm(1, X, PLAIN, net->G, PLAIN, 0, Z);
	for (ptrdiff_t c = 0; c < F.cols; c++) {
		real *restrict f = mat_col(F, c);

		blas_gemm(1, X, PLAIN, weights(net, c), PLAIN, 0, Y);
		memset(f, 0, (size_t)X.rows * sizeof *f);
		for (ptrdiff_t p = 0; p < P; p++) {
			const real *restrict z = mat_col(Z, p), *restrict y = mat_col(Y, p);

#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				f[k] += z[k] >= 0 ? y[k] : 0;
		}
	}
}

/* Z is that of `forward`. */
static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct gated_relu *net = const_of(model);
	ptrdiff_t P = net->G.cols;
	struct mat Z = mat_cols(H, 0, P), S = mat_cols(H, P, P);

	(void)X;
	for (ptrdiff_t c = 0; c < C.cols; c++) {
		const real *restrict slope = mat_col(C, c);

		for (ptrdiff_t p = 0; p < P; p++) {
			const real *restrict z = mat_col(Z, p);
			real *restrict s = mat_col(S, p);

#pragma omp simd
			for (ptrdiff_t k = 0; k < S.rows; k++)
				s[k] = z[k] >= 0 ? slope[k] : 0;
		}
		blas_gemm(1, S, PLAIN, weights(net, c), TRANSPOSED, c > 0, G);
	}
}

static double decay(const struct model *model)
{
	const struct gated_relu *net = const_of(model);
	double sum = 0;

	for (ptrdiff_t p = 0; p < net->G.cols; p++) {
		double square = 0;

		for (ptrdiff_t c = 0; c < net->W.cols; c++)
			for (ptrdiff_t i = 0; i < net->G.rows; i++) {
				double w = (double)mat_get(net->W, p * net->G.rows + i, c);

				square += w * w;
			}
		sum += sqrt(square);
	}
	return sum;
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct gated_relu *net = const_of(model);
	ptrdiff_t d = net->G.rows;

	*size = 0;
	for (ptrdiff_t c = 0; c < net->W.cols; c++) {
		double products = 0;

		f[c] = 0;
		for (ptrdiff_t p = 0; p < net->G.cols; p++) {
			double gate = 0, y = 0;

			for (ptrdiff_t i = 0; i < d; i++) {
				double x = (double)mat_get(X, row, i);
				double product = x * (double)mat_get(net->W, p * d + i, c);

				gate += x * (double)mat_get(net->G, i, p);
				y += product;
				products += fabs(product);
			}
			f[c] += gate >= 0 ? y : 0;
		}
		*size = fmax(*size, products);
	}
}

/* Its neurons have no sign constraints: the program is another one than that of ReLU networks. */
static const char *objective(const struct model *model)
{
	(void)model;
	return "gated network";
}

static const struct model_array arrays[] = {
	{"G", offsetof(struct gated_relu, G), MODEL_FEATURES, MODEL_UNITS},
	{"W", offsetof(struct gated_relu, W), MODEL_FEATURES_OF_UNITS, MODEL_OUTPUTS},
	{0},
};

const struct model_kind model_gated_relu = {
	.base = {.name = "gated_relu",
		 .doc = "fixed gates and linear units, sum_p 1[g_p'x >= 0] x'W_p",
		 .cite = "mishkin2022"},
	.size = sizeof(struct gated_relu),
	.arrays = arrays,
	.objective = objective,
	.hidden = SCRATCH,
	.forward = forward,
	.pullback = pullback,
	.sample = sample,
	.decay = decay,
};
