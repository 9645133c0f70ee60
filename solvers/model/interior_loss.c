/* Losses in interior point methods: gradient, Hessian and dual variables. See interior_loss.h.
 */
#include "solvers/model/interior_loss.h"

#include "solvers/model/dual_box.h"

#include <math.h>

struct interior_loss {
	const struct problem *problem;
	bool smooth;
	bool entropic;        /* smooth, and a is a variable of its own */
	double least_inverse; /* of W, see weight_at */
	struct dual_box box;  /* of an entropy a and its slacks only */
	real *dual;           /* n: a as a certificate takes it */
	/* n: entropy: a = L'(h); where its direction starts; the direction */
	double *h, *from, *dh;
	double moved; /* along the direction */
};

/* Relative difference of f and h that is rounding. */
static const double noise = 1e-5;

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

struct interior_loss *interior_loss_new(const struct problem *problem, struct arena *arena)
{
	struct interior_loss *self = ARENA_NEW(arena, struct interior_loss);

	self->problem = problem;
	self->smooth = !problem->loss.loss->box;
	self->least_inverse = sqrt(REAL_EPSILON) / problem->loss.weight;
	self->dual = ARENA_ARRAY(arena, real, problem->X.rows);
	if (!self->smooth)
		self->box = dual_box_new(problem, arena);
	return self;
}

void interior_loss_separate(struct interior_loss *self, struct arena *arena)
{
	double **arrays[] = {&self->box.a, &self->box.above, &self->box.below,
			     &self->h,     &self->from,      &self->dh};

	self->box.problem = self->problem;
	self->entropic = self->problem->loss.loss->entropy != NULL;
	for (int i = 0; i < 6 && self->entropic; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, samples(self));
}

void interior_loss_bound(struct interior_loss *self, struct arena *arena)
{
	if (!self->smooth || !self->problem->loss.loss->entropy)
		return;
	self->smooth = false;
	self->box = dual_box_new(self->problem, arena);
}

/* The slacks at the output f, and a. */
static void place(struct interior_loss *self, ptrdiff_t k, double f)
{
	struct loss_box box = dual_box_ends(&self->box, k);
	double width = box.high - box.low, scale = width / loss_of(self->problem->loss, k).weight;

	self->h[k] = f;
	self->box.above[k] = width / (1 + exp(scale * f));
	self->box.below[k] = width / (1 + exp(-scale * f));
	/* one of the ends is 0, and next to it a has all its digits */
	self->box.a[k] = box.high > 0 ? self->box.below[k] : -self->box.above[k];
}

void interior_loss_start(struct interior_loss *self, const real *f, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++) {
		place(self, k, (double)f[k]);
	}
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++) {
		struct loss_box ends = dual_box_ends(&self->box, k);
		bool free = !isfinite(ends.low) && !isfinite(ends.high);

		dual_box_start(&self->box, k, mu,
			       free ? ((double)f[k] - (double)self->problem->y.at[k]) /
					       ends.quadratic
				    : dual_box_path(&self->box, k, mu, (double)f[k]));
	}
}

/* W = 1 / (least + l*'' + p / (high - a) + q / (a - low)). Where f stays at a kink, 1 / W goes
 * to zero and da = W (df + ..) is all rounding: a proximal term, which leaves least |da| of r,
 * keeps half of the digits. A curved conjugate is one. */
static double weight_at(const struct interior_loss *s, ptrdiff_t k)
{
	double curvature = dual_box_curvature(&s->box, k);
	double least = curvature > 0 ? 0 : s->least_inverse;

	return 1 /
	       (least + curvature + s->box.p[k] / s->box.above[k] + s->box.q[k] / s->box.below[k]);
}

/* r = f - l*'(a) - p + q for any p and q */
static double residual_at(const struct interior_loss *s, const real *f, double p, double q,
			  ptrdiff_t k)
{
	return (double)f[k] -
	       dual_box_slope(&s->box, k, s->box.a[k], s->box.above[k], s->box.below[k]) - p + q;
}

void interior_loss_weights(struct interior_loss *self, const real *f, real *w)
{
	const struct problem *problem = self->problem;

	if (self->smooth && !self->entropic)
		loss_hessian(problem->loss, (size_t)samples(self), f, problem->y.at, w);
	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		w[k] = (real)weight_at(self, k);
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		w[k] = (real)(self->box.above[k] * self->box.below[k] /
			      loss_of(problem->loss, k).weight);
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
		loss_gradient(problem->loss, (size_t)samples(self), f, problem->y.at, a);
	for (ptrdiff_t k = 0; k < samples(self) && (self->entropic || !self->smooth); k++)
		a[k] = (real)self->box.a[k];
}

/* W (r - rho), r - rho = f - l*'(a) - (mu - c_p) / (high - a) + (mu - c_q) / (a - low): p
 * and q drop out. */
static double offset_at(const struct interior_loss *self, const real *f, double mu, bool correct,
			ptrdiff_t k)
{
	double p = dual_box_next_p(&self->box, k, mu, correct);
	double q = dual_box_next_q(&self->box, k, mu, correct);
	double r = residual_at(self, f, p, q, k);

	if (correct)
		r -= dual_box_bend(&self->box, k);
	return weight_at(self, k) * r;
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
		g[k] = (real)(self->box.a[k] + offset_at(self, f, mu, correct, k));
}

void interior_loss_follow(struct interior_loss *self, const real *f, const real *w,
			  const double *da, double mu, bool correct)
{
	for (ptrdiff_t k = 0; k < samples(self); k++) {
		if (!self->smooth)
			dual_box_follow(&self->box, k, mu, correct, da[k]);
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
		dual_box_follow(&self->box, k, mu, correct,
				offset_at(self, f, mu, correct, k) +
					weight_at(self, k) * (double)df[k]);
}

double interior_loss_longest(const struct interior_loss *self)
{
	return self->smooth ? HUGE_VAL : dual_box_longest(&self->box);
}

double interior_loss_products(const struct interior_loss *self, double length, double *count)
{
	return self->smooth ? 0 : dual_box_products(&self->box, length, count);
}

void interior_loss_move(struct interior_loss *self, double length)
{
	self->moved += length;
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		place(self, k, self->from[k] + self->moved * self->dh[k]);
	if (!self->smooth)
		dual_box_move(&self->box, length);
}

double interior_loss_residual(const struct interior_loss *self, const real *f)
{
	double largest = 0;

	for (ptrdiff_t k = 0; k < samples(self) && !self->smooth; k++)
		largest = fmax(largest,
			       fabs(residual_at(self, f, self->box.p[k], self->box.q[k], k)));
	for (ptrdiff_t k = 0; k < samples(self) && self->entropic; k++)
		largest = fmax(largest, fabs((double)f[k] - self->h[k]));
	return largest;
}

const real *interior_loss_dual(struct interior_loss *self, const real *f)
{
	const struct problem *problem = self->problem;
	/* of an end: rounding to `real` and the division by the weight stay inside; a division by 1
	 * does not round, nor do doubles */
	const bool exact = problem->loss.weight == 1 && !problem->loss.sample &&
			   sizeof(real) == sizeof(double);
	const double inside = exact ? 1 : 1 - 4 * REAL_EPSILON;

	if (self->smooth && !self->entropic)
		loss_gradient(problem->loss, (size_t)samples(self), f, problem->y.at, self->dual);
	else
		dual_box_round(&self->box, inside, self->dual);
	return self->dual;
}
