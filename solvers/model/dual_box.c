/* Dual variables inside their intervals. See dual_box.h. */
#include "solvers/model/dual_box.h"

#include "solvers/tools/mehrotra.h"

#include <math.h>

enum {
	BISECTIONS = 100, /* of an interval: below double rounding */
	ARRAYS = 8
};

static double target(const struct dual_box *box, ptrdiff_t k)
{
	return (double)box->problem->y.at[k];
}

struct dual_box dual_box_new(const struct problem *problem, struct arena *arena)
{
	struct dual_box box = {.problem = problem};
	double **arrays[ARRAYS] = {&box.a, &box.da, &box.above, &box.below,
				   &box.p, &box.q,  &box.dp,    &box.dq};

	for (int i = 0; i < ARRAYS; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, problem->X.rows);
	return box;
}

struct loss_box dual_box_ends(const struct dual_box *box, ptrdiff_t k)
{
	return loss_range(loss_of(box->problem->loss, k), target(box, k));
}

double dual_box_slope(const struct dual_box *box, ptrdiff_t k, double a, double above, double below)
{
	struct loss_term loss = loss_of(box->problem->loss, k);
	double y = target(box, k);

	if (loss.loss->box)
		return loss_box(loss, y).quadratic * a + y;
	return loss_entropy(loss, y).factor * log(below / above);
}

double dual_box_curvature(const struct dual_box *box, ptrdiff_t k)
{
	struct loss_term loss = loss_of(box->problem->loss, k);
	double y = target(box, k);

	if (loss.loss->box)
		return loss_box(loss, y).quadratic;
	return loss_entropy(loss, y).factor * (1 / box->above[k] + 1 / box->below[k]);
}

double dual_box_bend(const struct dual_box *box, ptrdiff_t k)
{
	struct loss_term loss = loss_of(box->problem->loss, k);
	double up = box->da[k] / box->above[k], down = box->da[k] / box->below[k];

	if (loss.loss->box)
		return 0;
	return loss_entropy(loss, target(box, k)).factor * (up * up - down * down) / 2;
}

/* l*'(a) + mu / (high - a) - mu / (a - low), increasing in a. */
static double path_output(const struct dual_box *box, ptrdiff_t k, double mu, double a)
{
	struct loss_box ends = dual_box_ends(box, k);
	double above = ends.high - a, below = a - ends.low;

	return dual_box_slope(box, k, a, above, below) + mu / above - mu / below;
}

/* An a on the side `sign` of the root of path_output = f that is finite. Only a box with a
 * quadratic part has an infinite end. */
static double bracket(const struct dual_box *box, ptrdiff_t k, double mu, double f, double sign)
{
	struct loss_box ends = dual_box_ends(box, k);
	double end = sign > 0 ? ends.high : ends.low, other = sign > 0 ? ends.low : ends.high;
	double from = isfinite(other) ? other : 0, width = 1, a;

	if (isfinite(end))
		return end;
	for (a = from + sign; sign * (path_output(box, k, mu, a) - f) < 0; a = from + sign * width)
		width *= 2;
	return a;
}

double dual_box_path(const struct dual_box *box, ptrdiff_t k, double mu, double f)
{
	double low = bracket(box, k, mu, f, -1), high = bracket(box, k, mu, f, 1);

	for (int step = 0; step < BISECTIONS; step++) {
		double a = (low + high) / 2;

		if (path_output(box, k, mu, a) > f)
			high = a;
		else
			low = a;
	}
	return (low + high) / 2;
}

void dual_box_start(struct dual_box *box, ptrdiff_t k, double mu, double a)
{
	struct loss_box ends = dual_box_ends(box, k);
	/* where the bisection ends on an end, the slack is below its rounding */
	double least = DBL_EPSILON * (fabs(a) + DBL_EPSILON);

	box->a[k] = a;
	box->above[k] = fmax(ends.high - a, least);
	box->below[k] = fmax(a - ends.low, least);
	box->p[k] = mu / box->above[k];
	box->q[k] = mu / box->below[k];
	box->da[k] = box->dp[k] = box->dq[k] = 0;
}

double dual_box_next_p(const struct dual_box *box, ptrdiff_t k, double mu, bool correct)
{
	return (correct ? mu + box->da[k] * box->dp[k] : mu) / box->above[k];
}

double dual_box_next_q(const struct dual_box *box, ptrdiff_t k, double mu, bool correct)
{
	return (correct ? mu - box->da[k] * box->dq[k] : mu) / box->below[k];
}

void dual_box_follow(struct dual_box *box, ptrdiff_t k, double mu, bool correct, double da)
{
	double p = dual_box_next_p(box, k, mu, correct), q = dual_box_next_q(box, k, mu, correct);

	box->dp[k] = p + box->p[k] * da / box->above[k] - box->p[k];
	box->dq[k] = q - box->q[k] * da / box->below[k] - box->q[k];
	box->da[k] = da;
}

double dual_box_longest(const struct dual_box *box)
{
	double step = HUGE_VAL;

	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		step = mehrotra_limit(step, box->above[k], -box->da[k]);
		step = mehrotra_limit(step, box->below[k], box->da[k]);
		step = mehrotra_limit(step, box->p[k], box->dp[k]);
		step = mehrotra_limit(step, box->q[k], box->dq[k]);
	}
	return ranks_least(box->problem->ranks, step);
}

double dual_box_products(const struct dual_box *box, double length, double *count)
{
	double sum = 0, own = 0;

	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		double da = length * box->da[k];

		if (isfinite(box->above[k])) {
			sum += (box->above[k] - da) * (box->p[k] + length * box->dp[k]);
			own++;
		}
		if (isfinite(box->below[k])) {
			sum += (box->below[k] + da) * (box->q[k] + length * box->dq[k]);
			own++;
		}
	}
	*count += ranks_sum(box->problem->ranks, own);
	return ranks_sum(box->problem->ranks, sum);
}

void dual_box_move(struct dual_box *box, double length)
{
	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		double da = length * box->da[k];

		box->a[k] += da;
		box->above[k] -= da;
		box->below[k] += da;
		box->p[k] += length * box->dp[k];
		box->q[k] += length * box->dq[k];
	}
}

void dual_box_round(const struct dual_box *box, double inside, real *to)
{
	for (ptrdiff_t k = 0; k < box->problem->X.rows; k++) {
		struct loss_box ends = dual_box_ends(box, k);

		to[k] = (real)fmax(inside * ends.low, fmin(inside * ends.high, box->a[k]));
	}
}
