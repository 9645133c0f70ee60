/* Losses in the interior point for SCP. See scp_loss.h. */
#include "solvers/scp/scp_loss.h"

#include "solvers/model/dual_box.h"

#include <math.h>

struct scp_loss {
	struct dual_box box;
	real *dual; /* n: a rounded */
};

bool scp_loss_takes(struct loss_term loss)
{
	return loss.loss->box || loss.loss->entropy;
}

static ptrdiff_t samples(const struct scp_loss *self)
{
	return self->box.problem->X.rows;
}

struct scp_loss *scp_loss_new(const struct problem *problem, struct arena *arena)
{
	struct scp_loss *self = ARENA_NEW(arena, struct scp_loss);

	self->dual = ARENA_ARRAY(arena, real, problem->X.rows);
	self->box = dual_box_new(problem, arena);
	return self;
}

void scp_loss_start(struct scp_loss *self, const double *f, double mu)
{
	for (ptrdiff_t k = 0; k < samples(self); k++)
		dual_box_start(&self->box, k, mu, dual_box_path(&self->box, k, mu, f[k]));
}

/* high - scale a from high - a; an infinite end stays where it is. */
static double shrunk(double slack, double end, double scale)
{
	return isfinite(slack) ? scale * slack + (1 - scale) * fabs(end) : slack;
}

void scp_loss_shrink(struct scp_loss *self, const double *f, double scale, double mu)
{
	struct dual_box *box = &self->box;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		struct loss_box ends = dual_box_ends(box, k);
		double above = shrunk(box->above[k], ends.high, scale);
		double below = shrunk(box->below[k], ends.low, scale), left, least;

		box->a[k] *= scale;
		box->above[k] = above;
		box->below[k] = below;
		left = f[k] - dual_box_slope(box, k, box->a[k], above, below);
		least = mu / fmin(1, above + below);
		box->p[k] = isfinite(above) ? fmax(left, 0) + least : 0;
		box->q[k] = isfinite(below) ? fmax(-left, 0) + least : 0;
	}
}

void scp_loss_curvature(const struct scp_loss *self, double *v)
{
	const struct dual_box *box = &self->box;
	struct loss_term loss = box->problem->loss;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		double above = box->above[k], below = box->below[k], y = (double)box->problem->y[k];

		v[k] = loss.loss->box ? loss_box(loss, y).quadratic
				      : loss_entropy(loss, y).factor * (1 / above + 1 / below);
		v[k] += box->p[k] / above + box->q[k] / below;
	}
}

/* l*'''(a) da^2 / 2 */
static double bend(const struct dual_box *box, ptrdiff_t k)
{
	struct loss_term loss = box->problem->loss;
	double up = box->da[k] / box->above[k], down = box->da[k] / box->below[k];

	if (loss.loss->box)
		return 0;
	return loss_entropy(loss, (double)box->problem->y[k]).factor * (up * up - down * down) / 2;
}

void scp_loss_residual(const struct scp_loss *self, const double *f, double mu, bool correct,
		       double *r)
{
	const struct dual_box *box = &self->box;

	for (ptrdiff_t k = 0; k < samples(self); k++) {
		r[k] = f[k] - dual_box_slope(box, k, box->a[k], box->above[k], box->below[k]) -
		       dual_box_next_p(box, k, mu, correct) + dual_box_next_q(box, k, mu, correct);
		if (correct)
			r[k] -= bend(box, k);
	}
}

void scp_loss_direction(struct scp_loss *self, const double *da, double mu, bool correct)
{
	for (ptrdiff_t k = 0; k < samples(self); k++)
		dual_box_follow(&self->box, k, mu, correct, da[k]);
}

double scp_loss_longest(const struct scp_loss *self)
{
	return dual_box_longest(&self->box);
}

double scp_loss_products(const struct scp_loss *self, double length, double *count)
{
	return dual_box_products(&self->box, length, count);
}

void scp_loss_move(struct scp_loss *self, double length)
{
	dual_box_move(&self->box, length);
}

const double *scp_loss_dual(const struct scp_loss *self)
{
	return self->box.a;
}

const real *scp_loss_rounded(struct scp_loss *self)
{
	/* of an end: rounding to `real` and the division by the weight stay inside */
	dual_box_round(&self->box, 1 - 4 * REAL_EPSILON, self->dual);
	return self->dual;
}
