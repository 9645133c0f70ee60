/* A column of all records, as it is or relative to another method's. */
#ifndef REPORT_EXCESS_H
#define REPORT_EXCESS_H

#include "harness/report/records/column.h"
#include "harness/report/records/records.h"

/* For each record its value, or with `base`, the name of a method,
 *
 *     (value - reference) / |reference|
 *
 * where the reference is the value of that method on the same problem and repetition, and of an
 * objective, a gap or a cost of solving with the same loss, beta and threat (of several settings
 * the first that is ok). A name that a method has in several folders (folders.h) stands for the
 * one in the folder of each record. NaN: not ok, no value or no reference, and the base itself. */
const double *excess_of(const struct records *records, const struct column *column,
			const char *base);

/* stat_pick; `what` is a struct excess. */
struct excess {
	const struct records *records;
	const double *values; /* of excess_of */
};
double excess_value(const struct record *record, const void *what);

#endif
