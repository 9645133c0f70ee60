/* Losses in interior point methods: gradient, Hessian and dual variables. See interior_loss.h.
 *
 * Slacks high - a and a - low are variables of their own, so that they keep their digits next to an
 * end, and all are double: n of them cost nothing beside the n x N data. An infinite end has the
 * slack HUGE_VAL and the multiplier 0, which the formulas below leave as they are. */
#include "solvers/model/interior_loss.h"

#include <math.h>

struct interior_loss {
	const struct problem *problem;
	bool smooth;
	bool entropic; /* smooth, and a is a variable of its own */
	double quadratic;
	double least_inverse;  /* of W, see weight_at */
	double *a, *da;        /* n */
	double *above, *below; /* n: high - a, a - low */
	double *p, *q;         /* n: multipliers of the ends */
	double *dp, *dq;       /* n */
	real *dual;            /* n: a as a certificate takes it */
	/* n: entropy: a = L'(h); where its direction starts; the direction */
	double *h, *from, *dh;
	double moved; /* along the direction */
};

/* Relative difference of f and h that is rounding. */
static const double noise = 1e-5;

enum {
	BISECTIONS = 100, /* of an interval: below double rounding */
	DOUBLE_ARRAYS = 8
};

const char interior_loss_wanted[] =
	"a loss that is smooth or has a quadratic conjugate on an interval";

bool interior_loss_takes(struct loss_term loss)
{
	return loss.loss->smooth || loss.loss->box;
}

static ptrdiff_t samples(const struct interior_loss *self)
{
	return self->problem->X.rows;
}

/* The interval of a_k, of a box or an entropy. */
static struct loss_box box_at(const struct interior_loss *self, ptrdiff_t k)
{
	return loss_range(self->problem->loss, (double)self->problem->y[k]);
}

struct interior_loss *interior_loss_new(const struct problem *problem, struct arena *arena)
{
	struct interior_loss *self = ARENA_NEW(arena, struct interior_loss);
	double **arrays[DOUBLE_ARRAYS] = {&self->a, &self->da, &self->above, &self->below,
					  &self->p, &self->q,  &self->dp,    &self->dq};

	self->problem = problem;
	self->smooth = !problem->loss.loss->box;
	self->least_inverse = sqrt(REAL_EPSILON) / problem->loss.weight;
	self->dual = ARENA_ARRAY(arena, real, problem->X.rows);
	for (int i = 0; i < DOUBLE_ARRAYS && !self->smooth; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, problem->X.rows);
	return self;
}

void interior_loss_separate(struct interior_loss *self, struct arena *arena)
{
	double **arrays[] = {&self->a, &self->above, &self->below,
			     &self->h, &self->from,  &self->dh};

	self->entropic = self->problem->loss.loss->entropy != NULL;
	for (int i = 0; i < 6 && self->entropic; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, samples(self));
}

/* The slacks at the output f, and a. */
static void place(struct interior_loss *self, ptrdiff_t k, double f)
{
	struct loss_box box = box_at(self, k);
	double width = box.high - box.low, scale = width / self->problem->loss.weight;

	self->h[k] = f;
	self->above[k] = width / (1 + exp(scale * f));
	self->below[k] = width / (1 + exp(-scale * f));
	/* one of the ends is 0, and next to it a has all its digits */
	self->a[k] = box.high > 0 ? self->below[k] : -self->above[k];
}

/* quadratic a + y + mu / (high - a) - mu / (a - low), increasing in a. */
static double path_output(struct loss_box box, double y, double mu, double a)
{
	return box.quadratic * a + y + mu / (box.high - a) - mu / (a - box.low);
}

/* An a on the side `sign` of the root of path_output = f that is finite. Only a box with a
 * quadratic part has an infinite end. */
static double bracket(struct loss_box box, double y, double mu, double f, double sign)
{
	double end = sign > 0 ? box.high : box.low, other = sign > 0 ? box.low : box.high;
	double from = isfinite(other) ? other : 0, width = 1, a;

	if (isfinite(end))
		return end;
	for (a = from + sign; sign * (path_output(box, y, mu, a) - f) < 0; a = from + sign * width)
		width *= 2;
	return a;
}

/* The root of path_output = f by bisection. */
static double path_dual(struct loss_box box, double y, double mu, double f)
{
	double low, high;

	if (!isfinite(box.low) && !isfinite(box.high))
		return (f - y) / box.quadratic;
	low = bracket(box, y, mu, f, -1);
	high = bracket(box, y, mu, f, 1);
	for (int step = 0; step < BISECTIONS; step++) {
		double a = (low + high) / 2;

		if (path_output(box, y, mu, a) > f)
			high = a;
		else
			low = a;
	}
	return (low + high) / 2;
}

void interior_loss_start(struct interior_loss *self, const real *f, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++) {
		place(self, k, (double)f[k]);
	}
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		struct loss_box box = box_at(self, k);
		double y = (double)self->problem->y[k], a = path_dual(box, y, mu, (double)f[k]);
		/* where the bisection ends on an end, the slack is below its rounding */
		double least = DBL_EPSILON * (fabs(a) + DBL_EPSILON);

		self->quadratic = box.quadratic;
		self->a[k] = a;
		self->above[k] = fmax(box.high - a, least);
		self->below[k] = fmax(a - box.low, least);
		self->p[k] = mu / self->above[k];
		self->q[k] = mu / self->below[k];
		self->da[k] = self->dp[k] = self->dq[k] = 0;
	}
}

void interior_loss_start_from(struct interior_loss *self, const real *f, const real *a, double mu)
{
	interior_loss_start(self, f, mu);
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		struct loss_box box = box_at(self, k);
		double least = fmin(sqrt(mu), fmin(1, (box.high - box.low) / 2)) / 2;
		double at = fmax(box.low + least, fmin(box.high - least, (double)a[k])), r;

		self->a[k] = at;
		self->above[k] = box.high - at;
		self->below[k] = at - box.low;
		r = (double)f[k] - box.quadratic * at - (double)self->problem->y[k];
		self->p[k] = fmax(mu / self->above[k], isfinite(box.high) ? r : 0);
		self->q[k] = fmax(mu / self->below[k], isfinite(box.low) ? -r : 0);
	}
}

/* Move a by da with its slacks. */
static void shift(struct interior_loss *s, ptrdiff_t k, double da)
{
	s->a[k] += da;
	s->above[k] -= da;
	s->below[k] += da;
}

void interior_loss_recenter(struct interior_loss *self, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		/* a slack is near zero where it is below half of the box, or below 1 */
		double half = fmin(1, (self->above[k] + self->below[k]) / 2);

		if (self->above[k] * self->p[k] < mu && self->p[k] > mu / half)
			shift(self, k, self->above[k] - mu / self->p[k]);
		if (self->below[k] * self->q[k] < mu && self->q[k] > mu / half)
			shift(self, k, mu / self->q[k] - self->below[k]);
		self->p[k] = fmax(self->p[k], mu / self->above[k]);
		self->q[k] = fmax(self->q[k], mu / self->below[k]);
	}
}

/* W = 1 / (least + quadratic + p / (high - a) + q / (a - low)). Where f stays at a kink, 1 / W goes
 * to zero and da = W (df + ..) is all rounding: a proximal term, which leaves least |da| of r,
 * keeps half of the digits. A quadratic part is one. */
static double weight_at(const struct interior_loss *s, ptrdiff_t k)
{
	double least = s->quadratic > 0 ? 0 : s->least_inverse;

	return 1 / (least + s->quadratic + s->p[k] / s->above[k] + s->q[k] / s->below[k]);
}

/* r = f - quadratic a - y - p + q for any p and q */
static double residual_at(const struct interior_loss *s, const real *f, double p, double q,
			  ptrdiff_t k)
{
	return (double)f[k] - s->quadratic * s->a[k] - (double)s->problem->y[k] - p + q;
}

/* (mu - c_p) / (high - a), c_p = -da dp: what p is to become, but for the part of da. */
static double target_p(const struct interior_loss *s, double mu, bool correct, ptrdiff_t k)
{
	return (correct ? mu + s->da[k] * s->dp[k] : mu) / s->above[k];
}

/* (mu - c_q) / (a - low), c_q = da dq */
static double target_q(const struct interior_loss *s, double mu, bool correct, ptrdiff_t k)
{
	return (correct ? mu - s->da[k] * s->dq[k] : mu) / s->below[k];
}

void interior_loss_weights(struct interior_loss *self, const real *f, real *w)
{
	const struct problem *problem = self->problem;

	if (self->smooth && !self->entropic)
		loss_hessian(problem->loss, (size_t)samples(self), f, problem->y, w);
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		w[k] = (real)weight_at(self, k);
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		w[k] = (real)(self->above[k] * self->below[k] / problem->loss.weight);
}

void interior_loss_sync(struct interior_loss *self, const real *f)
{
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++) {
		if (fabs((double)f[k] - self->h[k]) > noise * (1 + fabs(self->h[k])))
			place(self, k, (double)f[k]);
	}
}

void interior_loss_variable(const struct interior_loss *self, const real *f, real *a)
{
	const struct problem *problem = self->problem;

	if (self->smooth && !self->entropic)
		loss_gradient(problem->loss, (size_t)samples(self), f, problem->y, a);
	for (ptrdiff_t k = 0; k < samples(self) && (self->entropic || !self->smooth); k++)
		a[k] = (real)self->a[k];
}

/* W (r - rho), r - rho = f - quadratic a - y - (mu - c_p) / (high - a) + (mu - c_q) / (a - low): p
 * and q drop out. */
static double offset_at(const struct interior_loss *self, const real *f, double mu, bool correct,
			ptrdiff_t k)
{
	double p = target_p(self, mu, correct, k), q = target_q(self, mu, correct, k);

	return weight_at(self, k) * residual_at(self, f, p, q, k);
}

/* Of an entropy W r. */
void interior_loss_offset(const struct interior_loss *self, const real *f, const real *w, double mu,
			  bool correct, double *da)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		da[k] = self->entropic ? (double)w[k] * ((double)f[k] - self->h[k]) : 0;
		if (!self->smooth)
			da[k] = offset_at(self, f, mu, correct, k);
	}
}

/* g = a + W (r - rho) */
void interior_loss_gradient(struct interior_loss *self, const real *f, double mu, bool correct,
			    real *g)
{
	interior_loss_variable(self, f, g);
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		g[k] = (real)(self->a[k] + offset_at(self, f, mu, correct, k));
}

/* The direction of sample k whose part of a is da. */
static void follow(struct interior_loss *self, ptrdiff_t k, double mu, bool correct, double da)
{
	double p = target_p(self, mu, correct, k), q = target_q(self, mu, correct, k);

	self->dp[k] = p + self->p[k] * da / self->above[k] - self->p[k];
	self->dq[k] = q - self->q[k] * da / self->below[k] - self->q[k];
	self->da[k] = da;
}

void interior_loss_follow(struct interior_loss *self, const real *f, const real *w,
			  const double *da, double mu, bool correct)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		if (!self->smooth)
			follow(self, k, mu, correct, da[k]);
		if (!self->entropic)
			continue;
		self->from[k] = self->h[k];
		self->dh[k] = w[k] > 0 ? da[k] / (double)w[k] : (double)f[k] - self->h[k];
	}
	self->moved = 0;
}

void interior_loss_direction(struct interior_loss *self, const real *f, const real *df, double mu,
			     bool correct)
{
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		follow(self, k, mu, correct,
		       offset_at(self, f, mu, correct, k) + weight_at(self, k) * (double)df[k]);
}

/* Largest step that leaves x + step dx >= 0. */
static double keep_sign(double step, double x, double dx)
{
	return dx < 0 ? fmin(step, -x / dx) : step;
}

double interior_loss_longest(const struct interior_loss *self)
{
	double step = HUGE_VAL;

	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		step = keep_sign(step, self->above[k], -self->da[k]);
		step = keep_sign(step, self->below[k], self->da[k]);
		step = keep_sign(step, self->p[k], self->dp[k]);
		step = keep_sign(step, self->q[k], self->dq[k]);
	}
	return step;
}

double interior_loss_products(const struct interior_loss *self, double length, double *count)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
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

void interior_loss_move(struct interior_loss *self, double length)
{
	self->moved += length;
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		place(self, k, self->from[k] + self->moved * self->dh[k]);
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		shift(self, k, length * self->da[k]);
		self->p[k] += length * self->dp[k];
		self->q[k] += length * self->dq[k];
	}
}

double interior_loss_residual(const struct interior_loss *self, const real *f)
{
	double largest = 0;

	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		largest = fmax(largest, fabs(residual_at(self, f, self->p[k], self->q[k], k)));
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		largest = fmax(largest, fabs((double)f[k] - self->h[k]));
	return largest;
}

const real *interior_loss_dual(struct interior_loss *self, const real *f)
{
	const struct problem *problem = self->problem;
	/* of an end: rounding to `real` and the division by the weight stay inside; a division by 1
	 * does not round, nor do doubles */
	const bool exact = problem->loss.weight == 1 && sizeof(real) == sizeof(double);
	const double inside = exact ? 1 : 1 - 4 * REAL_EPSILON;

	if (self->smooth && !self->entropic)
		loss_gradient(problem->loss, (size_t)samples(self), f, problem->y, self->dual);
	for (ptrdiff_t k = 0; k < samples(self) && (self->entropic || !self->smooth); k++) {
		struct loss_box box = box_at(self, k);

		self->dual[k] = (real)fmax(inside * box.low, fmin(inside * box.high, self->a[k]));
	}
	return self->dual;
}
