/* Batch kernels of the two-layer network: GEMMs over row blocks with one fused elementwise pass
 * each.
 *
 *     H = X U (block x m),  f = relu(H) alpha,  S = [H > 0] o (g alpha'),  G = S U',  gU = X' S
 *
 * Forward and input gradient give each thread row blocks of its own, the weight gradient gives each
 * thread neurons of its own. BLAS stays in the calling thread inside of a parallel region, so
 * nothing is summed across threads and the bits do not depend on their timing. */
#include "solvers/model/net.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { MIN_NEURONS = 16 }; /* in a tile of the GEMM kernels: less wastes part of the tile */

struct net net_new(struct arena *arena, ptrdiff_t d, ptrdiff_t m)
{
	return (struct net){.base.kind = &model_relu,
			    .U = mat_new(arena, d, m),
			    .alpha = ARENA_ARRAY(arena, real, m)};
}

struct net net_output(struct model_layers layers, ptrdiff_t c)
{
	return (struct net){.base.kind = &model_relu, .U = layers.U, .alpha = mat_col(layers.A, c)};
}

struct net net_difference(struct model_layers layers, ptrdiff_t c, ptrdiff_t rival, real *alpha)
{
	for (ptrdiff_t j = 0; j < layers.U.cols; j++)
		alpha[j] = mat_get(layers.A, j, c) - mat_get(layers.A, j, rival);
	return (struct net){.base.kind = &model_relu, .U = layers.U, .alpha = alpha};
}

void net_direction(struct rng *rng, ptrdiff_t d, real *u)
{
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = (real)rng_normal(rng);
	blas_scale((size_t)d, 1 / blas_norm((size_t)d, u), u);
}

struct net *net_of(const struct model *model)
{
	return (struct net *)(void *)model;
}

static const struct net *const_of(const struct model *model)
{
	return (const struct net *)(const void *)model;
}

struct model_work net_work_new(struct arena *arena, ptrdiff_t m)
{
	return model_work_new(arena, &model_relu, (struct model_size){0, m, 1});
}

struct model_work net_work_serial(struct arena *arena, ptrdiff_t m)
{
	return model_work_serial(arena, &model_relu, (struct model_size){0, m, 1});
}

/* f = relu(H) alpha. A NaN of H reaches f. */
static void outputs(struct mat H, const real *alpha, real *restrict f)
{
	memset(f, 0, (size_t)H.rows * sizeof *f);
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		const real *restrict h = mat_col(H, j);
		real a = alpha[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < H.rows; k++)
			f[k] += a * (h[k] < 0 ? 0 : h[k]);
	}
}

/* f = relu(H) alpha and H = [H > 0] o (1 alpha') in one pass */
static void outputs_and_slopes(struct mat H, const real *alpha, real *restrict f)
{
	memset(f, 0, (size_t)H.rows * sizeof *f);
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		real *restrict h = mat_col(H, j);
		real a = alpha[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < H.rows; k++) {
			f[k] += a * (h[k] < 0 ? 0 : h[k]);
			h[k] = h[k] > 0 ? a : 0;
		}
	}
}

/* H = [H > 0] o (g alpha'), galpha += relu(H)' g */
static void weight_slopes(struct mat H, const real *restrict g, const real *alpha, real *galpha)
{
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		real *restrict h = mat_col(H, j);
		real a = alpha[j], sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t k = 0; k < H.rows; k++) {
			sum += g[k] * (h[k] < 0 ? 0 : h[k]);
			h[k] = h[k] > 0 ? a * g[k] : 0;
		}
		galpha[j] += sum;
	}
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct net *net = const_of(model);

	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, H);
	outputs(H, net->alpha, F.at);
}

static void gradient(const struct model *model, struct mat X, real *f, struct mat G, struct mat H)
{
	const struct net *net = const_of(model);

	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, H);
	outputs_and_slopes(H, net->alpha, f);
	blas_gemm(1, H, PLAIN, net->U, TRANSPOSED, 0, G);
}

void net_forward(const struct net *net, struct mat X, real *f, struct model_work *work)
{
	model_forward(&net->base, X, f, work);
}

void net_input_gradient(const struct net *net, struct mat X, real *f, struct mat G,
			struct model_work *work)
{
	model_gradient(&net->base, X, f, G, work);
}

/* The weight gradient of neurons first .. first+count-1 over all rows. */
struct neurons {
	ptrdiff_t first, count;
};

static void weight_gradient_part(const struct net *net, struct mat X, const real *g,
				 struct net *gradient, struct mat H, struct neurons at)
{
	struct mat U = mat_cols(net->U, at.first, at.count);
	struct mat gU = mat_cols(gradient->U, at.first, at.count);

	for (ptrdiff_t first = 0; first < X.rows; first += H.rows) {
		ptrdiff_t count = first + H.rows < X.rows ? H.rows : X.rows - first;
		struct mat rows = mat_rows(X, first, count), S = mat_rows(H, 0, count);

		blas_gemm(1, rows, PLAIN, U, PLAIN, 0, S);
		weight_slopes(S, g + first, net->alpha + at.first, gradient->alpha + at.first);
		blas_gemm(1, rows, TRANSPOSED, S, PLAIN, first > 0, gU);
	}
}

void net_weight_gradient(const struct net *net, struct mat X, const real *g, struct net *gradient,
			 struct model_work *work)
{
	ptrdiff_t m = net->U.cols, share = (m + work->parts - 1) / work->parts;

	share = (share + MIN_NEURONS - 1) / MIN_NEURONS * MIN_NEURONS;
	gradient->U.cols = m;
	memset(gradient->alpha, 0, (size_t)m * sizeof(real));
	if (X.rows == 0)
		mat_fill(gradient->U, 0);
#pragma omp parallel for schedule(static) num_threads(work->parts) if (m > share)
	for (ptrdiff_t first = 0; first < m; first += share) {
		struct neurons at = {first, first + share < m ? share : m - first};
		struct mat H = model_hidden(work, omp_get_thread_num(), MODEL_BLOCK, at.count);

		weight_gradient_part(net, X, g, gradient, H, at);
	}
}

double net_decay(const struct net *net)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		const real *u = mat_col(net->U, j);

		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			sum += (double)u[i] * (double)u[i];
		sum += (double)net->alpha[j] * (double)net->alpha[j];
	}
	return sum / 2;
}

static double decay(const struct model *model)
{
	return net_decay(const_of(model));
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct net *net = const_of(model);

	*f = *size = 0;
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0, alpha = (double)net->alpha[j];

		for (ptrdiff_t i = 0; i < X.cols; i++) {
			double product = (double)mat_get(X, row, i) * (double)mat_get(net->U, i, j);

			z += product;
			*size += fabs(alpha * product);
		}
		*f += z > 0 ? z * alpha : 0;
	}
}

static struct model_layers relu(const struct model *model)
{
	const struct net *net = const_of(model);

	return (struct model_layers){net->U, {net->U.cols, 1, net->U.cols, net->alpha}};
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct net, U), MODEL_FEATURES, MODEL_UNITS},
	{"alpha", offsetof(struct net, alpha), MODEL_UNITS, MODEL_ONE},
	{0},
};

const struct model_kind model_relu = {
	.base = {.name = "relu", .doc = "two layers, sum_j alpha_j relu(u_j'x)", .cite = ""},
	.size = sizeof(struct net),
	.arrays = arrays,
	.hidden = 1,
	.forward = forward,
	.gradient = gradient,
	.sample = sample,
	.decay = decay,
	.relu = relu,
};
