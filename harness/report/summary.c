/* summary.csv and attack.csv: one row per cell, one row per cell, attack and eps. */
#include "harness/report/summary.h"
#include "harness/store/csv.h"

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
	const char *path = arena_format(records->arena, "%s/summary.csv", records->folder);
	size_t fields = field_count();
	const char **header =
		ARENA_ARRAY(records->arena, const char *, fields + records->path_count + 1);
	struct csv csv;

	for (size_t i = 0; i < fields; i++)
		header[i] = result_fields[i].name;
	for (size_t i = 0; i < records->path_count; i++)
		header[fields + i] = records->paths[i];
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

static void write_attack(struct csv *csv, const struct record *r, const struct attack_row *row)
{
	csv_text(csv, r->id);
	csv_text(csv, r->result.data);
	csv_text(csv, r->result.method);
	csv_number(csv, r->result.repetition);
	csv_text(csv, row->attack);
	csv_text(csv, row->norm);
	csv_text(csv, row->units);
	csv_number(csv, row->eps);
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
	static const char *const fixed[] = {"cell",
					    "data",
					    "method",
					    "repetition",
					    "attack",
					    "norm",
					    "units",
					    "eps",
					    "accuracy",
					    "robust_accuracy",
					    "robust_accuracy_lo",
					    "robust_accuracy_hi",
					    "n",
					    "steps",
					    "restarts",
					    "seconds",
					    "zero_gradient"};
	enum { FIXED = sizeof fixed / sizeof *fixed };
	const char *path = arena_format(records->arena, "%s/attack.csv", records->folder);
	const char **header =
		ARENA_ARRAY(records->arena, const char *, FIXED + records->path_count + 1);
	struct csv csv;

	memcpy(header, fixed, sizeof fixed);
	for (size_t i = 0; i < records->path_count; i++)
		header[FIXED + i] = records->paths[i];
	TRY(csv_open(&csv, path, header, err));
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
