/* Facts in files. See facts.h. */
#include "harness/run/facts.h"

#include "harness/file/csv.h"

struct facts facts_of(const struct trainer *trainer, const void *state, struct arena *arena)
{
	struct facts facts = {.arena = arena};

	if (trainer->facts)
		trainer->facts(state, &facts);
	return facts;
}

enum status facts_write(const struct facts *facts, const char *folder, struct err *err)
{
	for (const struct facts_table *t = facts->table; t; t = t->next) {
		const char *path = arena_format(facts->arena, "%s/%s.csv", folder, t->name);
		struct csv csv;

		TRY(csv_open(&csv, path, t->columns, err));
		for (size_t i = 0; i < t->rows * t->cols; i++) {
			if (t->cell[i].text)
				csv_text(&csv, t->cell[i].text);
			else
				csv_number(&csv, t->cell[i].number);
			if ((i + 1) % t->cols == 0)
				csv_end_row(&csv);
		}
		TRY(csv_close(&csv, err));
	}
	return STATUS_OK;
}
