/* Rows of entries as a table. */
#include "harness/assess/assessed.h"

void assessed_put(struct csv *csv, const struct field_table *table, const struct assessed *entries,
		  size_t count)
{
	field_put_header(csv, table);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < entries[i].count; k++)
			field_put_row(csv, table, &entries[i].row[k]);
}
