/* Delimited text (CSV and relatives), record by record, with the position of every field.
 *
 * Quoted fields with doubled quotes and line breaks (RFC 4180), lines that end with LF, CRLF or CR,
 * a byte order mark; blanks around fields, empty lines and comments are skipped. */
#ifndef CSV_DELIMITED_H
#define CSV_DELIMITED_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct csv_field {
	const char *at; /* length bytes, no NUL behind */
	size_t length;
	int line, col; /* where it starts, from 1 */
	bool quoted;
};

struct delimited {
	const char *path;
	char separator; /* DELIMITED_BLANKS: any run of blanks */
	char comment;   /* from here to the end of the line, outside quotes; '\0': none */
	bool arff;      /* quotes are " and ', and a backslash in them takes the next character */
	char *at, *end; /* unread content; fields are unquoted in place */
	bool cut;       /* the file goes on behind `end` */
	bool ends[256]; /* bytes that end a field without quotes */
	char *line_start;
	int line; /* of `at` */
	struct arena *arena;
	struct csv_field *field; /* of the current record */
	size_t count, room;
};

#define DELIMITED_BLANKS ' '

/* Reads the whole file into `arena`, which must outlive the fields; if `most` > 0 the first lines
 * alone: at most so many bytes, cut behind the last line in them. `path`, `separator` and `comment`
 * of `d`, and `arff`, are given. */
enum status delimited_open(struct delimited *d, size_t most, struct arena *arena, struct err *err);

/* The content is Latin-1 (ISO 8859-1): becomes UTF-8. Before the first record. */
void delimited_from_latin1(struct delimited *d);

/* The next record that is not empty; *more is false at the end. */
enum status delimited_next(struct delimited *d, bool *more, struct err *err);

/* One text from d->at on, quoted or up to one of `stops`, without the blanks around it. */
enum status delimited_word(struct delimited *d, const char *stops, struct csv_field *field,
			   struct err *err);

/* To the next line, from its end or within it. */
void delimited_line(struct delimited *d);

/* No more than this many records of `fields` fields can follow. */
size_t delimited_most(const struct delimited *d, size_t fields);

/* Whether its bytes are those of the text. */
bool csv_field_is(const struct csv_field *field, const char *text);

/* Whether its bytes are UTF-8 (RFC 3629). */
bool csv_field_is_utf8(const struct csv_field *field);

#endif
