/* What changes between iterations of ADMM for the robust program: penalties, the accelerated point,
 * the radius of a path. See robust_admm.h. */
#include "solvers/robust/robust_admm.h"

#include <math.h>

void robust_admm_add(struct robust_sums *sums, struct robust_sums part)
{
	sums->primal += part.primal;
	sums->change += part.change;
	sums->size += part.size;
	sums->dual += part.dual;
}

/* The split variable stays, the scaled dual takes the inverse of its penalty's change. */
static void keep_split(ptrdiff_t count_, double ratio, const real *split, real *sum)
{
	real inverse = (real)(1 / ratio);

	for (ptrdiff_t j = 0; j < count_; j++)
		sum[j] = split[j] + inverse * (sum[j] - split[j]);
}

/* x for penalties times `ratio`. */
static void rescale(struct robust_admm *a, const double ratio[ROBUST_SPLITS])
{
	real inverse = (real)(1 / ratio[ROBUST_SIGN]);

	for (int half = 0; half < 2; half++) {
		struct robust_half *h = &a->half[half];
		ptrdiff_t small = h->t.rows * h->t.cols;

		keep_split(small, ratio[ROBUST_GROUP], h->V1.at, h->t.at);
		keep_split(small, ratio[ROBUST_CONE], h->V2.at, h->u.at);
		for (ptrdiff_t i = 0; i < h->a.cols; i++)
			for (ptrdiff_t k = 0; k < h->a.rows; k++) {
				real *ak = mat_col(h->a, i) + k,
				     s = *ak > h->level[i] ? *ak : h->level[i];

				*ak = s + inverse * (*ak - s);
			}
	}
	keep_split(a->C.rows * a->C.cols, ratio[ROBUST_SAMPLE], a->C.at, a->c.at);
}

static bool on_path(const struct robust_admm *a)
{
	return a->program.threat.eps < a->options->threat.eps;
}

/* The acceleration begins anew, in the norm in which the iteration with these penalties is
 * averaged.
 */
static void restart(struct robust_admm *a)
{
	size_t small = (size_t)(a->U.rows * a->U.cols / 2),
	       sign = (size_t)(a->Y.rows * a->Y.cols / 2);
	struct anderson_part half[] = {{small, a->penalty[ROBUST_GROUP].rho},
				       {small, a->penalty[ROBUST_CONE].rho},
				       {sign, a->penalty[ROBUST_SIGN].rho}};
	struct anderson_part samples = {(size_t)(a->C.rows * a->C.cols),
					a->penalty[ROBUST_SAMPLE].rho};

	if (a->anderson)
		anderson_weigh(a->anderson,
			       (struct anderson_part[]){half[0], half[1], half[2], half[0], half[1],
							half[2], samples},
			       7);
}

/* What the residuals of each split ask for; true if something has changed. */
static bool adapt(struct robust_admm *a, const struct robust_sums *sums)
{
	double ratio[ROBUST_SPLITS];
	bool changed = false;

	for (int split = 0; split < ROBUST_SPLITS; split++) {
		ratio[split] =
			penalty_change(&a->penalty[split], a->iteration,
				       penalty_relative(sums[split].primal, sums[split].size),
				       penalty_relative(sums[split].change, sums[split].dual));
		changed |= ratio[split] > 1 || ratio[split] < 1;
	}
	if (!changed)
		return false;
	rescale(a, ratio);
	restart(a);
	return true;
}

/* Relative residuals of all splits together, each in the metric of its penalty; unknown on the
 * path. */
static void report(const struct robust_admm *a, const struct robust_sums *sums,
		   struct progress *progress)
{
	struct robust_sums all = {0};
	double cones;

	for (int split = 0; split < ROBUST_SPLITS; split++) {
		double rho = a->penalty[split].rho;

		robust_admm_add(&all, (struct robust_sums){
					      rho * sums[split].primal, rho * sums[split].change,
					      rho * sums[split].size, rho * sums[split].dual});
	}
	cones = a->penalty[ROBUST_CONE].rho * sums[ROBUST_CONE].dual +
		a->penalty[ROBUST_SIGN].rho * sums[ROBUST_SIGN].dual;
	all.size = penalty_size(all.size, progress->objective, a->zero);
	all.dual = penalty_dual(cones, all.dual - cones, (double)a->U.cols);
	progress->primal_residual = on_path(a) ? NAN : penalty_relative(all.primal, all.size);
	progress->dual_residual = on_path(a) ? NAN : penalty_relative(all.change, all.dual);
}

double robust_admm_radius(const struct robust_admm *a)
{
	const struct robust_admm_options *o = a->options;
	long stage = a->iteration / o->stage;

	return stage < o->path ? o->threat.eps * (double)(stage + 1) / (double)(o->path + 1)
			       : o->threat.eps;
}

void robust_admm_begin(struct robust_admm *a)
{
	a->program.threat.eps = robust_admm_radius(a);
	robust_admm_split(a);
	restart(a);
}

/* The next radius of the path, from where the last one ended. */
static void follow_path(struct robust_admm *a)
{
	double eps = robust_admm_radius(a);

	if (!(eps > a->program.threat.eps))
		return;
	a->program.threat.eps = eps;
	robust_admm_split(a);
	restart(a);
}

void robust_admm_adapt(struct robust_admm *a, bool due, const struct robust_sums *sums,
		       struct progress *progress)
{
	report(a, sums, progress);
	if (adapt(a, sums) ||
	    anderson_advance(a->anderson, a->x, due, progress->objective, a->zero, &a->held))
		robust_admm_split(a);
	follow_path(a);
}
