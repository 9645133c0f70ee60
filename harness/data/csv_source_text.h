/* The text of a CSV file as its options say: separator, comments, encoding. */
#ifndef DATA_CSV_SOURCE_TEXT_H
#define DATA_CSV_SOURCE_TEXT_H

#include "harness/data/delimited.h"
#include "harness/data/source_csv.h"

/* The whole file in `arena`; its first lines alone, up to a megabyte. */
enum status csv_source_text(const struct csv_options *options, const char *path,
			    struct delimited *text, struct arena *arena, struct err *err);
enum status csv_source_text_head(const struct csv_options *options, const char *path,
				 struct delimited *text, struct arena *arena, struct err *err);

#endif
