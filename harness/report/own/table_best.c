/* The best entries of a table. */
#include "harness/report/own/table_best.h"
#include "harness/report/records/comparable.h"
#include "harness/report/tables/paired.h"

#include <math.h>
#include <string.h>

/* An entry of one column, and what makes it comparable. */
struct rival {
	struct table_entry *entry;
	const struct group *group;
	const char *key;
};

/* Is a difference x - y of the column's values, or the sign of one, in favour of x? */
static bool is_better(const struct table_column *column, double difference)
{
	return column->better == TABLE_HIGHER ? difference > 0 : difference < 0;
}

/* Is the entry as good as the best one, as far as the repetitions can tell? */
static bool is_as_good(const struct table_grid *table, const struct table_column *column,
		       const struct rival *one, const struct rival *best)
{
	struct arena *arena = table->records->arena;
	const char *compared = comparable_objective(column->name) || comparable_cost(column->name)
				       ? column->name
				       : NULL;
	const struct paired_measure measure = {
		.pick = column->pick, .what = column->what, .factor = 1, .column = compared};
	struct student interval = paired_interval(one->group, best->group, &measure, arena);

	if (isnan(interval.low) || isnan(interval.high))
		return strcmp(table_column_text(column, one->entry->value, arena),
			      table_column_text(column, best->entry->value, arena)) == 0;
	/* the end of the interval that is better for it */
	return !is_better(column, column->better == TABLE_HIGHER ? -interval.high : -interval.low);
}

/* Mark among those that can be compared with `first`, none of which was looked at before. */
static void mark(const struct table_grid *table, const struct table_column *column,
		 struct rival *first, size_t count)
{
	const char *key = first->key;
	const struct rival *best = first;
	size_t among = 0;

	for (struct rival *r = first; r < first + count; r++) {
		if (!r->key || strcmp(r->key, key) != 0)
			continue;
		among++;
		if (is_better(column, r->entry->value - best->entry->value))
			best = r;
	}
	for (struct rival *r = first; r < first + count; r++) {
		if (!r->key || strcmp(r->key, key) != 0)
			continue;
		r->entry->best = among > 1 && (r == best || is_as_good(table, column, r, best));
		if (r != first)
			r->key = NULL;
	}
}

void table_best_mark(struct table_grid *table)
{
	struct arena *arena = table->records->arena;
	struct rival *rivals = ARENA_ARRAY(arena, struct rival, table->rows * table->blocks);

	for (size_t c = 0; c < table->columns; c++) {
		const struct table_column *column = &table->column[c];
		size_t count = 0;

		for (size_t k = 0; k < table->rows * table->blocks; k++) {
			const struct group *group =
				table->row[k / table->blocks].group[k % table->blocks];
			struct table_entry *entry = &table->entry[k * table->columns + c];
			const char *key = NULL;

			if (column->part == TABLE_NUMBER && column->better && entry->count)
				key = comparable_group_key(group, column->name, NULL, arena);
			if (key)
				rivals[count++] = (struct rival){
					entry, group,
					arena_format(arena, "%s\n%s", group->problem, key)};
		}
		for (size_t i = 0; i < count; i++)
			if (rivals[i].key)
				mark(table, column, &rivals[i], count - i);
	}
}
