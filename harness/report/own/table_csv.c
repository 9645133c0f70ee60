/* Tables that a spec asks for as CSV, and the types of their columns. */
#include "harness/report/own/table_csv.h"
#include "harness/file/csv.h"

#include <math.h>
#include <string.h>

/* What each number has in the file, behind its name. */
static const char *const parts[] = {"", "_low", "_high", "_cells", "_best"};

enum { PARTS = sizeof parts / sizeof *parts };

static void put_head(const struct table_grid *table, struct csv *csv)
{
	static const char *const keys[] = {"data", "method", "setting"};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		csv_text(csv, keys[k]);
	for (size_t c = 0; c < table->columns; c++) {
		const struct table_column *column = &table->column[c];

		if (column->part == TABLE_SWEPT)
			csv_text(csv, column->name);
		for (size_t p = 0; p < PARTS && column->part == TABLE_NUMBER; p++)
			csv_text(csv, arena_format(table->records->arena, "%s%s", column->name,
						   parts[p]));
	}
	csv_end_row(csv);
}

static void put_number(const struct table_grid *table, const struct table_entry *entry,
		       struct csv *csv)
{
	const double numbers[] = {entry->value, entry->low, entry->high, (double)entry->count};

	for (size_t p = 0; p < sizeof numbers / sizeof *numbers; p++)
		csv_number(csv, numbers[p]);
	csv_text(csv, table->options->bold == TABLE_NOT_BOLD || !entry->count ? NULL
		      : entry->best                                           ? "True"
									      : "False");
}

static void put_row(const struct table_grid *table, size_t row, size_t block, struct csv *csv)
{
	const struct group *group = table->row[row].group[block];

	csv_text(csv, group->data);
	csv_text(csv, group->method);
	csv_text(csv, group->setting);
	for (size_t c = 0; c < table->columns; c++) {
		const struct table_column *column = &table->column[c];

		if (column->part == TABLE_SWEPT)
			csv_text(csv, group->composed && !records_of_data(&(struct cellfile_swept){
								 column->name, NULL})
					      ? NULL
					      : records_swept(group->member[0], column->name));
		if (column->part == TABLE_NUMBER)
			put_number(table, table_at(table, row, block, c), csv);
	}
	csv_end_row(csv);
}

enum status table_csv_write(const struct table_grid *table, struct err *err)
{
	const char *path = arena_format(table->records->arena, "%s/tables/%s.csv",
					table->records->out, table->options->table);
	struct csv csv;

	TRY(csv_open(&csv, path, NULL, err));
	put_head(table, &csv);
	for (size_t i = 0; i < table->rows; i++)
		for (size_t b = 0; b < table->blocks; b++)
			if (table->row[i].group[b])
				put_row(table, i, b, &csv);
	return csv_close(&csv, err);
}

/* --- their types ---------------------------------------------------------------------------- */

struct line {
	const char *type, *unit, *data, *meaning;
};

static void put_line(const struct table_grid *table, const char *name, struct line line,
		     struct csv *csv)
{
	struct arena *arena = table->records->arena;
	const char *const cells[] = {arena_format(arena, "tables/%s.csv", table->options->table),
				     name,
				     line.type,
				     line.unit,
				     "",
				     line.data,
				     line.meaning};

	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		csv_text(csv, cells[i]);
	csv_end_row(csv);
}

static void put_lines(const struct table_grid *table, const struct table_column *column,
		      struct csv *csv)
{
	const bool mean = table_statistic(table->options) == TABLE_MEAN;
	struct arena *arena = table->records->arena;
	const char *data = column->data, *stored = column->stored;
	const char *end = mean ? "end of Student's 95 % interval of the mean"
			       : "10 or 90 % quantile; of one cell end of Wilson's 95 % interval";
	const struct line lines[PARTS] = {
		{"float64", stored, data,
		 arena_format(arena, "%s over repetitions: %s", mean ? "mean" : "median",
			      column->meaning)},
		{"float64", stored, data, end},
		{"float64", stored, data, end},
		{"float64", "1", "", "cells that have a value"},
		{"boolean", "", "",
		 "marked as best, or not significantly different from the best"}};

	if (column->part == TABLE_SWEPT)
		put_line(table, column->name, (struct line){"string", "text", "", "swept option"},
			 csv);
	for (size_t p = 0; p < PARTS && column->part == TABLE_NUMBER; p++)
		put_line(table, arena_format(arena, "%s%s", column->name, parts[p]), lines[p], csv);
}

enum status table_csv_write_columns(const struct table_grid *tables, size_t count, struct err *err)
{
	static const char *const header[] = {"file",    "column", "type",    "unit",
					     "network", "data",   "meaning", NULL};
	const struct records *records = tables[0].records;
	struct csv csv;

	TRY(csv_open(&csv, arena_format(records->arena, "%s/tables/columns.csv", records->out),
		     header, err));
	for (size_t t = 0; t < count; t++) {
		static const char *const keys[][2] = {{"data", "name of the data set"},
						      {"method", "name of the entry of `train`"},
						      {"setting", "its swept options"}};

		for (size_t k = 0; k < 3; k++)
			put_line(&tables[t], keys[k][0],
				 (struct line){"string", "text", "", keys[k][1]}, &csv);
		for (size_t c = 0; c < tables[t].columns; c++)
			put_lines(&tables[t], &tables[t].column[c], &csv);
	}
	return csv_close(&csv, err);
}
