/* Whether the first record of a CSV file names its columns, where header: auto leaves it open.
 *
 * It does if the spec or the training file names columns as it does; if it holds texts alone and
 * rows must hold numbers; and, said in a note, if its numbers count 0, 1, 2, ... as those that
 * pandas makes up, and its texts, if it has any, stand over numbers, or the numbers over decimals.
 * It does not if it holds other numbers. What fits neither is an error that asks for header: yes or
 * no.
 */
#ifndef CSV_CSV_HEADER_H
#define CSV_CSV_HEADER_H

#include "harness/data/csv/csv_columns.h"
#include "harness/data/csv/csv_missing.h"

struct csv_start {
	const struct csv_head *head;    /* but for `header` */
	const struct csv_field *second; /* the record behind the first one */
	size_t second_count;            /* its fields; 0: there is none */
	const struct csv_missing *missing;
	const struct csv_layout *train; /* of the training file if this is the test file */
};

/* *note: a guess that a user should know of, or NULL. */
enum status csv_header_decide(const struct csv_start *start, bool *header, const char **note,
			      struct err *err);

#endif
