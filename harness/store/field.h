/* Rows of the files of a record as tables of fields: what the struct of a row has, once, for
 * writer, reader, CSV, JSON and the data dictionary.
 *
 * A value that is not known is NaN or NULL in the struct, empty in CSV, null or absent in JSON. */
#ifndef STORE_FIELD_H
#define STORE_FIELD_H

#include "harness/file/csv.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum field_type {
	FIELD_TEXT,   /* const char * */
	FIELD_NUMBER, /* double; in JSON a whole one is an integer */
	FIELD_REAL,   /* double; in JSON always with a point */
	FIELD_LATER,  /* as FIELD_NUMBER; came later: it is not there where no row has a value */
	FIELD_LATER_TEXT, /* as FIELD_TEXT; came later, likewise */
	FIELD_PART /* const char *, a part of the data; came later: it is not there where every
			 row is of the test part, which is what a row without it is read as */
};

struct field {
	const char *name;
	size_t offset; /* in the struct of the row */
	enum field_type type;
	const char *unit;    /* "s", "bytes", "share" (of 1), "1" (a pure number), "text" */
	const char *network; /* whose value it is: "delivered", "iterate", "program"; or "" */
	const char *part;    /* of the data: "train", "validation", "test"; or "" */
	const char *doc;
};

/* One type of row. */
struct field_table {
	const char *file;          /* that has such rows */
	const char *about;         /* what a row is */
	size_t size;               /* of its struct */
	const struct field *field; /* the columns in their order; ends with name NULL */
};

/* NULL: there is none. */
const struct field *field_find(const struct field_table *table, const char *name);

/* A measurement of a clock. */
bool field_is_time(const struct field *field);

bool field_is_text(const struct field *field);

/* The value of a row. NaN if it is no number, NULL if it is no text or `field` is NULL. */
double field_number(const struct field *field, const void *row);
const char *field_text(const struct field *field, const void *row);

/* As a cell of CSV shows it; "" if it is not known. */
const char *field_shown(const struct field *field, const void *row, struct arena *arena);

/* False if it is of the other type. */
bool field_set_number(const struct field *field, void *row, double value);
bool field_set_text(const struct field *field, void *row, const char *text);

/* Nothing is known of the row. */
void field_clear(const struct field_table *table, void *row);

/* --- JSON ---------------------------------------------------------------------------------------
 */

/* Members of an object; what is not known becomes null, or is left out. JSON has neither infinite
 * numbers, which are not known, nor bytes that are no UTF-8, for which a text says so. */
void field_to_json(const struct field_table *table, const void *row, bool nulls, json_t *object);

json_t *field_json_number(double value);
json_t *field_json_text(const char *text);

/* A row from an object, cleared first. NULL, or the first field whose value is of another type. */
const struct field *field_from_json(const struct field_table *table, const json_t *object,
				    struct arena *arena, void *row);

/* --- CSV ----------------------------------------------------------------------------------------
 */

/* The table without the columns that came later and that none of the rows needs, `stride` bytes
 * from one to the next; itself if there are none. */
const struct field_table *field_used(const struct field_table *table, const void *rows,
				     size_t count, size_t stride, struct arena *arena);

/* The names of the columns as a row. */
void field_put_header(struct csv *csv, const struct field_table *table);

/* csv_open with that header. */
enum status field_open(struct csv *csv, const char *path, const struct field_table *table,
		       struct err *err);

/* The cells of a row; csv_end_row ends it. */
void field_put(struct csv *csv, const struct field_table *table, const void *row);

/* One whole row. */
void field_put_row(struct csv *csv, const struct field_table *table, const void *row);

/* A whole file of `count` rows, one struct after the other. */
enum status field_write(const char *path, const struct field_table *table, const void *rows,
			size_t count, struct err *err);

/* Structs of one type in a row. */
struct field_rows {
	size_t count;
	void *at;
};

/* Rows of a table in memory. Columns are found by their names; one that an earlier version did not
 * write is not known. No text of them is NULL. STATUS_ENV, with the line, for what is no number. */
enum status field_rows(const struct csv_table *csv, const char *path,
		       const struct field_table *table, struct arena *arena, struct field_rows *out,
		       struct err *err);

/* A whole file. field_read_any: no rows if there is none. */
enum status field_read(const char *path, const struct field_table *table, struct arena *arena,
		       struct field_rows *out, struct err *err);
enum status field_read_any(const char *path, const struct field_table *table, struct arena *arena,
			   struct field_rows *out, struct err *err);

/* Exactly the columns of this version, but for those that came later. */
bool field_is_header(const struct csv_table *csv, const struct field_table *table);

#endif
