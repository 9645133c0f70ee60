/* Columns of texts as columns of zeros and ones, one per category of the training file.
 *
 * While rows are read, a feature holds the index of its category; csv_category_expand makes the
 * columns. Categories stand in ascending order as labels do: numbers by value, before texts. */
#ifndef CSV_CSV_CATEGORY_H
#define CSV_CSV_CATEGORY_H

#include "harness/data/csv/csv_columns.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"

#define CSV_NO_CATEGORY (-1.0) /* a text that the training file lacks */

enum { CSV_MOST_CATEGORIES = 4096 };

struct csv_categories {
	const struct csv_layout *layout; /* of the training file */
	struct arena *arena;
	struct labels *at; /* d, used where the feature is one-hot; NULL: no feature is */
};

struct csv_categories csv_categories_new(const struct csv_layout *layout, struct arena *arena);

/* The index of a text; texts of the training file are added. */
double csv_category_index(struct csv_categories *categories, size_t feature,
			  const struct csv_field *field, bool training);

/* Indices to columns, in place of the table's. */
void csv_category_expand(const struct csv_categories *categories, struct table *table);

#endif
