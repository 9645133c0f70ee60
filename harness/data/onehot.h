/* Columns of zeros and ones made of categories (by a source, for its whole file), once the training
 * part is known. */
#ifndef DATA_ONEHOT_H
#define DATA_ONEHOT_H

#include "harness/data/split.h"
#include "harness/data/table.h"

/* Leave out the columns of categories that no training row has, in all parts; names move along.
 * Returns how many columns. *rows_touched: rows of the other parts that had such a category. */
size_t onehot_prune(struct rows parts[SPLIT_ROLES], const bool *one_hot, const char **names,
		    struct arena *scratch, size_t *rows_touched);

#endif
