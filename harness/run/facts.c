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

static enum status write_table(const struct facts_table *t, const char *path, struct err *err)
{
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
	return csv_close(&csv, err);
}

enum status facts_write(const struct facts *facts, const char *folder, struct err *err)
{
	for (const struct facts_table *t = facts->table; t; t = t->next)
		TRY(write_table(t, arena_format(facts->arena, "%s/%s.csv", folder, t->name), err));
	return STATUS_OK;
}
