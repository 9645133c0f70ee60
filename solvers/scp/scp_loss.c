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
		v[k] = dual_box_curvature(box, k) + box->p[k] / box->above[k] +
		       box->q[k] / box->below[k];
	}
}

void scp_loss_residual(const struct dual_box *box, const double *f, double mu, bool correct,
		       double *r)
{
	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		r[k] = f[k] - dual_box_slope(box, k, box->a[k], box->above[k], box->below[k]) -
		       dual_box_next_p(box, k, mu, correct) + dual_box_next_q(box, k, mu, correct);
		if (correct)
			r[k] -= dual_box_bend(box, k);
	}
}
