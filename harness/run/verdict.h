/* Degenerate results: marks that keep a broken run from looking like a good one. */
#ifndef RUN_VERDICT_H
#define RUN_VERDICT_H

#include "harness/data/data.h"
#include "harness/run/loop.h"

/* Share of the largest class in the test part (of the training part if there is none); NaN for
 * regression. */
double verdict_majority(const struct dataset *data);

/* What a verdict needs beside the last evaluation. */
struct verdict_facts {
	double neurons; /* NaN: there are outputs alone, and only these are judged */
	double majority;
	double samples;        /* that the majority is of */
	double objective_zero; /* of the network without neurons */
	const char *told;      /* what the method itself says of it, or NULL */
	bool stops_early;      /* it delivers the network of the best validation loss */
};

/* Whether the solver has an option `patience` that is above 0. */
bool verdict_stops_early(const struct choice *solver);

/* Why the result is suspect, or NULL:
 *
 *   - the objective is not finite, or below its bound; the run diverged; there is no neuron
 *   - it is above that of the network without neurons, which costs nothing to find
 *   - it rose; or it is above the best of all evaluations by more than a tenth of that and a
 *     thousandth of the network without neurons. Neither is asked of a worst case, nor the second
 *     of early stopping
 *   - all predictions are of one class; or all but at most one sample, or but fewer than 1 % of
 *     them, and more than twice as many are not of the largest class; or the accuracy is below the
 *     share of the largest class. */
const char *verdict_suspect(const struct loop_result *end, const struct verdict_facts *facts);

#endif
