/* The Newton system of the interior point for SCP and its directions. See scp_interior.h; Mehrotra
 * 1992. */
#include "solvers/core/blas.h"
#include "solvers/scp/scp_interior.h"
#include "solvers/scp/scp_products.h"

#include <math.h>
#include <string.h>

static const double first_ridge = 16 * REAL_EPSILON, most_ridge = 0.1;

/* Conjugate gradients end at this share of the right-hand side, in the norm of the factor. */
static const double solved = 1e-13;

/* A solution that leaves more is taken from the other system. */
static const double accurate = 1e-2;

enum { REFINEMENTS = 40 };

/* The two systems. */
enum system { IN_SAMPLES, IN_NEURONS };

static bool uses(const struct scp_interior *s, enum system which)
{
	bool few = s->in_samples.rows > 0 && s->in_samples.rows <= s->count;

	if (which == IN_SAMPLES)
		return few || (s->late && s->in_samples.rows > 0);
	return !few || s->late;
}

static ptrdiff_t order(const struct scp_interior *s, enum system which)
{
	return which == IN_SAMPLES ? s->scp->Phi.rows : s->count;
}

static struct mat factor_of(const struct scp_interior *s, enum system which)
{
	struct mat room = which == IN_SAMPLES ? s->in_samples : s->in_neurons;

	return mat_rows(mat_cols(room, 0, order(s, which)), 0, order(s, which));
}

static struct mat features(const struct scp_interior *s)
{
	return mat_cols(s->scp->Phi, 0, s->count);
}

/* C += Phi S Phi' over chunks of columns. */
static void accumulate_columns(struct scp_interior *s, struct mat C)
{
	struct mat Phi = features(s);

	for (ptrdiff_t first = 0; first < Phi.cols; first += SCP_INTERIOR_CHUNK) {
		ptrdiff_t count = first + SCP_INTERIOR_CHUNK < Phi.cols ? SCP_INTERIOR_CHUNK
									: Phi.cols - first;
		struct mat T = {Phi.rows, count, Phi.rows, s->T.at};

		for (ptrdiff_t j = 0; j < count; j++) {
			const real *restrict phi = mat_col(Phi, first + j);
			real *restrict to = mat_col(T, j), root = (real)sqrt(s->s[first + j]);

#pragma omp simd
			for (ptrdiff_t k = 0; k < T.rows; k++)
				to[k] = phi[k] * root;
		}
		blas_syrk(1, T, PLAIN, 1, C);
	}
}

/* C += T'T over chunks of rows. */
static void accumulate_rows(struct scp_interior *s, struct mat C)
{
	struct mat Phi = features(s);

	for (ptrdiff_t first = 0; first < Phi.rows; first += SCP_INTERIOR_CHUNK) {
		ptrdiff_t count = first + SCP_INTERIOR_CHUNK < Phi.rows ? SCP_INTERIOR_CHUNK
									: Phi.rows - first;
		struct mat T = {count, Phi.cols, SCP_INTERIOR_CHUNK, s->T.at};
		real w[SCP_INTERIOR_CHUNK];

		for (ptrdiff_t k = 0; k < count; k++)
			w[k] = (real)(1 / sqrt(s->v[first + k]));
		for (ptrdiff_t j = 0; j < T.cols; j++) {
			const real *restrict phi = mat_col(Phi, j) + first;
			real *restrict to = mat_col(T, j), root = (real)sqrt(s->s[j]);

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				to[k] = w[k] * phi[k] * root;
		}
		blas_syrk(1, T, TRANSPOSED, 1, C);
	}
}

/* The system with a diagonal larger by the share `ridge`. */
static void assemble(struct scp_interior *s, enum system which, double ridge)
{
	struct mat C = factor_of(s, which);

	mat_fill(C, 0);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, which == IN_SAMPLES ? (real)s->v[j] : 1);
	if (which == IN_SAMPLES)
		accumulate_columns(s, C);
	else
		accumulate_rows(s, C);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, mat_get(C, j, j) * (real)(1 + ridge));
}

/* Where rounding makes the system indefinite, as in single precision it does for small beta, the
 * least ridge that helps: conjugate gradients take it away again as far as they can. */
static bool factor(struct scp_interior *s, enum system which)
{
	assemble(s, which, 0);
	for (double ridge = first_ridge; !blas_cholesky(factor_of(s, which)); ridge *= 100) {
		if (ridge > most_ridge)
			return false;
		assemble(s, which, ridge);
	}
	return true;
}

bool scp_interior_factor(struct scp_interior *s)
{
	scp_loss_curvature(s->loss, s->v);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->s[i] = s->p[i] / s->zp[i] + s->q[i] / s->zq[i];
	return (!uses(s, IN_SAMPLES) || factor(s, IN_SAMPLES)) &&
	       (!uses(s, IN_NEURONS) || factor(s, IN_NEURONS));
}

/* to = system x; t (of the other order) is scratch. */
static void apply(const struct scp_interior *s, enum system which, const double *x, double *t,
		  double *to)
{
	struct mat Phi = features(s);

	if (which == IN_SAMPLES) {
		scp_products_transposed(Phi, x, t);
		for (ptrdiff_t i = 0; i < Phi.cols; i++)
			t[i] *= s->s[i];
		scp_products_plain(Phi, t, to);
		for (ptrdiff_t k = 0; k < Phi.rows; k++)
			to[k] += s->v[k] * x[k];
		return;
	}
	for (ptrdiff_t i = 0; i < Phi.cols; i++)
		to[i] = x[i] * sqrt(s->s[i]);
	scp_products_plain(Phi, to, t);
	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		t[k] /= s->v[k];
	scp_products_transposed(Phi, t, to);
	for (ptrdiff_t i = 0; i < Phi.cols; i++)
		to[i] = x[i] + to[i] * sqrt(s->s[i]);
}

/* z = (factor)^-1 r */
static void precondition(struct scp_interior *s, enum system which, const double *r, double *z)
{
	ptrdiff_t n = order(s, which);
	double largest = 0;

	for (ptrdiff_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(r[i]));
	largest = largest > 0 ? largest : 1; /* `real` may not hold r */
	for (ptrdiff_t i = 0; i < n; i++)
		s->rounded[i] = (real)(r[i] / largest);
	blas_triangular_solve(factor_of(s, which), BLAS_SOLVE_BLOCK, s->rounded);
	for (ptrdiff_t i = 0; i < n; i++)
		z[i] = (double)s->rounded[i] * largest;
}

static double dot(ptrdiff_t n, const double *x, const double *y)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t i = 0; i < n; i++)
		sum += x[i] * y[i];
	return sum;
}

/* x = system^-1 b by conjugate gradients from 0; b becomes the residual. t is scratch. */
static void solve(struct scp_interior *s, enum system which, double *b, double *t, double *x)
{
	double *z = s->work[1], *d = s->work[2], *ad = s->work[3], now, start;
	ptrdiff_t n = order(s, which);

	memset(x, 0, (size_t)n * sizeof *x);
	precondition(s, which, b, z);
	memcpy(d, z, (size_t)n * sizeof *d);
	now = start = dot(n, b, z);
	for (int step = 0; step < REFINEMENTS && now > solved * solved * start; step++) {
		double curve, length, before = now;

		apply(s, which, d, t, ad);
		curve = dot(n, d, ad);
		if (!(curve > 0))
			break;
		length = now / curve;
		for (ptrdiff_t i = 0; i < n; i++) {
			x[i] += length * d[i];
			b[i] -= length * ad[i];
		}
		precondition(s, which, b, z);
		now = dot(n, b, z);
		for (ptrdiff_t i = 0; i < n; i++)
			d[i] = z[i] + now / before * d[i];
	}
	s->left[which] = start > 0 ? sqrt(fabs(now) / start) : 0;
}

double scp_interior_left(const struct scp_interior *s)
{
	return fmin(s->left[IN_SAMPLES], s->left[IN_NEURONS]);
}

/* Whether one system was solved and the other was not. */
static bool is_better(const struct scp_interior *s, enum system which)
{
	double other = s->left[which == IN_SAMPLES ? IN_NEURONS : IN_SAMPLES];

	return other > accurate && s->left[which] < other;
}

/* What the steps of p and q would be without da, left in dp and dq. */
static void start_direction(struct scp_interior *s, double target, bool correct)
{
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double p = s->p[i], q = s->q[i];
		double cp = correct ? s->dp[i] * s->dzp[i] : 0;
		double cq = correct ? s->dq[i] * s->dzq[i] : 0;

		s->dp[i] = (target - cp) / s->zp[i] - p - p / s->zp[i] * s->ep[i];
		s->dq[i] = (target - cq) / s->zq[i] - q - q / s->zq[i] * s->eq[i];
	}
}

/* da from the system of order n; dx would follow from it. */
static void solve_in_samples(struct scp_interior *s)
{
	double *b = s->work[0];

	for (ptrdiff_t i = 0; i < s->count; i++)
		s->dzp[i] = s->dp[i] - s->dq[i];
	scp_products_plain(features(s), s->dzp, b);
	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		b[k] += s->r[k];
	solve(s, IN_SAMPLES, b, s->dzp, s->da);
}

/* dx from the system of order N; da follows from it where the other system has not given a better
 * one. */
static void solve_in_neurons(struct scp_interior *s)
{
	struct mat Phi = features(s);
	double *b = s->work[0];

	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		s->df[k] = s->r[k] / s->v[k];
	scp_products_transposed(Phi, s->df, b);
	for (ptrdiff_t i = 0; i < s->count; i++)
		b[i] = (s->dp[i] - s->dq[i]) / sqrt(s->s[i]) - b[i] * sqrt(s->s[i]);
	solve(s, IN_NEURONS, b, s->df, s->x);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->x[i] *= sqrt(s->s[i]);
	scp_products_plain(Phi, s->x, s->df);
	for (ptrdiff_t k = 0; k < Phi.rows && is_better(s, IN_NEURONS); k++)
		s->da[k] = (s->df[k] + s->r[k]) / s->v[k];
}

/* All parts of the step from da, which closes the dual residual, and, where there is one, dx, which
 * closes that of f: of dp and dq the one with the smaller weight then comes from its own equation,
 * the other from dx. */
static void complete_direction(struct scp_interior *s)
{
	struct mat Phi = features(s);
	bool given = uses(s, IN_NEURONS) && !is_better(s, IN_SAMPLES);

	scp_products_transposed(Phi, s->da, s->dzp);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double h = s->dzp[i];
		double sp = s->p[i] / s->zp[i], sq = s->q[i] / s->zq[i];
		double dp = s->dp[i] - sp * h, dq = s->dq[i] + sq * h;

		if (given && sp < sq)
			dq = dp - s->x[i];
		else if (given)
			dp = dq + s->x[i];
		s->dp[i] = dp;
		s->dq[i] = dq;
		s->x[i] = dp - dq;
		s->dzp[i] = s->ep[i] + h;
		s->dzq[i] = s->eq[i] - h;
	}
	if (!given)
		scp_products_plain(Phi, s->x, s->df);
}

/* da from the samples is the better one, in rounding, dx that from the neurons. */
void scp_interior_direction(struct scp_interior *s, double target, bool correct)
{
	scp_loss_residual(s->loss, s->f, target, correct, s->r);
	start_direction(s, target, correct);
	s->left[IN_SAMPLES] = s->left[IN_NEURONS] = HUGE_VAL;
	if (uses(s, IN_SAMPLES))
		solve_in_samples(s);
	if (uses(s, IN_NEURONS))
		solve_in_neurons(s);
	complete_direction(s);
	scp_loss_direction(s->loss, s->da, target, correct);
}

double scp_interior_misfit(const struct scp_interior *s)
{
	const double *a = scp_loss_dual(s->loss);
	double weight = s->scp->problem->loss.weight, sum = 0;

	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++) {
		double e = s->df[k] + s->r[k] - s->v[k] * s->da[k];

		sum += fabs(a[k] * e) + weight * e * e / 2;
	}
	return sum;
}
