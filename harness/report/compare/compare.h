/* Two results folders against each other, cell by cell: cells with the same data, method, swept
 * values and repetition are the same, whatever their ids. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "harness/report/records/attacks.h"
#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct compare_metric {
	const char *name;
	bool noise; /* differs between two runs of the same thing: times, memory */
};

extern const struct compare_metric compare_metrics[]; /* ends with name NULL */

struct compare_pair {
	const struct record *a, *b; /* NULL: the folder has no such cell */
};

struct compare {
	struct arena *arena;
	struct records a, b;
	struct attack_kinds kinds; /* of A: robust accuracy is looked at where A looked */
	size_t count, matched;
	struct compare_pair *pair; /* in the order of A, then what only B has */
};

/* The records live in `arena`; `a` and `b` are folders. */
enum status compare_load(const char *a, const char *b, struct arena *arena, struct compare *out,
			 struct err *err);

/* The value of a cell; NaN if there is no cell or it is not ok. */
double compare_value(const struct compare *compare, const struct record *record,
		     const char *metric);

/* False: the metric is an objective, a gap or a cost of solving, and the two cells minimise
 * something else (comparable.h), so that their values are not compared. */
bool compare_same_objective(const struct compare *compare, const struct compare_pair *pair,
			    const char *metric);

/* "moons, admm, rho=0.1, repetition 2" */
const char *compare_name(const struct compare *compare, const struct compare_pair *pair);

/* What the cells of A and B together mix (mixed.h); "" where nothing. */
const char *compare_mixed(const struct compare *compare);

/* One row per metric: how many cells differ, and the range of B - A. */
struct sheet compare_summary(const struct compare *compare);
/* One row per cell and metric that differ (noise aside), per changed status, per unmatched cell. */
struct sheet compare_cells(const struct compare *compare);

#endif
