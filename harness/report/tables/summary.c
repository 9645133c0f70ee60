/* summary.csv, attack.csv and certify.csv: the rows of all cells, with which cell they are of and
 * its swept options; columns.csv: what their columns are. */
#include "harness/report/tables/summary.h"
#include "harness/report/records/attacks.h"

#include <stdlib.h>
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

static const char *swept_name(const struct columns *c, const char *path)
{
	struct arena *arena = c->records->arena;

	return has_name(&c->facts, path) ? arena_format(arena, "swept.%s", path)
					 : rows_swept(path, arena);
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
	for (size_t i = 0; i < records->path_count; i++)
		csv_text(csv, swept_name(c, records->paths[i]));
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

/* A table of the results without the columns that none of them has. */
static const struct field_table *used(const struct records *records,
				      const struct field_table *table)
{
	const void *first = records->count ? &records->at->result : NULL;

	return field_used(table, first, records->count, sizeof *records->at, records->arena);
}

/* Those of summary.csv. */
static struct columns columns_of_cells(const struct records *records)
{
	struct columns c = {records, NULL, &rows_result, {0, NULL}};
	const char **names;
	size_t room = 0;

	for (size_t i = 0; i < records->count; i++)
		for (const struct fact *f = records->at[i].result.facts; f; f = f->next)
			room++;
	c.facts.at = names = ARENA_ARRAY(records->arena, const char *, room);
	for (size_t i = 0; i < records->count; i++)
		for (const struct fact *f = records->at[i].result.facts; f; f = f->next)
			if (!has_name(&c.facts, f->name))
				names[c.facts.count++] = f->name;
	c.table = used(records, &rows_result);
	return c;
}

enum status summary_write_cells(const struct records *records, struct err *err)
{
	const struct columns c = columns_of_cells(records);
	struct csv csv;

	TRY(open_table(&c, &csv, err));
	for (size_t i = 0; i < records->count; i++)
		put_row(&c, &records->at[i], &records->at[i].result, &csv);
	return csv_close(&csv, err);
}

/* Those of attack.csv, or of certify.csv. */
static struct columns columns_of_rows(const struct records *records,
				      const struct field_table *table)
{
	const struct attack_kind kind = {.certified = table == &rows_certify};
	struct columns c = {records, used(records, &rows_cell), table, {0, NULL}};
	struct attack_row *all;
	size_t count, room = 0, rows = 0;

	for (size_t i = 0; i < records->count; i++) {
		attacks_rows(&records->at[i], &kind, &count);
		room += count;
	}
	all = ARENA_ARRAY(records->arena, struct attack_row, room);
	for (size_t i = 0; i < records->count; i++) {
		const struct attack_row *row = attacks_rows(&records->at[i], &kind, &count);

		for (size_t j = 0; j < count; j++)
			all[rows++] = row[j];
	}
	c.table = field_used(table, all, rows, sizeof *all, records->arena);
	return c;
}

/* The attacks of all cells, or their certificates. */
static enum status write_rows(const struct records *records, const struct field_table *table,
			      struct err *err)
{
	const struct attack_kind kind = {.certified = table == &rows_certify};
	const struct columns c = columns_of_rows(records, table);
	struct csv csv;
	size_t count;

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

/* --- columns.csv --------------------------------------------------------------------------------
 */

/* A line of columns.csv. */
static void put_column(struct csv *csv, const char *file, const struct field *field)
{
	const char *type = field_is_text(field) ? "string" : "float64";
	const char *const cells[] = {file,           field->name, type,      field->unit,
				     field->network, field->part, field->doc};

	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		csv_text(csv, cells[i]);
	csv_end_row(csv);
}

static void put_columns(struct csv *csv, const char *file, const struct field_table *table)
{
	for (const struct field *f = table ? table->field : NULL; f && f->name; f++)
		put_column(csv, file, f);
}

/* Of a table of the folder: the fields, further facts, and swept options. */
static void put_table(struct csv *csv, const struct columns *c)
{
	const struct records *records = c->records;

	put_columns(csv, c->table->file, c->cell);
	put_columns(csv, c->table->file, c->table);
	for (size_t i = 0; i < c->facts.count; i++) {
		struct field fact = {.name = c->facts.at[i], .type = FIELD_NUMBER};

		for (size_t k = 0; k < records->count; k++)
			if (result_text(&records->at[k].result, fact.name))
				fact.type = FIELD_TEXT;
		fact.unit = fact.type == FIELD_TEXT ? "text" : "";
		fact.doc = "of some methods: what they told of themselves, or mean losses of "
			   "outputs alone";
		put_column(csv, c->table->file, &fact);
	}
	for (size_t k = 0; k < records->path_count; k++) {
		bool number = true; /* every value, or unknown */
		struct field swept;

		for (size_t i = 0; i < records->count; i++) {
			const char *text = records_swept(&records->at[i], records->paths[k]);
			char *end = NULL;

			if (text && *text)
				strtod(text, &end);
			number = number && (!end || !*end);
		}
		swept = (struct field){.name = swept_name(c, records->paths[k]),
				       .type = number ? FIELD_NUMBER : FIELD_TEXT,
				       .unit = number ? "" : "text",
				       .doc = "swept option"};

		put_column(csv, c->table->file, &swept);
	}
}

enum status summary_write_columns(const struct records *records, struct err *err)
{
	static const char *const header[] = {"file",    "column", "type",    "unit",
					     "network", "data",   "meaning", NULL};
	const struct columns tables[] = {columns_of_cells(records),
					 columns_of_rows(records, &rows_attack),
					 columns_of_rows(records, &rows_certify)};
	const struct field_table *const of_cell[] = {
		&rows_trace, tables[1].table, tables[2].table, &rows_patterns,
		&rows_path,  &rows_inputs,    &rows_points,    &rows_confusion};
	struct arena *arena = records->arena;
	struct field_rows plan = {0};
	struct err ignored = {0};
	struct csv csv;

	field_read(arena_format(arena, "%s/plan.csv", records->folder), &rows_plan, arena, &plan,
		   &ignored);
	TRY(csv_open(&csv, arena_format(arena, "%s/columns.csv", records->out), header, err));
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		put_table(&csv, &tables[i]);
	put_columns(&csv, rows_plan.file,
		    field_used(&rows_plan, plan.at, plan.count, rows_plan.size, arena));
	put_columns(&csv, rows_data.file, &rows_data);
	if (records->transfer_count)
		put_columns(&csv, rows_transfer.file,
			    field_used(&rows_transfer, records->transfer, records->transfer_count,
				       rows_transfer.size, arena));
	for (size_t i = 0; i < sizeof of_cell / sizeof *of_cell; i++)
		put_columns(&csv, arena_format(arena, "cells/*/%s", of_cell[i]->file), of_cell[i]);
	return csv_close(&csv, err);
}
