/* summary.csv, attack.csv and certify.csv: the rows of all cells, with which cell they are of and
 * its swept options. */
#include "harness/report/tables/summary.h"
#include "harness/report/records/attacks.h"

#include <string.h>

/* The columns of one of them. */
struct columns {
	const struct records *records;
	const struct field_table *cell, *table; /* cell: which cell, before the others; or NULL */
	struct texts facts; /* further facts that any cell has, behind the others */
};

static bool has_name(const struct texts *names, const char *name)
{
	return records_index(names->at, names->count, name) < names->count;
}

static enum status open_table(const struct columns *c, struct csv *csv, struct err *err)
{
	const struct records *records = c->records;
	struct arena *arena = records->arena;
	const struct field_table *const both[] = {c->cell, c->table};

	TRY(csv_open(csv, arena_format(arena, "%s/%s", records->out, c->table->file), NULL, err));
	for (size_t t = 0; t < 2; t++)
		for (const struct field *f = both[t] ? both[t]->field : NULL; f && f->name; f++)
			csv_text(csv, f->name);
	for (size_t i = 0; i < c->facts.count; i++)
		csv_text(csv, c->facts.at[i]);
	for (size_t i = 0; i < records->path_count; i++) {
		const char *path = records->paths[i];

		csv_text(csv, has_name(&c->facts, path) ? arena_format(arena, "swept.%s", path)
							: rows_swept(path, arena));
	}
	csv_end_row(csv);
	return STATUS_OK;
}

/* A row that a cell has; the cell itself, or one of its attacks or certificates. */
static void put_row(const struct columns *c, const struct record *r, const void *row,
		    struct csv *csv)
{
	if (c->cell)
		field_put(csv, c->cell, &r->result);
	field_put(csv, c->table, row);
	for (size_t i = 0; i < c->facts.count; i++) {
		const char *text = result_text(&r->result, c->facts.at[i]);

		if (text)
			csv_text(csv, text);
		else
			csv_number(csv, result_number(&r->result, c->facts.at[i]));
	}
	for (size_t k = 0; k < c->records->path_count; k++)
		csv_text(csv, records_swept(r, c->records->paths[k]));
	csv_end_row(csv);
}

enum status summary_write_cells(const struct records *records, struct err *err)
{
	struct columns c = {records, NULL, &rows_result, {0, NULL}};
	const char **names;
	struct csv csv;
	size_t room = 0;

	for (size_t i = 0; i < records->count; i++)
		for (const struct fact *f = records->at[i].result.facts; f; f = f->next)
			room++;
	c.facts.at = names = ARENA_ARRAY(records->arena, const char *, room);
	for (size_t i = 0; i < records->count; i++)
		for (const struct fact *f = records->at[i].result.facts; f; f = f->next)
			if (!has_name(&c.facts, f->name))
				names[c.facts.count++] = f->name;
	if (records->count)
		c.table = field_used(&rows_result, &records->at->result, records->count,
				     sizeof *records->at, records->arena);
	TRY(open_table(&c, &csv, err));
	for (size_t i = 0; i < records->count; i++)
		put_row(&c, &records->at[i], &records->at[i].result, &csv);
	return csv_close(&csv, err);
}

/* The attacks of all cells, or their certificates. */
static enum status write_rows(const struct records *records, const struct field_table *table,
			      struct err *err)
{
	struct columns c = {records, &rows_cell, table, {0, NULL}};
	const struct attack_kind kind = {.certified = table == &rows_certify};
	struct csv csv;
	size_t count;

	if (records->count)
		c.cell = field_used(&rows_cell, &records->at->result, records->count,
				    sizeof *records->at, records->arena);
	TRY(open_table(&c, &csv, err));
	for (size_t i = 0; i < records->count; i++) {
		const struct attack_row *row = attacks_rows(&records->at[i], &kind, &count);

		for (size_t j = 0; j < count; j++)
			put_row(&c, &records->at[i], &row[j], &csv);
	}
	return csv_close(&csv, err);
}

enum status summary_write_attacks(const struct records *records, struct err *err)
{
	return write_rows(records, &rows_attack, err);
}

enum status summary_write_certificates(const struct records *records, struct err *err)
{
	return write_rows(records, &rows_certify, err);
}
