/* Degenerate results. */
#include "harness/run/verdict.h"

#include <math.h>
#include <string.h>

/* An objective may rise by rounding; more than this is a sign of trouble. */
static const double rise = 1e-3;

/* Far above the best evaluation: shares of that one, and of the objective of no neurons. */
static const double far = 0.1, far_of_zero = 1e-3;

static const double rare = 0.01; /* share of samples: hardly any */

/* Both are sums in the precision of the run, and bounds hold but for rounding. */
static const double below_bound = REAL_EPSILON > 1e-10 ? 1e-3 : 1e-6;

double verdict_majority(const struct dataset *data)
{
	const struct part *part = data->test.X.rows > 0 ? &data->test : &data->train;
	double positive = 0, n = (double)part->X.rows, most = 0;
	struct arena scratch = {0};
	double *count = ARENA_ARRAY(&scratch, double, data->class_count);

	for (ptrdiff_t k = 0; k < part->X.rows && part->label; k++)
		most = fmax(most, ++count[part->label[k]]);
	arena_release(&scratch);
	if (data->regression)
		return NAN;
	if (part->label)
		return most / n;
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		positive += part->y[k] > 0;
	return fmax(positive, n - positive) / n;
}

bool verdict_stops_early(const struct choice *solver)
{
	for (const struct option *row = solver->item->options; row && row->name; row++)
		if (strcmp(row->name, "patience") == 0 && row->type == OPTION_INT)
			return *(const long *)(const void *)((const char *)solver->options +
							     row->offset) > 0;
	return false;
}

/* By the classes that are predicted. */
static const char *classes(const struct scores *s, const struct verdict_facts *facts)
{
	double others = (1 - s->most) * facts->samples;

	if (isnan(s->accuracy))
		return NULL;
	if (s->most >= 1)
		return "constant prediction";
	if (others < fmax(2, rare * facts->samples) - 0.5 &&
	    (1 - facts->majority) * facts->samples > 2 * others + 0.5)
		return "nearly constant prediction";
	return s->accuracy < facts->majority ? "below the majority class" : NULL;
}

const char *verdict_suspect(const struct loop_result *end, const struct verdict_facts *facts)
{
	const struct evaluation *e = &end->last;
	const struct scores *s = isnan(e->test.accuracy) ? &e->train : &e->test;
	double objective = isnan(e->objective) ? e->objective_network : e->objective;
	double above_best = e->objective_network - end->best_objective;

	if (isnan(facts->neurons))
		return facts->told ? facts->told : classes(s, facts);
	if (!isfinite(e->objective_network))
		return "objective not finite";
	if (e->gaps.raw < -below_bound)
		return "objective below its bound";
	if (end->outcome == OUTCOME_DIVERGED)
		return "diverged, an earlier point is delivered";
	if (facts->told)
		return facts->told;
	if (!(facts->neurons > 0))
		return "no neuron";
	if (objective > facts->objective_zero * (1 + below_bound))
		return "objective above that of the zero network";

	/* of an objective that falls from one evaluation to the next, but for noise */
	if (e->objective_network > end->first_objective * (1 + rise))
		return "objective rose";
	if (!facts->stops_early && !isnan(end->first_objective) &&
	    above_best > far * fabs(end->best_objective) && /* NaN is not */
	    above_best > far_of_zero * facts->objective_zero)
		return "objective far above its best iterate";
	return classes(s, facts);
}
