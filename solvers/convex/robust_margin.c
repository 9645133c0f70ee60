/* Which patterns admit a robust neuron: for every pattern the direction of the largest margin.
 *
 *     max over |v|_2 <= 1 of min_k e_k x_k'v - eps |v|_q  =  min over the simplex of dist(X'(e o
 * lambda), eps B_p)
 *
 * The dual is minimised for all patterns at once by accelerated projected gradients; its residual
 * gives the direction, whose margin is positive exactly if the pattern admits one. */
#include "solvers/convex/robust.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	LEAST_STEPS = 400, /* of the gradient method, and most: thin margins take long */
	MOST_STEPS = 20000,
	POWER_STEPS = 30, /* |X|_2 to a few per cent */
	PASSES = 50       /* of the projection on the simplex; a handful is usual */
};

/* Share of the dual value that a margin must reach to end the search for its pattern. */
static const double close_enough = 0.9;

/* Work that is spent on the search beyond the least number of steps: about a second. */
static const double work = 1e11;

/* A dual value below this share of |X|_2 is zero: no margin. */
static const double nothing = 1e-7;

/* |X|_2^2 with a margin, as the power method stays below. */
static double squared_norm(struct mat X, struct arena *scratch)
{
	real *v = ARENA_ARRAY(scratch, real, X.cols), *f = ARENA_ARRAY(scratch, real, X.rows);

	for (ptrdiff_t j = 0; j < X.cols; j++)
		v[j] = (real)(1 + 0.37 * (double)(j % 7));
	return blas_squared_norm(X, POWER_STEPS, v, f) * 1.05;
}

/* Projection on the simplex (Michelot 1986): shift by what is over, among the positive ones, until
 * none turns. */
static void to_simplex(ptrdiff_t n, real *x)
{
	double level = -HUGE_VAL;

	for (int pass = 0; pass < PASSES; pass++) {
		double sum = -1, count = 0, next;

		for (ptrdiff_t k = 0; k < n; k++)
			if ((double)x[k] > level) {
				sum += (double)x[k];
				count++;
			}
		next = sum / count;
		if (!(next > level))
			break;
		level = next;
	}
	for (ptrdiff_t k = 0; k < n; k++)
		x[k] = (real)fmax(0, (double)x[k] - level);
}

struct search {
	struct robust *r;
	struct mat L, before, point; /* n x P: lambda, the one before, extrapolated */
	struct mat Y, Z;             /* n x P, d x P */
	double lipschitz, momentum;
	bool *done; /* P */
};

/* Z = residuals v - proj(v) of v = X'(E o point), Y = X Z */
static void residuals(struct search *s)
{
	const struct robust *r = s->r;
	struct mat D = r->patterns.D;

	for (ptrdiff_t i = 0; i < D.cols; i++)
		for (ptrdiff_t k = 0; k < D.rows; k++)
			mat_set(s->Y, k, i, (2 * mat_get(D, k, i) - 1) * mat_get(s->point, k, i));
	blas_gemm(1, r->problem->X, TRANSPOSED, s->Y, PLAIN, 0, s->Z);
	for (ptrdiff_t i = 0; i < D.cols; i++)
		dualnorm_prox(&r->norm, r->eps, mat_col(s->Z, i), mat_col(s->Z, i));
	blas_gemm(1, r->problem->X, PLAIN, s->Z, PLAIN, 0, s->Y);
}

/* Keep the direction of pattern i if its margin is the best so far. */
static void judge(struct search *s, ptrdiff_t i)
{
	struct robust *r = s->r;
	const real *d = mat_col(r->patterns.D, i), *y = mat_col(s->Y, i);
	real *z = mat_col(s->Z, i), *h = mat_col(r->patterns.H, i);
	double length = blas_norm((size_t)r->norm.d, z), least = HUGE_VAL, norm, margin;

	if (!(length > nothing * sqrt(s->lipschitz))) {
		s->done[i] = r->excluded[i] = true;
		return;
	}
	for (ptrdiff_t k = 0; k < s->Y.rows; k++)
		least = fmin(least, (2 * (double)d[k] - 1) * (double)y[k]);
	norm = dualnorm_value(&r->norm, z);
	margin = (least - r->eps * norm) / length;
	if (least > 0 && norm > 0)
		r->largest_eps = fmax(r->largest_eps, least / norm);
	if (margin > r->margin[i]) {
		r->margin[i] = margin;
		for (ptrdiff_t j = 0; j < r->norm.d; j++)
			h[j] = (real)((double)z[j] / length);
	}
	s->done[i] = r->margin[i] >= close_enough * length;
}

/* One step of the accelerated method on all patterns. */
static void descend(struct search *s)
{
	double next = (1 + sqrt(1 + 4 * s->momentum * s->momentum)) / 2;
	real weight = (real)((s->momentum - 1) / next), step = (real)(1 / s->lipschitz);

	s->momentum = next;
	for (ptrdiff_t i = 0; i < s->L.cols; i++) {
		const real *d = mat_col(s->r->patterns.D, i), *y = mat_col(s->Y, i);
		real *l = mat_col(s->L, i), *b = mat_col(s->before, i), *p = mat_col(s->point, i);

		if (s->done[i])
			continue;
		memcpy(b, l, (size_t)s->L.rows * sizeof *b);
		for (ptrdiff_t k = 0; k < s->L.rows; k++)
			l[k] = p[k] - step * (2 * d[k] - 1) * y[k];
		to_simplex(s->L.rows, l);
		for (ptrdiff_t k = 0; k < s->L.rows; k++)
			p[k] = l[k] + weight * (l[k] - b[k]);
	}
}

static bool all_done(const struct search *s)
{
	for (ptrdiff_t i = 0; i < s->L.cols; i++)
		if (!s->done[i])
			return false;
	return true;
}

static void find_directions(struct robust *r)
{
	struct arena scratch = {0};
	ptrdiff_t n = r->problem->X.rows, P = r->patterns.D.cols;
	struct search s = {.r = r, .momentum = 1};
	struct mat *arrays[] = {&s.L, &s.before, &s.point, &s.Y};
	double steps;

	for (size_t m = 0; m < sizeof arrays / sizeof arrays[0]; m++)
		*arrays[m] = mat_new(&scratch, n, P);
	s.Z = mat_new(&scratch, r->norm.d, P);
	s.done = ARENA_ARRAY(&scratch, bool, P);
	s.lipschitz = squared_norm(r->problem->X, &scratch);
	mat_fill(s.L, (real)(1 / (double)n));
	mat_copy(s.point, s.L);
	steps = work / (8 * (double)n * (double)r->norm.d * (double)P);
	steps = fmin(MOST_STEPS, fmax(LEAST_STEPS, steps));
	for (int step = 0; step < steps && !all_done(&s); step++) {
		residuals(&s);
		for (ptrdiff_t i = 0; i < P; i++)
			if (!s.done[i])
				judge(&s, i);
		if (s.lipschitz > 0)
			descend(&s);
	}
	arena_release(&scratch);
}

/* The patterns that are not excluded, copied: those of a file belong to the caller. */
static void keep_others(struct robust *r, struct arena *arena)
{
	struct mat D = r->patterns.D, H = r->patterns.H;
	ptrdiff_t kept = 0;

	r->patterns.D = mat_new(arena, D.rows, D.cols);
	r->patterns.H = mat_new(arena, H.rows, H.cols);
	for (ptrdiff_t i = 0; i < D.cols; i++) {
		if (r->excluded[i])
			continue;
		r->open += !(r->margin[i] > 0);
		mat_copy(mat_cols(r->patterns.D, kept, 1), mat_cols(D, i, 1));
		mat_copy(mat_cols(r->patterns.H, kept, 1), mat_cols(H, i, 1));
		r->margin[kept++] = r->margin[i];
	}
	r->patterns.D = mat_cols(r->patterns.D, 0, kept);
	r->patterns.H = mat_cols(r->patterns.H, 0, kept);
	r->patterns.all = false; /* the patterns of all perturbed data are more than those of X */
}

enum status robust_patterns(struct robust *r, const struct pattern_options *options,
			    struct arena *arena, struct err *err)
{
	TRY(pattern_sample(options, r->problem, arena, &r->patterns, err));
	r->sampled = r->patterns.D.cols;
	r->margin = ARENA_ARRAY(arena, double, r->sampled);
	r->excluded = ARENA_ARRAY(arena, bool, r->sampled);
	find_directions(r);
	keep_others(r, arena);
	return STATUS_OK;
}
