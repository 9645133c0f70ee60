/* Losses in the interior point for SCP. See scp_loss.h. */
#include "solvers/scp/scp_loss.h"

#include <math.h>

bool scp_loss_takes(struct loss_term loss)
{
	return loss.loss->box || loss.loss->entropy;
}

/* high - scale a from high - a; an infinite end stays where it is. */
static double shrunk(double slack, double end, double scale)
{
	return isfinite(slack) ? scale * slack + (1 - scale) * fabs(end) : slack;
}

void scp_loss_shrink(struct dual_box *box, const double *f, double scale, double mu)
{
	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
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

void scp_loss_curvature(const struct dual_box *box, double *v)
{
	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		struct loss_term loss = loss_of(box->problem->loss, k);
		double above = box->above[k], below = box->below[k],
		       y = (double)box->problem->y.at[k];

		v[k] = loss.loss->box ? loss_box(loss, y).quadratic
				      : loss_entropy(loss, y).factor * (1 / above + 1 / below);
		v[k] += box->p[k] / above + box->q[k] / below;
	}
}

void scp_loss_residual(const struct dual_box *box, const double *f, double mu, bool correct,
		       double *r)
{
	struct loss_term loss = box->problem->loss;

	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		double up = box->da[k] / box->above[k], down = box->da[k] / box->below[k];

		r[k] = f[k] - dual_box_slope(box, k, box->a[k], box->above[k], box->below[k]) -
		       dual_box_next_p(box, k, mu, correct) + dual_box_next_q(box, k, mu, correct);
		if (correct && !loss.loss->box) /* l*'''(a) da^2 / 2 */
			r[k] -= loss_entropy(loss_of(loss, k), (double)box->problem->y.at[k])
					.factor *
				(up * up - down * down) / 2;
	}
}
