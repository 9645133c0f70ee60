/* Which patterns admit a robust neuron: up to which radius (robust_bounds.h), and at the radius of
 * the program the direction of the largest margin.
 *
 *     max over |v|_2 <= 1 of  min_k e_k x_k'v - eps |v|_q
 *         =  min over lambda in the simplex of  dist(X'(e o lambda), eps B_p)
 *
 * The dual is minimised for all patterns at once by accelerated projected gradients; its residual
 * gives the direction, whose margin is positive exactly if the pattern admits one. */
#include "solvers/robust/robust_patterns.h"

#include "solvers/core/blas.h"
#include "solvers/robust/robust_bounds.h"
#include "solvers/tools/simplex.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEAST_STEPS = 400, /* of the gradient method, and most: thin margins take long */
	MOST_STEPS = 20000
};

/* Share of the dual value that a margin must reach to end the search for its pattern. */
static const double close_enough = 0.9;

/* Work that is spent on the search beyond the least number of steps: about a second. */
static const double work = 1e10;

/* A dual value below this share of |X|_2 is zero: no margin. */
static const double nothing = 1e-7;

/* The program as the search sees it. */
struct sight {
	struct problem problem;
	struct robust robust; /* facts, margins and directions are those of the program */
};

static struct mat some_rows(struct mat A, const bool *keep, ptrdiff_t count, struct arena *arena)
{
	struct mat some = mat_new(arena, count, A.cols);

	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t k = 0, to = 0; k < A.rows; k++)
			if (keep[k])
				mat_set(some, to++, j, mat_get(A, k, j));
	return some;
}

/* At eps = 0 a sample of zeros is on both sides of every neuron: it rules out none, but would leave
 * no pattern a margin. */
static void see(const struct robust *r, struct arena *arena, struct sight *out)
{
	struct mat X = r->problem->X;
	bool *keep = ARENA_ARRAY(arena, bool, X.rows);
	ptrdiff_t count = 0;

	*out = (struct sight){*r->problem, *r};
	out->robust.problem = &out->problem;
	for (ptrdiff_t k = 0; k < X.rows && !arena_counts(arena); k++) {
		for (ptrdiff_t j = 0; j < X.cols; j++)
			keep[k] = keep[k] || mat_get(X, k, j) > 0 || mat_get(X, k, j) < 0;
		count += keep[k];
	}
	if (r->threat.eps > 0 || count == 0 || count == X.rows)
		return;
	out->problem.X = some_rows(X, keep, count, arena);
	out->robust.D = some_rows(r->D, keep, count, arena);
}

/* Over the patterns that their limits do not exclude. */
struct search {
	struct robust *r;
	const ptrdiff_t *pattern;    /* columns of r->patterns */
	struct mat E;                /* n x columns: signs */
	struct mat L, before, point; /* n x columns: lambda, the one before, extrapolated */
	struct mat Y, Z;             /* n, d x columns */
	double lipschitz, momentum;
	bool *done;
};

/* No direction but zero, to rounding. */
static void exclude(struct robust *r, ptrdiff_t i)
{
	struct robust_fact *fact = &r->facts[i];

	fact->upper = fmax(fact->lower, fmin(fact->upper, r->threat.eps));
	fact->verdict = ROBUST_EXCLUDED;
}

/* Keep the direction z (d) of pattern i, y = X z (n), if its margin is the best so far. */
static void keep_best(struct robust *r, ptrdiff_t i, const real *z, const real *y)
{
	struct robust_fact *fact = &r->facts[i];
	const real *d = mat_col(r->D, i);
	double length = blas_norm((size_t)r->threat.d, z), norm = threat_dual(&r->threat, z);
	double least = HUGE_VAL, margin;
	real *h = mat_col(r->patterns.H, i);

	for (ptrdiff_t k = 0; k < r->D.rows; k++)
		least = fmin(least, (2 * (double)d[k] - 1) * (double)y[k]);
	margin = (least - r->threat.eps * norm) / length;
	if (!(margin > r->margin[i]))
		return;
	fact->verdict = ROBUST_ADMITTED;
	fact->lower = fmax(fact->lower, least / norm);
	fact->upper = fmax(fact->lower, fact->upper); /* equal but for rounding */
	r->margin[i] = margin;
	for (ptrdiff_t j = 0; j < r->threat.d; j++)
		h[j] = (real)((double)z[j] / length);
}

static void judge(struct search *s, ptrdiff_t column)
{
	struct robust *r = s->r;
	ptrdiff_t i = s->pattern[column];
	const real *z = mat_col(s->Z, column);
	double length = blas_norm((size_t)r->threat.d, z);

	if (length > nothing * sqrt(s->lipschitz)) {
		keep_best(r, i, z, mat_col(s->Y, column));
		s->done[column] = r->margin[i] >= close_enough * length;
		return;
	}
	s->done[column] = true;
	if (!(r->margin[i] > 0))
		exclude(r, i);
}

/* One step of the accelerated method on all patterns. */
static void descend(struct search *s)
{
	double next = (1 + sqrt(1 + 4 * s->momentum * s->momentum)) / 2;
	real weight = (real)((s->momentum - 1) / next), step = (real)(1 / s->lipschitz);

	s->momentum = next;
	for (ptrdiff_t i = 0; i < s->L.cols; i++) {
		const real *e = mat_col(s->E, i), *y = mat_col(s->Y, i);
		real *l = mat_col(s->L, i), *b = mat_col(s->before, i), *p = mat_col(s->point, i);

		if (s->done[i])
			continue;
		memcpy(b, l, (size_t)s->L.rows * sizeof *b);
		for (ptrdiff_t k = 0; k < s->L.rows; k++)
			l[k] = p[k] - step * e[k] * y[k];
		simplex_project(s->L.rows, l);
		for (ptrdiff_t k = 0; k < s->L.rows; k++)
			p[k] = l[k] + weight * (l[k] - b[k]);
	}
}

/* By the limits: patterns below eps are excluded, those above it admitted with the direction of the
 * lower limit. The columns of those that are not excluded; their number. */
static ptrdiff_t sort_out(struct robust *r, ptrdiff_t *left, const struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	ptrdiff_t count = 0, d = r->threat.d;
	struct mat Y = mat_new(&scratch, r->D.rows, r->D.cols);
	real *z = ARENA_ARRAY(&scratch, real, d);

	if (arena_counts(arena)) {
		arena_release(&scratch);
		return Y.cols;
	}
	blas_gemm(1, r->problem->X, PLAIN, r->patterns.H, PLAIN, 0, Y);
	for (ptrdiff_t i = 0; i < Y.cols; i++) {
		if (r->facts[i].upper < r->threat.eps || !(r->facts[i].upper > 0)) {
			exclude(r, i);
			continue;
		}
		memcpy(z, mat_col(r->patterns.H, i), (size_t)d * sizeof *z);
		if (r->facts[i].lower > r->threat.eps)
			keep_best(r, i, z, mat_col(Y, i));
		left[count++] = i;
	}
	arena_release(&scratch);
	return count;
}

static struct search search_new(struct robust *r, struct arena *scratch)
{
	struct mat D = r->D;
	ptrdiff_t *left = ARENA_ARRAY(scratch, ptrdiff_t, D.cols), P = sort_out(r, left, scratch);
	struct search s = {.r = r, .pattern = left, .momentum = 1};
	struct mat *arrays[] = {&s.E, &s.L, &s.before, &s.point, &s.Y};

	for (size_t m = 0; m < sizeof arrays / sizeof arrays[0]; m++)
		*arrays[m] = mat_new(scratch, D.rows, P);
	s.Z = mat_new(scratch, r->threat.d, P);
	s.done = ARENA_ARRAY(scratch, bool, P);
	if (arena_counts(scratch))
		return s;
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < D.rows; k++)
			mat_set(s.E, k, i, 2 * mat_get(D, k, left[i]) - 1);
	s.lipschitz = blas_squared_norm_above(r->problem->X, scratch);
	mat_fill(s.L, (real)(1 / (double)D.rows));
	mat_copy(s.point, s.L);
	return s;
}

static void find_directions(const struct robust *r, const struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	struct sight sight;
	struct search s;
	double n, P, steps;
	struct mat X;
	ptrdiff_t open;

	see(r, &scratch, &sight);
	X = sight.problem.X;
	s = search_new(&sight.robust, &scratch);
	n = (double)s.E.rows;
	P = (double)s.E.cols;
	open = s.E.cols;
	steps = P > 0 ? work / (8 * n * (double)r->threat.d * P) : 0;
	steps = arena_counts(arena) ? 0 : fmin(MOST_STEPS, fmax(LEAST_STEPS, steps));
	for (int step = 0; step < steps && open > 0; step++) {
		/* Z = residuals v - proj(v) of v = X'(E o point), Y = X Z */
		for (ptrdiff_t i = 0; i < s.E.cols * s.E.rows; i++)
			s.Y.at[i] = s.E.at[i] * s.point.at[i];
		blas_gemm(1, X, TRANSPOSED, s.Y, PLAIN, 0, s.Z); /* d x columns */
		for (ptrdiff_t i = 0; i < s.Z.cols; i++)
			threat_prox(&r->threat, r->threat.eps, mat_col(s.Z, i), mat_col(s.Z, i));
		blas_gemm(1, X, PLAIN, s.Z, PLAIN, 0, s.Y); /* n x columns */
		open = 0;
		for (ptrdiff_t i = 0; i < s.E.cols; i++) {
			if (!s.done[i])
				judge(&s, i);
			open += !s.done[i];
		}
		if (s.lipschitz > 0)
			descend(&s);
	}
	arena_release(&scratch);
}

void robust_patterns_keep(struct robust *r, const bool *keep, struct arena *arena)
{
	struct mat D = r->D, H = r->patterns.H;
	ptrdiff_t kept = arena_counts(arena) ? r->sampled : 0;

	r->D = mat_new(arena, D.rows, D.cols);
	r->patterns.H = mat_new(arena, H.rows, H.cols);
	for (ptrdiff_t i = 0; i < D.cols && !arena_counts(arena); i++) {
		if (!keep[i])
			continue;
		mat_copy(mat_cols(r->D, kept, 1), mat_cols(D, i, 1));
		mat_copy(mat_cols(r->patterns.H, kept, 1), mat_cols(H, i, 1));
		r->margin[kept++] = r->margin[i];
	}
	r->D = mat_cols(r->D, 0, kept);
	r->patterns.H = mat_cols(r->patterns.H, 0, kept);
	r->patterns.all = false; /* the patterns of all perturbed data are more than those of X */
}

/* What is known before the search at the program's eps. */
static void find_limits(struct robust *r, struct arena *arena)
{
	struct mat D = r->D;
	struct arena scratch = arena_beside(arena);
	struct robust_limits *limits = ARENA_ARRAY(&scratch, struct robust_limits, D.cols);
	struct sight sight;

	see(r, &scratch, &sight);
	robust_bounds(sight.problem.X, sight.robust.D, &r->threat, r->patterns.H, limits, &scratch);
	r->facts = ARENA_ARRAY(arena, struct robust_fact, D.cols);
	for (ptrdiff_t i = 0; i < D.cols && !arena_counts(arena); i++) {
		double active = 0;

		for (ptrdiff_t k = 0; k < D.rows; k++)
			active += mat_get(D, k, i) > 0;
		r->facts[i] = (struct robust_fact){.source = r->patterns.source[i],
						   .active = active / (double)D.rows,
						   .lower = limits[i].lower,
						   .upper = limits[i].upper,
						   .verdict = ROBUST_UNDECIDED};
	}
	arena_release(&scratch);
}

/* By the lower limit, then the order of drawing. */
static int by_limit(const void *a, const void *b)
{
	const struct robust_fact *const *first = a, *const *second = b;

	if ((*first)->lower != (*second)->lower)
		return (*first)->lower > (*second)->lower ? -1 : 1;
	return *first < *second ? -1 : 1;
}

/* Keep the `count` patterns with the largest limits, in the order of drawing. */
static void screen_patterns(struct robust *r, ptrdiff_t count, struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	ptrdiff_t candidates = r->D.cols, kept = 0;
	const struct robust_fact **order =
		ARENA_ARRAY(&scratch, const struct robust_fact *, candidates);
	bool *keep = ARENA_ARRAY(&scratch, bool, candidates);

	r->sampled = candidates < count ? candidates : count;
	if (!arena_counts(arena)) {
		for (ptrdiff_t i = 0; i < candidates; i++)
			order[i] = &r->facts[i];
		qsort(order, (size_t)candidates, sizeof(const struct robust_fact *), by_limit);
		for (ptrdiff_t i = 0; i < r->sampled; i++)
			keep[order[i] - r->facts] = true;
	}
	robust_patterns_keep(r, keep, arena);
	for (ptrdiff_t i = 0; i < candidates && !arena_counts(arena); i++)
		if (keep[i])
			r->facts[kept++] = r->facts[i];
	arena_release(&scratch);
}

enum status robust_patterns(struct robust *r, const struct pattern_options *options, long screen,
			    struct arena *arena, struct err *err)
{
	struct pattern_options wanted = *options;
	struct problem problem = *r->problem;
	bool *keep;

	if (screen > 1 && (options->file || options->count == PATTERN_ALL))
		return err_set(err, STATUS_SPEC,
			       "screen: expected patterns that are drawn to a count, got %s",
			       options->file ? "a file" : "all");
	if (options->count > LONG_MAX / screen)
		return err_set(err, STATUS_SPEC, "screen: expected at most %ld, got %ld",
			       LONG_MAX / options->count, screen);
	if (screen > 1)
		wanted.count *= screen;
	problem.frozen = r->threat.frozen;
	TRY(pattern_sample(&wanted, &problem, &r->threat, arena, &r->patterns, err));
	r->patterns.options = options;
	r->D = gates_matrix(r->patterns.D, arena);
	r->candidates = r->D.cols;
	r->margin = ARENA_ARRAY(arena, double, r->candidates);
	find_limits(r, arena);
	if (screen > 1)
		screen_patterns(r, options->count, arena);
	r->sampled = r->drawn = r->D.cols;
	find_directions(r, arena);
	keep = ARENA_ARRAY(arena, bool, r->sampled);
	for (ptrdiff_t i = 0; i < r->sampled && !arena_counts(arena); i++)
		keep[i] = r->facts[i].verdict == ROBUST_ADMITTED;
	robust_patterns_keep(r, keep, arena);
	return STATUS_OK;
}

/* A matrix with more columns behind those of A, of which it has as many as A. */
static struct mat widen(struct mat A, ptrdiff_t more, struct arena *arena)
{
	struct mat wide = mat_new(arena, A.rows, A.cols + more);

	if (!arena_counts(arena))
		mat_copy(mat_cols(wide, 0, A.cols), A);
	return wide;
}

void robust_patterns_reserve(struct robust *r, ptrdiff_t more, struct arena *arena)
{
	struct robust_fact *facts = ARENA_ARRAY(arena, struct robust_fact, r->sampled + more);
	double *margin = ARENA_ARRAY(arena, double, r->D.cols + more);
	ptrdiff_t P = r->D.cols;

	r->D = widen(r->D, more, arena);
	r->patterns.H = widen(r->patterns.H, more, arena);
	r->room = r->D.cols;
	if (arena_counts(arena)) {
		r->sampled += more;
		return;
	}
	memcpy(facts, r->facts, (size_t)r->sampled * sizeof *facts);
	memcpy(margin, r->margin, (size_t)P * sizeof *margin);
	r->facts = facts;
	r->margin = margin;
	r->D.cols = r->patterns.H.cols = P;
}

ptrdiff_t robust_patterns_add(struct robust *r, struct mat D, const char *source)
{
	struct arena scratch = {0};
	struct robust some = *r;
	ptrdiff_t before = r->D.cols;

	some.D = D;
	some.patterns.H = mat_new(&scratch, r->threat.d, D.cols);
	some.patterns.source = ARENA_ARRAY(&scratch, const char *, D.cols);
	some.margin = ARENA_ARRAY(&scratch, double, D.cols);
	for (ptrdiff_t i = 0; i < D.cols; i++)
		some.patterns.source[i] = source;
	find_limits(&some, &scratch);
	find_directions(&some, &scratch);
	for (ptrdiff_t i = 0; i < D.cols && r->D.cols < r->room; i++) {
		if (some.facts[i].verdict != ROBUST_ADMITTED)
			continue;
		r->facts[r->sampled++] = some.facts[i];
		r->margin[r->D.cols] = some.margin[i];
		mat_copy(mat_cols(r->D, r->D.cols, 1), mat_cols(D, i, 1));
		mat_copy(mat_cols(r->patterns.H, r->D.cols, 1), mat_cols(some.patterns.H, i, 1));
		r->patterns.H.cols = ++r->D.cols;
	}
	arena_release(&scratch);
	return r->D.cols - before;
}
