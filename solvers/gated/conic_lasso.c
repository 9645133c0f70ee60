/* Active sets for the convex program. See conic_lasso.h. */
#include "solvers/gated/conic_lasso.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	NEW_ROWS = 3, /* of a cone that are looked at, at once */
	LOOKS = 12,   /* for rows that a point breaks */
	ORDER = 600,  /* of a Newton system: at least; a vertex of the optima has n unknowns */
	ROOM = 8,     /* rows of a cone: times d */
	ROOM_MORE = 64
};

/* What a row is broken by, relative to |x_k| |u|. */
static const double broken = REAL_EPSILON > 1e-10 ? 1e-5 : 1e-9;

static void measure(struct conic_lasso *s)
{
	struct mat X = s->program->problem.X;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->size[k] = 0;
	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			s->size[k] += (double)mat_get(X, k, j) * (double)mat_get(X, k, j);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->size[k] = sqrt(s->size[k]);
}

struct conic_lasso *conic_lasso_new(struct gated_program *program, struct arena *arena)
{
	struct conic_lasso *s = ARENA_NEW(arena, struct conic_lasso);
	ptrdiff_t n = program->problem.X.rows, d = program->problem.X.cols, order;
	ptrdiff_t P = program->D.cols;
	ptrdiff_t *rows;

	*s = (struct conic_lasso){.program = program, .halves = 2 * P};
	s->room = n < ROOM * d + ROOM_MORE ? n : ROOM * d + ROOM_MORE;
	order = n + 2 * d > ORDER ? n + 2 * d : ORDER;
	order = 2 * d * P < order ? 2 * d * P : order;
	s->c = ARENA_ARRAY(arena, double, d * s->halves);
	s->dx = ARENA_ARRAY(arena, double, d * s->halves);
	s->limit = ARENA_ARRAY(arena, double, s->halves);
	s->blocking = ARENA_ARRAY(arena, ptrdiff_t, s->halves);
	s->face = ARENA_ARRAY(arena, struct conic_face, s->halves);
	s->used = ARENA_ARRAY(arena, bool, s->halves);
	s->first = ARENA_ARRAY(arena, ptrdiff_t, s->halves + 1);
	s->rows = ARENA_ARRAY(arena, ptrdiff_t, P);
	s->row = ARENA_ARRAY(arena, ptrdiff_t, s->room * P);
	s->B = mat_new(arena, s->room, d * P);
	s->size = ARENA_ARRAY(arena, double, n);
	s->scratch = conic_scratch_new(d, s->room, arena);
	s->A = ARENA_ARRAY(arena, double, d *d);
	s->r = ARENA_ARRAY(arena, double, d);
	s->u = ARENA_ARRAY(arena, double, d);
	s->old = ARENA_ARRAY(arena, double, d);
	s->face_of.row = ARENA_ARRAY(arena, ptrdiff_t, d);
	s->R = ARENA_ARRAY(arena, real, d * P);
	s->Gt = ARENA_ARRAY(arena, real, d * P);
	s->y = ARENA_ARRAY(arena, real, n);
	s->part = ARENA_ARRAY(arena, real, d);
	s->t = ARENA_ARRAY(arena, real, order);
	s->N = mat_new(arena, d, order);
	s->T = mat_new(arena, d * P, order);
	s->M = mat_new(arena, order, order);
	rows = ARENA_ARRAY(arena, ptrdiff_t, d * s->halves);
	if (arena_counts(arena))
		return s;
	for (ptrdiff_t h = 0; h < s->halves; h++)
		s->face[h].row = rows + h * d;
	measure(s);
	return s;
}

/* --- rows of cones -------------------------------------------------------------------------- */

static bool is_active(const struct conic_lasso *s, ptrdiff_t p, ptrdiff_t i)
{
	for (ptrdiff_t h = p; h < s->halves; h += s->program->D.cols)
		for (ptrdiff_t j = 0; j < s->face[h].count; j++)
			if (s->face[h].row[j] == i)
				return true;
	return false;
}

/* Is row i of those that are looked at the same half space as row k of X? */
static bool is_row(const struct conic_lasso *s, ptrdiff_t p, ptrdiff_t i, ptrdiff_t k, double sign)
{
	ptrdiff_t d = s->scratch.d;
	double square = 0;

	for (ptrdiff_t j = 0; j < d; j++) {
		double x = sign * (double)mat_get(s->program->problem.X, k, j) / s->size[k];
		double off = x - (double)mat_get(s->B, i, p * d + j);

		square += off * off;
	}
	return square <= broken * broken;
}

/* Row k of X is looked at, in the place of one that is at 0 for no half if there is no room. */
static bool look_at(struct conic_lasso *s, ptrdiff_t p, ptrdiff_t k)
{
	ptrdiff_t d = s->scratch.d, i = s->rows[p], *row = s->row + p * s->room;
	double sign = gates_get(s->program->D, k, p) ? 1 : -1;

	for (ptrdiff_t j = 0; j < s->rows[p]; j++)
		if (row[j] == k || is_row(s, p, j, k, sign))
			return false;
	if (i == s->room) {
		i = (k * 7919) % s->room; /* any */
		for (ptrdiff_t tried = 0; tried < s->room && is_active(s, p, i); tried++)
			i = (i + 1) % s->room;
		if (is_active(s, p, i))
			return false;
	} else {
		s->rows[p]++;
	}
	row[i] = k;
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(s->B, i, p * d + j,
			(real)(sign * (double)mat_get(s->program->problem.X, k, j) / s->size[k]));
	return true;
}

/* The rows that u (d) breaks most are looked at. False: it breaks none. */
static bool break_rows(struct conic_lasso *s, ptrdiff_t p, const double *u)
{
	struct mat X = s->program->problem.X;
	double limit = broken * conic_length(s->scratch.d, u);
	bool any = false;

	for (ptrdiff_t j = 0; j < X.cols; j++)
		s->part[j] = (real)u[j];
	blas_gemv(1, X, PLAIN, s->part, 0, s->y);
	gates_flip(gates_col(s->program->D, p), X.rows, s->y, s->y);
	for (int fresh = 0; fresh < NEW_ROWS; fresh++) {
		ptrdiff_t worst = -1;
		double most = limit;

		for (ptrdiff_t k = 0; k < X.rows; k++)
			if (-(double)s->y[k] > most * s->size[k]) {
				most = -(double)s->y[k] / s->size[k];
				worst = k;
			}
		if (worst < 0)
			break;
		s->y[worst] = 0;
		any = look_at(s, p, worst) || any;
	}
	return any;
}

/* The projection of g (d) on the cone of p into u and face_of, if it is longer than `low`; its
 * length from above. */
static double project(struct conic_lasso *s, ptrdiff_t p, const double *g, double low)
{
	double most = HUGE_VAL;

	for (int look = 0; look < LOOKS; look++) {
		most = fmin(most, conic_project(&s->scratch, conic_rows(s, p), g, low, s->u,
						&s->face_of));
		if (most <= low || !break_rows(s, p, s->u))
			break;
	}
	return most;
}

/* --- where it stands ------------------------------------------------------------------------ */

static void gather(struct conic_lasso *s)
{
	struct mat W = s->program->W;
	ptrdiff_t d = s->scratch.d;

	mat_fill(W, 0);
	s->norm = 0;
	for (ptrdiff_t h = 0; h < s->halves; h++) {
		double own = conic_length(d, conic_at(s, h));
		real *w = mat_col(W, 0) + conic_pattern(s, h) * d;

		s->norm += own;
		for (ptrdiff_t j = 0; j < d && own > 0; j++)
			w[j] += (real)(conic_sign(s, h) * conic_at(s, h)[j]);
	}
}

void conic_lasso_evaluate(struct conic_lasso *s)
{
	struct gated_program *g = s->program;
	ptrdiff_t d = s->scratch.d;
	double beta = g->problem.beta;

	gather(s);
	gated_program_evaluate(g);
	s->largest = 0;
	for (ptrdiff_t h = 0; h < s->halves; h++) {
		ptrdiff_t p = conic_pattern(s, h);
		const real *slope = mat_col(g->S, 0) + p * d;
		double most = g->slope[p], rounding;

		s->used[h] = conic_used(s, h);
		if (most > beta) {
			for (ptrdiff_t j = 0; j < d; j++)
				s->r[j] = conic_sign(s, h) * (double)slope[j];
			rounding = fmax(0, most - conic_length(d, s->r));
			most = fmin(most, project(s, p, s->r, beta) *
							  (1 + (double)(8 * d) * DBL_EPSILON) +
						  rounding);
			s->used[h] = s->used[h] || most > beta * (1 + broken);
		}
		s->largest = fmax(s->largest, most);
	}
}

double conic_lasso_bound(struct conic_lasso *s)
{
	struct gated_program *g = s->program;

	g->bound = fmax(g->bound, scaling_best(&g->problem, g->A.at, s->largest).bound);
	return g->bound;
}

/* --- one half after the other --------------------------------------------------------------- */

static void take_block(struct conic_lasso *s, ptrdiff_t h)
{
	ptrdiff_t d = s->scratch.d, p = conic_pattern(s, h);
	const double *c = conic_at(s, h);

	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t i = 0; i < d; i++)
			s->A[i + j * d] = (double)mat_get(s->program->G, p * d + i, p * d + j);
	for (ptrdiff_t i = 0; i < d; i++) {
		s->r[i] = conic_sign(s, h) * (double)s->R[p * d + i];
		for (ptrdiff_t j = 0; j < d; j++)
			s->r[i] += s->A[i + j * d] * c[j];
	}
}

static void solve_half(struct conic_lasso *s, ptrdiff_t h)
{
	ptrdiff_t d = s->scratch.d, p = conic_pattern(s, h);
	struct conic_block block = {s->A, s->r, s->program->problem.beta, conic_rows(s, p)};
	double *c = conic_at(s, h), moved = 0;

	take_block(s, h);
	memcpy(s->old, c, (size_t)d * sizeof *c);
	conic_solve(&s->scratch, &block, c, &s->face[h]);
	for (ptrdiff_t j = 0; j < d; j++) {
		s->part[j] = (real)(c[j] - s->old[j]);
		moved = fmax(moved, fabs(c[j] - s->old[j]));
	}
	if (moved > 0)
		blas_gemv(-conic_sign(s, h), mat_cols(s->program->G, p * d, d), PLAIN, s->part, 1,
			  s->R);
}

void conic_lasso_sweep(struct conic_lasso *s)
{
	memcpy(s->R, mat_col(s->program->S, 0),
	       (size_t)(s->scratch.d * s->program->D.cols) * sizeof *s->R);
	for (ptrdiff_t h = 0; h < s->halves; h++)
		if (s->used[h])
			solve_half(s, h);
}

void conic_lasso_repair(struct conic_lasso *s)
{
	ptrdiff_t d = s->scratch.d;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		ptrdiff_t p = conic_pattern(s, h);

		if (!conic_used(s, h) || !break_rows(s, p, conic_at(s, h)))
			continue;
		memcpy(s->old, conic_at(s, h), (size_t)d * sizeof *s->old);
		project(s, p, s->old, 0);
		if (s->face_of.count >= d || !(conic_length(d, s->u) > 0)) {
			memset(s->u, 0, (size_t)d * sizeof *s->u);
			s->face_of.count = 0;
		}
		memcpy(conic_at(s, h), s->u, (size_t)d * sizeof *s->u);
		s->face[h].count = s->face_of.count;
		memcpy(s->face[h].row, s->face_of.row,
		       (size_t)s->face_of.count * sizeof *s->face_of.row);
	}
}

void conic_lasso_network(const struct conic_lasso *s, struct net *net)
{
	ptrdiff_t d = s->scratch.d, used = 0;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		double root = sqrt(conic_length(d, conic_at(s, h)));

		if (!(root > 0))
			continue;
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(net->U, j, used, (real)(conic_at(s, h)[j] / root));
		net->alpha[used++] = (real)(conic_sign(s, h) * root);
	}
	net->U.cols = used;
}
