/* A block in a cone. See conic_block.h. */
#include "solvers/gated/conic_block.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	CHANGES = 20, /* of the face and steps on it, times d */
	HALVINGS = 40
};

/* Relative slopes on the face, and multipliers, that are rounding. */
static const double flat = 1e-13, negative = 1e-12;

/* A row whose part of a step is less than this is parallel to it. */
static const double parallel = REAL_EPSILON > 1e-10 ? 1e-6 : 1e-10;

/* Of a curvature: what a direction without any has. */
static const double ridge = 1e-14;

/* Share of the slope that a step lowers the value by at least. */
static const double enough = 1e-4;

struct conic_scratch conic_scratch_new(ptrdiff_t d, ptrdiff_t room, struct arena *arena)
{
	struct conic_scratch s = {.d = d};
	double **const squares[] = {&s.Q, &s.R, &s.H};
	double **const vectors[] = {&s.t, &s.g, &s.dx, &s.mu, &s.Ac, &s.Adx, &s.trial};

	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = ARENA_ARRAY(arena, double, d *d);
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, double, d);
	s.slack = ARENA_ARRAY(arena, double, room);
	s.rate = ARENA_ARRAY(arena, double, room);
	s.ones = ARENA_ARRAY(arena, real, room);
	s.nnls = nnls_new(mat_new(arena, room, d), arena);
	for (ptrdiff_t i = 0; i < room && !arena_counts(arena); i++)
		s.ones[i] = 1;
	return s;
}

static double dot(ptrdiff_t d, const double *x, const double *y)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		sum += x[j] * y[j];
	return sum;
}

/* out = B x */
static void rows_dot(struct mat B, const double *x, double *out)
{
	memset(out, 0, (size_t)B.rows * sizeof *out);
	for (ptrdiff_t j = 0; j < B.cols; j++) {
		const real *b = mat_col(B, j);

		for (ptrdiff_t i = 0; i < B.rows; i++)
			out[i] += x[j] * (double)b[i];
	}
}

/* y = A x, A symmetric. */
static void multiply(ptrdiff_t d, const double *A, const double *x, double *y)
{
	for (ptrdiff_t j = 0; j < d; j++)
		y[j] = dot(d, A + j * d, x);
}

double conic_project(struct conic_scratch *s, struct mat B, const double *g, double low, double *u,
		     struct conic_face *face)
{
	struct nnls_value value;
	double length = sqrt(dot(s->d, g, g));

	face->count = 0;
	memcpy(u, g, (size_t)s->d * sizeof *u);
	if (B.rows == 0 || length <= low)
		return length;
	nnls_take(&s->nnls, B);
	value = nnls_solve(&s->nnls, (struct nnls_block){s->ones, NULL, g}, low, HUGE_VAL);
	memcpy(u, s->nnls.r, (size_t)s->d * sizeof *u);
	for (ptrdiff_t i = 0; i < s->nnls.count; i++)
		face->row[face->count++] = s->nnls.passive[i];
	return value.upper;
}

/* q of unit length, orthogonal to the first `count` columns of Q, by Gram and Schmidt twice; what
 * it had of them is added to `part`. False: nothing is left. */
static bool orthogonal(const struct conic_scratch *s, ptrdiff_t count, double *q, double *part)
{
	double before = sqrt(dot(s->d, q, q)), length;

	for (int pass = 0; pass < 2; pass++)
		for (ptrdiff_t i = 0; i < count; i++) {
			double along = dot(s->d, s->Q + i * s->d, q);

			if (part)
				part[i] += along;
			for (ptrdiff_t j = 0; j < s->d; j++)
				q[j] -= along * s->Q[i * s->d + j];
		}
	length = sqrt(dot(s->d, q, q));
	if (!(length > 1e-10 * before))
		return false;
	for (ptrdiff_t j = 0; j < s->d; j++)
		q[j] /= length;
	if (part)
		part[count] = length;
	return true;
}

void conic_basis(struct conic_scratch *s, struct mat B, const struct conic_face *face)
{
	ptrdiff_t d = s->d, have = face->count;

	memset(s->R, 0, (size_t)(d * d) * sizeof *s->R);
	for (ptrdiff_t i = 0; i < have; i++) {
		for (ptrdiff_t j = 0; j < d; j++)
			s->Q[i * d + j] = (double)mat_get(B, face->row[i], j);
		if (!orthogonal(s, i, s->Q + i * d, s->R + i * d))
			s->R[i * d + i] = 0; /* no multiplier of its own */
	}
	while (have < d) { /* the unit vector that is farthest from what there is */
		ptrdiff_t best = 0;
		double least = HUGE_VAL;

		for (ptrdiff_t j = 0; j < d; j++) {
			double inside = 0;

			for (ptrdiff_t i = 0; i < have; i++)
				inside += s->Q[i * d + j] * s->Q[i * d + j];
			if (inside < least) {
				least = inside;
				best = j;
			}
		}
		memset(s->Q + have * d, 0, (size_t)d * sizeof *s->Q);
		s->Q[have * d + best] = 1;
		orthogonal(s, have, s->Q + have * d, NULL);
		have++;
	}
}

void conic_settle(const struct conic_scratch *s, const struct conic_face *face, double *c)
{
	for (ptrdiff_t i = 0; i < face->count; i++) {
		double along = dot(s->d, s->Q + i * s->d, c);

		for (ptrdiff_t j = 0; j < s->d; j++)
			c[j] -= along * s->Q[i * s->d + j];
	}
}

static bool is_in(const struct conic_face *face, ptrdiff_t row)
{
	for (ptrdiff_t i = 0; i < face->count; i++)
		if (face->row[i] == row)
			return true;
	return false;
}

double conic_limit(struct conic_scratch *s, struct mat B, const struct conic_face *face,
		   const double *c, const double *dx, ptrdiff_t *blocking)
{
	double least = parallel * sqrt(dot(B.cols, dx, dx)), most = 1;

	*blocking = -1;
	rows_dot(B, c, s->slack);
	rows_dot(B, dx, s->rate);
	for (ptrdiff_t i = 0; i < B.rows; i++) {
		double limit;

		if (!(s->rate[i] < -least))
			continue;
		limit = fmax(0, s->slack[i]) / -s->rate[i];
		if (limit < most && !is_in(face, i)) {
			most = limit;
			*blocking = i;
		}
	}
	return *blocking < 0 ? HUGE_VAL : most;
}

static double value_of(const struct conic_scratch *s, const struct conic_block *b, const double *c,
		       const double *Ac)
{
	return dot(s->d, c, Ac) / 2 - dot(s->d, b->r, c) + b->beta * sqrt(dot(s->d, c, c));
}

/* t = (N'(A + beta (I - cc'/|c|^2) / |c|) N)^-1 (-N'g) by Cholesky, and dx = N t. Returns g'dx. */
static double newton(struct conic_scratch *s, const struct conic_block *b, const double *c,
		     ptrdiff_t first)
{
	ptrdiff_t d = s->d, q = d - first;
	double length = sqrt(dot(d, c, c)), most = 0;

	for (ptrdiff_t j = 0; j < q; j++) {
		const double *nj = s->Q + (first + j) * d;
		double cj = dot(d, c, nj) / length;

		multiply(d, b->A, nj, s->trial);
		for (ptrdiff_t i = j; i < q; i++) {
			const double *ni = s->Q + (first + i) * d;

			s->H[i + j * d] =
				dot(d, ni, s->trial) +
				b->beta / length * ((i == j) - cj * dot(d, c, ni) / length);
		}
		most = fmax(most, s->H[j + j * d]);
		s->t[j] = -dot(d, nj, s->g);
	}
	for (ptrdiff_t j = 0; j < q; j++) { /* H = L L' */
		double pivot = s->H[j + j * d];

		for (ptrdiff_t k = 0; k < j; k++)
			pivot -= s->H[j + k * d] * s->H[j + k * d];
		pivot = sqrt(fmax(pivot, ridge * most));
		s->H[j + j * d] = pivot;
		for (ptrdiff_t i = j + 1; i < q; i++) {
			for (ptrdiff_t k = 0; k < j; k++)
				s->H[i + j * d] -= s->H[i + k * d] * s->H[j + k * d];
			s->H[i + j * d] /= pivot;
		}
		for (ptrdiff_t k = 0; k < j; k++)
			s->t[j] -= s->H[j + k * d] * s->t[k];
		s->t[j] /= pivot;
	}
	memset(s->dx, 0, (size_t)d * sizeof *s->dx);
	for (ptrdiff_t j = q - 1; j >= 0; j--) {
		for (ptrdiff_t i = j + 1; i < q; i++)
			s->t[j] -= s->H[i + j * d] * s->t[i];
		s->t[j] /= s->H[j + j * d];
		for (ptrdiff_t k = 0; k < d; k++)
			s->dx[k] += s->t[j] * s->Q[(first + j) * d + k];
	}
	return dot(d, s->g, s->dx);
}

/* A step along the face, until another row is in the way. False: it does not lower the value. */
static bool move(struct conic_scratch *s, const struct conic_block *b, double *c,
		 struct conic_face *face)
{
	ptrdiff_t d = s->d, blocking;
	double slope = newton(s, b, c, face->count), before = value_of(s, b, c, s->Ac);
	double t = fmin(1, conic_limit(s, b->B, face, c, s->dx, &blocking));

	if (!(slope < 0))
		return false;
	multiply(d, b->A, s->dx, s->Adx);
	for (int halving = 0; halving < HALVINGS; halving++, t /= 2, blocking = -1) {
		double after;

		for (ptrdiff_t j = 0; j < d; j++) {
			s->trial[j] = c[j] + t * s->dx[j];
			s->mu[j] = s->Ac[j] + t * s->Adx[j];
		}
		after = value_of(s, b, s->trial, s->mu);
		if (t > 0 && !(after <= before + enough * t * slope))
			continue;
		memcpy(c, s->trial, (size_t)d * sizeof *c);
		memcpy(s->Ac, s->mu, (size_t)d * sizeof *c);
		if (blocking >= 0)
			face->row[face->count++] = blocking;
		return blocking >= 0 || after < before;
	}
	return false;
}

ptrdiff_t conic_leaving(struct conic_scratch *s, const struct conic_face *face, const double *g,
			double size)
{
	ptrdiff_t worst = -1;
	double least = -negative * size;

	for (ptrdiff_t i = face->count - 1; i >= 0; i--) { /* g = Q R mu */
		double pivot = s->R[i + i * s->d];

		s->mu[i] = dot(s->d, s->Q + i * s->d, g);
		for (ptrdiff_t k = i + 1; k < face->count; k++)
			s->mu[i] -= s->R[i + k * s->d] * s->mu[k];
		s->mu[i] = pivot > 0 ? s->mu[i] / pivot : 0;
		if (s->mu[i] < least) {
			least = s->mu[i];
			worst = i;
		}
	}
	return worst;
}

void conic_drop(struct conic_face *face, ptrdiff_t place)
{
	face->count--;
	memmove(face->row + place, face->row + place + 1,
		(size_t)(face->count - place) * sizeof *face->row);
}

static void descend(struct conic_scratch *s, const struct conic_block *b, double *c,
		    struct conic_face *face)
{
	ptrdiff_t d = s->d;
	double size = b->beta + sqrt(dot(d, b->r, b->r));

	multiply(d, b->A, c, s->Ac);
	for (ptrdiff_t change = 0; change < CHANGES * d; change++) {
		double length = sqrt(dot(d, c, c)), along = 0;
		ptrdiff_t leaves;

		conic_basis(s, b->B, face);
		for (ptrdiff_t j = 0; j < d; j++)
			s->g[j] = s->Ac[j] - b->r[j] + b->beta * c[j] / length;
		for (ptrdiff_t i = face->count; i < d; i++)
			along = fmax(along, fabs(dot(d, s->Q + i * d, s->g)));
		if (along > flat * size && move(s, b, c, face))
			continue;
		conic_basis(s, b->B, face);
		leaves = conic_leaving(s, face, s->g, size);
		if (leaves < 0)
			return;
		conic_drop(face, leaves);
	}
}

void conic_solve(struct conic_scratch *s, const struct conic_block *b, double *c,
		 struct conic_face *face)
{
	ptrdiff_t d = s->d;
	double length, square, t;

	multiply(d, b->A, c, s->Ac);
	if (!(dot(d, c, c) > 0) || !(value_of(s, b, c, s->Ac) < 0)) {
		length = conic_project(s, b->B, b->r, b->beta, s->trial, face);
		memset(c, 0, (size_t)d * sizeof *c);
		square = dot(d, s->trial, s->trial);
		if (!(length > b->beta) || !(square > b->beta * b->beta) || face->count >= d) {
			face->count = 0;
			return;
		}
		multiply(d, b->A, s->trial, s->Ac);
		t = dot(d, s->trial, s->Ac);
		if (!(t > 0))
			return;
		t = (square - b->beta * sqrt(square)) / t;
		for (ptrdiff_t j = 0; j < d; j++)
			c[j] = t * s->trial[j];
	}
	descend(s, b, c, face);
}
