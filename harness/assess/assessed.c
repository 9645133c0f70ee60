/* Rows of entries as a table. */
#include "harness/assess/assessed.h"

void assessed_put(struct csv *csv, const struct field_table *table, const struct assessed *entries,
		  size_t count)
{
	struct arena arena = {0};
	struct attack_row *rows;
	size_t room = 0, all = 0;

	for (size_t i = 0; i < count; i++)
		room += entries[i].count;
	rows = ARENA_ARRAY(&arena, struct attack_row, room);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < entries[i].count; k++)
			rows[all++] = entries[i].row[k];
	table = field_used(table, rows, all, sizeof *rows, &arena);
	field_put_header(csv, table);
	for (size_t i = 0; i < all; i++)
		field_put_row(csv, table, &rows[i]);
	arena_release(&arena);
}
