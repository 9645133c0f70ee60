/* Methods against each other on the same problem and repetition. */
#ifndef REPORT_PAIRED_H
#define REPORT_PAIRED_H

#include "harness/report/records/records.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/sheet.h"
#include "harness/stats/student.h"

struct paired_measure {
	const char *label, *format;
	stat_pick *pick;
	const void *what;
	double factor;
	const char *column; /* of an objective: its cells must be comparable by it; else NULL */
};

/* Student's interval of the mean of A - B over the repetitions in which both have a value, times
 * the factor; format and label are not asked for. */
struct student paired_interval(const struct group *a, const struct group *b,
			       const struct paired_measure *measure, struct arena *arena);

/* One row per problem, pair of methods and measure: test accuracy, robust accuracy at the largest
 * eps of each norm, network objective and worst-case objective (each where loss, beta, average and
 * threat agree). Of a swept method the
 * selected setting or, without selection, the best one as in plots (SERIES_BEST). Repetitions in
 * which either cell did not end with status "ok" are counted, not dropped in silence. */
struct sheet paired_sheet(const struct records *records);

/* What the numbers are, and how many pairs have objectives that cannot be compared. */
const char *paired_note(const struct records *records);

#endif
