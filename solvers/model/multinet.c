/* Batch kernels of the two-layer network with k outputs: GEMMs over row blocks, with an elementwise
 * pass between them.
 *
 *     H = relu(X U) (block x m),  F = H A,  S = [H > 0] o (C A'),  G = S U'
 *     gA = H' C,  gU = X' S
 *
 * Threads share the work as in net.c: row blocks of their own, or neurons of their own for the
 * weight gradient, so that nothing is summed across threads. */
#include "solvers/model/multinet.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
	MIN_NEURONS = 16, /* in a tile of the GEMM kernels: less wastes part of the tile */
	SCRATCH = 2       /* H and S */
};

struct multinet *multinet_of(const struct model *model)
{
	return (struct multinet *)(void *)model;
}

static const struct multinet *const_of(const struct model *model)
{
	return (const struct multinet *)(const void *)model;
}

/* H = relu(H). A NaN stays. */
static void rectify(struct mat H)
{
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		real *restrict h = mat_col(H, j);

#pragma omp simd
		for (ptrdiff_t k = 0; k < H.rows; k++)
			h[k] = h[k] < 0 ? 0 : h[k];
	}
}

/* S = [H > 0] o S */
static void mask(struct mat S, struct mat H)
{
	for (ptrdiff_t j = 0; j < S.cols; j++) {
		const real *restrict h = mat_col(H, j);
		real *restrict s = mat_col(S, j);

#pragma omp simd
		for (ptrdiff_t k = 0; k < S.rows; k++)
			s[k] = h[k] > 0 ? s[k] : 0;
	}
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct multinet *net = const_of(model);
	struct mat relu = mat_cols(H, 0, net->U.cols);

	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, relu);
	rectify(relu);
	blas_gemm(1, relu, PLAIN, mat_rows(net->A, 0, net->U.cols), PLAIN, 0, F);
}

static void gradient(const struct model *model, struct mat X, real *f, struct mat G, struct mat H)
{
	const struct multinet *net = const_of(model);
	struct mat S = mat_cols(H, 0, net->U.cols);

	forward(model, X, (struct mat){X.rows, 1, X.rows, f}, H);
	for (ptrdiff_t j = 0; j < S.cols; j++)
		for (ptrdiff_t k = 0; k < S.rows; k++)
			mat_set(S, k, j, mat_get(S, k, j) > 0 ? mat_get(net->A, j, 0) : 0);
	blas_gemm(1, S, PLAIN, net->U, TRANSPOSED, 0, G);
}

static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct multinet *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat S = mat_cols(H, m, m);

	(void)X;
	blas_gemm(1, C, PLAIN, mat_rows(net->A, 0, m), TRANSPOSED, 0, S);
	mask(S, mat_cols(H, 0, m));
	blas_gemm(1, S, PLAIN, net->U, TRANSPOSED, 0, G);
}

/* The weight gradient of neurons first .. first+count-1 over all rows. */
struct neurons {
	ptrdiff_t first, count;
};

static void weight_gradient_part(const struct multinet *net, struct mat X, struct mat G,
				 struct multinet *gradient, struct mat H, struct neurons at)
{
	struct mat U = mat_cols(net->U, at.first, at.count);
	struct mat A = mat_rows(net->A, at.first, at.count);
	struct mat gU = mat_cols(gradient->U, at.first, at.count);
	struct mat gA = mat_rows(gradient->A, at.first, at.count);

	for (ptrdiff_t first = 0; first < X.rows; first += H.rows) {
		ptrdiff_t count = first + H.rows < X.rows ? H.rows : X.rows - first;
		struct mat rows = mat_rows(X, first, count), slopes = mat_rows(G, first, count);
		struct mat relu = mat_rows(mat_cols(H, 0, at.count), 0, count);
		struct mat S = mat_rows(mat_cols(H, at.count, at.count), 0, count);

		blas_gemm(1, rows, PLAIN, U, PLAIN, 0, relu);
		rectify(relu);
		blas_gemm(1, slopes, PLAIN, A, TRANSPOSED, 0, S);
		mask(S, relu);
		blas_gemm(1, relu, TRANSPOSED, slopes, PLAIN, first > 0, gA);
		blas_gemm(1, rows, TRANSPOSED, S, PLAIN, first > 0, gU);
	}
}

void multinet_weight_gradient(const struct multinet *net, struct mat X, struct mat G,
			      struct multinet *gradient, struct model_work *work)
{
	ptrdiff_t m = net->U.cols, share = (m + work->parts - 1) / work->parts;

	share = (share + MIN_NEURONS - 1) / MIN_NEURONS * MIN_NEURONS;
	gradient->U.cols = m;
	if (X.rows == 0) {
		mat_fill(gradient->U, 0);
		mat_fill(mat_rows(gradient->A, 0, m), 0);
	}
#pragma omp parallel for schedule(static) num_threads(work->parts) if (m > share)
	for (ptrdiff_t first = 0; first < m; first += share) {
		struct neurons at = {first, first + share < m ? share : m - first};
		struct mat H =
			model_hidden(work, omp_get_thread_num(), MODEL_BLOCK, SCRATCH * at.count);

		weight_gradient_part(net, X, G, gradient, H, at);
	}
}

/* (1/2) (|U|_F^2 + |A|_F^2) */
static double decay(const struct model *model)
{
	const struct multinet *net = const_of(model);

	return (mat_squares(net->U) + mat_squares(mat_rows(net->A, 0, net->U.cols))) / 2;
}

/* Neuron by neuron for some outputs at once: their products of inputs and weights are the same. */
static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	enum { AT_ONCE = 16 };
	const struct multinet *net = const_of(model);

	*size = 0;
	for (ptrdiff_t first = 0; first < net->A.cols; first += AT_ONCE) {
		ptrdiff_t left = net->A.cols - first, count = left < AT_ONCE ? left : AT_ONCE;
		double sizes[AT_ONCE] = {0};

		memset(f + first, 0, (size_t)count * sizeof *f);
		for (ptrdiff_t j = 0; j < net->U.cols; j++) {
			double z = 0, products = 0;

			for (ptrdiff_t i = 0; i < X.cols; i++) {
				double product =
					(double)mat_get(X, row, i) * (double)mat_get(net->U, i, j);

				z += product;
				products += fabs(product);
			}
			for (ptrdiff_t c = 0; c < count; c++) {
				double a = (double)mat_get(net->A, j, first + c);

				f[first + c] += z > 0 ? z * a : 0;
				sizes[c] += fabs(a) * products;
			}
		}
		for (ptrdiff_t c = 0; c < count; c++)
			*size = fmax(*size, sizes[c]);
	}
}

static struct model_layers relu(const struct model *model)
{
	const struct multinet *net = const_of(model);

	return (struct model_layers){net->U, net->A};
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct multinet, U), MODEL_FEATURES, MODEL_UNITS},
	{"A", offsetof(struct multinet, A), MODEL_UNITS, MODEL_OUTPUTS},
	{0},
};

const struct model_kind model_relu_outputs = {
	.base = {.name = "relu_outputs",
		 .doc = "two layers and several outputs, sum_j A_jc relu(u_j'x)",
		 .cite = ""},
	.size = sizeof(struct multinet),
	.arrays = arrays,
	.hidden = SCRATCH,
	.forward = forward,
	.gradient = gradient,
	.pullback = pullback,
	.sample = sample,
	.decay = decay,
	.relu = relu,
};
