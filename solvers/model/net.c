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

#include <omp.h>
#include <string.h>

enum {
	BLOCK = 256,     /* 256 x 144 doubles are 288 KiB: in L2; 128 to 1024 measure the same */
	MIN_BLOCK = 16,  /* rows in a tile of the GEMM kernels: less wastes part of the tile */
	MIN_NEURONS = 16 /* the same for columns */
};

struct net net_new(struct arena *arena, ptrdiff_t d, ptrdiff_t m)
{
	return (struct net){.U = mat_new(arena, d, m), .alpha = ARENA_ARRAY(arena, real, m)};
}

static struct net_work work_new(struct arena *arena, ptrdiff_t m, int parts)
{
	return (struct net_work){.parts = parts, .H = mat_new(arena, BLOCK, m * parts)};
}

struct net_work net_work_new(struct arena *arena, ptrdiff_t m)
{
	return work_new(arena, m, omp_get_max_threads());
}

struct net_work net_work_serial(struct arena *arena, ptrdiff_t m)
{
	return work_new(arena, m, 1);
}

/* Rows per block: at most BLOCK, fewer when that gives every thread a block. */
static ptrdiff_t block_rows(ptrdiff_t n, int parts)
{
	ptrdiff_t rows = (n + parts - 1) / parts;

	rows = (rows + MIN_BLOCK - 1) / MIN_BLOCK * MIN_BLOCK;
	return rows < BLOCK ? rows : BLOCK;
}

/* Scratch of this thread for `rows` rows and `m` neurons. */
static struct mat hidden_of(const struct net_work *work, int part, ptrdiff_t rows, ptrdiff_t m)
{
	ptrdiff_t room = work->H.cols / work->parts;

	return mat_rows(mat_cols(work->H, part * room, m), 0, rows);
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

void net_forward(const struct net *net, struct mat X, real *f, struct net_work *work)
{
	ptrdiff_t rows = block_rows(X.rows, work->parts);

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;
		struct mat H = hidden_of(work, omp_get_thread_num(), count, net->U.cols);

		blas_gemm(1, mat_rows(X, first, count), PLAIN, net->U, PLAIN, 0, H);
		outputs(H, net->alpha, f + first);
	}
}

void net_input_gradient(const struct net *net, struct mat X, real *f, struct mat G,
			struct net_work *work)
{
	ptrdiff_t rows = block_rows(X.rows, work->parts);

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;
		struct mat H = hidden_of(work, omp_get_thread_num(), count, net->U.cols);

		blas_gemm(1, mat_rows(X, first, count), PLAIN, net->U, PLAIN, 0, H);
		outputs_and_slopes(H, net->alpha, f + first);
		blas_gemm(1, H, PLAIN, net->U, TRANSPOSED, 0, mat_rows(G, first, count));
	}
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
			 struct net_work *work)
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
		struct mat H = hidden_of(work, omp_get_thread_num(), BLOCK, at.count);

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
