/* Losses in the interior point for SCP. See scp_loss.h.
 *
 * Slacks high - a and a - low are variables of their own, so that they keep their digits next to an
 * end. An infinite end has the slack HUGE_VAL and the multiplier 0, which the formulas leave as
 * they are. */
#include "solvers/scp/scp_loss.h"

#include "solvers/tools/mehrotra.h"

#include <math.h>

struct scp_loss {
	const struct problem *problem;
	bool box;              /* else an entropy */
	double *a, *da;        /* n */
	double *above, *below; /* n: high - a, a - low */
	double *p, *q;         /* n: multipliers of the ends */
	double *dp, *dq;       /* n */
	real *dual;            /* n: a rounded */
};

enum {
	BISECTIONS = 100, /* of an interval: below double rounding */
	DOUBLE_ARRAYS = 8
};

bool scp_loss_takes(struct loss_term loss)
{
	return loss.loss->box || loss.loss->entropy;
}

static ptrdiff_t samples(const struct scp_loss *self)
{
	return self->problem->X.rows;
}

static double target(const struct scp_loss *self, ptrdiff_t k)
{
	return (double)self->problem->y[k];
}

struct scp_loss *scp_loss_new(const struct problem *problem, struct arena *arena)
{
	struct scp_loss *self = ARENA_NEW(arena, struct scp_loss);
	double **arrays[DOUBLE_ARRAYS] = {&self->a, &self->da, &self->above, &self->below,
					  &self->p, &self->q,  &self->dp,    &self->dq};

	self->problem = problem;
	self->box = problem->loss.loss->box != NULL;
	self->dual = ARENA_ARRAY(arena, real, problem->X.rows);
	for (int i = 0; i < DOUBLE_ARRAYS; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, problem->X.rows);
	return self;
}

/* The interval of a_k. */
static struct loss_box interval(const struct scp_loss *s, ptrdiff_t k)
{
	return loss_range(s->problem->loss, target(s, k));
}

/* l*'(a) for the slacks of a */
static double conjugate_slope(const struct scp_loss *s, ptrdiff_t k, double a, double above,
			      double below)
{
	double y = target(s, k);

	if (s->box)
		return loss_box(s->problem->loss, y).quadratic * a + y;
	return loss_entropy(s->problem->loss, y).factor * log(below / above);
}

/* l*'(a) + mu / (high - a) - mu / (a - low), increasing in a. */
static double path_output(const struct scp_loss *s, ptrdiff_t k, double mu, double a)
{
	struct loss_box box = interval(s, k);
	double above = box.high - a, below = a - box.low;

	return conjugate_slope(s, k, a, above, below) + mu / above - mu / below;
}

/* An a on the side `sign` of the root of path_output = f that is finite. Only a box with a
 * quadratic part has an infinite end. */
static double bracket(const struct scp_loss *s, ptrdiff_t k, double mu, double f, double sign)
{
	struct loss_box box = interval(s, k);
	double end = sign > 0 ? box.high : box.low, other = sign > 0 ? box.low : box.high;
	double from = isfinite(other) ? other : 0, width = 1, a;

	if (isfinite(end))
		return end;
	for (a = from + sign; sign * (path_output(s, k, mu, a) - f) < 0; a = from + sign * width)
		width *= 2;
	return a;
}

/* The root of path_output = f by bisection. */
static double path_dual(const struct scp_loss *s, ptrdiff_t k, double mu, double f)
{
	double low = bracket(s, k, mu, f, -1), high = bracket(s, k, mu, f, 1);

	for (int step = 0; step < BISECTIONS; step++) {
		double a = (low + high) / 2;

		if (path_output(s, k, mu, a) > f)
			high = a;
		else
			low = a;
	}
	return (low + high) / 2;
}

void scp_loss_start(struct scp_loss *self, const double *f, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		struct loss_box box = interval(self, k);
		double a = path_dual(self, k, mu, f[k]);
		/* where the bisection ends on an end, the slack is below its rounding */
		double least = DBL_EPSILON * (fabs(a) + DBL_EPSILON);

		self->a[k] = a;
		self->above[k] = fmax(box.high - a, least);
		self->below[k] = fmax(a - box.low, least);
		self->p[k] = mu / self->above[k];
		self->q[k] = mu / self->below[k];
		self->da[k] = self->dp[k] = self->dq[k] = 0;
	}
}

/* Move a by da with its slacks. */
static void shift(struct scp_loss *s, ptrdiff_t k, double da)
{
	s->a[k] += da;
	s->above[k] -= da;
	s->below[k] += da;
}

/* high - scale a from high - a; an infinite end stays where it is. */
static double shrunk(double slack, double end, double scale)
{
	return isfinite(slack) ? scale * slack + (1 - scale) * fabs(end) : slack;
}

void scp_loss_shrink(struct scp_loss *self, const double *f, double scale, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		struct loss_box box = interval(self, k);
		double above = shrunk(self->above[k], box.high, scale);
		double below = shrunk(self->below[k], box.low, scale), left, least;

		self->a[k] *= scale;
		self->above[k] = above;
		self->below[k] = below;
		left = f[k] - conjugate_slope(self, k, self->a[k], above, below);
		least = mu / fmin(1, above + below);
		self->p[k] = isfinite(above) ? fmax(left, 0) + least : 0;
		self->q[k] = isfinite(below) ? fmax(-left, 0) + least : 0;
	}
}

void scp_loss_curvature(const struct scp_loss *self, double *v)
{
	struct loss_term loss = self->problem->loss;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		double above = self->above[k], below = self->below[k];

		v[k] = self->box ? loss_box(loss, target(self, k)).quadratic
				 : loss_entropy(loss, target(self, k)).factor *
					   (1 / above + 1 / below);
		v[k] += self->p[k] / above + self->q[k] / below;
	}
}

/* (mu - c_p) / (high - a) */
static double next_p(const struct scp_loss *s, double mu, bool correct, ptrdiff_t k)
{
	return (correct ? mu + s->da[k] * s->dp[k] : mu) / s->above[k];
}

/* (mu - c_q) / (a - low) */
static double next_q(const struct scp_loss *s, double mu, bool correct, ptrdiff_t k)
{
	return (correct ? mu - s->da[k] * s->dq[k] : mu) / s->below[k];
}

/* l*'''(a) da^2 / 2 */
static double bend(const struct scp_loss *s, ptrdiff_t k)
{
	double up = s->da[k] / s->above[k], down = s->da[k] / s->below[k];

	if (s->box)
		return 0;
	return loss_entropy(s->problem->loss, target(s, k)).factor * (up * up - down * down) / 2;
}

void scp_loss_residual(const struct scp_loss *self, const double *f, double mu, bool correct,
		       double *r)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		r[k] = f[k] - conjugate_slope(self, k, self->a[k], self->above[k], self->below[k]) -
		       next_p(self, mu, correct, k) + next_q(self, mu, correct, k);
		if (correct)
			r[k] -= bend(self, k);
	}
}

void scp_loss_direction(struct scp_loss *self, const double *da, double mu, bool correct)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		double p = next_p(self, mu, correct, k), q = next_q(self, mu, correct, k);

		self->dp[k] = p + self->p[k] * da[k] / self->above[k] - self->p[k];
		self->dq[k] = q - self->q[k] * da[k] / self->below[k] - self->q[k];
		self->da[k] = da[k];
	}
}

double scp_loss_longest(const struct scp_loss *self)
{
	double step = HUGE_VAL;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		step = mehrotra_limit(step, self->above[k], -self->da[k]);
		step = mehrotra_limit(step, self->below[k], self->da[k]);
		step = mehrotra_limit(step, self->p[k], self->dp[k]);
		step = mehrotra_limit(step, self->q[k], self->dq[k]);
	}
	return step;
}

double scp_loss_products(const struct scp_loss *self, double length, double *count)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		double da = length * self->da[k];

		if (isfinite(self->above[k])) {
			sum += (self->above[k] - da) * (self->p[k] + length * self->dp[k]);
			++*count;
		}
		if (isfinite(self->below[k])) {
			sum += (self->below[k] + da) * (self->q[k] + length * self->dq[k]);
			++*count;
		}
	}
	return sum;
}

void scp_loss_move(struct scp_loss *self, double length)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		shift(self, k, length * self->da[k]);
		self->p[k] += length * self->dp[k];
		self->q[k] += length * self->dq[k];
	}
}

const double *scp_loss_dual(const struct scp_loss *self)
{
	return self->a;
}

const real *scp_loss_rounded(struct scp_loss *self)
{
	/* of an end: rounding to `real` and the division by the weight stay inside */
	const double inside = 1 - 4 * REAL_EPSILON;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		struct loss_box box = interval(self, k);

		self->dual[k] = (real)fmax(inside * box.low, fmin(inside * box.high, self->a[k]));
	}
	return self->dual;
}
