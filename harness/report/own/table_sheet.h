/* A table that a spec asks for as texts. */
#ifndef REPORT_TABLE_SHEET_H
#define REPORT_TABLE_SHEET_H

#include "harness/report/own/table.h"
#include "harness/report/tables/sheet.h"

/* With units, heads over columns, intervals and what is bold. */
struct sheet table_sheet(const struct table_grid *table);

/* What the numbers are, as much of it as `caption` says: statistic, what is bold, part of the data,
 * what objectives differ in, of which rows cells are missing. */
const char *table_sheet_note(const struct table_grid *table);

#endif
