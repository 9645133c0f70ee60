/* Newton steps on faces. See conic_newton.h. */
#include "solvers/gated/conic_newton.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	STEPS = 60, /* in a pass */
	HALVINGS = 30
};

/* Of the largest curvature: what a direction without any has. */
static const double ridge = 16 * REAL_EPSILON;

/* Of its length: what a half has left that is as good as 0. */
static const double nothing = 1e-10;

/* Relative multipliers of rows, and decrements, that do not matter. */
static const double slack = REAL_EPSILON > 1e-10 ? 1e-4 : 1e-9;

/* Of a step: less is none. */
static const double least_move = 1e-9;

/* Share of the slope that a step lowers the objective by at least. */
static const double enough = 1e-4;

/* Bases of the faces of the halves that are not 0. False: too many. */
static bool bases(struct conic_lasso *s)
{
	ptrdiff_t d = s->scratch.d, order = 0;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		s->first[h] = order;
		if (!conic_used(s, h))
			continue;
		if (order + d - s->face[h].count > s->M.cols)
			return false;
		conic_basis(&s->scratch, conic_rows(s, conic_pattern(s, h)), &s->face[h]);
		conic_settle(&s->scratch, &s->face[h], conic_at(s, h));
		for (ptrdiff_t q = s->face[h].count; q < d; q++, order++)
			for (ptrdiff_t j = 0; j < d; j++)
				mat_set(s->N, j, order, (real)s->scratch.Q[j + q * d]);
	}
	s->first[s->halves] = order;
	return order > 0;
}

/* Rows of half k in a column of M, from that of T. */
static void form_rows(const struct conic_lasso *s, ptrdiff_t k, const real *T, real *column)
{
	ptrdiff_t d = s->scratch.d;

	T += conic_pattern(s, k) * d;
	for (ptrdiff_t r = s->first[k]; r < s->first[k + 1]; r++) {
		const real *N = mat_col(s->N, r);
		real sum = 0;

		for (ptrdiff_t j = 0; j < d; j++)
			sum += N[j] * T[j];
		column[r] = conic_sign(s, k) > 0 ? sum : -sum;
	}
}

/* Columns of T = G N and of M = N'G N of half h, rows of M of it and of later halves: the blocks
 * are so small that plain loops are faster than products of matrices. */
static void form_half(struct conic_lasso *s, ptrdiff_t h)
{
	struct mat G = mat_cols(s->program->G, conic_pattern(s, h) * s->scratch.d, s->scratch.d);

	for (ptrdiff_t q = s->first[h]; q < s->first[h + 1]; q++) {
		blas_gemv(conic_sign(s, h), G, PLAIN, mat_col(s->N, q), 0, mat_col(s->T, q));
		for (ptrdiff_t k = h; k < s->halves; k++)
			form_rows(s, k, mat_col(s->T, q), mat_col(s->M, q));
	}
}

/* The curvature of the norm of half h is added, and the right side t goes down both slopes. */
static void form_norm(struct conic_lasso *s, ptrdiff_t h)
{
	ptrdiff_t d = s->scratch.d, first = s->first[h];
	const real *R = s->R + conic_pattern(s, h) * d;
	const double *c = conic_at(s, h);
	double own = conic_length(d, c), beta = s->program->problem.beta, *along = s->scratch.t;

	for (ptrdiff_t q = first; q < s->first[h + 1]; q++) {
		double slope = 0;

		along[q - first] = 0;
		for (ptrdiff_t j = 0; j < d; j++) {
			along[q - first] += (double)mat_get(s->N, j, q) * c[j] / own;
			slope += (double)mat_get(s->N, j, q) * (double)R[j];
		}
		s->t[q] = (real)(conic_sign(s, h) * slope - beta * along[q - first]);
		for (ptrdiff_t k = first; k <= q; k++)
			mat_set(s->M, q, k,
				mat_get(s->M, q, k) +
					(real)(beta / own *
					       ((q == k) - along[q - first] * along[k - first])));
	}
}

/* The Newton system on the faces, lower triangle, and its right side in t. */
static void form(struct conic_lasso *s)
{
	for (ptrdiff_t h = 0; h < s->halves; h++)
		form_half(s, h);
	for (ptrdiff_t h = 0; h < s->halves; h++)
		form_norm(s, h);
}

/* t = M^-1 t. False: it cannot be had. */
static bool solve(struct conic_lasso *s)
{
	ptrdiff_t order = s->first[s->halves];
	struct mat M = mat_rows(mat_cols(s->M, 0, order), 0, order), t = {order, 1, order, s->t};
	double most = 0;

	for (ptrdiff_t q = 0; q < order; q++)
		most = fmax(most, (double)mat_get(M, q, q));
	for (ptrdiff_t q = 0; q < order; q++)
		mat_set(M, q, q, mat_get(M, q, q) + (real)(ridge * most));
	if (!blas_cholesky(M))
		return false;
	blas_cholesky_solve(M, t);
	return true;
}

/* The step in all halves, and how far each can go. */
static void find_step(struct conic_lasso *s)
{
	ptrdiff_t d = s->scratch.d;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		double *dx = s->dx + h * d;

		memset(dx, 0, (size_t)d * sizeof *dx);
		for (ptrdiff_t q = s->first[h]; q < s->first[h + 1]; q++)
			for (ptrdiff_t j = 0; j < d; j++)
				dx[j] += (double)s->t[q] * (double)mat_get(s->N, j, q);
		s->blocking[h] = -1;
		s->limit[h] = HUGE_VAL;
		if (s->first[h + 1] > s->first[h])
			s->limit[h] = conic_limit(&s->scratch, conic_rows(s, conic_pattern(s, h)),
						  &s->face[h], conic_at(s, h), dx, &s->blocking[h]);
	}
}

/* How much the norms change by at t. */
static double longer(const struct conic_lasso *s, double t)
{
	ptrdiff_t d = s->scratch.d;
	double sum = 0;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		const double *c = conic_at(s, h), *dx = s->dx + h * d;
		double square = 0;

		if (s->first[h + 1] == s->first[h])
			continue;
		for (ptrdiff_t j = 0; j < d; j++)
			square += (c[j] + t * dx[j]) * (c[j] + t * dx[j]);
		sum += sqrt(square) - conic_length(d, c);
	}
	return sum;
}

/* Of the objective along the step: slope and curvature of the loss, slope of all of it. */
struct line {
	double linear, curvature, slope;
};

static struct line line_of(const struct conic_lasso *s)
{
	ptrdiff_t d = s->scratch.d;
	struct line line = {0, 0, 0};

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		const real *R = s->R + conic_pattern(s, h) * d,
			   *Gt = s->Gt + conic_pattern(s, h) * d;
		const double *dx = s->dx + h * d, *c = conic_at(s, h);
		double own = conic_length(d, c);

		for (ptrdiff_t j = 0; j < d && s->first[h + 1] > s->first[h]; j++) {
			line.linear -= conic_sign(s, h) * dx[j] * (double)R[j];
			line.curvature += conic_sign(s, h) * dx[j] * (double)Gt[j];
			line.slope += s->program->problem.beta * dx[j] * c[j] / own;
		}
	}
	line.slope += line.linear;
	return line;
}

/* A half goes no farther along the step. */
static void freeze(struct conic_lasso *s, ptrdiff_t h)
{
	ptrdiff_t d = s->scratch.d;

	blas_gemv(-1, mat_cols(s->T, s->first[h], s->first[h + 1] - s->first[h]), PLAIN,
		  s->t + s->first[h], 1, s->Gt);
	memset(s->t + s->first[h], 0, (size_t)(s->first[h + 1] - s->first[h]) * sizeof *s->t);
	memset(s->dx + h * d, 0, (size_t)d * sizeof *s->dx);
	s->limit[h] = HUGE_VAL;
}

/* All halves move by t along the step; those that come to nothing are 0. */
static void move(struct conic_lasso *s, double t)
{
	ptrdiff_t d = s->scratch.d;

	blas_axpy((size_t)(d * s->program->D.cols), -t, s->Gt, s->R);
	for (ptrdiff_t h = 0; h < s->halves; h++) {
		double *c = conic_at(s, h), before;

		if (s->first[h + 1] == s->first[h])
			continue;
		before = conic_length(d, c);
		for (ptrdiff_t j = 0; j < d; j++)
			c[j] += t * s->dx[h * d + j];
		s->limit[h] -= t;
		if (conic_length(d, c) <= nothing * before) {
			memset(c, 0, (size_t)d * sizeof *c);
			s->face[h].count = 0;
			freeze(s, h);
		}
	}
}

/* Of each half the row goes that the objective falls away from fastest. False: there is none. */
static bool drop_rows(struct conic_lasso *s)
{
	ptrdiff_t d = s->scratch.d;
	double beta = s->program->problem.beta;
	bool any = false;

	for (ptrdiff_t h = 0; h < s->halves; h++) {
		const double *c = conic_at(s, h);
		double own = conic_length(d, c);
		ptrdiff_t leaves;

		if (!(own > 0) || s->face[h].count == 0)
			continue;
		for (ptrdiff_t j = 0; j < d; j++)
			s->r[j] = beta * c[j] / own -
				  conic_sign(s, h) * (double)s->R[conic_pattern(s, h) * d + j];
		conic_basis(&s->scratch, conic_rows(s, conic_pattern(s, h)), &s->face[h]);
		leaves = conic_leaving(&s->scratch, &s->face[h], s->r, beta * slack);
		if (leaves < 0)
			continue;
		conic_drop(&s->face[h], leaves);
		any = true;
	}
	return any;
}

/* Along the step up to `most` as far as the objective falls: the first of most, most / 2, ... that
 * lowers it enough; 0: none does. */
static double search(const struct conic_lasso *s, double most)
{
	struct line line = line_of(s);
	double beta = s->program->problem.beta, t = most;

	for (int halving = 0; line.slope < 0 && halving <= HALVINGS; halving++, t /= 2)
		if (t * line.linear + t * t * line.curvature / 2 + beta * longer(s, t) <=
		    enough * t * line.slope)
			return t;
	return 0;
}

/* Along the step, bent where a half is stopped by a row, which joins its face, as far as the
 * objective falls; `moved`: how far that was. Has any row joined? */
static bool follow(struct conic_lasso *s, double *moved)
{
	ptrdiff_t d = s->scratch.d;
	bool any = false;

	*moved = 0;
	while (*moved < 1) {
		ptrdiff_t first = -1;
		double most = 1 - *moved, t;

		for (ptrdiff_t h = 0; h < s->halves; h++)
			if (s->first[h + 1] > s->first[h] && s->limit[h] < most) {
				most = fmax(0, s->limit[h]);
				first = h;
			}
		t = most > 0 ? search(s, most) : 0;
		if (t > 0)
			move(s, t);
		*moved += t;
		if (first < 0 || t < most)
			break;
		if (s->limit[first] < HUGE_VAL)
			freeze(s, first);
		if (conic_used(s, first) && s->face[first].count < d - 1) {
			s->face[first].row[s->face[first].count++] = s->blocking[first];
			any = true;
		}
	}
	return any;
}

/* One step; behind a whole one rows are dropped. False: there is no more to be had so. */
static bool newton(struct conic_lasso *s)
{
	double size = s->program->problem.beta * s->norm, slope, moved;

	if (!bases(s))
		return false;
	form(s);
	if (!solve(s))
		return false;
	find_step(s);
	blas_gemv(1, mat_cols(s->T, 0, s->first[s->halves]), PLAIN, s->t, 0, s->Gt);
	slope = line_of(s).slope;
	if (!(slope < -REAL_EPSILON * size))
		return drop_rows(s);
	if (follow(s, &moved))
		return true;
	return moved > least_move && (drop_rows(s) || slope < -slack * size);
}

void conic_newton_pass(struct conic_lasso *s)
{
	conic_lasso_sweep(s);
	for (int i = 0; i < STEPS && newton(s); i++)
		continue;
	conic_lasso_repair(s);
}
