/* How good the samples of patterns and neurons are: a priori and a posteriori. */
#ifndef REPORT_SAMPLES_H
#define REPORT_SAMPLES_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"

/* One row per (data, method, swept values) of a sampled convex program: the number used, the number
 * that would do a priori, the violation promised for the number used (harness/stats/scenario.h),
 * and the share of fresh draws that were violated. */
struct sheet samples_sheet(const struct records *records);

/* What the numbers are. */
extern const char samples_note[];

#endif
