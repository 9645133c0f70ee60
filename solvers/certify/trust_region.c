/* The exact worst case of networks with a quadratic activation over l_2 balls: f is a quadratic
 * function, its extremes over a ball are trust region problems, and one eigendecomposition serves
 * all points (Kuelbs, Lall & Pilanci 2024; solvers/poly/poly_oracle.h). With several outputs the
 * difference to each rival is one.
 *
 * A ball of another norm is bounded by the l_2 ball around it: of radius eps sqrt(d) for l_inf,
 * over the d columns that are attacked, of the same for l_1. Boxes are left out of the bound. */
#include "solvers/core/blas.h"
#include "solvers/model/certify.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/poly/polynet.h"

#include <math.h>

struct search {
	const struct polynet *net;
	struct certify_job *job;
	struct poly_oracle *oracle;
	struct mat Q, X, worst,
		point;            /* rows at hand: their points, the worst ones; one of these */
	ptrdiff_t *sample, count; /* n: rows of the job */
	real *y;                  /* n */
	double *lower;            /* n */
	double radius;            /* of the l_2 ball around that of the threat */
};

/* Of sums of d and of m products, and of the eigendecomposition: the sum of the absolute values of
 * all products of output c at a point of length `reach`, times what rounding may be of it. */
static double noise_of(const struct polynet *net, ptrdiff_t c, double reach)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double t = reach * blas_norm((size_t)net->U.rows, mat_col(net->U, j));

		sum += fabs((double)mat_get(net->A, j, c)) *
		       (fabs((double)*net->a) * t * t + fabs((double)*net->b) * t +
			fabs((double)*net->c));
	}
	return REAL_EPSILON * (double)(4 * net->U.rows + 2 * net->U.cols + 32) * sum;
}

/* Moves the point towards the clean one until it is in the ball of its norm, and into the box. */
static void confine(struct search *s, ptrdiff_t r)
{
	const struct threat *t = &s->job->threat;
	double sum = 0, scale = 1;

	for (ptrdiff_t i = 0; i < s->X.cols; i++) {
		double step = fabs((double)mat_get(s->worst, r, i) - (double)mat_get(s->X, r, i));

		sum += t->norm == NORM_L2 ? step * step : step;
	}
	if (t->norm == NORM_L2)
		sum = sqrt(sum);
	if (t->norm != NORM_LINF && sum > t->eps)
		scale = t->eps / sum;
	for (ptrdiff_t i = 0; i < s->X.cols; i++) {
		real x = mat_get(s->X, r, i), step = mat_get(s->worst, r, i) - x;

		if (t->norm == NORM_LINF && fabs((double)step) > t->eps)
			step = (real)copysign(t->eps, (double)step);
		if (threat_frozen(t, i))
			step = 0;
		mat_set(s->point, 0, i,
			threat_clip(x + (real)scale * step, x, threat_lower(t, i),
				    threat_upper(t, i)));
	}
}

/* f_c - f_rival, or with rival < 0 sign f_c, at s->point. */
static double margin_at(const struct search *s, ptrdiff_t c, ptrdiff_t rival, double sign)
{
	double f[2] = {0, 0};
	const ptrdiff_t d = s->X.cols;

	for (ptrdiff_t n = 0; n < s->net->U.cols; n++) {
		double t = blas_dot((size_t)d, mat_col(s->net->U, n), s->point.at), value;

		value = ((double)*s->net->a * t + (double)*s->net->b) * t + (double)*s->net->c;
		f[0] += (double)mat_get(s->net->A, n, c) * value;
		f[1] += rival < 0 ? 0 : (double)mat_get(s->net->A, n, rival) * value;
	}
	return sign * (f[0] - f[1]);
}

static void set_worst(struct search *s, ptrdiff_t k, double margin)
{
	if (!(margin < s->job->upper[k]))
		return;
	s->job->upper[k] = margin;
	for (ptrdiff_t i = 0; i < s->X.cols; i++)
		mat_set(s->job->worst, k, i, s->point.at[i]);
}

/* The rows at hand against one rival, or with rival < 0 the sign of y. */
static void against(struct search *s, ptrdiff_t c, ptrdiff_t rival)
{
	struct mat X = mat_rows(s->X, 0, s->count), worst = mat_rows(s->worst, 0, s->count);
	const struct poly_points points = {
		.X = X, .y = s->y, .radius = s->radius, .lower = s->lower, .worst = &worst};
	bool finite;

	polynet_form(s->net, c, rival, s->Q);
	finite = poly_oracle_set(s->oracle, s->Q);
	if (finite)
		poly_oracle_margins(s->oracle, &points);
	else
		mat_copy(worst, X);
	for (ptrdiff_t r = 0; r < s->count; r++) {
		ptrdiff_t k = s->sample[r];
		double square = 0, noise;

		for (ptrdiff_t i = 0; i < X.cols; i++) {
			square += (double)mat_get(X, r, i) * (double)mat_get(X, r, i);
			s->point.at[i] = mat_get(X, r, i);
		}
		noise = noise_of(s->net, c, sqrt(square) + s->radius);
		noise += rival < 0 ? 0 : noise_of(s->net, rival, sqrt(square) + s->radius);
		s->job->lower[k] =
			fmin(s->job->lower[k], finite ? s->lower[r] - 2 * noise : -HUGE_VAL);
		set_worst(s, k, margin_at(s, c, rival, (double)s->y[r]));
		confine(s, r);
		set_worst(s, k, margin_at(s, c, rival, (double)s->y[r]));
	}
}

static void take(struct search *s, ptrdiff_t k, real y)
{
	for (ptrdiff_t i = 0; i < s->X.cols; i++)
		mat_set(s->X, s->count, i, mat_get(s->job->X, k, i));
	s->y[s->count] = y;
	s->sample[s->count++] = k;
}

static void margins(const struct model *model, const int *label, struct certify_job *job,
		    struct arena *arena)
{
	ptrdiff_t n = job->X.rows, d = job->X.cols, classes = model_outputs(model);
	struct threat threat = job->threat;
	struct search s = {.net = polynet_of(model),
			   .job = job,
			   .oracle = poly_oracle_new(d, threat.frozen, arena),
			   .Q = mat_new(arena, d + 1, d + 1),
			   .X = mat_new(arena, n, d),
			   .worst = mat_new(arena, n, d),
			   .point = mat_new(arena, 1, d),
			   .sample = ARENA_ARRAY(arena, ptrdiff_t, n),
			   .y = ARENA_ARRAY(arena, real, n),
			   .lower = ARENA_ARRAY(arena, double, n)};

	if (arena_counts(arena))
		return;
	threat.d = d;
	s.radius = threat.eps * sqrt(threat_reach(&threat));
	for (ptrdiff_t k = 0; k < n; k++)
		job->lower[k] = job->upper[k] = HUGE_VAL;
	for (ptrdiff_t c = 0; c < classes; c++) {
		s.count = 0;
		for (ptrdiff_t k = 0; k < n; k++)
			if (classes == 1 || label[k] == c)
				take(&s, k, classes == 1 ? job->y[k] : 1);
		for (ptrdiff_t rival = 0; rival < classes && classes > 1; rival++)
			if (rival != c)
				against(&s, c, rival);
		if (classes == 1)
			against(&s, 0, -1);
	}
}

const struct certifier certifier_trust_region = {
	.base = {.name = "trust_region",
		 .doc = "polynomial networks: the exact worst case over l_2 balls by one "
			"eigendecomposition; of an l_inf or l_1 ball a bound, over the l_2 ball "
			"around it",
		 .cite = "kuelbs2024"},
	.kind = &model_polynomial,
	.margins = margins,
};
