/* Methods against each other on the same problem and repetition. */
#ifndef REPORT_PAIRED_H
#define REPORT_PAIRED_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"

/* One row per problem, pair of methods and measure: test accuracy, robust accuracy at the largest
 * eps of each norm, network objective and worst-case objective (each where loss, beta, average and
 * threat agree). Of a swept method the
 * selected setting or, without selection, the best one as in plots (SERIES_BEST). Repetitions in
 * which either cell did not end with status "ok" are counted, not dropped in silence. */
struct sheet paired_sheet(const struct records *records);

/* What the numbers are, and how many pairs have objectives that cannot be compared. */
const char *paired_note(const struct records *records);

#endif
