/* Lists of facts. See facts.h. */
#include "solvers/model/facts.h"

#include <math.h>
#include <string.h>

static struct fact *fact_of(struct facts *facts, const char *name)
{
	struct fact **at = &facts->first;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = ARENA_NEW(facts->arena, struct fact);
		(*at)->name = name;
	}
	return *at;
}

void facts_number(struct facts *facts, const char *name, double number)
{
	struct fact *fact = fact_of(facts, name);

	fact->text = NULL;
	fact->number = number;
}

void facts_text(struct facts *facts, const char *name, const char *text)
{
	struct fact *fact = fact_of(facts, name);

	fact->text = text;
	fact->number = NAN;
}

void facts_note(struct facts *facts, const char *note)
{
	const struct fact *before = facts_find(facts, "note");

	if (note)
		facts_text(facts, "note",
			   before ? arena_format(facts->arena, "%s; %s", before->text, note)
				  : note);
}

struct facts_table *facts_table(struct facts *facts, const char *name, const char *const *columns,
				size_t rows)
{
	struct facts_table **at = &facts->table,
			   *table = ARENA_NEW(facts->arena, struct facts_table);

	while (*at)
		at = &(*at)->next;
	*table = (struct facts_table){.name = name, .columns = columns, .rows = rows};
	while (columns[table->cols])
		table->cols++;
	table->cell = ARENA_ARRAY(facts->arena, struct fact, rows * table->cols);
	*at = table;
	return table;
}

void facts_cell_number(struct facts_table *table, double number)
{
	table->cell[table->filled++].number = number;
}

void facts_cell_text(struct facts_table *table, const char *text)
{
	table->cell[table->filled++].text = text;
}

const struct fact *facts_find(const struct facts *facts, const char *name)
{
	const struct fact *fact = facts->first;

	while (fact && strcmp(fact->name, name) != 0)
		fact = fact->next;
	return fact;
}
