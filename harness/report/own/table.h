/* A table that a spec asks for (harness/spec/table.h): its rows and columns, and what is best. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "harness/report/own/table_column.h"
#include "harness/report/records/records.h"
#include "harness/report/series/series.h"
#include "harness/spec/style.h"
#include "harness/spec/table.h"

#include <stdbool.h>
#include <stddef.h>

/* A number over the repetitions, in the units of summary.csv; NaN: not known. */
struct table_entry {
	double value, low, high;
	size_t count; /* cells that have one */
	bool best;
};

struct table_row {
	const char *name;           /* the method, with its setting unless a column has that */
	const struct group **group; /* blocks; NULL: there is none */
};

struct table_grid {
	const struct records *records;
	const struct table_options *options;
	const struct style *look; /* what names are shown as */
	size_t columns, rows, blocks;
	struct table_column *column;
	struct table_row *row;
	struct series_list best; /* with `settings: best`: what was chosen how */
	const char **block; /* the problem of each, of data sets that stand across; else NULL */
	struct table_entry *entry; /* rows x blocks x columns */
};

/* `style`: that of the experiment, for labels and order where the table says none. */
struct table_grid table_of(const struct records *records, const struct table_options *options,
			   const struct style *style);

const struct table_entry *table_at(const struct table_grid *table, size_t row, size_t block,
				   size_t column);

/* Is the key, as one of labels, that of a method, a data set, an attack or a column of it? */
bool table_has(const struct table_grid *table, const char *key);

#endif
