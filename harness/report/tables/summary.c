/* summary.csv and attack.csv: one row per cell, one row per cell, attack and eps. */
#include "harness/report/tables/summary.h"

#include <math.h>
#include <string.h>

static size_t field_count(void)
{
	size_t count = 0;

	while (result_fields[count].name)
		count++;
	return count;
}

static void write_field(struct csv *csv, const struct result *result,
			const struct result_field *field)
{
	const char *base = (const char *)result;

	if (field->text)
		csv_text(csv, *(const char *const *)(const void *)(base + field->offset));
	else
		csv_number(csv, *(const double *)(const void *)(base + field->offset));
}

enum status summary_write_cells(const struct records *records, struct err *err)
{
	const char *path = arena_format(records->arena, "%s/summary.csv", records->out);
	size_t fields = field_count();
	const char **header =
		ARENA_ARRAY(records->arena, const char *, fields + records->path_count + 1);
	struct csv csv;

	for (size_t i = 0; i < fields; i++)
		header[i] = result_fields[i].name;
	for (size_t i = 0; i < records->path_count; i++)
		header[fields + i] = dictionary_swept(records->paths[i], records->arena);
	TRY(csv_open(&csv, path, header, err));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		for (size_t k = 0; k < fields; k++)
			write_field(&csv, &r->result, &result_fields[k]);
		for (size_t k = 0; k < records->path_count; k++)
			csv_text(&csv, records_swept(r, records->paths[k]));
		csv_end_row(&csv);
	}
	return csv_close(&csv, err);
}

const char **summary_header(const struct records *records, const struct column_doc *columns)
{
	const struct column_doc *const tables[] = {dictionary_cell, columns};
	size_t count = 0;
	const char **header;

	for (size_t t = 0; t < 2; t++)
		for (const struct column_doc *c = tables[t]; c->name; c++)
			count++;
	header = ARENA_ARRAY(records->arena, const char *, count + records->path_count + 1);
	count = 0;
	for (size_t t = 0; t < 2; t++)
		for (const struct column_doc *c = tables[t]; c->name; c++)
			header[count++] = c->name;
	for (size_t i = 0; i < records->path_count; i++)
		header[count++] = dictionary_swept(records->paths[i], records->arena);
	return header;
}

static void write_attack(struct csv *csv, const struct record *r, const struct attack_row *row)
{
	csv_text(csv, r->id);
	csv_text(csv, r->result.data);
	csv_text(csv, r->result.method);
	csv_number(csv, r->result.repetition);
	csv_text(csv, row->attack);
	csv_text(csv, row->norm);
	csv_number(csv, row->eps);
	csv_text(csv, row->units);
	csv_number(csv, row->accuracy);
	csv_number(csv, row->robust_accuracy);
	csv_number(csv, row->lo);
	csv_number(csv, row->hi);
	csv_number(csv, row->n);
	csv_number(csv, row->steps);
	csv_number(csv, row->restarts);
	csv_number(csv, row->seconds);
	csv_number(csv, row->zero_gradient);
}

enum status summary_write_attacks(const struct records *records, struct err *err)
{
	const char *path = arena_format(records->arena, "%s/attack.csv", records->out);
	struct csv csv;

	TRY(csv_open(&csv, path, summary_header(records, dictionary_attack), err));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		for (size_t j = 0; j < r->attack_count; j++) {
			write_attack(&csv, r, &r->attack[j]);
			for (size_t k = 0; k < records->path_count; k++)
				csv_text(&csv, records_swept(r, records->paths[k]));
			csv_end_row(&csv);
		}
	}
	return csv_close(&csv, err);
}
