/* Rows of files by their tables of fields. */
#include "harness/store/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct field *field_find(const struct field_table *table, const char *name)
{
	for (const struct field *f = table->field; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

bool field_is_time(const struct field *field)
{
	return strcmp(field->unit, "s") == 0 || strcmp(field->unit, "CPU s") == 0;
}

bool field_is_text(const struct field *field)
{
	return field->type == FIELD_TEXT || field->type == FIELD_LATER_TEXT ||
	       field->type == FIELD_PART;
}

double field_number(const struct field *field, const void *row)
{
	if (!field || field_is_text(field))
		return NAN;
	return *(const double *)(const void *)((const char *)row + field->offset);
}

const char *field_text(const struct field *field, const void *row)
{
	if (!field || !field_is_text(field))
		return NULL;
	return *(const char *const *)(const void *)((const char *)row + field->offset);
}

const char *field_shown(const struct field *field, const void *row, struct arena *arena)
{
	const char *text = field_text(field, row);
	char number[CSV_NUMBER_BYTES] = "";

	if (field_is_text(field))
		return text ? text : "";
	if (!isnan(field_number(field, row)))
		csv_format(field_number(field, row), number);
	return arena_text(arena, number);
}

bool field_set_number(const struct field *field, void *row, double value)
{
	if (field_is_text(field))
		return false;
	*(double *)(void *)((char *)row + field->offset) = value;
	return true;
}

bool field_set_text(const struct field *field, void *row, const char *text)
{
	if (!field_is_text(field))
		return false;
	*(const char **)(void *)((char *)row + field->offset) = text;
	return true;
}

void field_clear(const struct field_table *table, void *row)
{
	memset(row, 0, table->size);
	for (const struct field *f = table->field; f->name; f++)
		field_set_number(f, row, NAN);
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

json_t *field_json_number(double value)
{
	const double exact = 9007199254740992.0; /* 2^53: whole doubles below it are exact */

	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < exact)
		return json_integer((json_int_t)value);
	return json_real(value);
}

json_t *field_json_text(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	return json ? json : json_string("(not UTF-8)");
}

void field_to_json(const struct field_table *table, const void *row, bool nulls, json_t *object)
{
	for (const struct field *f = table->field; f->name; f++) {
		double number = field_number(f, row);
		json_t *value = field_is_text(f) ? field_json_text(field_text(f, row))
				: f->type == FIELD_REAL && isfinite(number)
					? json_real(number)
					: field_json_number(number);

		if ((nulls && f->type != FIELD_LATER && f->type != FIELD_LATER_TEXT) ||
		    !json_is_null(value))
			json_object_set_new(object, f->name, value);
	}
}

const struct field *field_from_json(const struct field_table *table, const json_t *object,
				    struct arena *arena, void *row)
{
	field_clear(table, row);
	for (const struct field *f = table->field; f->name; f++) {
		const json_t *value = json_object_get(object, f->name);
		const char *text = json_string_value(value);
		bool good = !value || json_is_null(value);

		if (text)
			good = field_set_text(f, row, arena_text(arena, text));
		if (json_is_number(value))
			good = field_set_number(f, row, json_number_value(value));
		if (!good)
			return f;
	}
	return NULL;
}

/* --- CSV ----------------------------------------------------------------------------------------
 */

static const char test_part[] = "test";

static bool is_later(const struct field *field)
{
	return field->type == FIELD_LATER || field->type == FIELD_LATER_TEXT ||
	       field->type == FIELD_PART;
}

/* Would nothing be lost without this column of the row? */
static bool is_spare(const struct field *field, const void *row)
{
	const char *text = field_text(field, row);

	if (field->type == FIELD_PART)
		return !text || strcmp(text, test_part) == 0;
	if (field->type == FIELD_LATER_TEXT)
		return !text || !*text;
	return field->type == FIELD_LATER && isnan(field_number(field, row));
}

const struct field_table *field_used(const struct field_table *table, const void *rows,
				     size_t count, size_t stride, struct arena *arena)
{
	struct field_table *out = ARENA_NEW(arena, struct field_table);
	struct field *kept;
	size_t all = 0, used = 0;
	bool tested = false; /* the column of the part is spared */

	while (table->field[all].name)
		all++;
	kept = ARENA_ARRAY(arena, struct field, all + 1);
	for (const struct field *f = table->field; f->name; f++) {
		size_t i = 0;

		while (i < count && is_spare(f, (const char *)rows + i * stride))
			i++;
		if (!is_later(f) || i < count)
			kept[used++] = *f;
		tested = tested || (f->type == FIELD_PART && i == count);
	}
	for (size_t k = 0; k < used && tested; k++)
		if (strcmp(kept[k].part, "`part`") == 0)
			kept[k].part = test_part;
	*out = *table;
	out->field = kept;
	return used < all ? out : table;
}

void field_put_header(struct csv *csv, const struct field_table *table)
{
	for (const struct field *f = table->field; f->name; f++)
		csv_text(csv, f->name);
	csv_end_row(csv);
}

enum status field_open(struct csv *csv, const char *path, const struct field_table *table,
		       struct err *err)
{
	TRY(csv_open(csv, path, NULL, err));
	field_put_header(csv, table);
	return STATUS_OK;
}

void field_put(struct csv *csv, const struct field_table *table, const void *row)
{
	for (const struct field *f = table->field; f->name; f++)
		if (field_is_text(f))
			csv_text(csv, field_text(f, row));
		else
			csv_number(csv, field_number(f, row));
}

void field_put_row(struct csv *csv, const struct field_table *table, const void *row)
{
	field_put(csv, table, row);
	csv_end_row(csv);
}

enum status field_write(const char *path, const struct field_table *table, const void *rows,
			size_t count, struct err *err)
{
	struct arena arena = {0};
	const struct field_table *used = field_used(table, rows, count, table->size, &arena);
	struct csv csv;
	enum status status = field_open(&csv, path, used, err);

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		field_put_row(&csv, used, (const char *)rows + i * table->size);
	arena_release(&arena);
	return status == STATUS_OK ? csv_close(&csv, err) : status;
}

enum status field_rows(const struct csv_table *csv, const char *path,
		       const struct field_table *table, struct arena *arena, struct field_rows *out,
		       struct err *err)
{
	char *rows = ARENA_ARRAY(arena, char, csv->rows * table->size);

	*out = (struct field_rows){csv->rows, rows};
	for (size_t i = 0; i < csv->rows; i++)
		field_clear(table, rows + i * table->size);
	for (const struct field *f = table->field; f->name; f++) {
		int column = csv_column(csv, f->name);

		for (size_t i = 0; i < csv->rows; i++) {
			struct err_place at = {path, (int)i + 2, 0};
			const char *text =
				column < 0 ? "" : csv->cell[i * csv->cols + (size_t)column];
			char *row = rows + i * table->size, *end;
			double value;

			if (f->type == FIELD_PART && !*text)
				text = test_part;
			if (field_set_text(f, row, text) || !*text)
				continue;
			value = strtod(text, &end);
			if (*end)
				return err_at(err, STATUS_ENV, at,
					      "%s: expected a number, got \"%.80s\"", f->name,
					      text);
			field_set_number(f, row, value);
		}
	}
	return STATUS_OK;
}

enum status field_read(const char *path, const struct field_table *table, struct arena *arena,
		       struct field_rows *out, struct err *err)
{
	struct csv_table csv;

	*out = (struct field_rows){0};
	TRY(csv_read(path, arena, &csv, err));
	return field_rows(&csv, path, table, arena, out, err);
}

enum status field_read_any(const char *path, const struct field_table *table, struct arena *arena,
			   struct field_rows *out, struct err *err)
{
	*out = (struct field_rows){0};
	return access(path, F_OK) == 0 ? field_read(path, table, arena, out, err) : STATUS_OK;
}

bool field_is_header(const struct csv_table *csv, const struct field_table *table)
{
	size_t col = 0;

	for (const struct field *f = table->field; f->name; f++) {
		bool there = col < csv->cols && strcmp(csv->header[col], f->name) == 0;

		if (!there && !is_later(f))
			return false;
		col += there;
	}
	return col == csv->cols;
}
