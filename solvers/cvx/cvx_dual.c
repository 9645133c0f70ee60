/* The dual side of the convex program: which multiple of alpha is feasible.
 *
 *     s alpha is dual feasible  <=>  s min over eta_i >= 0 |g_i + X'(e_i o eta_i)| <= beta,
 *     g_i = X'(sign d_i o alpha), for every pattern i and both signs
 *
 * Any eta gives a valid s. The solver's multipliers or those of the certificate before come first;
 * where they bind, those of the largest norms are improved, so that a bound never gets worse by it.
 * The minimum is the norm of the projection of g_i on the cone of its pattern, so that every
 * feasible v next to it tells how far the norm can fall: g'v / |v|. Blocks that can no longer be
 * the largest are left. */
#include "solvers/cvx/cvx_dual.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	TIGHTEN_EACH = 20,  /* steps of the splitting, on the average of all blocks */
	TIGHTEN_STEPS = 80, /* for those that are left in the end */
	CHECK_EVERY = 10,
	SMALL = 1000000, /* entries of X: 1 ms for a column in twice the digits */
	SHARES = 32,     /* mixtures that are tried */
	ROUNDS = 8,      /* of moves */
	MOST = 32,       /* constraints taken in at once */
	SWEEPS = 100     /* coordinate ascent on their multipliers */
};

/* Share of a norm that a bound may lose to rounding. */
static const double noticed = 1e-8;

/* 1 / rho of the splitting: large at first, so that it stays next to the multipliers that it starts
 * from, and less by this factor at each check. */
static const double penalty = 50, softening = 0.7;

/* Share of what matters (cvx->slack) that a round must gain. */
static const double small_gain = 0.1;
/* A move changes an alpha by this share of it at most, where the loss has no box. */
static const double most_change = 0.5;

/* An alpha is at an end of its range up to this share of the range. */
static const double end_rounding = 64 * REAL_EPSILON;

static const uint64_t *pattern(const struct cvx *cvx, ptrdiff_t b)
{
	return gates_col(cvx->patterns.D, b % cvx->patterns.D.cols);
}

static real sign_of(const struct cvx *cvx, ptrdiff_t b)
{
	return b < cvx->patterns.D.cols ? 1 : -1;
}

/* e o eta of the solver for block b, eta = scale max(0, -N) */
static void take_multipliers(const struct cvx *cvx, const struct cvx_dual *dual, ptrdiff_t b,
			     real *z)
{
	ptrdiff_t P = cvx->patterns.D.cols;
	const real *nu = mat_col(b < P ? dual->NV : dual->NW, b % P);
	real scale = (real)dual->scale;

	for (ptrdiff_t k = 0; k < dual->NV.rows; k++)
		z[k] = nu[k] < 0 ? -scale * nu[k] : 0;
	gates_flip(pattern(cvx, b), dual->NV.rows, z, z);
}

/* q = +-d o alpha + z. A sum is rounded to a number on the same side of +-alpha, so that q is exact
 * for some z of the right sign. */
static void add_alpha(const struct cvx *cvx, const real *alpha, ptrdiff_t b, const real *z, real *q)
{
	real sign = sign_of(cvx, b);

	gates_mask(pattern(cvx, b), cvx->M.rows, alpha, cvx->d);
	for (ptrdiff_t k = 0; k < cvx->M.rows; k++)
		q[k] = sign * cvx->d[k] + z[k];
}

/* |q| of each column of Q. */
static void column_norms(const struct cvx *cvx, struct mat Q, double *norm)
{
	struct ranks *ranks = cvx->problem->ranks;

	for (ptrdiff_t c = 0; c < Q.cols; c++)
		norm[c] = blas_norm((size_t)Q.rows, mat_col(Q, c));
	for (ptrdiff_t c = 0; c < Q.cols && ranks; c++)
		norm[c] *= norm[c];
	ranks_sum_all(ranks, norm, (size_t)Q.cols);
	for (ptrdiff_t c = 0; c < Q.cols && ranks; c++)
		norm[c] = sqrt(norm[c]);
}

/* norm[.] = |X'q| of the first `count` columns of the splitting's Y, from above: sums of n products
 * are wrong by no more than n eps |x| |q| (Higham 2002, section 3.1). Where that is more than a
 * bound may lose, as beside a tiny beta, and the problem is small, by sums in twice the digits. */
static void measure(struct cvx *cvx, ptrdiff_t count, double *norm)
{
	struct mat Q = mat_cols(cvx->split.Y, 0, count), X = cvx->problem->X;
	struct ranks *ranks = cvx->problem->ranks;
	double n = (double)ranks_total(ranks, X.rows);
	const double rounding = (n + 4) * DBL_EPSILON; /* gamma_n, and room */
	ptrdiff_t d = X.cols;

	wide_transposed(&cvx->wide, X, Q, cvx->wide_z);
	ranks_sum_all(ranks, cvx->wide_z, (size_t)(d * count));
	column_norms(cvx, Q, norm);
	for (ptrdiff_t c = 0; c < count; c++) {
		const real *q = mat_col(Q, c);
		double *z = cvx->wide_z + c * d, exact = wide_norm(d, z), share = rounding;
		double length = norm[c];

		for (int twice = 0; twice < 2; twice++, share *= rounding) {
			if (twice)
				wide_transposed_twice(X, q, z);
			norm[c] = wide_norm(d, z) * (1 + (double)(d + 4) * DBL_EPSILON) +
				  share * cvx->size * length;
			/* sums of several ranks have no more digits */
			if (norm[c] <= (1 + noticed) * exact || n * (double)d > SMALL || ranks)
				break;
		}
	}
}

static void measure_all(struct cvx *cvx, const real *alpha)
{
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		add_alpha(cvx, alpha, b, mat_col(cvx->M, b), mat_col(cvx->split.Y, b));
	measure(cvx, cvx->M.cols, cvx->norm);
}

/* The largest of the norms. */
static double largest_norm(const struct cvx *cvx)
{
	double largest = 0;

	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		largest = fmax(largest, cvx->norm[b]);
	return largest;
}

int cvx_dual_by_norm(const void *a, const void *b)
{
	const struct cvx_order *x = a, *y = b;

	if (x->norm != y->norm)
		return x->norm < y->norm ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

/* One block after the other to its minimum, from the largest norm on. Only the largest minimum
 * counts, so a block is left as soon as it is below the largest one so far. */
static void tighten_each(struct cvx *cvx, const real *alpha, double target)
{
	struct nnls *nnls = &cvx->nnls;
	const real *d = cvx->d;
	real *z = mat_col(cvx->split.A, 0);
	double norm;

	for (ptrdiff_t i = 0; i < cvx->M.cols && cvx->order[i].norm > target; i++) {
		ptrdiff_t b = cvx->order[i].index;

		gates_unpack(pattern(cvx, b), cvx->M.rows, cvx->d);
		nnls_gradient(cvx->cone.B, d, cvx->a, (double)sign_of(cvx, b), cvx->g);
		ranks_sum_all(nnls->ranks, cvx->g, (size_t)cvx->cone.B.cols);
		nnls_solve(nnls, (struct nnls_block){d, NULL, cvx->g}, target, HUGE_VAL);
		memset(z, 0, (size_t)cvx->M.rows * sizeof *z);
		for (ptrdiff_t j = 0; j < nnls->count; j++) {
			ptrdiff_t k = nnls->passive[j];

			if (k < 0) /* of another rank */
				continue;
			z[k] = (2 * d[k] - 1) * (real)(nnls->eta[j] / (double)cvx->cone.length[k]);
		}
		add_alpha(cvx, alpha, b, z, mat_col(cvx->split.Y, 0));
		measure(cvx, 1, &norm);
		if (norm < cvx->norm[b]) {
			cvx->norm[b] = norm;
			memcpy(mat_col(cvx->M, b), z, (size_t)cvx->M.rows * sizeof *z);
		}
		target = fmax(target, cvx->norm[b]);
	}
}

/* The blocks above `target` into the splitting: g = B'(|x| o +-d o alpha); of multipliers a = -nu,
 * and elsewhere the positive part of the slack at g + B'(e o eta). */
static void start_splitting(struct cvx *cvx, const real *alpha, double target)
{
	struct splitting *s = &cvx->split;
	const real *length = cvx->cone.length;
	struct mat V, Y;

	splitting_start(s, 0, penalty);
	while (s->count < cvx->M.cols && cvx->order[s->count].norm > target) {
		ptrdiff_t c = s->count++, b = cvx->at[c] = cvx->order[c].index;
		real *y = mat_col(s->Y, c);

		s->d[c] = pattern(cvx, b);
		add_alpha(cvx, alpha, b, mat_col(cvx->M, b), y);
		for (ptrdiff_t k = 0; k < s->Y.rows; k++)
			y[k] *= length[k];
	}
	V = mat_cols(s->V, 0, s->count);
	Y = mat_cols(s->Y, 0, s->count);
	ranks_gemm(cvx->cone.ranks, 1, cvx->cone.B, Y, 0, V);
	blas_gemm(1, cvx->cone.B, PLAIN, V, PLAIN, 0, Y);
	for (ptrdiff_t c = 0; c < s->count; c++) {
		const real *d = cvx->d, *z = mat_col(cvx->M, cvx->at[c]);
		real sign = sign_of(cvx, cvx->at[c]), *a = mat_col(s->A, c), *y = mat_col(s->Y, c);

		gates_unpack(s->d[c], s->A.rows, cvx->d);
		for (ptrdiff_t k = 0; k < s->A.rows; k++) {
			real e = 2 * d[k] - 1, slack = e * y[k];
			real eta = e * z[k] * length[k];

			a[k] = eta > 0 ? -(real)penalty * eta : slack > 0 ? slack : 0;
			y[k] = sign * d[k] * cvx->a[k];
		}
	}
	ranks_gemm(cvx->cone.ranks, 1, cvx->cone.B, Y, 0, mat_cols(s->G, 0, s->count));
}

/* g'u / |u| at the feasible u = v + t h of column c: no more than the minimum. */
static double feasible_value(const struct cvx *cvx, ptrdiff_t c)
{
	const struct splitting *s = &cvx->split;
	ptrdiff_t i = cvx->at[c] % cvx->patterns.D.cols;
	const real *y = mat_col(s->Y, c), *push = mat_col(cvx->push, i);
	const real *v = mat_col(s->V, c), *g = mat_col(s->G, c), *h = mat_col(cvx->interior.U, i);
	double step = 0, square = 0, along = 0;

	if (!(cvx->interior.margin[i] > 0))
		return 0;
	gates_flip(s->d[c], s->Y.rows, y, cvx->d);
	for (ptrdiff_t k = 0; k < s->Y.rows; k++)
		if (cvx->d[k] < 0 && cvx->cone.length[k] > 0)
			step = fmax(step, fabs((double)y[k] * (double)cvx->cone.length[k] /
					       (double)push[k]));
	step = ranks_largest(cvx->cone.ranks, step);
	for (ptrdiff_t j = 0; j < s->V.rows; j++) {
		double u = (double)v[j] + step * (double)h[j];

		square += u * u;
		along += u * (double)g[j];
	}
	return square > 0 && isfinite(step) ? along / sqrt(square) : 0;
}

/* All blocks above the target at once. */
static void tighten_together(struct cvx *cvx, const real *alpha, double target)
{
	struct splitting *s = &cvx->split;
	ptrdiff_t work = TIGHTEN_EACH * cvx->M.cols;
	struct mat V, Y;

	start_splitting(cvx, alpha, target);
	for (int step = 1; step <= TIGHTEN_STEPS && s->count > 0 && work > 0; step++) {
		splitting_step(s);
		work -= s->count;
		if (step % CHECK_EVERY > 0)
			continue;
		for (ptrdiff_t c = 0; c < s->count; c++)
			target = fmax(target, feasible_value(cvx, c));
		/* multipliers of the splitting are kept where they are better; V is used up. Their
		 * norms steer only: the bound is measured at the end */
		V = mat_cols(s->V, 0, s->count);
		Y = mat_cols(s->Y, 0, s->count);
		splitting_multipliers(s, Y);
		mat_copy(V, mat_cols(s->G, 0, s->count));
		ranks_gemm(cvx->cone.ranks, 1, cvx->cone.B, Y, 1, V);
		for (ptrdiff_t c = 0; c < s->count; c++) {
			ptrdiff_t b = cvx->at[c];
			double norm = blas_norm((size_t)V.rows, mat_col(V, c));
			real *z = mat_col(cvx->M, b), *y = mat_col(Y, c);

			if (!(norm < cvx->norm[b]))
				continue;
			cvx->norm[b] = norm;
			for (ptrdiff_t k = 0; k < Y.rows; k++)
				z[k] = cvx->cone.length[k] > 0 ? y[k] / cvx->cone.length[k] : 0;
		}
		for (ptrdiff_t c = s->count - 1; c >= 0; c--) { /* harmless blocks are done */
			if (cvx->norm[cvx->at[c]] > target * (1 + cvx->slack))
				continue;
			splitting_drop(s, c);
			cvx->at[c] = cvx->at[s->count];
		}
		splitting_penalty(s, softening * s->delta);
	}
	measure_all(cvx, alpha);
}

/* Dual points of several certificates mixed. The norms N_b(alpha) = min over eta >= 0 |X'(+-d o
 * alpha) + X'(e o eta)| are convex, so that with bounds a_b of N_b(alpha) and k_b of N_b(kappa)
 *
 *     N_b((1 - t) alpha + t kappa) <= (1 - t) a_b + t k_b
 *
 * without another product. Where different blocks bind for the two, a mixture is feasible with a
 * larger scale than either. kappa is the best mixture so far. */

/* f = (1 - t) alpha + t kappa. Returns the largest of its norms, *rounding of which is for that of
 * f to `real`. */
static double mix(struct cvx *cvx, const real *alpha, double t, double *rounding)
{
	const struct cvx_kept *kept = &cvx->kept;
	struct ranks *ranks = cvx->problem->ranks;
	size_t n = (size_t)cvx->M.rows;
	double largest = 0;

	for (size_t k = 0; k < n; k++)
		cvx->f[k] = (real)((1 - t) * (double)alpha[k] + t * (double)kept->alpha[k]);
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		largest = fmax(largest, (1 - t) * cvx->norm[b] + t * kept->norm[b]);
	*rounding = 2 * REAL_EPSILON * cvx->size *
		    (ranks_norm(ranks, n, alpha) + ranks_norm(ranks, n, kept->alpha));
	return largest + *rounding;
}

/* The best share of the grid, refined by its scale; returns the bound that is kept. */
static double mix_kept(struct cvx *cvx, const real *alpha, double bound)
{
	const struct problem *problem = cvx->problem;
	struct cvx_kept *kept = &cvx->kept;
	struct scaling found = {0, -HUGE_VAL};
	double best = -HUGE_VAL, share = 1, rounding = 0;

	for (int i = 1; i < SHARES && kept->any; i++) {
		double t = (double)i / SHARES, largest = mix(cvx, alpha, t, &rounding), value;

		value = largest > 0
				? -loss_conjugate(problem->loss, (size_t)cvx->M.rows,
						  -problem->beta / largest, cvx->f, problem->y.at)
				: -HUGE_VAL;
		if (value > best) {
			best = value;
			share = t;
		}
	}
	if (kept->any)
		found = scaling_best(problem, cvx->f, mix(cvx, alpha, share, &rounding));
	if (found.bound > bound && found.bound > kept->bound) {
		for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
			kept->norm[b] =
				(1 - share) * cvx->norm[b] + share * kept->norm[b] + rounding;
		memcpy(kept->alpha, cvx->f, (size_t)cvx->M.rows * sizeof(real));
		kept->bound = found.bound;
	} else if (!kept->any || bound > kept->bound) { /* alpha itself is kept */
		memcpy(kept->alpha, alpha, (size_t)cvx->M.rows * sizeof *alpha);
		memcpy(kept->norm, cvx->norm, (size_t)cvx->M.cols * sizeof(double));
		kept->bound = bound;
	}
	kept->any = true;
	return kept->bound;
}

/* A dual point that breaks a few constraints, moved instead of scaled.
 *
 *     N_b(alpha) <= |r_b|,   r_b = X'(+-d_b o alpha + z_b)
 *     the gradient of |r_b|  w_b = +-d_b o (X r_b) / |r_b|
 *
 * for any multipliers z_b. Scaling by beta / max |r_b| lets every sample pay for one block; the
 * least move that meets the linearised constraints,
 *
 *     min sum_k m_k^2 / (2 h_k)   s.t.  w_b'm <= beta - |r_b| for the largest blocks,
 *     m = -h o (W mu),  mu >= 0
 *
 * costs next to nothing, since |w_b| is large. h is the curvature of the loss, which leaves samples
 * alone whose alpha is at an end of its range. Each move is measured like any other dual point. */

/* The constraints at work. */
struct active {
	ptrdiff_t count, block[MOST];
	double mu[MOST], gram[MOST][MOST];
};

/* The blocks with the largest norms above beta. */
static void choose(const struct cvx *cvx, struct active *a)
{
	ptrdiff_t blocks = cvx->M.cols;

	a->count = 0;
	for (ptrdiff_t b = 0; b < blocks; b++) {
		ptrdiff_t at = a->count;

		if (!(cvx->norm[b] > cvx->problem->beta))
			continue;
		while (at > 0 && cvx->norm[a->block[at - 1]] < cvx->norm[b])
			at--;
		if (at == MOST)
			continue;
		a->count += a->count < MOST;
		memmove(a->block + at + 1, a->block + at,
			(size_t)(a->count - at - 1) * sizeof *a->block);
		a->block[at] = b;
	}
}

/* W, in the splitting's A, from the r_b that the last measurement left; W'(h o W); and mu >= 0 with
 * (gram mu)_c >= |r_c| - beta, equal where mu_c > 0. */
static void find_multipliers(struct cvx *cvx, struct active *a)
{
	ptrdiff_t d = cvx->problem->X.cols, P = cvx->patterns.D.cols;
	struct mat R = mat_cols(cvx->Z, 0, a->count), W = mat_cols(cvx->split.A, 0, a->count);
	struct mat HW = mat_cols(cvx->split.Y, 0, a->count);

	for (ptrdiff_t c = 0; c < a->count; c++) {
		ptrdiff_t b = a->block[c];
		double sign = b < P ? 1 : -1;

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(R, j, c, (real)(sign * cvx->wide_z[b * d + j] / cvx->norm[b]));
	}
	blas_gemm(1, cvx->problem->X, PLAIN, R, PLAIN, 0, W);
	for (ptrdiff_t c = 0; c < a->count; c++) {
		real *w = mat_col(W, c), *hw = mat_col(HW, c);

		gates_mask(gates_col(cvx->patterns.D, a->block[c] % P), W.rows, w, w);
		for (ptrdiff_t k = 0; k < W.rows; k++)
			hw[k] = cvx->a[k] * w[k];
		for (ptrdiff_t e = 0; e <= c; e++)
			a->gram[c][e] = a->gram[e][c] =
				ranks_dot(cvx->problem->ranks, (size_t)W.rows, hw, mat_col(W, e));
		a->mu[c] = 0;
	}
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (ptrdiff_t c = 0; c < a->count; c++) {
			double rest = cvx->norm[a->block[c]] - cvx->problem->beta;

			for (ptrdiff_t e = 0; e < a->count; e++)
				rest -= a->gram[c][e] * a->mu[e];
			if (a->gram[c][c] > 0)
				a->mu[c] = fmax(0, a->mu[c] + rest / a->gram[c][c]);
		}
}

/* h, in a: of the loss at the repaired point's outputs; where its conjugate has a box, 1 inside. */
static void find_curvature(struct cvx *cvx, const real *alpha)
{
	const struct problem *p = cvx->problem;
	size_t n = (size_t)cvx->M.rows;

	if (!p->loss.loss->box) {
		loss_hessian(p->loss, n, cvx->fr, p->y.at, cvx->a);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		struct loss_box box = loss_box(loss_of(p->loss, (ptrdiff_t)k), (double)p->y.at[k]);
		double at = -(double)alpha[k], width = box.high - box.low;
		double near = end_rounding * (isfinite(width) ? width : fabs(at));

		cvx->a[k] = at - box.low > near && box.high - at > near;
	}
}

/* alpha - h o (W mu), inside its range, round after round. */
static double move_point(struct cvx *cvx, const real *alpha, double bound)
{
	const struct problem *p = cvx->problem;
	struct active a;

	memcpy(cvx->moved, alpha, (size_t)cvx->M.rows * sizeof *alpha);
	find_curvature(cvx, alpha);
	for (int round = 0; round < ROUNDS; round++) {
		double before = bound, found;

		choose(cvx, &a);
		if (a.count == 0)
			break;
		find_multipliers(cvx, &a);
		for (ptrdiff_t k = 0; k < cvx->M.rows; k++) {
			double at = (double)cvx->moved[k], by = 0, most = most_change * fabs(at);

			for (ptrdiff_t c = 0; c < a.count; c++)
				by -= (double)mat_get(cvx->split.Y, k, c) * a.mu[c];
			if (p->loss.loss->box) {
				struct loss_box box =
					loss_box(loss_of(p->loss, k), (double)p->y.at[k]);

				at = -fmin(box.high, fmax(box.low, -(at + by)));
			} else {
				at += fmin(most, fmax(-most, by));
			}
			cvx->moved[k] = (real)at;
		}
		measure_all(cvx, cvx->moved);
		found = scaling_best(p, cvx->moved, largest_norm(cvx)).bound;
		bound = fmax(bound, mix_kept(cvx, cvx->moved, found));
		if (round > 0 && !(bound > before + small_gain * cvx->slack * bound))
			break;
	}
	return bound;
}

double cvx_dual_largest(struct cvx *cvx, const struct cvx_dual *dual, double target)
{
	ptrdiff_t count = cvx->M.cols;

	/* The better of the solver's multipliers and those of the certificate before, for each
	 * block. */
	if (cvx->warm)
		measure_all(cvx, dual->alpha);
	for (ptrdiff_t b = 0; cvx->warm && b < count; b++)
		cvx->order[b].norm = cvx->norm[b];
	for (ptrdiff_t b = 0; b < count; b++) {
		real *q = mat_col(cvx->split.Y, b);

		take_multipliers(cvx, dual, b, q);
		add_alpha(cvx, dual->alpha, b, q, q);
	}
	measure(cvx, count, cvx->norm);
	for (ptrdiff_t b = 0; b < count; b++)
		if (cvx->warm && cvx->order[b].norm < cvx->norm[b])
			cvx->norm[b] = cvx->order[b].norm;
		else
			take_multipliers(cvx, dual, b, mat_col(cvx->M, b));
	cvx->warm = true;
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		cvx->order[b] = (struct cvx_order){cvx->norm[b], b};
	qsort(cvx->order, (size_t)cvx->M.cols, sizeof *cvx->order, cvx_dual_by_norm);
	if (cvx->order[0].norm > target) {
		cvx_prepare(cvx);
		for (ptrdiff_t k = 0; k < cvx->M.rows; k++)
			cvx->a[k] = cvx->cone.length[k] * dual->alpha[k];
		if (cvx->exact)
			tighten_each(cvx, dual->alpha, target);
		else
			tighten_together(cvx, dual->alpha, target);
	}
	return largest_norm(cvx);
}

void cvx_dual_bound(struct cvx *cvx, const struct cvx_dual *dual, struct certificate *out)
{
	const struct problem *problem = cvx->problem;
	/* a smaller norm would gain nothing */
	double target = problem->beta / scaling_best(problem, dual->alpha, 0).scale;
	double largest = cvx_dual_largest(cvx, dual, target);

	out->lower_bound =
		mix_kept(cvx, dual->alpha, scaling_best(problem, dual->alpha, largest).bound);
	if (largest > problem->beta) {
		measure_all(cvx, dual->alpha);
		out->lower_bound = move_point(cvx, dual->alpha, out->lower_bound);
	}
	out->scope = cvx->patterns.all ? "all" : "sampled";
}
