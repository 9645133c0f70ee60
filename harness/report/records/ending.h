/* How cells ended: which reached what they were asked for, when they were computed, and whether
 * their times are to be trusted. */
#ifndef REPORT_ENDING_H
#define REPORT_ENDING_H

#include "harness/report/records/records.h"

#include <stddef.h>

/* "3 of 5 converged, 1 at the iteration limit, 1 stalled": by the outcomes of the cells that are
 * ok;
 * "" if there are none. */
const char *ending_text(const struct record *const *member, size_t count, struct arena *arena);

/* "timing disturbed (2 of 5)"; NULL if no cell that is ok is marked so. */
const char *ending_timing(const struct record *const *member, size_t count, struct arena *arena);

/* For a caption, each part only where there is something to say: "; 28 of 30 converged, 2 at the
 * time limit; timing disturbed (1 of 30); computed 2026-11-28 10:00 to 10:20". */
const char *ending_caption(const struct records *records);

/* The same without the dates. */
const char *ending_marks(const struct records *records);

/* The mark of one cell, "disturbed: ...", or NULL; its start, "2026-11-28T10:00:03+00:00", or NULL.
 */
const char *ending_cell_timing(const struct record *record);
const char *ending_cell_date(const struct record *record);

#endif
