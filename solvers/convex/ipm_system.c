/* The Newton system of the interior-point method, reduced to q = dv - dw. See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	REFINEMENTS = 3 /* of a direction; the first takes off four digits or more */
};

/* Dual residual, relative to beta, that a direction may leave: a bound loses that share. */
static const double negligible = 1e-7;

/* H += eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)), the cone of block i, lower triangle */
static void add_cone(const struct cones *c, ptrdiff_t i, struct mat H)
{
	const real *w = mat_col(c->w, i), *w1 = w + 1;
	double scale = 1 / ((double)c->eta[i] * (double)c->eta[i]);
	double factor = 2 * scale / (2 * (double)w[0] * (double)w[0] - 1);

	for (ptrdiff_t b = 0; b < H.cols; b++) {
		blas_axpy((size_t)(H.rows - b), -factor * (double)w1[b], w1 + b, mat_col(H, b) + b);
		mat_set(H, b, b, mat_get(H, b, b) + (real)scale);
	}
}

/* Block i of a d x dP matrix. */
static struct mat block_at(struct mat blocks, ptrdiff_t i)
{
	return mat_cols(blocks, i * blocks.rows, blocks.rows);
}

/* T = diag(weight o d_i) X; without a pattern for i < 0 */
static void weighted_features(const struct ipm *s, const real *weight, ptrdiff_t i, struct mat T)
{
	const real *d = i >= 0 ? mat_col(s->D, i) : NULL;

	for (ptrdiff_t j = 0; j < T.cols; j++) {
		const real *x = mat_col(s->problem->X, j);
		real *t = mat_col(T, j);

		for (ptrdiff_t k = 0; k < T.rows; k++)
			t[k] = weight[k] * x[k];
		for (ptrdiff_t k = 0; d && k < T.rows; k++)
			t[k] *= d[k];
	}
}

/* X' diag(weight) X, lower triangle, from its packed columns or by a product. */
static void weighted_gram(struct ipm *s, ptrdiff_t i, struct mat to)
{
	const real *weight = mat_col(s->Q, i);

	if (s->pairs.cols > 0) {
		const real *packed = mat_col(s->packed, i);

		for (ptrdiff_t b = 0; b < to.cols; b++)
			for (ptrdiff_t a = b; a < to.rows; a++)
				mat_set(to, a, b, *packed++);
		return;
	}
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] = (real)sqrt((double)weight[k]);
	weighted_features(s, s->u, -1, s->G);
	blas_syrk(1, s->G, TRANSPOSED, 0, to);
}

/* H_j for all blocks of a half, both triangles. */
static void form_blocks(struct ipm *s, struct ipm_half *h)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		real *q = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			q[k] = -minus[k] / slack[k];
	}
	if (s->pairs.cols > 0)
		blas_gemm(1, s->pairs, TRANSPOSED, s->Q, PLAIN, 0, s->packed);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct mat H = block_at(h->H, i);

		weighted_gram(s, i, H);
		add_cone(&h->cones, i, H);
		blas_symmetrize(H);
	}
}

/* With the sum of both blocks factored, S = H_V (H_V + H_W)^-1 H_W, symmetric, in place of B. */
static bool parallel_sum(struct ipm *s, ptrdiff_t i)
{
	struct mat HV = block_at(s->half[0].H, i), HW = block_at(s->half[1].H, i),
		   L = block_at(s->sums, i);

	for (ptrdiff_t b = 0; b < L.cols; b++)
		for (ptrdiff_t a = 0; a < L.rows; a++)
			mat_set(L, a, b, mat_get(HV, a, b) + mat_get(HW, a, b));
	if (!blas_cholesky(L))
		return false;
	mat_copy(s->B, HV);
	mat_copy(s->B2, HW);
	blas_trsm(L, PLAIN, s->B);
	blas_trsm(L, PLAIN, s->B2);
	blas_gemm(1, s->B, TRANSPOSED, s->B2, PLAIN, 0, block_at(s->S, i));
	return true;
}

/* C = F'W F + blockdiag(S_i), lower triangle. */
static bool factor_assembled(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, P = s->D.cols;

	if (!s->formed) {
		for (ptrdiff_t i = 0; i < P; i++)
			weighted_features(s, s->root_w, i, mat_cols(s->T, i * d, d));
		blas_syrk(1, s->T, TRANSPOSED, 0, s->C);
		s->formed = s->A.cols > 0;
		if (s->formed)
			mat_copy(s->A, s->C);
	} else {
		mat_copy(s->C, s->A);
	}
	for (ptrdiff_t i = 0; i < P; i++) {
		struct mat to = mat_rows(mat_cols(s->C, i * d, d), i * d, d), S = block_at(s->S, i);

		for (ptrdiff_t b = 0; b < d; b++)
			blas_axpy((size_t)(d - b), 1, mat_col(S, b) + b, mat_col(to, b) + b);
	}
	return blas_cholesky(s->C);
}

/* Blocks one by one, and the coupling from chunks of W^(1/2) D_i X L_i^-T, S_i = L_i L_i'. */
static bool factor_coupling(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;

	mat_fill(s->C, 0);
	for (ptrdiff_t k = 0; k < s->C.rows; k++)
		mat_set(s->C, k, k, 1);
	mat_copy(s->factors, s->S);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct mat T = mat_cols(s->T, filled, d), L = block_at(s->factors, i);

		if (!blas_cholesky(L))
			return false;
		weighted_features(s, s->root_w, i, T);
		blas_trsm_right(L, TRANSPOSED, T);
		filled += d;
		if (filled + d > s->T.cols || i == s->D.cols - 1) {
			blas_syrk(1, mat_cols(s->T, 0, filled), PLAIN, 1, s->C);
			filled = 0;
		}
	}
	return blas_cholesky(s->C);
}

bool ipm_factor(struct ipm *s)
{
	interior_loss_weights(s->loss, s->f, s->root_w);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
	for (int half = 0; half < 2; half++)
		form_blocks(s, &s->half[half]);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		if (!parallel_sum(s, i))
			return false;
	return s->assembled ? factor_assembled(s) : factor_coupling(s);
}

/* The part of r_j that comes from the cone: c_x + (c_t - beta) 2 w0 w1 / (2 w0^2 - 1), c its
 * target. */
static void add_cone_target(struct ipm *s, struct ipm_half *h, ptrdiff_t i, double mu)
{
	const real *w = mat_col(h->cones.w, i), *c = s->target;
	real *r = mat_col(h->R, i);
	double w0 = (double)w[0], along;

	cones_target(&h->cones, i, mu, s->target);
	along = ((double)c[0] - s->problem->beta) * 2 * w0 / (2 * w0 * w0 - 1);
	for (ptrdiff_t j = 0; j < h->R.rows; j++)
		r[j] += c[j + 1] + (real)along * w[j + 1];
}

/* r_j = -sign X'(D o g) + X'(E o ((mu - lambda rp - K) / s)) + the cone's, rp = E o (X x) - s */
static void right_hand_side(struct ipm *s, struct ipm_half *h, double mu)
{
	struct mat X = s->problem->X;

	blas_gemm(1, X, PLAIN, h->X, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *slack = mat_col(h->S, i);
		const real *minus = mat_col(h->N, i), *products = mat_col(h->K, i);
		real *q = mat_col(s->Q, i), sign = (real)h->sign, target = (real)mu;

#pragma omp simd
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			real e = 2 * d[k] - 1, rp = e * q[k] - slack[k];
			real part = (target + minus[k] * rp - products[k]) / slack[k];

			q[k] = e * part - sign * d[k] * s->g[k];
		}
	}
	blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 0, h->R);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		add_cone_target(s, h, i, mu);
}

/* df = sum_i D_i X q_i */
static void outputs_of(struct ipm *s, struct mat q)
{
	memset(s->df, 0, (size_t)s->D.rows * sizeof *s->df);
	blas_gemm(1, s->problem->X, PLAIN, q, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *y = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			s->df[k] += d[k] * y[k];
	}
}

/* to -= X'(D o (u 1')) */
static void subtract_spread(struct ipm *s, const real *u, struct mat to)
{
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i);
		real *q = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			q[k] = d[k] * u[k];
	}
	blas_gemm(-1, s->problem->X, TRANSPOSED, s->Q, PLAIN, 1, to);
}

/* dt = (eta^2 (c_t - beta) + 2 w0 w1'dx) / (2 w0^2 - 1), dzeta = beta - zeta,
 * dz = c_x - z + eta^-2 (2 w1 (w0 dt - w1'dx) - dx) */
static void complete_cone(struct ipm *s, struct ipm_half *h, ptrdiff_t i, double mu)
{
	struct cones *c = &h->cones;
	ptrdiff_t d = h->X.rows;
	const real *w = mat_col(c->w, i), *z = mat_col(c->z, i);
	real *step = mat_col(c->ds, i), *dual = mat_col(c->dz, i);
	double w0 = (double)w[0], square = (double)c->eta[i] * (double)c->eta[i];
	double inner = blas_dot((size_t)d, w + 1, step + 1), along;

	cones_target(c, i, mu, s->target);
	along = square * ((double)s->target[0] - s->problem->beta) + 2 * w0 * inner;
	step[0] = (real)(along / (2 * w0 * w0 - 1));
	dual[0] = (real)(s->problem->beta - (double)z[0]);
	along = 2 * (w0 * (double)step[0] - inner);
	for (ptrdiff_t j = 1; j <= d; j++)
		dual[j] = (real)((double)s->target[j] - (double)z[j] +
				 (along * (double)w[j] - (double)step[j]) / square);
}

/* ds = E o (X (x + dx)) - s, dlambda = (mu - K - lambda ds) / s - lambda, and the cones. */
static void complete(struct ipm *s, struct ipm_half *h, double mu)
{
	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, s->Q);
	blas_gemm(1, s->problem->X, PLAIN, h->dX, PLAIN, 1, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *mask = mat_col(s->D, i), *q = mat_col(s->Q, i);
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *products = mat_col(h->K, i);
		real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i), target = (real)mu;

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			real step = (2 * mask[k] - 1) * q[k] - slack[k];

			ds[k] = step;
			dn[k] = -(target + minus[k] * step - products[k]) / slack[k] - minus[k];
		}
		complete_cone(s, h, i, mu);
	}
}

/* q = (S + F'W F)^-1 q through the coupling: S^-1 (q - F'W^(1/2) C^-1 W^(1/2) F S^-1 q). */
static void solve_coupling(struct ipm *s)
{
	mat_copy(s->Z, s->q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(block_at(s->factors, i), mat_cols(s->Z, i, 1));
	outputs_of(s, s->Z);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] = s->root_w[k] * s->df[k];
	blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->u);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] *= s->root_w[k];
	subtract_spread(s, s->u, s->q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(block_at(s->factors, i), mat_cols(s->q, i, 1));
}

/* R0 = H_W (H_V + H_W)^-1 r_v - H_V (H_V + H_W)^-1 r_w; then dv = (H_V + H_W)^-1 (r_v + r_w + H_W
 * q), dw likewise with - H_V q: neither is a difference of large numbers. */
static void solve_steps(struct ipm *s)
{
	struct ipm_half *v = &s->half[0], *w = &s->half[1];

	mat_copy(v->dX, v->R);
	mat_copy(w->dX, w->R);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		blas_cholesky_solve(block_at(s->sums, i), mat_cols(v->dX, i, 1));
		blas_cholesky_solve(block_at(s->sums, i), mat_cols(w->dX, i, 1));
		blas_gemv(1, block_at(w->H, i), PLAIN, mat_col(v->dX, i), 0, mat_col(s->q, i));
		blas_gemv(-1, block_at(v->H, i), PLAIN, mat_col(w->dX, i), 1, mat_col(s->q, i));
	}
	if (s->assembled)
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->q.at);
	else
		solve_coupling(s);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		for (int half = 0; half < 2; half++) {
			real *to = mat_col(s->half[half].dX, i);

			for (ptrdiff_t j = 0; j < s->q.rows; j++)
				to[j] = mat_get(v->R, j, i) + mat_get(w->R, j, i);
		}
		blas_gemv(1, block_at(w->H, i), PLAIN, mat_col(s->q, i), 1, mat_col(v->dX, i));
		blas_gemv(-1, block_at(v->H, i), PLAIN, mat_col(s->q, i), 1, mat_col(w->dX, i));
		blas_cholesky_solve(block_at(s->sums, i), mat_cols(v->dX, i, 1));
		blas_cholesky_solve(block_at(s->sums, i), mat_cols(w->dX, i, 1));
	}
}

/* R_j = z + dz + X'E (lambda + dlambda) - sign X'D (g + W df), what the direction leaves of the
 * dual equations; its norm over all blocks. */
static double linear_residual(struct ipm *s)
{
	struct mat X = s->problem->X;
	double square = 0;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->u[k] = s->g[k] + s->root_w[k] * s->root_w[k] * s->df[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *minus = mat_col(h->N, i);
			const real *dn = mat_col(h->dN, i);
			real *q = mat_col(s->Q, i);

#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = -sign * d[k] * s->u[k] - (2 * d[k] - 1) * (minus[k] + dn[k]);
			for (ptrdiff_t j = 0; j < X.cols; j++)
				mat_set(h->R, j, i,
					mat_get(h->cones.z, j + 1, i) +
						mat_get(h->cones.dz, j + 1, i));
		}
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Everything else of the direction from dx. */
static void complete_all(struct ipm *s, double mu)
{
	for (int half = 0; half < 2; half++)
		complete(s, &s->half[half], mu);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		for (ptrdiff_t j = 0; j < s->q.rows; j++)
			mat_set(s->q, j, i,
				mat_get(s->half[0].dX, j, i) - mat_get(s->half[1].dX, j, i));
	outputs_of(s, s->q);
}

/* Solve for what the direction leaves of the dual equations, until it is below what a bound notices
 * or falls no further: the reduction loses digits where H is large. */
static void refine(struct ipm *s, double mu)
{
	double small = negligible * s->problem->beta, before = HUGE_VAL, now = linear_residual(s);

	for (int round = 0; round < REFINEMENTS && now > small && now < before / 2; round++) {
		before = now;
		for (int half = 0; half < 2; half++)
			mat_copy(s->half[half].shown, s->half[half].dX);
		solve_steps(s);
		for (int half = 0; half < 2; half++)
			for (ptrdiff_t i = 0; i < s->D.cols; i++)
				blas_axpy((size_t)s->q.rows, 1, mat_col(s->half[half].shown, i),
					  mat_col(s->half[half].dX, i));
		complete_all(s, mu);
		now = linear_residual(s);
	}
}

void ipm_direction(struct ipm *s, double mu, bool correct)
{
	interior_loss_gradient(s->loss, s->f, mu, correct, s->g);
	for (int half = 0; half < 2; half++)
		right_hand_side(s, &s->half[half], mu);
	solve_steps(s);
	complete_all(s, mu);
	if (correct)
		refine(s, mu);
	interior_loss_direction(s->loss, s->f, s->df, mu, correct);
}
