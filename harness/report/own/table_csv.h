/* Tables that a spec asks for as CSV, with the types of their columns. */
#ifndef REPORT_TABLE_CSV_H
#define REPORT_TABLE_CSV_H

#include "harness/report/own/table.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* tables/<name>.csv in the folder `out` of the records: a row for each method and problem under
 * their own names; of each number the value in the units of summary.csv, the ends of its interval,
 * the count of cells, and whether it is marked as best. */
enum status table_csv_write(const struct table_grid *table, struct err *err);

/* tables/columns.csv: of all of these what columns.csv says of other files. */
enum status table_csv_write_columns(const struct table_grid *tables, size_t count, struct err *err);

#endif
