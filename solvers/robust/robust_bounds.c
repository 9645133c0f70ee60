/* Limits of the radius by ADMM on all patterns at once:
 *
 *     max over s, z  min_k s_k - Ind(|z|_q <= 1)   s.t.  s = E o (X v), z = v
 *
 * with penalties rho sigma and rho. The system M = I + sigma X'X is the same for all patterns,
 * since E o E = 1, and free of rho, which adapts to each. With tau = 1 / (rho sigma) and scaled
 * duals a = tau lambda and b,
 *
 *     M v = sigma X'(E o (s + a)) + z + b,   q = E o (X v) - a,   lambda = simplex(-q / tau),
 *     s = q + tau lambda,   z = ball(v - b),   b += z - v.
 *
 * Patterns whose limits are close leave the batch. */
#include "solvers/robust/robust_bounds.h"

#include "solvers/core/arena.h"
#include "solvers/core/blas.h"
#include "solvers/tools/simplex.h"

#include <math.h>
#include <string.h>

enum {
	LEAST_STEPS = 400, /* and most: patterns that barely exist take long */
	MOST_STEPS = 20000,
	CHECK = 20, /* steps between two looks at the limits */
};

/* Flops that are spent beyond the least number of steps: seconds; those of a step for each entry of
 * the batch, beside the products. */
static const double work = 3e10, entry = 100;

/* Relative distance of the limits that ends the search: where eps lies between them or not. */
static const double close_to_eps = 1e-4, close_enough = 1e-2;

/* A limit below this share of |X|_2, or of an eps that it does not reach, is zero. */
static const double nothing = 1e-9, far_below = 1e-3;

/* Penalty sigma in units of the mean square of X, the first tau in those of its root. */
static const double sigma_unit = 1, tau_unit = 1;

/* Share of a change of rho that is made, on the scale of logarithms. */
static const double smoothing = 0.5;

/* Roundings of a weighted sum in the frozen columns that cancels. */
static const double roundings = 100;

/* One pattern of the batch. */
struct lane {
	ptrdiff_t pattern;
	double tau;
};

struct search {
	struct mat X; /* n x d */
	const struct threat *threat;
	struct threat dual;      /* its dual norm is |. / s|_p */
	struct mat E;            /* n x P: signs */
	struct mat A, B;         /* n x P, d x P: scaled duals */
	struct mat V, R;         /* d x P: v, then z + b */
	struct mat A0, V0;       /* when rho was last looked at */
	struct mat Y, Z, U;      /* n x P, d x P: scratch */
	struct mat M;            /* d x d: its Cholesky factor */
	struct mat F, W, frozen; /* n x f frozen columns, f x f, f x 1 */
	double size, sigma;      /* |X|_2 */
	struct lane *lane;
	ptrdiff_t lanes;
	struct mat H;
	struct robust_limits *limits;
};

/* v onto |v|_q <= 1, frozen entries as they are: what is left of the proximal map of |.|_p. */
static void to_ball(const struct search *s, real *v, real *scratch)
{
	if (threat_dual(s->threat, v) <= 1)
		return;
	threat_prox(&s->dual, 1, v, scratch);
	for (ptrdiff_t j = 0; j < s->dual.d; j++)
		if (!threat_frozen(&s->dual, j))
			v[j] -= scratch[j];
}

static struct mat in_use(const struct search *s, struct mat A)
{
	return mat_cols(A, 0, s->lanes);
}

static void step(struct search *s)
{
	ptrdiff_t n = s->E.rows;
	size_t d = (size_t)s->dual.d;

	blas_gemm(1, s->X, PLAIN, in_use(s, s->V), PLAIN, 0, in_use(s, s->Y)); /* n x lanes */
	for (ptrdiff_t i = 0; i < s->lanes; i++) {
		const real *e = mat_col(s->E, i);
		real *y = mat_col(s->Y, i), *a = mat_col(s->A, i), tau = (real)s->lane[i].tau;
		real *v = mat_col(s->V, i), *b = mat_col(s->B, i), *r = mat_col(s->R, i);

		for (ptrdiff_t k = 0; k < n; k++) {
			y[k] = e[k] * y[k] - a[k];
			a[k] = -y[k] / tau;
		}
		simplex_project(n, a);
		for (ptrdiff_t k = 0; k < n; k++) {
			a[k] *= tau;
			y[k] = e[k] * (y[k] + 2 * a[k]); /* s + a for the right-hand side */
		}
		memcpy(r, v, d * sizeof *r);
		blas_axpy(d, -1, b, r);
		to_ball(s, r, mat_col(s->Z, i));
		blas_axpy(d, 1, r, b);
		blas_axpy(d, -1, v, b);
		blas_axpy(d, 1, b, r);
	}
	blas_gemm(s->sigma, s->X, TRANSPOSED, in_use(s, s->Y), PLAIN, 1, in_use(s, s->R));
	mat_copy(in_use(s, s->V), in_use(s, s->R)); /* d x lanes */
	blas_cholesky_solve(s->M, in_use(s, s->V)); /* M^-1 R */
}

/* w with F'diag(m) F w = F'(e o m), so that m o (1 - e o F w) cancels in the frozen columns; false
 * if there is none. */
static bool cancelling(struct search *s, const real *e, const real *m)
{
	ptrdiff_t n = s->F.rows, f = s->F.cols;
	double trace = 0;

	mat_fill(s->W, 0);
	mat_fill(s->frozen, 0);
	for (ptrdiff_t b = 0; b < f; b++)
		for (ptrdiff_t k = 0; k < n; k++) {
			real part = m[k] * mat_get(s->F, k, b);

			s->frozen.at[b] += e[k] * part;
			for (ptrdiff_t a = b; a < f; a++)
				*(mat_col(s->W, b) + a) += part * mat_get(s->F, k, a);
		}
	for (ptrdiff_t b = 0; b < f; b++)
		trace += (double)mat_get(s->W, b, b);
	for (ptrdiff_t b = 0; b < f; b++) /* columns of zeros, and equal ones, need no answer */
		mat_set(s->W, b, b, mat_get(s->W, b, b) + (real)(REAL_EPSILON * trace));
	if (!(trace > 0))
		return true;
	if (!blas_cholesky(s->W))
		return false;
	blas_cholesky_solve(s->W, s->frozen);
	return true;
}

/* e o lambda for the lambda near m (n, >= 0) without a part in the frozen columns, in its place;
 * its sum, or 0 where there is none. */
static double cancel_frozen(struct search *s, const real *e, real *m)
{
	ptrdiff_t n = s->F.rows, f = s->F.cols;
	double sum = 0;

	if (f > 0 && !cancelling(s, e, m))
		return 0;
	for (ptrdiff_t k = 0; k < n; k++) {
		double share = 1;

		for (ptrdiff_t b = 0; b < f; b++)
			share -= (double)(e[k] * mat_get(s->F, k, b) * s->frozen.at[b]);
		if (share < 0)
			return 0;
		m[k] *= (real)share;
		sum += (double)m[k];
		m[k] *= e[k];
	}
	return sum;
}

static double least_margin(ptrdiff_t n, const real *e, const real *y)
{
	double least = HUGE_VAL;

	for (ptrdiff_t k = 0; k < n; k++)
		least = fmin(least, (double)(e[k] * y[k]));
	return least;
}

/* Whether the frozen part of u alone has every sign; u becomes that part then. */
static bool frozen_alone(struct search *s, const real *e, real *u, real *y)
{
	struct mat X = s->X;

	if (s->F.cols == 0)
		return false;
	memset(y, 0, (size_t)X.rows * sizeof *y);
	for (ptrdiff_t j = 0; j < X.cols; j++)
		if (threat_frozen(&s->dual, j))
			blas_axpy((size_t)X.rows, (double)u[j], mat_col(X, j), y);
	if (!(least_margin(X.rows, e, y) > 0))
		return false;
	for (ptrdiff_t j = 0; j < X.cols; j++)
		if (!threat_frozen(&s->dual, j))
			u[j] = 0;
	return true;
}

/* Improve the limits of lane i by column i of Y = X u, U and Z. */
static void judge(struct search *s, ptrdiff_t i, double sum)
{
	struct robust_limits *limits = &s->limits[s->lane[i].pattern];
	const real *e = mat_col(s->E, i);
	const real *z = mat_col(s->Z, i); /* X'(e o lambda) */
	real *u = mat_col(s->U, i), *y = mat_col(s->Y, i);
	double margin = least_margin(s->E.rows, e, y), norm = threat_dual(s->threat, u);
	double lower = margin > 0 ? margin / norm : 0;
	double upper = sum > 0 ? threat_dual(&s->dual, z) / sum : HUGE_VAL;
	double tolerance = roundings * REAL_EPSILON * s->size * sum;

	for (ptrdiff_t j = 0; j < s->dual.d; j++) /* only without a part in the frozen columns */
		if (threat_frozen(&s->dual, j) && !(fabs((double)z[j]) <= tolerance))
			upper = HUGE_VAL;
	if (frozen_alone(s, e, u, y))
		lower = upper = HUGE_VAL;
	limits->upper = lower < HUGE_VAL ? fmin(limits->upper, upper) : HUGE_VAL;
	if (lower > limits->lower) {
		limits->lower = lower;
		memcpy(mat_col(s->H, s->lane[i].pattern), u, (size_t)s->dual.d * sizeof *u);
	}
	limits->upper = fmax(limits->upper, limits->lower); /* equal but for rounding */
}

static double moved(struct mat A, struct mat B, ptrdiff_t i)
{
	double square = 0;

	for (ptrdiff_t k = 0; k < A.rows; k++) {
		double part = (double)mat_get(A, k, i) - (double)mat_get(B, k, i);

		square += part * part;
	}
	return sqrt(square);
}

/* Limits at the iterates; lanes whose limits are close leave, the others adapt. */
static void check(struct search *s, double *sum, bool adapt)
{
	struct mat *arrays[] = {&s->E, &s->A, &s->B, &s->V, &s->A0, &s->V0};
	double eps = s->threat->eps;

	for (ptrdiff_t i = 0; i < s->lanes; i++) {
		real *y = mat_col(s->Y, i);

		memcpy(y, mat_col(s->A, i), (size_t)s->E.rows * sizeof *y);
		sum[i] = cancel_frozen(s, mat_col(s->E, i), y);
	}
	blas_gemm(1, s->X, TRANSPOSED, in_use(s, s->Y), PLAIN, 0, in_use(s, s->Z)); /* d */
	mat_copy(in_use(s, s->U), in_use(s, s->V));
	blas_gemm(1, s->X, PLAIN, in_use(s, s->U), PLAIN, 0, in_use(s, s->Y)); /* n */
	for (ptrdiff_t i = 0; i < s->lanes; i++)
		judge(s, i, sum[i]);
	for (ptrdiff_t i = s->lanes - 1; i >= 0; i--) {
		const struct robust_limits *limits = &s->limits[s->lane[i].pattern];
		double share =
			limits->lower <= eps && eps <= limits->upper ? close_to_eps : close_enough;

		if (limits->upper <= fmax(nothing * s->size, far_below * eps) ||
		    limits->lower == HUGE_VAL ||
		    limits->upper - limits->lower <= share * limits->upper) {
			/* The last lane takes the place of lane i. */
			s->lane[i] = s->lane[--s->lanes];
			for (size_t m = 0; m < sizeof arrays / sizeof arrays[0]; m++)
				mat_copy(mat_cols(*arrays[m], i, 1),
					 mat_cols(*arrays[m], s->lanes, 1));
		} else if (adapt) {
			/* Let both parts come as far: the scaled dual is 1 / rho of the dual. */
			double dual = sqrt(s->sigma) * moved(s->A, s->A0, i),
			       primal = moved(s->V, s->V0, i);
			double change = dual > 0 && primal > 0 ? pow(primal / dual, smoothing) : 1;

			blas_scale((size_t)s->A.rows, change, mat_col(s->A, i));
			blas_scale((size_t)s->B.rows, change, mat_col(s->B, i));
			s->lane[i].tau *= change;
			mat_copy(mat_cols(s->A0, i, 1), mat_cols(s->A, i, 1));
			mat_copy(mat_cols(s->V0, i, 1), mat_cols(s->V, i, 1));
		}
	}
}

static struct search search_new(struct mat X, struct mat D, const struct threat *threat,
				struct arena *scratch)
{
	ptrdiff_t n = D.rows, P = D.cols, d = threat->d;
	struct search s = {.X = X, .threat = threat, .lanes = P};
	double square, tau;
	struct mat *tall[] = {&s.E, &s.A, &s.A0, &s.Y};
	struct mat *wide[] = {&s.B, &s.V, &s.V0, &s.R, &s.U, &s.Z};

	s.dual = threat_polar(threat, scratch);
	for (size_t m = 0; m < sizeof tall / sizeof tall[0]; m++)
		*tall[m] = mat_new(scratch, n, P);
	for (size_t m = 0; m < sizeof wide / sizeof wide[0]; m++)
		*wide[m] = mat_new(scratch, d, P);
	s.M = mat_lower(scratch, d);
	s.lane = ARENA_ARRAY(scratch, struct lane, P);
	s.F = mat_new(scratch, n, d);
	arena_untouched_reals(scratch, (double)n * (double)d);
	if (arena_counts(scratch))
		return s;

	ptrdiff_t f = 0;

	for (ptrdiff_t j = 0; j < s.dual.d; j++)
		if (s.dual.frozen[j])
			mat_copy(mat_cols(s.F, f++, 1), mat_cols(X, j, 1));
	s.F = mat_cols(s.F, 0, f);
	s.W = mat_new(scratch, f, f);
	s.frozen = mat_new(scratch, f, 1);
	square = blas_mat_norm(X) * blas_mat_norm(X) / ((double)n * (double)d);
	tau = tau_unit * sqrt(square);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(s.E, k, i, 2 * mat_get(D, k, i) - 1);
	s.size = sqrt(blas_squared_norm_above(X, scratch));
	s.sigma = square > 0 ? sigma_unit / square : 1;
	blas_syrk(s.sigma, X, TRANSPOSED, 0, s.M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(s.M, j, j, mat_get(s.M, j, j) + 1);
	blas_cholesky(s.M);
	for (ptrdiff_t i = 0; i < P; i++)
		s.lane[i] = (struct lane){.pattern = i, .tau = tau};
	return s;
}

void robust_bounds(struct mat X, struct mat D, const struct threat *threat, struct mat H,
		   struct robust_limits *limits, const struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	struct search s = search_new(X, D, threat, &scratch);
	ptrdiff_t P = s.lanes;
	double *sum = ARENA_ARRAY(&scratch, double, P), spent = 0;
	int next = 2 * CHECK; /* look at rho: at geometrically spaced steps, so that it settles */

	if (arena_counts(arena)) {
		arena_release(&scratch);
		return;
	}
	s.H = H;
	s.limits = limits;
	for (ptrdiff_t i = 0; i < P; i++)
		limits[i] = (struct robust_limits){0, s.size > 0 ? HUGE_VAL : 0};
	for (int count = 1; s.lanes > 0 && s.size > 0; count++) {
		step(&s);
		spent += (double)s.E.rows * (double)s.lanes * (entry + 4 * (double)s.dual.d);
		if (count >= MOST_STEPS || (count >= LEAST_STEPS && spent > work))
			break;
		if (count % CHECK != 0)
			continue;
		check(&s, sum, count >= next);
		if (count >= next)
			next = count * 3 / 2;
	}
	arena_release(&scratch);
}
