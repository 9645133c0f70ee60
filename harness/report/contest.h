/* Methods on the same tasks: a task is a problem, a repetition and, where objectives are compared,
 * what the objective is made of. */
#ifndef REPORT_CONTEST_H
#define REPORT_CONTEST_H

#include "harness/report/series.h"

#include <stdbool.h>
#include <stddef.h>

/* One cell of one label. */
struct entrant {
	const struct record *record;
	size_t entry; /* of the label, in the series list */
	size_t task;
};

struct contest {
	size_t count, tasks;
	struct entrant *at;
	double *best; /* tasks: the smallest value, infinite if there is none */
};

/* All cells of the series, whatever their status, matched by task. */
struct contest contest_of(const struct records *records, const struct series_list *list,
			  bool by_objective);

/* Fill `best` from a value per entrant; NaN and infinite values win nothing. */
void contest_set_best(struct contest *contest, const double *value);

/* "admm, rho=0.1" of an entry of the list. */
const char *contest_label(const struct series_list *list, size_t entry);

#endif
