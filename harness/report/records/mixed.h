/* What differs in how the cells of one table were computed: numbers of two programs, two machines
 * or two BLAS kernels differ in their last digits, and times in more than that. */
#ifndef REPORT_MIXED_H
#define REPORT_MIXED_H

#include "harness/report/records/records.h"

#include <stddef.h>

/* "Mixed: BLAS kernels Haswell (4 cells), Zen (2 cells); threads 1 (3 cells), 2 (3 cells)." over
 * the members that are ok: kernels, threads, program and machine, each only where it differs. ""
 * where nothing does. A record of a version that did not write one counts as "not recorded". */
const char *mixed_text(const struct record *const *member, size_t count, struct arena *arena);

/* The same of all records, and before it which data are in a feature space: where radii are no
 * distances between pixels. */
const char *mixed_records(const struct records *records);

#endif
