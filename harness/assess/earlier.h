/* Rows of an earlier record that need no computing, and what the others took. */
#ifndef ASSESS_EARLIER_H
#define ASSESS_EARLIER_H

#include "harness/file/csv.h"

#include <stdbool.h>
#include <stddef.h>

/* Where the rows of one entry are in a table. */
struct earlier_rows {
	bool held;
	size_t first, count;
};

struct earlier {
	struct csv_table table;
	const struct earlier_rows *of; /* by the number of the entry in the cell */
};

struct effort {           /* of one entry */
	double wall, cpu; /* s */
	size_t rows;
};

/* `kept` may be NULL: nothing is. */
static inline bool earlier_has(const struct earlier *kept, size_t entry)
{
	return kept && kept->of[entry].held;
}

/* Copy the rows, character by character, under the name that the entry has now. */
void earlier_write(const struct earlier *kept, size_t entry, const char *name, struct csv *csv);

#endif
