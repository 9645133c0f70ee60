/* summary.csv, attack.csv and certify.csv: the rows of all cells, with which cell they are of and
 * its swept options. */
#include "harness/report/summary.h"

/* `cell`: the columns before those of the table, or NULL. */
static enum status open_table(const struct records *records, const struct field_table *cell,
			      const struct field_table *table, struct csv *csv, struct err *err)
{
	const char *path = arena_format(records->arena, "%s/%s", records->out, table->file);
	const struct field_table *const both[] = {cell, table};

	TRY(csv_open(csv, path, NULL, err));
	for (size_t t = 0; t < 2; t++)
		for (const struct field *f = both[t] ? both[t]->field : NULL; f && f->name; f++)
			csv_text(csv, f->name);
	for (size_t i = 0; i < records->path_count; i++)
		csv_text(csv, rows_swept(records->paths[i], records->arena));
	csv_end_row(csv);
	return STATUS_OK;
}

static void put_swept(const struct records *records, const struct record *r, struct csv *csv)
{
	for (size_t k = 0; k < records->path_count; k++)
		csv_text(csv, records_swept(r, records->paths[k]));
	csv_end_row(csv);
}

enum status summary_write_cells(const struct records *records, struct err *err)
{
	struct csv csv;

	TRY(open_table(records, NULL, &rows_result, &csv, err));
	for (size_t i = 0; i < records->count; i++) {
		field_put(&csv, &rows_result, &records->at[i].result);
		put_swept(records, &records->at[i], &csv);
	}
	return csv_close(&csv, err);
}

static void put_rows(const struct records *records, const struct record *r,
		     const struct field_table *table, struct field_rows rows, struct csv *csv)
{
	const struct attack_row *row = rows.at;

	for (size_t j = 0; j < rows.count; j++) {
		field_put(csv, &rows_cell, &r->result);
		field_put(csv, table, &row[j]);
		put_swept(records, r, csv);
	}
}

enum status summary_write_attacks(const struct records *records, struct err *err)
{
	struct csv csv;

	TRY(open_table(records, &rows_cell, &rows_attack, &csv, err));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		put_rows(records, r, &rows_attack, (struct field_rows){r->attack_count, r->attack},
			 &csv);
	}
	return csv_close(&csv, err);
}

enum status summary_write_certificates(const struct records *records, struct err *err)
{
	struct csv csv;

	TRY(open_table(records, &rows_cell, &rows_certify, &csv, err));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		put_rows(records, r, &rows_certify,
			 (struct field_rows){r->certificate_count, r->certificate}, &csv);
	}
	return csv_close(&csv, err);
}
