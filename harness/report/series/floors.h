/* What objectives are measured from: for each record the best value that is known of what it
 * minimises.
 *
 * Records of the same data and repetition, loss, beta, average, quantity and threat share it: the
 * least objective that any of them had at any time. Where all of them solve one program and
 * certify it, it is the best lower bound instead. */
#ifndef REPORT_FLOORS_H
#define REPORT_FLOORS_H

#include "harness/report/records/records.h"

struct floors {
	const struct records *records;
	const double *at; /* by record; NaN: no value */
};

struct floors floors_of(const struct records *records);

/* The column of a record's trace that they are of: "objective", in traces of earlier versions
 * "objective_network"; as csv_column. */
int floors_column(const struct record *record);

/* Of one of the records. */
double floors_at(const struct floors *floors, const struct record *record);

#endif
