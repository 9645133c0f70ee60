/* Limits of the radius by the primal-dual method of Chambolle and Pock (2011) on all patterns at
 * once,
 *
 *     lambda = simplex(lambda - tau E X v),  v = ball(v + sigma X'E (2 lambda - lambda before)),
 *
 * restarted from the average, pattern by pattern, whenever that has halved the distance of the two
 * limits (Applegate et al. 2021): it converges linearly where the norm makes it a linear program.
 * Patterns whose limits are close leave the batch. */
#include "solvers/convex/robust_bounds.h"

#include "solvers/core/arena.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	LEAST_STEPS = 400, /* and most: patterns that barely exist take long */
	MOST_STEPS = 20000,
	CHECK = 20, /* steps between two looks at the limits */
};

/* Work that is spent beyond the least number of steps: about a second. */
static const double work = 1e11;

/* Relative distance of the limits that ends the search: where eps lies between them or not. */
static const double close_to_eps = 1e-4, close_enough = 1e-2;

/* A limit below this share of |X|_2 is zero. */
static const double nothing = 1e-9;

/* Least progress of a restart, and the smoothing of its step sizes (both of the cited method). */
static const double halved = 0.5, smoothing = 0.5;

/* Roundings of a weighted sum in the frozen columns that cancels. */
static const double roundings = 100;

/* One pattern of the batch. */
struct lane {
	ptrdiff_t pattern;
	double weight;   /* tau = weight / |X|_2, sigma = 1 / (weight |X|_2) */
	double distance; /* of the limits at the last restart */
	long steps;      /* since then */
};

enum { POINTS = 3 }; /* the iterate, the sum since the restart, where that was */

struct search {
	const struct robust_question *q;
	struct dualnorm dual;               /* |.|_p: the norm whose dual is that of the question */
	struct mat E, L[POINTS], V[POINTS]; /* n x P signs; n x P; d x P */
	struct mat M, Y, U, Z;              /* n x P twice, d x P twice: scratch */
	struct mat F, W, frozen;            /* n x f frozen columns, f x f, f x 1 */
	double size;                        /* |X|_2 */
	struct lane *lane;
	ptrdiff_t lanes;
	struct mat H;
	struct robust_limits *limits;
};

/* v onto |v|_q <= 1, frozen entries as they are: what is left of the proximal map of |.|_p. */
static void to_ball(const struct search *s, real *v, real *scratch)
{
	if (dualnorm_value(s->q->norm, v) <= 1)
		return;
	dualnorm_prox(&s->dual, 1, v, scratch);
	for (ptrdiff_t j = 0; j < s->dual.d; j++)
		if (!s->dual.frozen[j])
			v[j] -= scratch[j];
}

static struct mat in_use(const struct search *s, struct mat A)
{
	return mat_cols(A, 0, s->lanes);
}

static void step(struct search *s)
{
	ptrdiff_t n = s->E.rows, d = s->dual.d;

	blas_gemm(1, s->q->X, PLAIN, in_use(s, s->V[0]), PLAIN, 0, in_use(s, s->Y));
	for (ptrdiff_t i = 0; i < s->lanes; i++) {
		const real *e = mat_col(s->E, i), *y = mat_col(s->Y, i);
		real *l = mat_col(s->L[0], i), *m = mat_col(s->M, i);
		real tau = (real)(s->lane[i].weight / s->size);

		memcpy(m, l, (size_t)n * sizeof *m);
		for (ptrdiff_t k = 0; k < n; k++)
			l[k] -= tau * e[k] * y[k];
		robust_to_simplex(n, l);
		for (ptrdiff_t k = 0; k < n; k++)
			m[k] = e[k] * (2 * l[k] - m[k]);
		blas_axpy((size_t)n, 1, l, mat_col(s->L[1], i));
		s->lane[i].steps++;
	}
	blas_gemm(1, s->q->X, TRANSPOSED, in_use(s, s->M), PLAIN, 0, in_use(s, s->Z));
	for (ptrdiff_t i = 0; i < s->lanes; i++) {
		real *v = mat_col(s->V[0], i), *z = mat_col(s->Z, i);

		blas_axpy((size_t)d, 1 / (s->lane[i].weight * s->size), z, v);
		to_ball(s, v, z);
		blas_axpy((size_t)d, 1, v, mat_col(s->V[1], i));
	}
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

/* |z|_p / sum if z = X'(e o lambda) has no part in the frozen columns. */
static double upper_limit(const struct search *s, const real *z, double sum)
{
	double tolerance = roundings * REAL_EPSILON * s->size * sum;

	for (ptrdiff_t j = 0; j < s->dual.d; j++)
		if (s->dual.frozen[j] && !(fabs((double)z[j]) <= tolerance))
			return HUGE_VAL;
	return sum > 0 ? dualnorm_value(&s->dual, z) / sum : HUGE_VAL;
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
	struct mat X = s->q->X;

	if (s->F.cols == 0)
		return false;
	memset(y, 0, (size_t)X.rows * sizeof *y);
	for (ptrdiff_t j = 0; j < X.cols; j++)
		if (s->dual.frozen[j])
			blas_axpy((size_t)X.rows, (double)u[j], mat_col(X, j), y);
	if (!(least_margin(X.rows, e, y) > 0))
		return false;
	for (ptrdiff_t j = 0; j < X.cols; j++)
		if (!s->dual.frozen[j])
			u[j] = 0;
	return true;
}

/* Improve the limits of lane i by column i of Y = X u, U and Z; the distance of the two that the
 * point itself gives. */
static double judge(struct search *s, ptrdiff_t i, double sum)
{
	struct robust_limits *limits = &s->limits[s->lane[i].pattern];
	const real *e = mat_col(s->E, i);
	real *u = mat_col(s->U, i), *y = mat_col(s->Y, i);
	double margin = least_margin(s->E.rows, e, y), norm = dualnorm_value(s->q->norm, u);
	double lower = margin > 0 ? margin / norm : 0;
	double upper = upper_limit(s, mat_col(s->Z, i), sum);

	if (frozen_alone(s, e, u, y))
		lower = upper = HUGE_VAL;
	limits->upper = lower < HUGE_VAL ? fmin(limits->upper, upper) : HUGE_VAL;
	if (lower > limits->lower) {
		limits->lower = lower;
		memcpy(mat_col(s->H, s->lane[i].pattern), u, (size_t)s->dual.d * sizeof *u);
	}
	limits->upper = fmax(limits->upper, limits->lower); /* equal but for rounding */
	return upper - lower;
}

/* Limits at the iterates, or at the averages since the restart; their distances. */
static void look(struct search *s, int point, double *distance, double *sum)
{
	ptrdiff_t n = s->E.rows, d = s->dual.d;

	for (ptrdiff_t i = 0; i < s->lanes; i++) {
		double scale = point ? 1 / (double)s->lane[i].steps : 1;
		real *m = mat_col(s->M, i), *u = mat_col(s->U, i);

		memset(m, 0, (size_t)n * sizeof *m);
		memset(u, 0, (size_t)d * sizeof *u);
		blas_axpy((size_t)n, scale, mat_col(s->L[point], i), m);
		blas_axpy((size_t)d, scale, mat_col(s->V[point], i), u);
		sum[i] = cancel_frozen(s, mat_col(s->E, i), m);
	}
	blas_gemm(1, s->q->X, TRANSPOSED, in_use(s, s->M), PLAIN, 0, in_use(s, s->Z));
	blas_gemm(1, s->q->X, PLAIN, in_use(s, s->U), PLAIN, 0, in_use(s, s->Y));
	for (ptrdiff_t i = 0; i < s->lanes; i++)
		distance[i] = judge(s, i, sum[i]);
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

/* Go on from the iterate or the average, with steps by how far both parts came. */
static void restart(struct search *s, ptrdiff_t i, bool average)
{
	struct lane *lane = &s->lane[i];
	struct mat *both[2] = {s->L, s->V};
	double far[2];

	for (int part = 0; part < 2; part++) {
		struct mat *at = both[part];
		real *now = mat_col(at[0], i), *sum = mat_col(at[1], i);

		for (ptrdiff_t k = 0; average && k < at[0].rows; k++)
			now[k] = sum[k] / (real)lane->steps;
		far[part] = moved(at[0], at[2], i);
		memcpy(mat_col(at[2], i), now, (size_t)at[0].rows * sizeof *now);
		memset(sum, 0, (size_t)at[0].rows * sizeof *sum);
	}
	if (far[0] > 0 && far[1] > 0)
		lane->weight =
			exp(smoothing * log(far[0] / far[1]) + (1 - smoothing) * log(lane->weight));
	lane->steps = 0;
}

static bool finished(const struct search *s, const struct robust_limits *limits)
{
	bool open = limits->lower <= s->q->eps && s->q->eps <= limits->upper;

	return limits->upper <= nothing * s->size || limits->lower == HUGE_VAL ||
	       limits->upper - limits->lower <=
		       (open ? close_to_eps : close_enough) * limits->upper;
}

/* The last lane takes the place of lane i. */
static void leave(struct search *s, ptrdiff_t i)
{
	struct mat *arrays[] = {&s->E, &s->L[0], &s->L[1], &s->L[2], &s->V[0], &s->V[1], &s->V[2]};
	ptrdiff_t last = --s->lanes;

	s->lane[i] = s->lane[last];
	for (size_t m = 0; m < sizeof arrays / sizeof arrays[0]; m++)
		mat_copy(mat_cols(*arrays[m], i, 1), mat_cols(*arrays[m], last, 1));
}

static void check(struct search *s, double *distance[2], double *sum)
{
	look(s, 0, distance[0], sum);
	look(s, 1, distance[1], sum);
	for (ptrdiff_t i = s->lanes - 1; i >= 0; i--) {
		double least = fmin(distance[0][i], distance[1][i]);

		if (finished(s, &s->limits[s->lane[i].pattern])) {
			leave(s, i);
		} else if (least < HUGE_VAL && least <= halved * s->lane[i].distance) {
			s->lane[i].distance = least;
			restart(s, i, distance[1][i] < distance[0][i]);
		}
	}
}

static void copy_frozen(struct search *s, struct arena *scratch)
{
	ptrdiff_t f = 0;

	s->F = mat_new(scratch, s->q->X.rows, s->dual.d);
	for (ptrdiff_t j = 0; j < s->dual.d; j++)
		if (s->dual.frozen[j])
			mat_copy(mat_cols(s->F, f++, 1), mat_cols(s->q->X, j, 1));
	s->F = mat_cols(s->F, 0, f);
	s->W = mat_new(scratch, f, f);
	s->frozen = mat_new(scratch, f, 1);
}

static struct search search_new(const struct robust_question *q, struct arena *scratch)
{
	/* linf and l1 are dual to each other, l2 to itself */
	static const long duals[] = {[PERTURBATION_LINF] = PERTURBATION_L1,
				     [PERTURBATION_L2] = PERTURBATION_L2,
				     [PERTURBATION_L1] = PERTURBATION_LINF};
	ptrdiff_t n = q->D.rows, P = q->D.cols, d = q->norm->d;
	struct search s = {.q = q, .dual = *q->norm, .lanes = P};
	struct mat *tall[] = {&s.E, &s.L[0], &s.L[1], &s.L[2], &s.M, &s.Y};
	struct mat *wide[] = {&s.V[0], &s.V[1], &s.V[2], &s.U, &s.Z};

	s.dual.p = duals[q->norm->p];
	for (size_t m = 0; m < sizeof tall / sizeof tall[0]; m++)
		*tall[m] = mat_new(scratch, n, P);
	for (size_t m = 0; m < sizeof wide / sizeof wide[0]; m++)
		*wide[m] = mat_new(scratch, d, P);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(s.E, k, i, 2 * mat_get(q->D, k, i) - 1);
	mat_fill(s.L[0], (real)(1 / (double)n));
	mat_copy(s.L[2], s.L[0]);
	copy_frozen(&s, scratch);
	s.size = sqrt(robust_squared_norm(q->X, scratch));
	s.lane = ARENA_ARRAY(scratch, struct lane, P);
	for (ptrdiff_t i = 0; i < P; i++)
		s.lane[i] = (struct lane){.pattern = i, .weight = 1, .distance = HUGE_VAL};
	return s;
}

void robust_bounds(const struct robust_question *question, struct mat H,
		   struct robust_limits *limits)
{
	struct arena scratch = {0};
	struct search s = search_new(question, &scratch);
	ptrdiff_t P = s.lanes;
	double *distance[2] = {ARENA_ARRAY(&scratch, double, P), ARENA_ARRAY(&scratch, double, P)};
	double *sum = ARENA_ARRAY(&scratch, double, P), steps;

	s.H = H;
	s.limits = limits;
	for (ptrdiff_t i = 0; i < P; i++)
		limits[i] = (struct robust_limits){0, s.size > 0 ? HUGE_VAL : 0};
	steps = work / (8 * (double)question->X.rows * (double)s.dual.d * (double)P);
	steps = fmin(MOST_STEPS, fmax(LEAST_STEPS, steps));
	for (int count = 1; count <= steps && s.lanes > 0 && s.size > 0; count++) {
		step(&s);
		if (count % CHECK == 0)
			check(&s, distance, sum);
	}
	arena_release(&scratch);
}
