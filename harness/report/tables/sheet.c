/* Tables of texts: LaTeX, HTML. */
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

/* What stands for a character in LaTeX's own fonts. */
static const struct {
	char c;
	const char *text;
} latex[] = {{'\\', "\\textbackslash{}"},
	     {'~', "\\textasciitilde{}"},
	     {'^', "\\textasciicircum{}"},
	     {'|', "\\textbar{}"},
	     {'<', "\\textless{}"},
	     {'>', "\\textgreater{}"},
	     {'"', "\\textquotedbl{}"},
	     {'&', "\\&"},
	     {'%', "\\%"},
	     {'$', "\\$"},
	     {'#', "\\#"},
	     {'_', "\\_"},
	     {'{', "\\{"},
	     {'}', "\\}"}};

static void latex_text(const char *text, FILE *to)
{
	static const char *const dash = "\xe2\x80\x93";
	struct arena scratch = {0};
	const char *shown = sheet_shown(text, &scratch);

	for (const char *at = shown; *at; at++) {
		bool starts = at == shown || strchr(" ([", at[-1]);
		const char *instead = NULL;

		for (size_t i = 0; i < sizeof latex / sizeof *latex; i++)
			if (latex[i].c == *at)
				instead = latex[i].text;
		if (strncmp(at, dash, strlen(dash)) == 0) {
			fputs("--", to);
			at += strlen(dash) - 1;
		} else if (starts && *at == '-' && at[1] >= '0' && at[1] <= '9') {
			fputs("$-$", to); /* a hyphen before a number is a minus */
		} else if (instead) {
			fputs(instead, to);
		} else {
			putc(*at, to);
		}
	}
	arena_release(&scratch);
}

void sheet_latex(const struct sheet *sheet, const char *caption, FILE *to)
{
	fputs("% needs \\usepackage{booktabs}, and \\usepackage[T1]{fontenc} for quotation "
	      "marks\n\\begin{table}\n\\centering\n\\begin{tabular}{",
	      to);
	for (size_t j = 0; j < sheet->cols; j++)
		if (sheet->head[j])
			putc(sheet->numeric[j] ? 'r' : 'l', to);
	fputs("}\n\\toprule\n", to);
	for (size_t i = 0; i <= sheet->rows; i++) {
		const char *const *cells = i ? sheet->cell + (i - 1) * sheet->cols : sheet->head;
		const char *gap = "";

		for (size_t j = 0; j < sheet->cols; j++) {
			const char *text = cells[j] ? cells[j] : "";

			if (!sheet->head[j])
				continue;
			/* \\ before a bracket would take it for its option */
			fprintf(to, "%s%s", gap, !*gap && *text == '[' ? "{}" : "");
			latex_text(text, to);
			gap = " & ";
		}
		fputs(i ? " \\\\\n" : " \\\\\n\\midrule\n", to);
	}
	fputs("\\bottomrule\n\\end{tabular}\n\\caption{", to);
	latex_text(caption, to);
	fputs("}\n\\end{table}\n", to);
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

void sheet_html(const struct sheet *sheet, const char *id, FILE *to)
{
	fprintf(to,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table "
		"%s\"><table class=\"sort\" id=\"table-%s\">\n<thead>",
		id, id);
	for (size_t i = 0; i <= sheet->rows; i++) { /* the heads, then the rows */
		const char *tag = i ? "td" : "th";

		fputs("<tr", to);
		if (i && sheet->state[i - 1])
			fprintf(to, " class=\"%s\"", sheet->state[i - 1]);
		if (i && sheet->hint[i - 1]) {
			fputs(" title=\"", to);
			sheet_html_text(sheet->hint[i - 1], to);
			putc('"', to);
		}
		putc('>', to);
		for (size_t j = 0; j < sheet->cols; j++) {
			if (!sheet->head[j])
				continue;
			fprintf(to, "<%s%s>", tag, sheet->numeric[j] ? " class=\"num\"" : "");
			sheet_html_text(i ? cell_at(sheet, i - 1, j) : sheet->head[j], to);
			fprintf(to, "</%s>", tag);
		}
		fputs(i ? "</tr>\n" : "</tr></thead>\n<tbody>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}
