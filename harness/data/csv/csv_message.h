/* Messages on fields of a CSV file, with what would cure them. */
#ifndef CSV_CSV_MESSAGE_H
#define CSV_CSV_MESSAGE_H

#include "harness/data/csv/csv_columns.h"
#include "harness/data/csv/csv_missing.h"

struct csv_record {
	const struct csv_options *options;
	const struct csv_missing *missing;
	const struct csv_layout *layout;
	const struct csv_field *at;
	size_t count;
	bool first; /* of the file, and not a header */
	bool regression;
};

/* The record has another number of fields than the first one. */
enum status csv_message_count(const struct csv_record *record, struct err *err);

/* A field that is no finite number; `value` as number_parse gave it, or 0. */
enum status csv_message_number(const struct csv_record *record, size_t field, double value,
			       struct err *err);

/* A missing value that the option `missing` does not allow there. */
enum status csv_message_missing(const struct csv_record *record, size_t field, struct err *err);

/* Columns of one-hot labels of which not one alone is 1. */
enum status csv_message_one_hot(const struct csv_record *record, size_t ones, struct err *err);

/* A value that the header of an ARFF file does not declare. */
enum status csv_message_declared(const struct csv_record *record, size_t field, struct err *err);

/* More than CSV_MOST_CATEGORIES. */
enum status csv_message_categories(const struct csv_record *record, size_t field, struct err *err);

/* A name, label or category that is not UTF-8. */
enum status csv_message_encoding(const struct csv_record *record, size_t field, struct err *err);

#endif
