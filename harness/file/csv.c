/* CSV by RFC 4180. Lines end with LF: every reader takes it, and line tools stay usable. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DIGITS_SHORT = 15, /* any decimal of 15 digits survives a double ... */
	DIGITS_FULL = 17   /* ... and any double survives 17 digits */
};

#define WHOLE 1e15 /* whole numbers below it have at most 15 digits */

enum status csv_open(struct csv *csv, const char *path, const char *const *header, struct err *err)
{
	*csv = (struct csv){.file = io_create(path), .path = path};
	if (!csv->file)
		return io_error(err, path, "write");
	if (!header)
		return STATUS_OK;
	for (; *header; header++)
		csv_text(csv, *header);
	csv_end_row(csv);
	return STATUS_OK;
}

/* Would a spreadsheet take the text for a formula, with the quotes before it taken away? */
static bool is_formula(const char *text)
{
	const char *start = text + strspn(text, "'");
	char *end;

	if (!*start || !strchr("=+-@\t\r", *start))
		return false;
	strtod(text, &end);
	return start != text || end == text || *end;
}

void csv_text(struct csv *csv, const char *text)
{
	if (csv->column++)
		putc(',', csv->file);
	if (!text)
		return;
	if (!strpbrk(text, ",\"\r\n")) {
		fprintf(csv->file, "%s%s", is_formula(text) ? "'" : "", text);
		return;
	}
	fputs(is_formula(text) ? "\"'" : "\"", csv->file);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', csv->file);
		putc(*text, csv->file);
	}
	putc('"', csv->file);
}

void csv_format(double value, char text[CSV_NUMBER_BYTES])
{
	if (fabs(value) < WHOLE && value == floor(value) && !(value == 0 && signbit(value))) {
		snprintf(text, CSV_NUMBER_BYTES, "%ld", (long)value); /* no need to read it back */
		return;
	}
	for (int digits = DIGITS_SHORT; digits <= DIGITS_FULL; digits++) {
		snprintf(text, CSV_NUMBER_BYTES, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
}

void csv_number(struct csv *csv, double value)
{
	char text[CSV_NUMBER_BYTES];

	if (isnan(value)) {
		csv_text(csv, NULL);
		return;
	}
	csv_format(value, text);
	csv_text(csv, text);
}

void csv_end_row(struct csv *csv)
{
	putc('\n', csv->file);
	csv->column = 0;
}

void csv_flush(struct csv *csv)
{
	fflush(csv->file); /* a failure is seen by csv_close */
}

enum status csv_mend(const char *path, struct err *err)
{
	struct arena arena = {0};
	const char *text, *end;
	enum status status = STATUS_OK;

	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(store_read_text(path, &arena, &text, err));
	end = strrchr(text, '\n');
	if (!end && unlink(path) != 0)
		status = io_error(err, path, "remove");
	else if (end && end[1] && truncate(path, end + 1 - text) != 0)
		status = io_error(err, path, "write");
	arena_release(&arena);
	return status;
}

enum status csv_close(struct csv *csv, struct err *err)
{
	bool good = io_close(csv->file);

	csv->file = NULL;
	return good ? STATUS_OK : io_error(err, csv->path, "write");
}

/* A reader over a text that it cuts up in place. */
struct reader {
	char *at;
	int line;
	bool row_ended;
};

/* The next field, unquoted in place; NULL if a quote is not closed or followed by stray text. */
static const char *next_field(struct reader *r)
{
	char *start = r->at, *to = r->at;
	bool quoted = *r->at == '"';

	r->at += quoted;
	start = to = r->at;
	for (; quoted; r->at++) {
		if (*r->at == '\0')
			return NULL;
		if (*r->at == '"' && *++r->at != '"')
			break;
		r->line += *r->at == '\n';
		*to++ = *r->at;
	}
	if (!quoted)
		to = r->at += strcspn(r->at, ",\r\n");
	if (*r->at == '\r' && r->at[1] == '\n')
		r->at++;
	if (*r->at && *r->at != ',' && *r->at != '\n')
		return NULL;
	r->row_ended = *r->at != ',';
	r->line += *r->at == '\n';
	r->at += *r->at != '\0';
	*to = '\0';
	return *start == '\'' && is_formula(start) ? start + 1 : start;
}

enum status csv_read(const char *path, struct arena *arena, struct csv_table *out, struct err *err)
{
	struct err_place at = {path, 0, 0};
	struct reader r = {.line = 1};
	size_t fields = 1, lines = 1;
	const char *text, **row;

	*out = (struct csv_table){0};
	TRY(store_read_text(path, arena, &text, err));
	r.at = arena_text(arena, text);
	if (!*r.at)
		return err_at(err, STATUS_ENV, at, "is empty, expected a header line");
	for (; *text; text++) {
		fields += *text == ',' || *text == '\n';
		lines += *text == '\n';
	}
	out->header = ARENA_ARRAY(arena, const char *, fields);
	at.line = 1;
	do {
		out->header[out->cols] = next_field(&r);
		if (!out->header[out->cols])
			return err_at(err, STATUS_ENV, at, "broken quotes in the header");
		out->cols++;
	} while (!r.row_ended);
	out->cell = ARENA_ARRAY(arena, const char *, lines * out->cols);
	for (; *r.at; out->rows++) {
		row = out->cell + out->rows * out->cols;
		at.line = r.line;
		for (size_t j = 0; j < out->cols; j++) {
			row[j] = next_field(&r);
			if (!row[j])
				return err_at(err, STATUS_ENV, at, "broken quotes in field %zu",
					      j + 1);
			if (r.row_ended != (j + 1 == out->cols))
				return err_at(err, STATUS_ENV, at, "expected %zu fields, got %s",
					      out->cols, r.row_ended ? "fewer" : "more");
		}
	}
	return STATUS_OK;
}

int csv_column(const struct csv_table *table, const char *name)
{
	for (size_t j = 0; j < table->cols; j++)
		if (strcmp(table->header[j], name) == 0)
			return (int)j;
	return -1;
}

double csv_value(const struct csv_table *table, size_t row, int col)
{
	const char *text;
	char *end;
	double value;

	if (col < 0 || row >= table->rows)
		return NAN;
	text = table->cell[row * table->cols + (size_t)col];
	value = strtod(text, &end);
	return end == text || *end ? NAN : value;
}
