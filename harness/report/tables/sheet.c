/* Tables of texts: LaTeX, HTML. */
#include "harness/report/tables/sheet.h"
#include "solvers/core/printable.h"

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

/* What stands for a character in LaTeX's own fonts; NULL: itself. */
static const char *latex_character(char c)
{
	static const struct {
		char c;
		const char *text;
	} table[] = {{'\\', "\\textbackslash{}"},
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

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].c == c)
			return table[i].text;
	return NULL;
}

/* A hyphen before a number, at the start of a word, is a minus. */
static bool is_minus(const char *text, const char *at)
{
	return *at == '-' && at[1] >= '0' && at[1] <= '9' &&
	       (at == text || at[-1] == ' ' || at[-1] == '(' || at[-1] == '[');
}

static void latex_shown(const char *text, FILE *to)
{
	static const char *const dash = "\xe2\x80\x93";

	for (const char *at = text; *at; at++) {
		const char *instead = latex_character(*at);

		if (strncmp(at, dash, strlen(dash)) == 0) {
			fputs("--", to);
			at += strlen(dash) - 1;
		} else if (is_minus(text, at)) {
			fputs("$-$", to);
		} else if (instead) {
			fputs(instead, to);
		} else {
			putc(*at == '\n' ? ' ' : *at, to);
		}
	}
}

static void latex_text(const char *text, FILE *to)
{
	struct arena scratch = {0};

	latex_shown(sheet_shown(text, &scratch), to);
	arena_release(&scratch);
}

static void latex_row(const struct sheet *sheet, const char *const *cells, FILE *to)
{
	const char *gap = "";

	for (size_t j = 0; j < sheet->cols; j++) {
		if (!sheet->head[j])
			continue;
		/* \\ before a bracket would take it for its option */
		fprintf(to, "%s%s", gap, !*gap && cells[j] && cells[j][0] == '[' ? "{}" : "");
		latex_text(cells[j] ? cells[j] : "", to);
		gap = " & ";
	}
	fputs(" \\\\\n", to);
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
	latex_row(sheet, sheet->head, to);
	fputs("\\midrule\n", to);
	for (size_t i = 0; i < sheet->rows; i++)
		latex_row(sheet, sheet->cell + i * sheet->cols, to);
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

static void html_cell(const struct sheet *sheet, const char *tag, const char *text, size_t col,
		      FILE *to)
{
	fprintf(to, "<%s%s>", tag, sheet->numeric[col] ? " class=\"num\"" : "");
	sheet_html_text(text, to);
	fprintf(to, "</%s>", tag);
}

static void html_row(const struct sheet *sheet, size_t row, FILE *to)
{
	fputs("<tr", to);
	if (sheet->state[row])
		fprintf(to, " class=\"%s\"", sheet->state[row]);
	if (sheet->hint[row]) {
		fputs(" title=\"", to);
		sheet_html_text(sheet->hint[row], to);
		putc('"', to);
	}
	putc('>', to);
}

void sheet_html(const struct sheet *sheet, const char *id, FILE *to)
{
	fprintf(to, "<div class=\"scroll\"><table class=\"sort\" id=\"table-%s\">\n<thead><tr>",
		id);
	for (size_t j = 0; j < sheet->cols; j++)
		if (sheet->head[j])
			html_cell(sheet, "th", sheet->head[j], j, to);
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < sheet->rows; i++) {
		html_row(sheet, i, to);
		for (size_t j = 0; j < sheet->cols; j++)
			if (sheet->head[j])
				html_cell(sheet, "td", cell_at(sheet, i, j), j, to);
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}
