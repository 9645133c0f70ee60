/* Rows that are copied. */
#include "harness/assess/earlier.h"

void earlier_write(const struct earlier *kept, size_t entry, const char *name, struct csv *csv)
{
	const struct csv_table *table = &kept->table;
	const struct earlier_rows *rows = &kept->of[entry];

	for (size_t row = rows->first; row < rows->first + rows->count; row++) {
		csv_text(csv, name);
		for (size_t col = 1; col < table->cols; col++)
			csv_text(csv, table->cell[row * table->cols + col]);
		csv_end_row(csv);
	}
}
