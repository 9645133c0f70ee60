/* Batch kernels of the two-layer network with a quadratic activation: GEMMs over row blocks,
 * with an elementwise pass between them.
 *
 *     T = X U (block x m),  F = s(T) A,  S = (2 a T + b) o (C A'),  G = S U' */
#include "solvers/poly/polynet.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { SCRATCH = 2 }; /* T, and s(T) or S */

struct polynet *polynet_of(const struct model *model)
{
	return (struct polynet *)(void *)model;
}

static const struct polynet *const_of(const struct model *model)
{
	return (const struct polynet *)(const void *)model;
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct polynet *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat T = mat_cols(H, 0, m), S = mat_cols(H, m, m);
	const real a = *net->a, b = *net->b, c = *net->c;

	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, T);
	for (ptrdiff_t j = 0; j < m; j++) {
		const real *restrict t = mat_col(T, j);
		real *restrict s = mat_col(S, j);

#pragma omp simd
		for (ptrdiff_t k = 0; k < X.rows; k++)
			s[k] = (a * t[k] + b) * t[k] + c;
	}
	blas_gemm(1, S, PLAIN, mat_rows(net->A, 0, m), PLAIN, 0, F);
}

/* S = (2 a T + b) o S */
static void slopes(const struct polynet *net, struct mat T, struct mat S)
{
	const real a = 2 * *net->a, b = *net->b;

	for (ptrdiff_t j = 0; j < T.cols; j++) {
		const real *restrict t = mat_col(T, j);
		real *restrict s = mat_col(S, j);

#pragma omp simd
		for (ptrdiff_t k = 0; k < T.rows; k++)
			s[k] *= a * t[k] + b;
	}
}

static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct polynet *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat S = mat_cols(H, m, m);

	(void)X;
	blas_gemm(1, C, PLAIN, mat_rows(net->A, 0, m), TRANSPOSED, 0, S);
	slopes(net, mat_cols(H, 0, m), S);
	blas_gemm(1, S, PLAIN, net->U, TRANSPOSED, 0, G);
}

/* sum_jc |A_jc|: with the u_j of length 1 what the convex program pays for */
static double decay(const struct model *model)
{
	const struct polynet *net = const_of(model);
	double sum = 0;

	for (ptrdiff_t c = 0; c < net->A.cols; c++)
		for (ptrdiff_t j = 0; j < net->U.cols; j++)
			sum += fabs((double)mat_get(net->A, j, c));
	return sum;
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct polynet *net = const_of(model);
	double a = (double)*net->a, b = (double)*net->b, constant = (double)*net->c;

	*size = 0;
	for (ptrdiff_t c = 0; c < net->A.cols; c++) {
		double products = 0;

		f[c] = 0;
		for (ptrdiff_t j = 0; j < net->U.cols; j++) {
			double t = 0, most = 0, weight = (double)mat_get(net->A, j, c);

			for (ptrdiff_t i = 0; i < X.cols; i++) {
				double product =
					(double)mat_get(X, row, i) * (double)mat_get(net->U, i, j);

				t += product;
				most += fabs(product);
			}
			f[c] += weight * (a * t * t + b * t + constant);
			/* the square has twice the relative error of what is squared */
			products += fabs(weight) *
				    (2 * fabs(a) * most * most + fabs(b) * most + fabs(constant));
		}
		*size = fmax(*size, products);
	}
}

void polynet_form(const struct polynet *net, ptrdiff_t c, ptrdiff_t rival, struct mat Q)
{
	ptrdiff_t d = net->U.rows;

	mat_fill(Q, 0);
	for (ptrdiff_t n = 0; n < net->U.cols; n++) {
		const real *u = mat_col(net->U, n);
		real weight = mat_get(net->A, n, c) - (rival < 0 ? 0 : mat_get(net->A, n, rival));
		real square = *net->a * weight, half = *net->b * weight / 2;

		for (ptrdiff_t j = 0; j < d; j++)
			blas_axpy((size_t)d, (double)(square * u[j]), u, mat_col(Q, j));
		blas_axpy((size_t)d, (double)half, u, mat_col(Q, d));
		mat_set(Q, d, d, mat_get(Q, d, d) + *net->c * weight);
	}
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(Q, d, j, mat_get(Q, j, d));
}

/* The program of another network, whose bounds are none of ReLU networks. */
static const char *objective(const struct model *model)
{
	(void)model;
	return "polynomial network";
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct polynet, U), MODEL_FEATURES, MODEL_UNITS},
	{"A", offsetof(struct polynet, A), MODEL_UNITS, MODEL_OUTPUTS},
	{"a", offsetof(struct polynet, a), MODEL_ONE, MODEL_ONE},
	{"b", offsetof(struct polynet, b), MODEL_ONE, MODEL_ONE},
	{"c", offsetof(struct polynet, c), MODEL_ONE, MODEL_ONE},
	{0},
};

const struct model_kind model_polynomial = {
	.base = {.name = "polynomial",
		 .doc = "two layers with a quadratic activation, sum_j A_jc (a t^2 + b t + c), t = "
			"u_j'x",
		 .cite = "bartan2021"},
	.size = sizeof(struct polynet),
	.arrays = arrays,
	.objective = objective,
	.hidden = SCRATCH,
	.forward = forward,
	.pullback = pullback,
	.sample = sample,
	.decay = decay,
};
