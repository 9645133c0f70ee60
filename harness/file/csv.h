/* CSV by RFC 4180: writing with numbers that round-trip, and reading of our own files. */
#ifndef FILE_CSV_H
#define FILE_CSV_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>
#include <stdio.h>

enum {
	CSV_NUMBER_BYTES = 32 /* "-1.2345678901234567e-308" and a NUL */
};

/* A file being written: csv_open writes the header; a cell that is NULL or NaN becomes empty. */
struct csv {
	FILE *file;
	const char *path;
	size_t column;
};

enum status csv_open(struct csv *csv, const char *path, const char *const *header, struct err *err);
/* A text that a spreadsheet would take for a formula gets a ' before it, which csv_read takes away:
 * one that begins with = + - @, a tab or a return and is no number, also behind ' of its own. */
void csv_text(struct csv *csv, const char *text);
void csv_number(struct csv *csv,
		double value); /* shortest text that reads back to the same double */
/* The shortest of 15 to 17 digits that reads back to the same double. */
void csv_format(double value, char text[CSV_NUMBER_BYTES]);
void csv_end_row(struct csv *csv);
/* Hand what was written to the system, so that it outlives this process. */
void csv_flush(struct csv *csv);
enum status csv_close(struct csv *csv, struct err *err); /* a full disk is reported here */

/* Make a whole file of one that its writer was killed at: cut off what follows the last end of a
 * line; a file without a whole line is removed. No error if there is no such file. */
enum status csv_mend(const char *path, struct err *err);

/* A whole file in memory, header apart. */
struct csv_table {
	size_t rows, cols;
	const char **header; /* cols */
	const char **cell;   /* rows x cols, row-major */
};

enum status csv_read(const char *path, struct arena *arena, struct csv_table *out, struct err *err);
/* Index of a column, or -1. */
int csv_column(const struct csv_table *table, const char *name);
/* NaN where empty or no number. */
double csv_value(const struct csv_table *table, size_t row, int col);

#endif
