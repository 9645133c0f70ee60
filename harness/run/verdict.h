/* Degenerate results: marks that keep a broken run from looking like a good one. */
#ifndef RUN_VERDICT_H
#define RUN_VERDICT_H

#include "harness/data/data.h"
#include "harness/run/loop.h"

/* Share of the larger class in the test part (of the training part if there is none); NaN for
 * regression. */
double verdict_majority(const struct dataset *data);

/* What a verdict needs beside the last evaluation. */
struct verdict_facts {
	double neurons, majority;
	bool only_zero; /* weights are feasible for the method's program */
};

/* Why the result is suspect, or NULL. */
const char *verdict_suspect(const struct loop_result *end, const struct verdict_facts *facts);

#endif
