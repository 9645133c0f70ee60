/* The table of paths of penalties: one row per group and point, aggregated over repetitions. */
#ifndef REPORT_TABLES_PATH_H
#define REPORT_TABLES_PATH_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"

extern const char path_note[];

/* No rows if no cell has a path. */
struct sheet path_sheet(const struct records *records);

#endif
