/* A table of texts and its forms: Markdown (aligned, also for a terminal), HTML; LaTeX is in
 * sheet_latex.h. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sheet {
	size_t rows, cols;
	const char **head;  /* cols; a NULL column is left out of every form */
	bool *numeric;      /* cols: right aligned */
	size_t keys;        /* the first columns, which say what a row is of; at least 1 */
	bool plain;         /* for a terminal: without bars and escapes of Markdown */
	const char **cell;  /* rows x cols, row-major; NULL = empty */
	const char **hint;  /* rows: shown when pointing at the row in HTML, or NULL */
	const char **state; /* rows: CSS class of the row in HTML, or NULL */
	/* of tables that a spec asks for; else NULL */
	const char **unit; /* cols: behind the head, or NULL */
	const char **over; /* cols: the head over it and over neighbours with the same one, or NULL
			    */
	const char **tail; /* rows x cols: an interval behind the cell, or NULL */
	bool *bold;        /* rows x cols: the cell with its interval */
};

struct sheet sheet_new(struct arena *arena, size_t rows, size_t cols);
/* The same with the heads of its columns; `align` has a letter for each: l, or r of numbers. */
struct sheet sheet_headed(struct arena *arena, size_t rows, const char *align,
			  const char *const *heads);
void sheet_set(struct sheet *sheet, size_t row, size_t col, const char *text);
/* All cells of a row; nothing if the sheet has no such row, as where rows are counted first. */
void sheet_row(struct sheet *sheet, size_t row, const char *const *text);
/* Leave out columns that are empty in every row, from column `first` on. */
void sheet_drop_empty(struct sheet *sheet, size_t first);

void sheet_markdown(const struct sheet *sheet, FILE *to);
/* The same within `width` columns of a terminal (0: any number): long texts go on in further lines,
 * columns in further blocks, each with the key columns; where not even those fit, each row is a
 * list of its cells. Words and numbers are never cut. */
void sheet_terminal(const struct sheet *sheet, size_t width, FILE *to);
/* A table of class "sort" and id "table-<id>" whose columns sort by a click (the script is in the
 * report's page). */
void sheet_html(const struct sheet *sheet, const char *id, FILE *to);

/* "Test accuracy (%)" of a column; "" of one that is left out. */
const char *sheet_head(const struct sheet *sheet, size_t col, struct arena *arena);
/* "99.5 [98.2, 99.9]": a cell with its interval. */
const char *sheet_cell(const struct sheet *sheet, size_t row, size_t col, struct arena *arena);
/* How many columns from `col` on stand under the head over it; 1 if there is none. */
size_t sheet_span(const struct sheet *sheet, size_t col);

/* The number as a cell shows it; NULL if it is not known. */
const char *sheet_number(double value, const char *format, struct arena *arena);
/* The text as a cell shows it: without control characters. */
const char *sheet_shown(const char *text, struct arena *arena);

/* Text with <, >, &, " and ' escaped and without control characters but newlines and tabs. */
void sheet_html_text(const char *text, FILE *to);

#endif
