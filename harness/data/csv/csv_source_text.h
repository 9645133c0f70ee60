/* The text of a CSV file as its options say: separator, comments, encoding. */
#ifndef CSV_CSV_SOURCE_TEXT_H
#define CSV_CSV_SOURCE_TEXT_H

#include "harness/data/csv/csv_options.h"
#include "harness/data/csv/delimited.h"

/* The whole file in `arena`; its first lines alone, up to a megabyte. */
enum status csv_source_text(const struct csv_options *options, const char *path,
			    struct delimited *text, struct arena *arena, struct err *err);
enum status csv_source_text_head(const struct csv_options *options, const char *path,
				 struct delimited *text, struct arena *arena, struct err *err);

#endif
