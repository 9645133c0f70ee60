/* Limits on what may change from one results folder to another:
 *
 *   test_accuracy: {max_decrease: 0.01}
 *   time: {max_increase_factor: 1.1, over: median}
 *
 * A cell that is ok in the first folder must be ok in the second one, whatever the limits. */
#ifndef REPORT_GATE_H
#define REPORT_GATE_H

#include "harness/report/compare/compare.h"
#include "harness/spec/spec.h"

enum gate_over {
	GATE_CELL,  /* each cell for itself */
	GATE_MEDIAN /* the medians over all cells that both folders have */
};

struct gate_limits { /* NaN: no limit */
	double max_decrease, max_increase, max_decrease_factor, max_increase_factor;
	long over; /* enum gate_over */
};

struct gate_rule {
	const char *metric;
	struct gate_limits limits;
};

struct gate {
	size_t count;
	const struct gate_rule *rule;
};

/* Every problem is reported with its position. */
enum status gate_read(const char *path, struct arena *arena, struct gate *out,
		      struct problems *problems);

/* What is broken: cell or "median", metric, both values, the limit. No rows: the gate is passed. */
struct sheet gate_violations(const struct gate *gate, const struct compare *compare);

#endif
