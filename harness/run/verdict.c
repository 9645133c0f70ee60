/* Degenerate results. */
#include "harness/run/verdict.h"

#include <math.h>

/* An objective may rise by rounding; more than this is a sign of trouble. */
static const double rise = 1e-3;

/* Both are sums in the precision of the run, and bounds hold but for rounding. */
static const double below_bound = REAL_EPSILON > 1e-10 ? 1e-3 : 1e-6;

double verdict_majority(const struct dataset *data)
{
	const struct part *part = data->test.X.rows > 0 ? &data->test : &data->train;
	double positive = 0, n = (double)part->X.rows;

	if (data->regression)
		return NAN;
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		positive += part->y[k] > 0;
	return fmax(positive, n - positive) / n;
}

const char *verdict_suspect(const struct loop_result *end, const struct verdict_facts *facts)
{
	const struct evaluation *e = &end->last;
	const struct scores *s = isnan(e->test.positive) ? &e->train : &e->test;

	if (!isfinite(e->objective_network))
		return "objective not finite";
	if (e->gaps.raw < -below_bound)
		return "objective below its bound";
	if (end->outcome == OUTCOME_DIVERGED)
		return "diverged, an earlier point is delivered";
	if (facts->only_zero)
		return "only zero weights are feasible";
	if (!(facts->neurons > 0))
		return "no neuron";
	if (e->objective_network > end->first_objective * (1 + rise))
		return "objective rose";
	if (isnan(s->accuracy))
		return NULL;
	if (s->positive <= 0 || s->positive >= 1)
		return "constant prediction";
	if (s->accuracy < facts->majority)
		return "below the majority class";
	return NULL;
}
