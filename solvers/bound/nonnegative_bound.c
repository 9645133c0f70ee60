/* See nonnegative_bound.h. */
#include "solvers/bound/nonnegative_bound.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { THETAS = 9, SEARCH = 12, TRIES = 8 };

struct products products_new(ptrdiff_t n, struct arena *arena)
{
	struct products p = {mat_new(arena, n, n), mat_new(arena, n, n), mat_new(arena, n, n),
			     ARENA_ARRAY(arena, real, n), ARENA_ARRAY(arena, real, n)};

	return p;
}

struct cone_multipliers cone_multipliers_new(ptrdiff_t n, ptrdiff_t d, struct arena *arena)
{
	struct cone_multipliers c = {mat_new(arena, n, d), mat_new(arena, n, d),
				     ARENA_ARRAY(arena, real, n), ARENA_ARRAY(arena, real, n)};

	return c;
}

/* Rows of like length, by powers of two, which round nothing. */
static void scale_rows(struct nonnegative_bound *b)
{
	const struct distinct *rows = b->dual->rows;
	struct mat gram = mat_rows(mat_cols(b->R, 0, rows->d), 0, rows->d);
	double square = 0;

	for (ptrdiff_t i = 0; i < rows->n * rows->d; i++)
		square += rows->X[i] * rows->X[i];
	b->scale = square > 0 ? ldexp(1, ilogb(sqrt(square)) + 1) : 1;
	for (ptrdiff_t i = 0; i < rows->n; i++) {
		const double *x = distinct_at(rows, i);
		double own = 0;

		for (ptrdiff_t k = 0; k < rows->d; k++)
			own += x[k] * x[k];
		b->row[i] = own > 0 ? exp2(rint(log2(square / (double)rows->n / own) / 2)) : 1;
		for (ptrdiff_t k = 0; k < rows->d; k++)
			mat_set(b->X, i, k, (real)(b->row[i] * x[k] / b->scale));
	}
	blas_syrk(1, b->X, TRANSPOSED, 0, gram);
	blas_eigen(gram, b->w);
	b->largest = fmax((double)b->w[rows->d - 1], (double)REAL_EPSILON);
}

struct nonnegative_bound nonnegative_bound_new(struct dual *dual, struct arena *arena)
{
	ptrdiff_t n = dual->rows->n, d = dual->rows->d;
	struct nonnegative_bound b = {.dual = dual, .beta = dual->problem->beta};
	struct mat *squares[] = {&b.A, &b.B, &b.C, &b.T, &b.work};
	struct mat *small[] = {&b.H, &b.G, &b.R};

	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, n, n);
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		*small[i] = mat_new(arena, 1 + d, 1 + d);
	b.X = mat_new(arena, n, d);
	b.U = mat_new(arena, n, d);
	b.V = mat_new(arena, n, d);
	b.F = mat_new(arena, n, 1 + d);
	b.M = mat_new(arena, 1 + d + n, 1 + d + n);
	b.a = ARENA_ARRAY(arena, real, n);
	b.row = ARENA_ARRAY(arena, double, n);
	b.q = ARENA_ARRAY(arena, real, n);
	b.xq = ARENA_ARRAY(arena, real, d);
	b.w = ARENA_ARRAY(arena, real, 1 + n + d);
	b.alpha = ARENA_ARRAY(arena, real, dual->problem->X.rows);
	blas_expect_eigen(arena, n);
	if (!arena_counts(arena))
		scale_rows(&b);
	return b;
}

static double allowed(double multiplier)
{
	return multiplier < 0 ? -multiplier : 0;
}

/* p at least |g|, whatever rounding does to the latter. */
static double radius(struct mat G, ptrdiff_t i, double p)
{
	double square = 0;

	for (ptrdiff_t k = 0; k < G.cols; k++)
		square += (double)mat_get(G, i, k) * (double)mat_get(G, i, k);
	return fmax(p, sqrt(square) * (1 + 4 * (double)(G.cols + 4) * REAL_EPSILON));
}

/* The cones join a, q, U and H. */
static void add_cones(struct nonnegative_bound *b, const struct cone_multipliers *c, double by)
{
	ptrdiff_t n = b->X.rows, d = b->X.cols;
	struct mat uu = mat_rows(mat_cols(b->H, 1, d), 1, d),
		   xh = mat_rows(mat_cols(b->R, 1, d), 1, d);

	for (ptrdiff_t i = 0; i < n; i++) {
		double p = by * radius(c->G, i, (double)c->p[i]),
		       q = by * radius(c->H, i, (double)c->q[i]);

		b->a[i] -= (real)((p + q) / 2);
		b->q[i] += (real)q;
		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(b->U, i, k,
				mat_get(b->U, i, k) - (real)(by / 2) * (mat_get(c->G, i, k) +
									mat_get(c->H, i, k)));
	}
	blas_gemm(by / 2, b->X, TRANSPOSED, c->H, PLAIN, 0, xh);
	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(uu, i, j,
				mat_get(uu, i, j) - mat_get(xh, i, j) - mat_get(xh, j, i));
	b->cones = by * (blas_mat_norm(c->G) + blas_mat_norm(c->H));
}

/* A, B, C, a, q for rows scaled; T without more of the diagonal, U, and X'B X in H. */
static void form(struct nonnegative_bound *b, const double *nu, double sign,
		 const struct products *m, const struct cone_multipliers *cones, double unit)
{
	ptrdiff_t n = b->X.rows, d = b->X.cols;
	double square = pow(b->scale / unit, 2), single = 2 * b->scale / unit;

	for (ptrdiff_t j = 0; j < n; j++) {
		double az = -single * (double)m->az[j], own = sign * b->scale * nu[j] / b->row[j];

		b->q[j] = (real)(single * allowed((double)m->aw[j]));
		b->a[j] = (real)(-(fmax(az, own) + (double)b->q[j]) / 2); /* p = az - own, if > 0 */
		for (ptrdiff_t i = 0; i < n; i++) {
			double c = (double)mat_get(m->zw, i, j);
			double zz = (double)mat_get(m->zz, i, j) + (double)mat_get(m->zz, j, i);
			double ww = (double)mat_get(m->ww, i, j) + (double)mat_get(m->ww, j, i);

			mat_set(b->A, i, j, (real)(square * allowed(zz / 2)));
			mat_set(b->B, i, j, (real)(square * allowed(ww / 2)));
			mat_set(b->C, i, j, (real)(2 * square * (i == j ? -c : allowed(c))));
		}
	}
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(b->T, i, j,
				-mat_get(b->A, i, j) - mat_get(b->B, i, j) -
					(mat_get(b->C, i, j) + mat_get(b->C, j, i)) / 2);
	blas_gemm(1, b->B, PLAIN, b->X, PLAIN, 0, b->V);
	blas_gemm(1, b->X, TRANSPOSED, b->V, PLAIN, 0, mat_rows(mat_cols(b->H, 1, d), 1, d));
	mat_copy(b->U, b->V);
	blas_gemm(0.5, b->C, PLAIN, b->X, PLAIN, 1, b->U);
	add_cones(b, cones, b->scale / unit);
	blas_gemv(0.5, b->X, TRANSPOSED, b->q, 0, b->xq);
	for (ptrdiff_t k = 0; k < d; k++) {
		mat_set(b->H, 1 + k, 0, -b->xq[k]);
		mat_set(b->H, 0, 1 + k, -b->xq[k]);
	}
	mat_set(b->H, 0, 0, 0);
}

/* G for theta more of the diagonal of T; false: T is not definite. */
static bool reduce(struct nonnegative_bound *b, double theta)
{
	ptrdiff_t n = b->X.rows, d = b->X.cols;

	mat_copy(b->work, b->T);
	for (ptrdiff_t i = 0; i < n; i++) {
		mat_set(b->work, i, i, mat_get(b->T, i, i) + (real)theta);
		mat_set(b->F, i, 0, b->a[i]);
		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(b->F, i, 1 + k,
				mat_get(b->U, i, k) - (real)(theta / 2) * mat_get(b->X, i, k));
	}
	if (!blas_cholesky(b->work))
		return false;
	blas_trsm(b->work, PLAIN, b->F);
	mat_copy(b->G, b->H);
	blas_syrk(1, b->F, TRANSPOSED, 1, b->G);
	return true;
}

/* 2 lmax(G) with lambda. */
static double at_balance(struct nonnegative_bound *b, double lambda)
{
	ptrdiff_t order = b->G.rows;

	mat_copy(b->R, b->G);
	for (ptrdiff_t j = 0; j < order; j++)
		mat_set(b->R, j, j,
			mat_get(b->R, j, j) + (real)(j == 0 ? -lambda / 2 : lambda / 2));
	return blas_eigen(b->R, b->w) ? 2 * (double)b->w[order - 1] : HUGE_VAL;
}

/* The best theta of some, from the least at which T is definite. */
static double best_theta(struct nonnegative_bound *b)
{
	ptrdiff_t n = b->X.rows;
	double base, unit = 2 * b->beta / b->largest, best = HUGE_VAL, theta = NAN;

	mat_copy(b->work, b->T);
	if (!blas_eigen(b->work, b->w))
		return NAN;
	base = 1.001 * fmax(0, -(double)b->w[0]);
	base += REAL_EPSILON * (double)n * fabs((double)b->w[n - 1]);
	for (int k = 0; k < THETAS; k++) {
		double more = base + unit * pow(10, -4 + 4.0 * k / (THETAS - 1)), K;

		if (!reduce(b, more))
			continue;
		K = at_balance(b, 0);
		if (K < best) {
			best = K;
			theta = more;
		}
	}
	return theta;
}

static double best_balance(struct nonnegative_bound *b, double *K)
{
	const double ratio = 0.6180339887498949;
	double most = at_balance(b, 0), low = -most, high = most, lambda;

	for (int step = 0; step < SEARCH; step++) {
		double x = high - ratio * (high - low), y = low + ratio * (high - low);

		if (at_balance(b, x) <= at_balance(b, y))
			high = y;
		else
			low = x;
	}
	lambda = (low + high) / 2;
	*K = at_balance(b, lambda);
	return lambda;
}

/* What rounding may have done to entries of M: sums of n or d products of matrices with these
 * norms. */
static double rounding(const struct nonnegative_bound *b, double theta)
{
	size_t n = (size_t)b->X.rows;
	double X = blas_mat_norm(b->X), B = blas_mat_norm(b->B);
	double all = blas_mat_norm(b->A) + B + blas_mat_norm(b->C) + theta * sqrt((double)n);
	double single = blas_norm(n, b->a) + X * blas_norm(n, b->q);

	return 8 * (double)(n + 8) * REAL_EPSILON *
	       (B * X * X + (all + b->cones) * (1 + X) + single);
}

/* The matrix of nonnegative_bound.h, less what rounding cannot exceed, has a Cholesky factor (Rump
 * 2006): lower triangle in z, alpha, u. */
static bool holds(struct nonnegative_bound *b, double theta, double lambda, double K)
{
	ptrdiff_t n = b->X.rows, d = b->X.cols;
	double trace = 0, shift = rounding(b, theta);

	for (ptrdiff_t j = 0; j < n; j++) {
		for (ptrdiff_t i = j; i < n; i++)
			mat_set(b->M, i, j, mat_get(b->T, i, j));
		mat_set(b->M, j, j, mat_get(b->T, j, j) + (real)theta);
		mat_set(b->M, n, j, b->a[j]);
		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(b->M, n + 1 + k, j,
				mat_get(b->U, j, k) - (real)(theta / 2) * mat_get(b->X, j, k));
	}
	for (ptrdiff_t j = 0; j <= d; j++) {
		for (ptrdiff_t i = j; i <= d; i++)
			mat_set(b->M, n + i, n + j, -mat_get(b->H, i, j));
		mat_set(b->M, n + j, n + j,
			mat_get(b->M, n + j, n + j) +
				(real)((j == 0 ? K + lambda : K - lambda) / 2));
	}
	for (ptrdiff_t j = 0; j < b->M.cols; j++)
		trace += fabs((double)mat_get(b->M, j, j));
	shift += 4 * (double)b->M.cols * REAL_EPSILON * trace;
	for (ptrdiff_t j = 0; j < b->M.cols; j++)
		mat_set(b->M, j, j, mat_get(b->M, j, j) - (real)shift);
	return blas_cholesky(b->M);
}

double nonnegative_kappa(struct nonnegative_bound *b, const double *nu, double sign,
			 const struct products *multiplier, const struct cone_multipliers *cones,
			 double unit)
{
	double theta, lambda, K, more = 1e-10;

	form(b, nu, sign, multiplier, cones, unit);
	theta = best_theta(b);
	if (!(theta > 0 && reduce(b, theta)))
		return HUGE_VAL;
	lambda = best_balance(b, &K);
	for (int k = 0; k < TRIES && K > 0 && K < HUGE_VAL; k++, more *= 10)
		if (holds(b, theta, lambda, K * (1 + more)))
			return K * (1 + more);
	return HUGE_VAL;
}

void nonnegative_take(struct nonnegative_bound *b, const double *nu, double K)
{
	double bound;

	K += dual_place(b->dual, nu, b->alpha);
	bound = dual_bound(b->dual, b->alpha, K);
	if (!(bound > b->lower))
		return;
	b->lower = bound;
	b->K = K / b->beta;
}
