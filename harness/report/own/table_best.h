/* The best entries of a table. */
#ifndef REPORT_TABLE_BEST_H
#define REPORT_TABLE_BEST_H

#include "harness/report/own/table.h"

/* Of each column and problem, mark the best of the entries that can be compared, at least two, and
 * those whose paired difference to it (paired.h) has an interval that reaches 0; where there is no
 * interval, as of one repetition, those that show the same digits. */
void table_best_mark(struct table_grid *table);

#endif
