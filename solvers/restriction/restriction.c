/* Room, value, smoothed value and gradient of the convex restriction, block by block of samples.
 *
 * Smoothing, all in units of the margin h: norms |c|_q and |a|_q, |a|_2 by their Moreau envelopes,
 * relu by a quadratic around its kink, a loss without curvature by its envelope. Each smoothed term
 * is a maximum over the same dual variables less a quadratic, so that the slopes it yields are dual
 * feasible, and the bound from them is within about h of the optimum.
 *
 * A lane (a thread) takes whole blocks through all products, which are serial, and passes, and adds
 * up a gradient of its own; these are added in the order of the lanes. */
#include "solvers/restriction/restriction.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/restriction/restriction_outputs.h"

#include <float.h>
#include <omp.h>
#include <string.h>
#include <tgmath.h>

enum {
	BLOCK = 128, /* 128 x 784 doubles of C are 0.8 MB: in L2 between its two products */
	GRAIN = 16,  /* rows come in multiples of the tile of the GEMM kernels */
	LEAST = 32   /* rows that pay for a lane of their own */
};

/* Shares of h, so that no single kink is blurred by more than the loss itself. */
static const double relu_share = 0.25, neuron_share = 0.125, decay_share = 0.25;

/* A chord this short is a step: dividing by it overflows to nothing worse than infinity. */
static const real least_width = (real)FLT_MIN;

/* Root mean square of |x_k|_2, samples by their weights. */
static double mean_length(const struct problem *problem)
{
	const struct mat X = problem->X;
	const real *weight = problem->y.weight;
	double sum = 0, total = 0;

	if (!weight)
		return blas_mat_norm(X) / sqrt((double)X.rows);
	for (ptrdiff_t k = 0; k < X.rows; k++) {
		total += (double)weight[k];
		for (ptrdiff_t j = 0; j < X.cols; j++)
			sum += (double)weight[k] * (double)mat_get(X, k, j) *
			       (double)mat_get(X, k, j);
	}
	return sqrt(sum / total);
}

struct restriction restriction_new(const struct problem *problem, const struct threat *threat,
				   const real *sigma, ptrdiff_t m, struct arena *arena)
{
	ptrdiff_t n = problem->X.rows;
	struct restriction r = {
		.problem = problem, .threat = *threat, .m = m, .k = problem->y.k, .sigma = sigma};
	ptrdiff_t rivals = r.k > 1 ? r.k - 1 : 1;
	int threads = omp_get_max_threads(), most = 1 + (int)((double)n / LEAST);
	double blocks;

	r.reach = arena_counts(arena) ? 0 : threat_reach(threat);
	r.length = arena_counts(arena) ? 0 : mean_length(problem);
	r.S = mat_new(arena, n, m * rivals);
	r.margin = ARENA_ARRAY(arena, real, n * rivals);
	r.dual = restriction_dual_new(problem, m, arena);
	r.lanes = threads < most ? threads : most;
	/* at most BLOCK, and each lane gets the same number of blocks */
	blocks = r.lanes * ceil((double)n / (r.lanes * (double)BLOCK));
	r.block = GRAIN * (ptrdiff_t)ceil(fmax(1, (double)n) / (fmax(1, blocks) * GRAIN));
	r.lane = ARENA_ARRAY(arena, struct restriction_lane, r.lanes);
	for (int l = 0; l < r.lanes; l++) {
		ptrdiff_t d = r.threat.d, block = r.block;

		r.lane[l] = (struct restriction_lane){
			.T = mat_new(arena, block, r.m),
			.P = mat_new(arena, block, r.m * rivals),
			.Q = mat_new(arena, block, r.m),
			.slope = mat_new(arena, block, r.k > 1 ? r.m * rivals : 0),
			.C = mat_new(arena, d, block * rivals),
			.margin = ARENA_ARRAY(arena, real, block),
			.smooth = ARENA_ARRAY(arena, real, block * rivals),
			.f = ARENA_ARRAY(arena, real, block * r.k),
			.z = ARENA_ARRAY(arena, real, block * r.k),
			.spare = ARENA_ARRAY(arena, real, d),
			.R = mat_new(arena, d, r.m),
			.omega = ARENA_ARRAY(arena, double, r.m),
		};
	}
	r.spare = mat_new(arena, problem->X.cols, m);
	r.e = ARENA_ARRAY(arena, double, m);
	r.e_smooth = ARENA_ARRAY(arena, double, m);
	r.size = ARENA_ARRAY(arena, double, m);
	r.size_smooth = ARENA_ARRAY(arena, double, m);
	return r;
}

struct restriction_dual restriction_dual_new(const struct problem *problem, ptrdiff_t m,
					     struct arena *arena)
{
	return (struct restriction_dual){
		.alpha = ARENA_ARRAY(arena, real, problem->X.rows * problem->y.k),
		.omega = ARENA_ARRAY(arena, double, m),
		.R = mat_new(arena, problem->X.cols, m)};
}

void restriction_average(struct restriction_dual *average, size_t n, double weight,
			 const struct restriction_dual *point)
{
	size_t m = (size_t)point->R.cols, count = m * (size_t)point->R.rows;

	for (size_t k = 0; k < n; k++)
		average->alpha[k] += (real)weight * (point->alpha[k] - average->alpha[k]);
	for (size_t i = 0; i < m; i++)
		average->omega[i] += weight * (point->omega[i] - average->omega[i]);
	for (size_t i = 0; i < count; i++)
		average->R.at[i] += (real)weight * (point->R.at[i] - average->R.at[i]);
}

ptrdiff_t restriction_from_net(struct model_layers net, struct mat A, real *sigma)
{
	ptrdiff_t m = 0, k = net.A.cols;

	for (ptrdiff_t j = 0; j < net.U.cols; j++) {
		double square = 0, size;
		real *a = mat_col(A, m);

		for (ptrdiff_t c = 0; c < k; c++)
			square += (double)mat_get(net.A, j, c) * (double)mat_get(net.A, j, c);
		size = k > 1 ? sqrt(square) : fabs((double)mat_get(net.A, j, 0));
		memcpy(a, mat_col(net.U, j), (size_t)A.rows * sizeof *a);
		blas_scale((size_t)A.rows, size, a);
		if (!(blas_norm((size_t)A.rows, a) > 0))
			continue;
		for (ptrdiff_t c = 0; c < k; c++)
			sigma[m * k + c] = (real)((double)mat_get(net.A, j, c) / size);
		m++;
	}
	return m;
}

void restriction_slopes(const struct restriction *r, ptrdiff_t first, struct mat T, struct mat S)
{
	const real *restrict y = r->problem->y.at + first;

	for (ptrdiff_t j = 0; j < r->m; j++) {
		const real *restrict t = mat_col(T, j);
		real *restrict s = mat_col(S, j), sigma = r->sigma[j], e = (real)r->e[j];
		real width = 2 * e > least_width ? 2 * e : least_width; /* 0: [t > 0] */

#pragma omp simd
		for (ptrdiff_t k = 0; k < T.rows; k++) {
			real own = t[k] > 0 ? 1 : 0,
			     chord = restriction_block_clipped((t[k] + e) / width);

			s[k] = y[k] * sigma > 0 ? own : -chord;
		}
	}
}

/* A block of samples in a lane. */
struct work {
	struct restriction *r;
	struct restriction_lane *lane;
	ptrdiff_t first, rows;
	double h;
	const real *y; /* rows */
	struct mat X;  /* rows x d */
	struct mat S;  /* rows x m */
	struct mat T;  /* rows x m */
	struct mat C;  /* d x rows */
};

/* How far the norm of c_k, and of a neuron, may be blurred for h of margin. */
static double norm_width(const struct restriction *r, double h)
{
	return h / (2 * r->threat.eps * r->reach);
}

/* margin and smooth of the block; C becomes the gradients of the smoothed norms, T dm/dt: p for own
 * neurons, -theta for others. relu blurred over a width w: max over theta in [0, 1] of theta z + w
 * (theta - theta^2) / 2. */
static void block_margins(const struct work *w)
{
	const struct restriction *r = w->r;
	real *restrict margin = r->margin + w->first, *restrict smooth = w->lane->smooth;
	const real *restrict y = w->y;
	real eps = (real)r->threat.eps, width = (real)(relu_share * w->h), inverse = 1 / width;

	for (ptrdiff_t k = 0; k < w->rows; k++) {
		double norm = 0, blurred = 0;

		if (r->threat.eps > 0)
			blurred = threat_envelope(&r->threat, norm_width(r, w->h), mat_col(w->C, k),
						  w->lane->spare, &norm);
		margin[k] = -eps * (real)norm;
		smooth[k] = -eps * (real)blurred;
	}
	for (ptrdiff_t j = 0; j < r->m; j++) {
		const real *restrict s = mat_col(w->S, j);
		real *restrict t = mat_col(w->T, j);
		real e = (real)r->e[j], soft = (real)r->e_smooth[j], sigma = r->sigma[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real p = fabs(s[k]), at = t[k], lift = 1 - 2 * p;
			real kink = at + lift * e, z = at + lift * soft;
			real theta = restriction_block_clipped((real)0.5 + z * inverse);
			real blurred = theta * z + width * (theta - theta * theta) / 2;
			int own = y[k] * sigma > 0;

			margin[k] += own ? p * at : -p * e - (kink > 0 ? kink : 0);
			smooth[k] += own ? p * at : -p * soft - blurred;
			t[k] = own ? p : -theta;
		}
	}
}

/* sum_k of the loss at outputs f = y m; a loss without curvature is blurred over h: its envelope
 * min_z phi(z) + (z - f)^2 / (2h), whatever the weight of the sample. alpha = -dphi/df. */
static double block_loss(const struct work *w)
{
	struct loss_term loss = restriction_block_loss(w->r, w->first);
	real *f = w->lane->f, *z = w->lane->z, *alpha = w->r->dual.alpha + w->first;
	size_t count = (size_t)w->rows;
	double square = 0;

	for (ptrdiff_t k = 0; k < w->rows; k++)
		f[k] = w->y[k] * w->lane->smooth[k];
	if (isfinite(loss_curvature(loss))) {
		loss_gradient(loss, count, f, w->y, alpha);
		for (ptrdiff_t k = 0; k < w->rows; k++)
			alpha[k] = -alpha[k];
		return loss_value(loss, count, f, w->y);
	}
	loss_prox(loss_with(loss, NULL), count, w->h / loss.weight, f, w->y, z);
	for (ptrdiff_t k = 0; k < w->rows; k++) {
		struct loss_term own = loss_of(loss, k);
		double move = (double)z[k] - (double)f[k], slope = move * own.weight / w->h;
		double most = -loss_range(own, (double)w->y[k]).low; /* passed by rounding */

		alpha[k] = (real)(slope > most ? most : slope);
		square += move * move * (own.weight / loss.weight);
	}
	return loss_value(loss, count, z, w->y) + loss.weight / (2 * w->h) * square;
}

/* R += X_b' T + C Q */
static void block_gradient(const struct work *w)
{
	/* T becomes -tau T, Q = eps tau S, and omega is added up: the gradient of the block in t
	 * and e, and the weights of that in c. lane->z holds tau. */
	const real *restrict alpha = w->r->dual.alpha + w->first, *restrict y = w->y;
	real *restrict tau = w->lane->z, eps = (real)w->r->threat.eps;

	for (ptrdiff_t k = 0; k < w->rows; k++)
		tau[k] = y[k] * alpha[k];
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *restrict s = mat_col(w->S, j);
		real *restrict t = mat_col(w->T, j), *restrict q = mat_col(w->lane->Q, j);
		real sigma = w->r->sigma[j], sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real p = fabs(s[k]), theta = -t[k];

			sum += y[k] * sigma > 0 ? 0 : tau[k] * (p + theta * (1 - 2 * p));
			t[k] = theta * tau[k];
			q[k] = eps * tau[k] * s[k];
		}
		w->lane->omega[j] += (double)sum;
	}
	blas_gemm(1, w->X, TRANSPOSED, w->T, PLAIN, 1, w->lane->R); /* d x m: X_b'T */
	if (w->r->threat.eps > 0)
		blas_gemm(1, w->C, PLAIN, mat_rows(w->lane->Q, 0, w->rows), PLAIN, 1, w->lane->R);
}

static void evaluate_one_output(struct restriction *r, struct restriction_lane *lane,
				const struct restriction_query *query, ptrdiff_t first)
{
	ptrdiff_t rows = restriction_block_rows(r, first);
	struct work w = {
		.r = r,
		.lane = lane,
		.first = first,
		.rows = rows,
		.h = query->h,
		.y = r->problem->y.at + first,
		.X = mat_rows(r->problem->X, first, rows),
		.S = mat_rows(query->follow ? lane->P : r->S, query->follow ? 0 : first, rows),
		.T = mat_rows(lane->T, 0, rows),
		.C = mat_cols(lane->C, 0, rows)};

	blas_gemm(1, w.X, PLAIN, query->A, PLAIN, 0, w.T); /* rows x m: t */
	if (query->follow)
		restriction_slopes(r, first, w.T, w.S);
	if (r->threat.eps > 0)
		blas_gemm(1, query->A, PLAIN, w.S, TRANSPOSED, 0, w.C); /* d x rows: c_k */
	block_margins(&w);
	lane->smooth_sum += block_loss(&w);
	for (ptrdiff_t k = 0; k < rows; k++)
		lane->f[k] = w.y[k] * r->margin[first + k];
	lane->sum += loss_value(restriction_block_loss(r, first), (size_t)rows, lane->f, w.y);
	if (query->gradient)
		block_gradient(&w);
}

static void evaluate_block(struct restriction *r, struct restriction_lane *lane,
			   const struct restriction_query *query, ptrdiff_t first)
{
	if (r->k > 1)
		restriction_outputs_block(r, lane, query, first);
	else
		evaluate_one_output(r, lane, query, first);
}

/* Neuron i: e, e_smooth, and |a_i| plain and smoothed; g becomes the gradient of the smoothed
 * |a_i|_q. */
static void neuron(struct restriction *r, const struct restriction_query *query, ptrdiff_t i,
		   real *g)
{
	double mu = r->threat.eps > 0 ? neuron_share * norm_width(r, query->h) : 1, norm;
	double width = decay_share * query->h / r->length;
	const real *a = mat_col(query->A, i);
	size_t d = (size_t)query->A.rows;
	double size = blas_norm(d, a);

	memcpy(g, a, d * sizeof *g);
	r->e_smooth[i] =
		r->threat.eps * threat_envelope(&r->threat, mu, g, mat_col(r->dual.R, i), &norm);
	r->e[i] = r->threat.eps * norm;
	r->size[i] = size;
	r->size_smooth[i] = size > width ? size - width / 2 : size * size / (2 * width);
}

/* Column i of R = the sum over lanes, and of G = R + eps omega_i (gradient of |a_i|_q, in G) + beta
 * a_i / max(|a_i|, width) */
static void finish_gradient(struct restriction *r, const struct restriction_query *query,
			    ptrdiff_t i, real *g)
{
	double width = decay_share * query->h / r->length;
	size_t d = (size_t)query->A.rows;
	real *sum = mat_col(r->dual.R, i);

	memcpy(sum, mat_col(r->lane[0].R, i), d * sizeof *sum);
	r->dual.omega[i] = r->lane[0].omega[i];
	for (int l = 1; l < r->lanes; l++) {
		blas_axpy(d, 1, mat_col(r->lane[l].R, i), sum);
		r->dual.omega[i] += r->lane[l].omega[i];
	}
	blas_scale(d, r->threat.eps * r->dual.omega[i], g);
	blas_axpy(d, 1, sum, g);
	blas_axpy(d, r->problem->beta / fmax(r->size[i], width), mat_col(query->A, i), g);
}

static struct restriction_value evaluate(struct restriction *r,
					 const struct restriction_query *query, struct mat G)
{
	struct restriction_value value = {0, 0};

#pragma omp parallel num_threads(r->lanes)
	{
#pragma omp for schedule(static)
		for (ptrdiff_t i = 0; i < r->m; i++)
			neuron(r, query, i, mat_col(query->gradient ? G : r->spare, i));
#pragma omp for schedule(static, 1)
		for (int l = 0; l < r->lanes; l++) {
			struct restriction_lane *lane = &r->lane[l];

			lane->smooth_sum = lane->sum = 0;
			if (query->gradient) {
				mat_fill(lane->R, 0);
				memset(lane->omega, 0, (size_t)r->m * sizeof *lane->omega);
			}
			for (ptrdiff_t first = l * r->block; first < r->problem->X.rows;
			     first += r->lanes * r->block)
				evaluate_block(r, lane, query, first);
		}
		if (query->gradient) {
#pragma omp for schedule(static)
			for (ptrdiff_t i = 0; i < r->m; i++)
				finish_gradient(r, query, i, mat_col(G, i));
		}
	}
	for (ptrdiff_t i = 0; i < r->m; i++) {
		value.exact += r->problem->beta * r->size[i];
		value.smooth += r->problem->beta * r->size_smooth[i];
	}
	for (int l = 0; l < r->lanes; l++) {
		value.smooth += r->lane[l].smooth_sum;
		value.exact += r->lane[l].sum;
	}
	return value;
}

static struct restriction_query query_of(const struct restriction *r, struct mat A, double h,
					 struct mat G)
{
	return (struct restriction_query){.A = A,
					  .h = h,
					  .norm_width = norm_width(r, h),
					  .relu_width = relu_share * h,
					  .gradient = G.cols > 0};
}

struct restriction_value restriction_evaluate(struct restriction *r, struct mat A, double h,
					      struct mat G)
{
	struct restriction_query query = query_of(r, A, h, G);

	return evaluate(r, &query, G);
}

struct restriction_value restriction_follow(struct restriction *r, struct mat A, double h,
					    struct mat G)
{
	struct restriction_query query = query_of(r, A, h, G);

	query.follow = true;
	return evaluate(r, &query, G);
}

double restriction_bound(struct restriction *r, const struct restriction_dual *dual)
{
	double largest = 0;

#pragma omp parallel for schedule(static) num_threads(r->lanes) reduction(max : largest)
	for (ptrdiff_t i = 0; i < r->m; i++)
		largest = fmax(largest, threat_distance(&r->threat, r->threat.eps * dual->omega[i],
							mat_col(dual->R, i), mat_col(r->spare, i)));
	return scaling_best(r->problem, dual->alpha, largest).bound;
}
