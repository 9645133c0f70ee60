/* Value, smoothed value and gradient of the convex restriction, block by block of samples.
 *
 * Smoothing, all in units of the margin h: norms |c|_q and |a|_q, |a|_2 by their Moreau envelopes,
 * relu by a quadratic around its kink, a loss without curvature by its envelope. Each smoothed term
 * is a maximum over the same dual variables less a quadratic, so that the slopes it yields are dual
 * feasible, and the bound from them is within about h of the optimum. */
#include "solvers/convex/restriction.h"

#include "solvers/core/blas.h"
#include "solvers/core/scaling.h"

#include <math.h>
#include <omp.h>

enum { BLOCK = 256 }; /* 256 x 784 doubles of C are 1.6 MB: in cache between its two products */

/* Shares of h, so that no single kink is blurred by more than the loss itself. */
static const double relu_share = 0.25, neuron_share = 0.125, decay_share = 0.25;

/* max { |g|_2^2 : |g|_p <= 1 } over the attacked coordinates */
static double reach_of(const struct dualnorm *norm)
{
	double count = 0;

	if (norm->p != PERTURBATION_LINF)
		return 1;
	for (ptrdiff_t j = 0; j < norm->d; j++)
		count += !norm->frozen[j];
	return fmax(1, count);
}

static ptrdiff_t block_of(double n)
{
	return n < BLOCK ? (ptrdiff_t)n : BLOCK;
}

double restriction_bytes(double n, double d, double m)
{
	double block = (double)block_of(n);

	return (n * (m + 2) + d * m + block * (3 * m + d + 3) + d * omp_get_max_threads()) *
		       (double)sizeof(real) +
	       3 * (m + block) * (double)sizeof(double);
}

struct restriction restriction_new(const struct problem *problem, const struct dualnorm *norm,
				   double eps, const real *sigma, ptrdiff_t m, struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, block = block_of((double)n);
	struct restriction r = {.problem = problem, .norm = *norm, .eps = eps, .m = m};

	r.sigma = sigma;
	r.reach = reach_of(norm);
	r.length = blas_mat_norm(problem->X) / sqrt((double)n);
	r.S = mat_new(arena, n, m);
	r.margin = ARENA_ARRAY(arena, real, n);
	r.dual = restriction_dual_new(problem, m, arena);
	r.block = block;
	r.T = mat_new(arena, block, m);
	r.trial = mat_new(arena, block, m);
	r.Q = mat_new(arena, block, m);
	r.C = mat_new(arena, d, block);
	r.spare = mat_new(arena, d, omp_get_max_threads());
	r.e = ARENA_ARRAY(arena, double, m);
	r.e_smooth = ARENA_ARRAY(arena, double, m);
	r.norm_of = ARENA_ARRAY(arena, double, block);
	r.norm_smooth = ARENA_ARRAY(arena, double, block);
	r.smooth = ARENA_ARRAY(arena, double, block);
	r.f = ARENA_ARRAY(arena, real, block);
	r.z = ARENA_ARRAY(arena, real, block);
	r.g = ARENA_ARRAY(arena, real, block);
	return r;
}

/* min_p |p|_q + |c - p|_2^2 / (2 mu); c becomes its gradient (c - p) / mu. */
static double envelope(const struct dualnorm *norm, double mu, real *restrict c,
		       real *restrict spare)
{
	double value = dualnorm_prox(norm, mu, c, spare), square = 0;
	real scale = (real)(1 / mu);

	for (ptrdiff_t i = 0; i < norm->d; i++) {
		real gap = c[i] - spare[i];

		square += (double)gap * (double)gap;
		c[i] = gap * scale;
	}
	return value + square / (2 * mu);
}

/* How far the norm of c_k, and of a neuron, may be blurred for h of margin. */
static double norm_width(const struct restriction *r, double h)
{
	return h / (2 * r->eps * r->reach);
}

/* norm_of, norm_smooth; C becomes the gradients of the smoothed norms. */
static void block_norms(struct restriction *r, ptrdiff_t rows, double h)
{
	double mu = r->eps > 0 ? norm_width(r, h) : 1;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t k = 0; k < rows; k++) {
		real *c = mat_col(r->C, k);

		r->norm_of[k] = dualnorm_value(&r->norm, c);
		r->norm_smooth[k] =
			envelope(&r->norm, mu, c, mat_col(r->spare, omp_get_thread_num()));
	}
}

/* relu blurred over a width w: max over theta in [0, 1] of theta z + w (theta - theta^2) / 2 */
static inline double soft_relu(double z, double width, double *theta)
{
	double q = 0.5 + z / width;

	*theta = q < 0 ? 0 : (q > 1 ? 1 : q);
	return *theta * z + width * (*theta - *theta * *theta) / 2;
}

/* margin and smooth of the block, less what neuron j costs; T becomes dm/dt: p for own neurons,
 * -theta for others. */
static void neuron_margins(struct restriction *r, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t j,
			   double h)
{
	const real *s = mat_col(r->S, j) + first, *y = r->problem->y + first;
	real *t = mat_col(r->T, j), *margin = r->margin + first;
	double e = r->e[j], soft = r->e_smooth[j], width = relu_share * h;

	for (ptrdiff_t k = 0; k < rows; k++) {
		double p = fabs((double)s[k]), at = (double)t[k], theta;
		bool own = y[k] * r->sigma[j] > 0;
		double kink = at + (1 - 2 * p) * e;
		double blurred = soft_relu(at + (1 - 2 * p) * soft, width, &theta);

		margin[k] += (real)(own ? p * at : -p * e - (kink > 0 ? kink : 0));
		r->smooth[k] += own ? p * at : -p * soft - blurred;
		t[k] = (real)(own ? p : -theta);
	}
}

static void block_margins(struct restriction *r, ptrdiff_t first, ptrdiff_t rows, double h)
{
	for (ptrdiff_t k = 0; k < rows; k++) {
		r->margin[first + k] = (real)(-r->eps * r->norm_of[k]);
		r->smooth[k] = -r->eps * r->norm_smooth[k];
	}
	for (ptrdiff_t j = 0; j < r->m; j++)
		neuron_margins(r, first, rows, j, h);
}

/* sum_k of the loss at outputs f = y m; a loss without curvature is blurred over h: its envelope
 * min_z phi(z) + (z - f)^2 / (2h). alpha = -dphi/df. */
static double block_loss(struct restriction *r, ptrdiff_t first, ptrdiff_t rows, double h)
{
	struct loss_term loss = r->problem->loss;
	const real *y = r->problem->y + first;
	real *alpha = r->dual.alpha + first;
	size_t count = (size_t)rows;
	double square = 0;

	for (ptrdiff_t k = 0; k < rows; k++)
		r->f[k] = y[k] * (real)r->smooth[k];
	if (isfinite(loss_curvature(loss))) {
		loss_gradient(loss, count, r->f, y, alpha);
		blas_scale(count, -1, alpha);
		return loss_value(loss, count, r->f, y);
	}
	loss_prox(loss, count, h / loss.weight, r->f, y, r->z);
	for (ptrdiff_t k = 0; k < rows; k++) {
		double move = (double)r->z[k] - (double)r->f[k], slope = move * loss.weight / h;

		alpha[k] = (real)(slope > loss.weight ? loss.weight : slope);
		square += move * move;
	}
	return loss_value(loss, count, r->z, y) + loss.weight / (2 * h) * square;
}

static double block_exact(struct restriction *r, ptrdiff_t first, ptrdiff_t rows)
{
	const real *y = r->problem->y + first;

	for (ptrdiff_t k = 0; k < rows; k++)
		r->f[k] = y[k] * r->margin[first + k];
	return loss_value(r->problem->loss, (size_t)rows, r->f, y);
}

/* Scale T by -tau and C by eps tau, and add up omega: the gradient of the block in t, c and e. */
static void block_slopes(struct restriction *r, ptrdiff_t first, ptrdiff_t rows)
{
	const real *y = r->problem->y + first, *alpha = r->dual.alpha + first;

	for (ptrdiff_t j = 0; j < r->m; j++) {
		const real *s = mat_col(r->S, j) + first;
		real *t = mat_col(r->T, j);
		double sum = 0;

		for (ptrdiff_t k = 0; k < rows; k++) {
			double tau = (double)(y[k] * alpha[k]), p = fabs((double)s[k]);
			double theta = -(double)t[k];

			sum += y[k] * r->sigma[j] > 0 ? 0 : tau * (p + theta * (1 - 2 * p));
			t[k] = (real)(theta * tau);
		}
		r->dual.omega[j] += sum;
	}
	for (ptrdiff_t k = 0; k < rows; k++)
		blas_scale((size_t)r->norm.d, r->eps * (double)(y[k] * alpha[k]), mat_col(r->C, k));
}

/* R += X_b' T + C S_b */
static void block_gradient(struct restriction *r, ptrdiff_t first, ptrdiff_t rows)
{
	struct mat X = mat_rows(r->problem->X, first, rows);

	block_slopes(r, first, rows);
	blas_gemm(1, X, TRANSPOSED, mat_rows(r->T, 0, rows), PLAIN, 1, r->dual.R);
	if (r->eps > 0)
		blas_gemm(1, mat_cols(r->C, 0, rows), PLAIN, mat_rows(r->S, first, rows), PLAIN, 1,
			  r->dual.R);
}

/* e, e_smooth, and beta sum |a_i| smoothed and plain. G = beta grad + the direction of e, which
 * still lacks its weight omega: kept in G as the unit gradients of |a_i|_q. */
static struct restriction_value neurons(struct restriction *r, struct mat A, double h, struct mat G)
{
	struct restriction_value value = {0, 0};
	double mu = r->eps > 0 ? neuron_share * norm_width(r, h) : 1;
	double width = decay_share * h / r->length;
	size_t d = (size_t)A.rows;

	for (ptrdiff_t i = 0; i < r->m; i++) {
		real *a = mat_col(A, i), *g = G.cols > 0 ? mat_col(G, i) : mat_col(r->C, 0);
		double size = blas_norm(d, a);

		for (size_t l = 0; l < d; l++)
			g[l] = a[l];
		r->e[i] = r->eps * dualnorm_value(&r->norm, a);
		r->e_smooth[i] = r->eps * envelope(&r->norm, mu, g, mat_col(r->spare, 0));
		value.exact += r->problem->beta * size;
		value.smooth += r->problem->beta *
				(size > width ? size - width / 2 : size * size / (2 * width));
	}
	return value;
}

/* G = R + eps omega_i (gradient of |a_i|_q, in G) + beta a_i / max(|a_i|, width) */
static void finish_gradient(struct restriction *r, struct mat A, double h, struct mat G)
{
	double width = decay_share * h / r->length;
	size_t d = (size_t)A.rows;

	for (ptrdiff_t i = 0; i < r->m; i++) {
		const real *a = mat_col(A, i);
		real *g = mat_col(G, i);

		blas_scale(d, r->eps * r->dual.omega[i], g);
		blas_axpy(d, 1, mat_col(r->dual.R, i), g);
		blas_axpy(d, r->problem->beta / fmax(blas_norm(d, a), width), a, g);
	}
}

struct restriction_value restriction_evaluate(struct restriction *r, struct mat A, double h,
					      struct mat G)
{
	ptrdiff_t n = r->problem->X.rows;
	struct restriction_value value = neurons(r, A, h, G);

	mat_fill(r->dual.R, 0);
	for (ptrdiff_t j = 0; j < r->m; j++)
		r->dual.omega[j] = 0;
	for (ptrdiff_t first = 0; first < n; first += r->block) {
		ptrdiff_t rows = first + r->block < n ? r->block : n - first;
		struct mat X = mat_rows(r->problem->X, first, rows);

		blas_gemm(1, X, PLAIN, A, PLAIN, 0, mat_rows(r->T, 0, rows));
		if (r->eps > 0)
			blas_gemm(1, A, PLAIN, mat_rows(r->S, first, rows), TRANSPOSED, 0,
				  mat_cols(r->C, 0, rows));
		block_norms(r, rows, h);
		block_margins(r, first, rows, h);
		value.smooth += block_loss(r, first, rows, h);
		value.exact += block_exact(r, first, rows);
		if (G.cols > 0)
			block_gradient(r, first, rows);
	}
	if (G.cols > 0)
		finish_gradient(r, A, h, G);
	return value;
}

double restriction_bound(struct restriction *r, const struct restriction_dual *dual)
{
	double largest = 0;

	for (ptrdiff_t i = 0; i < r->m; i++)
		largest =
			fmax(largest, dualnorm_distance(&r->norm, r->eps * dual->omega[i],
							mat_col(dual->R, i), mat_col(r->spare, 0)));
	return scaling_best(r->problem, dual->alpha, largest).bound;
}

struct restriction_dual restriction_dual_new(const struct problem *problem, ptrdiff_t m,
					     struct arena *arena)
{
	return (struct restriction_dual){.alpha = ARENA_ARRAY(arena, real, problem->X.rows),
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
