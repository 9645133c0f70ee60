/* The header of an ARFF file (Weka): names and types of the columns; rows are as in a CSV file. */
#ifndef CSV_ARFF_H
#define CSV_ARFF_H

#include "harness/data/csv/csv_columns.h"

/* Reads up to the line behind @data: first, count and types of `head`, whose arena is given. The
 * place of an error is the line and column of what is wrong. */
enum status arff_head(struct delimited *text, struct csv_head *head, struct err *err);

#endif
