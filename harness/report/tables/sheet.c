/* Tables of texts: HTML. */
#include "harness/report/tables/sheet.h"
#include "harness/report/records/stat.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

struct sheet sheet_new(struct arena *arena, size_t rows, size_t cols)
{
	return (struct sheet){
		.rows = rows,
		.cols = cols,
		.head = ARENA_ARRAY(arena, const char *, cols),
		.numeric = ARENA_ARRAY(arena, bool, cols),
		.keys = 1,
		.cell = ARENA_ARRAY(arena, const char *, rows *cols),
		.hint = ARENA_ARRAY(arena, const char *, rows),
		.state = ARENA_ARRAY(arena, const char *, rows),
	};
}

struct sheet sheet_headed(struct arena *arena, size_t rows, const char *align,
			  const char *const *heads)
{
	struct sheet sheet = sheet_new(arena, rows, strlen(align));

	for (size_t j = 0; j < sheet.cols; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = align[j] == 'r';
	}
	return sheet;
}

void sheet_set(struct sheet *sheet, size_t row, size_t col, const char *text)
{
	sheet->cell[row * sheet->cols + col] = text;
}

void sheet_row(struct sheet *sheet, size_t row, const char *const *text)
{
	for (size_t j = 0; j < sheet->cols && row < sheet->rows; j++)
		sheet_set(sheet, row, j, text[j]);
}

static const char *cell_at(const struct sheet *sheet, size_t row, size_t col)
{
	const char *text = sheet->cell[row * sheet->cols + col];

	return text ? text : "";
}

void sheet_drop_empty(struct sheet *sheet, size_t first)
{
	for (size_t j = first; j < sheet->cols; j++) {
		bool empty = true;

		for (size_t i = 0; i < sheet->rows; i++)
			empty = empty && !*cell_at(sheet, i, j);
		if (empty)
			sheet->head[j] = NULL;
	}
}

const char *sheet_number(double value, const char *format, struct arena *arena)
{
	char text[32];

	if (isnan(value))
		return NULL;
	stat_format(text, sizeof text, format, value);
	return arena_text(arena, text);
}

/* Newlines within a cell are spaces. */
const char *sheet_shown(const char *text, struct arena *arena)
{
	/* each byte takes four at most: \x1b */
	char *out = ARENA_ARRAY(arena, char, 4 * strlen(text) + PRINTABLE_BYTES), *to = out;

	while (*text) {
		if (*text == '\n' || *text == '\t') {
			*to++ = ' ';
			text++;
			continue;
		}
		printable_next(&text, to);
		to += strlen(to);
	}
	*to = '\0';
	return out;
}

const char *sheet_head(const struct sheet *sheet, size_t col, struct arena *arena)
{
	const char *head = sheet->head[col] ? sheet->head[col] : "";

	return sheet->unit && sheet->unit[col]
		       ? arena_format(arena, "%s (%s)", head, sheet->unit[col])
		       : head;
}

const char *sheet_cell(const struct sheet *sheet, size_t row, size_t col, struct arena *arena)
{
	const char *text = cell_at(sheet, row, col);
	const char *tail = sheet->tail ? sheet->tail[row * sheet->cols + col] : NULL;

	return tail && *text ? arena_format(arena, "%s %s", text, tail) : text;
}

size_t sheet_span(const struct sheet *sheet, size_t col)
{
	const char *over = sheet->over ? sheet->over[col] : NULL;
	size_t span = 1;

	while (over && col + span < sheet->cols && sheet->over[col + span] &&
	       strcmp(sheet->over[col + span], over) == 0)
		span++;
	return span;
}

void sheet_html_text(const char *text, FILE *to)
{
	char shown[PRINTABLE_BYTES];

	while (*text) {
		const char *entity = *text == '<'    ? "&lt;"
				     : *text == '>'  ? "&gt;"
				     : *text == '&'  ? "&amp;"
				     : *text == '"'  ? "&quot;"
				     : *text == '\'' ? "&#39;"
				     : *text == '\n' ? "\n"
				     : *text == '\t' ? "\t"
						     : NULL;

		if (entity)
			text++;
		else
			printable_next(&text, shown);
		fputs(entity ? entity : shown, to);
	}
}

/* The heads over columns. */
static void html_over(const struct sheet *sheet, FILE *to)
{
	fputs("<tr class=\"over\">", to);
	for (size_t j = 0, span; j < sheet->cols; j += span) {
		span = sheet_span(sheet, j);
		if (!sheet->over[j]) {
			fputs("<td></td>", to);
			continue;
		}
		fprintf(to, "<th colspan=\"%zu\" scope=\"colgroup\">", span);
		sheet_html_text(sheet->over[j], to);
		fputs("</th>", to);
	}
	fputs("</tr>\n", to);
}

/* A cell; number and interval do not break within. */
static void html_cell(const struct sheet *sheet, size_t row, size_t col, FILE *to)
{
	const char *text = cell_at(sheet, row, col);
	const char *tail = sheet->tail ? sheet->tail[row * sheet->cols + col] : NULL;
	bool bold = sheet->bold && sheet->bold[row * sheet->cols + col];

	fputs(bold ? "<strong>" : "", to);
	fputs(tail ? "<span>" : "", to);
	sheet_html_text(text, to);
	if (tail) {
		fputs("</span> <span>", to);
		sheet_html_text(tail, to);
		fputs("</span>", to);
	}
	fputs(bold ? "</strong>" : "", to);
}

/* A row, or the heads: row 0. */
static void html_row(const struct sheet *sheet, size_t row, FILE *to)
{
	const char *tag = row ? "td" : "th";
	struct arena scratch = {0};

	for (size_t j = 0; j < sheet->cols; j++) {
		if (!sheet->head[j])
			continue;
		fprintf(to, "<%s%s>", tag, sheet->numeric[j] ? " class=\"num\"" : "");
		if (row)
			html_cell(sheet, row - 1, j, to);
		else
			sheet_html_text(sheet_head(sheet, j, &scratch), to);
		fprintf(to, "</%s>", tag);
	}
	arena_release(&scratch);
}

void sheet_html(const struct sheet *sheet, const char *id, FILE *to)
{
	bool over = false;

	for (size_t j = 0; sheet->over && j < sheet->cols; j++)
		over = over || sheet->over[j];
	fprintf(to,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table "
		"%s\"><table class=\"sort\" id=\"table-%s\">\n<thead>",
		id, id);
	if (over)
		html_over(sheet, to);
	for (size_t i = 0; i <= sheet->rows; i++) { /* the heads, then the rows */
		fputs("<tr", to);
		if (i && sheet->state[i - 1])
			fprintf(to, " class=\"%s\"", sheet->state[i - 1]);
		if (i && sheet->hint[i - 1]) {
			fputs(" title=\"", to);
			sheet_html_text(sheet->hint[i - 1], to);
			putc('"', to);
		}
		putc('>', to);
		html_row(sheet, i, to);
		fputs(i ? "</tr>\n" : "</tr></thead>\n<tbody>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}
