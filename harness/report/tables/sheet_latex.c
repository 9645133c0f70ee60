/* Tables of texts: LaTeX. */
#include "harness/report/tables/sheet_latex.h"
#include "solvers/core/printable.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define POINTS 72.27 /* in an inch */

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
	static const char *const dash = "\xe2\x80\x93", *const plus = "\xc2\xb1";
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
		} else if (strncmp(at, plus, strlen(plus)) == 0) {
			fputs("$\\pm$", to);
			at += strlen(plus) - 1;
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

/* --- a table that fits a page --------------------------------------------------------------- */

/* Widths of the letters of Computer Modern from ' ' on, in thousandths of its size (cmr10.tfm). */
static const short letters[] = {
	333, 278, 500, 833, 500, 833, 778, 278,  389, 389, 500, 778, 278, 333, 278, 500,
	500, 500, 500, 500, 500, 500, 500, 500,  500, 500, 278, 278, 778, 778, 778, 472,
	778, 750, 708, 722, 764, 681, 653, 785,  750, 361, 514, 778, 625, 917, 750, 778,
	681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 500,
	278, 500, 556, 444, 556, 444, 306, 500,  556, 278, 306, 528, 278, 833, 556, 500,
	556, 528, 392, 394, 389, 556, 528, 722,  528, 528, 444, 500, 278, 500, 500};

/* How a table is set, from the largest on: letters of \small and below in a paper of 10 pt are 9,
 * 8, 7 and 5 pt; smaller ones are wider for their size, by 3 % to 36 %. */
struct setting {
	const char *size, *interval; /* of letters, and of those of intervals */
	double letter, small;        /* the same in pt, times what they are wider */
	double gap;                  /* between two columns, on either side, in pt */
	bool below;                  /* intervals stand below their numbers */
};

static const struct setting settings[] = {
	{"\\small", "\\scriptsize", 9.27, 8, 6, false},
	{"\\small", "\\scriptsize", 9.27, 8, 3, false},
	{"\\footnotesize", "\\scriptsize", 8.5, 8, 4, false},
	{"\\footnotesize", "\\scriptsize", 8.5, 8, 2.5, false},
	{"\\small", "\\scriptsize", 9.27, 8, 4, true},
	{"\\footnotesize", "\\scriptsize", 8.5, 8, 4, true},
	{"\\footnotesize", "\\scriptsize", 8.5, 8, 2.5, true},
	{"\\footnotesize", "\\tiny", 8.5, 6.9, 2.5, true},
};

enum { SETTINGS = sizeof settings / sizeof *settings };

static double text_width(const char *text, double letter)
{
	double width = 0;

	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= ' ' && c <= '~')
			width += letters[c - ' '];
		else if ((c & 0xc0) != 0x80) /* one letter of several bytes */
			width += 778;
	}
	return 1.01 * width * letter / 1000; /* rounded up */
}

static const char *text_at(const struct sheet *sheet, const char *const *texts, size_t row,
			   size_t col)
{
	const char *text = texts ? texts[row * sheet->cols + col] : NULL;

	return text ? text : "";
}

/* Of "2.5e-11" as a power of ten, its exponent in letters of 0.8 of that width. */
static double number_width(const char *text, double letter)
{
	const char *power = strchr(text, 'e');
	size_t digits = strspn(text, "-0123456789.");
	double width = text_width(text, letter);

	if (!power || power != text + digits)
		return width;
	width -= text_width(power, letter);
	width += text_width("'10", letter) + (power[1] == '-' ? 0.65 * letter : 0);
	power += 1 + strspn(power + 1, "+-0");
	return width + 0.8 * text_width(*power ? power : "0", letter);
}

/* Of the cells of a column. */
static double body_width(const struct sheet *sheet, size_t col, const struct setting *s)
{
	double width = 0;

	for (size_t i = 0; i < sheet->rows; i++) {
		bool bold = sheet->bold && sheet->bold[i * sheet->cols + col];
		double value = number_width(text_at(sheet, sheet->cell, i, col), s->letter);
		const char *tail = text_at(sheet, sheet->tail, i, col);
		double interval = text_width(tail, s->small);

		if (*tail)
			value = s->below ? fmax(value, interval)
					 : value + text_width(" ", s->letter) + interval;
		width = fmax(width, bold ? 1.16 * value : value);
	}
	return width;
}

/* A head and the place of the space where it goes on in a second line: where it is wider than its
 * column, so that the wider line is as narrow as can be; its end where it is in one line. *width:
 * of the wider line. */
static size_t head_break(const struct sheet *sheet, size_t col, const struct setting *s,
			 double *width)
{
	const char *head = sheet->head[col];
	size_t best = strlen(head);
	double body = body_width(sheet, col, s);

	*width = text_width(head, s->letter);
	for (size_t i = 0; *width > body && head[i]; i++) {
		double rest = text_width(head + i + 1, s->letter);
		double wider = fmax(text_width(head, s->letter) - rest, rest);

		if (head[i] != ' ' || wider >= *width)
			continue;
		best = i;
		*width = wider;
	}
	return best;
}

static double column_width(const struct sheet *sheet, size_t col, const struct setting *s)
{
	const char *unit = sheet->unit && sheet->unit[col] ? sheet->unit[col] : "";
	double head;

	head_break(sheet, col, s, &head);
	if (*unit)
		head = fmax(head, text_width(unit, s->letter) + s->letter);
	return fmax(head, body_width(sheet, col, s));
}

/* Of the whole table, in pt. */
static double table_width(const struct sheet *sheet, const struct setting *s)
{
	double width = 0;

	for (size_t j = 0, span; j < sheet->cols; j += span) {
		double under = 0;

		span = sheet_span(sheet, j);
		for (size_t k = j; k < j + span; k++)
			if (sheet->head[k])
				under += column_width(sheet, k, s) + 2 * s->gap;
		if (sheet->over && sheet->over[j])
			under = fmax(under, text_width(sheet->over[j], s->letter) + 2 * s->gap);
		width += under;
	}
	return fmax(0, width - 2 * s->gap);
}

/* "2.5e-11" as a power of ten; any other text as it is. */
static void latex_number(const char *text, FILE *to)
{
	size_t digits = strspn(text, "-0123456789.");
	const char *power = text + digits + 1;
	bool minus;

	if (!digits || text[digits] != 'e' || !isdigit((unsigned char)text[strlen(text) - 1])) {
		latex_text(text, to);
		return;
	}
	minus = *power == '-';
	power += strspn(power, "+-0");
	fprintf(to, "$%.*s{\\cdot}10^{%s%s}$", (int)digits, text, minus ? "-" : "",
		*power ? power : "0");
}

/* The interval of a cell, with the size of its letters. */
static void latex_tail(const struct setting *s, const char *text, FILE *to)
{
	static const char *const plus = "\xc2\xb1 ";

	fprintf(to, "{%s ", s->interval);
	if (strncmp(text, plus, strlen(plus)) == 0) {
		fputs("$\\pm$\\,", to);
		latex_number(text + strlen(plus), to);
	} else {
		latex_text(text, to);
	}
	putc('}', to);
}

/* The heads over columns, with a rule below each. */
static void latex_over(const struct sheet *sheet, FILE *to)
{
	size_t first = 1;
	bool any = false;

	for (size_t j = 0, span; j < sheet->cols; j += span) {
		span = sheet_span(sheet, j);
		any = any || sheet->over[j];
	}
	for (size_t j = 0, span; any && j < sheet->cols; j += span) {
		span = sheet_span(sheet, j);
		fputs(j ? " & " : "", to);
		if (!sheet->over[j])
			continue;
		fprintf(to, "\\multicolumn{%zu}{c}{", span);
		latex_text(sheet->over[j], to);
		putc('}', to);
	}
	fputs(any ? " \\\\\n" : "", to);
	for (size_t j = 0, span; any && j < sheet->cols; j += span, first += span) {
		span = sheet_span(sheet, j);
		if (sheet->over[j])
			fprintf(to, "\\cmidrule(lr){%zu-%zu}", first, first + span - 1);
	}
	fputs(any ? "\n" : "", to);
}

/* A part of a head, centred over numbers. */
static void latex_head(const struct sheet *sheet, size_t col, const char *text, FILE *to)
{
	fputs(col ? " & " : "", to);
	if (!*text)
		return;
	fputs(sheet->numeric[col] ? "\\multicolumn{1}{c}{" : "{", to);
	latex_text(text, to);
	putc('}', to);
}

/* The heads of columns in one or two lines, and their units in a line of their own. */
static void latex_heads(const struct sheet *sheet, const struct setting *s, FILE *to)
{
	enum { FIRST, SECOND, UNIT, LINES };
	struct arena scratch = {0};
	const char **line = ARENA_ARRAY(&scratch, const char *, LINES * sheet->cols);
	bool any[LINES] = {false};

	for (size_t j = 0; j < sheet->cols; j++) {
		const char *head = sheet->head[j], *unit = sheet->unit ? sheet->unit[j] : NULL;
		double width;
		size_t cut = head_break(sheet, j, s, &width);
		const char *const texts[LINES] = {
			[FIRST] = head[cut] ? arena_text_n(&scratch, head, cut) : "",
			[SECOND] = head[cut] ? head + cut + 1 : head,
			[UNIT] = unit ? arena_format(&scratch, "(%s)", unit) : ""};

		for (size_t k = 0; k < LINES; k++) {
			line[k * sheet->cols + j] = texts[k];
			any[k] = any[k] || *texts[k];
		}
	}
	for (size_t k = 0; k < LINES; k++) {
		for (size_t j = 0; any[k] && j < sheet->cols; j++)
			latex_head(sheet, j, line[k * sheet->cols + j], to);
		fputs(any[k] ? " \\\\\n" : "", to);
	}
	fputs("\\midrule\n", to);
	arena_release(&scratch);
}

/* The key of the first column is said once where the rows before have it too. */
static bool is_again(const struct sheet *sheet, size_t row)
{
	return row && sheet->keys > 1 &&
	       strcmp(text_at(sheet, sheet->cell, row, 0),
		      text_at(sheet, sheet->cell, row - 1, 0)) == 0;
}

/* A row of numbers, and one of their intervals where these stand below. */
static void latex_row(const struct sheet *sheet, size_t row, const struct setting *s, FILE *to)
{
	bool tails = false;

	for (size_t j = 0; j < sheet->cols; j++) {
		const char *tail = text_at(sheet, sheet->tail, row, j);
		bool bold = sheet->bold && sheet->bold[row * sheet->cols + j];

		tails = tails || *tail;
		/* \\ before a bracket would take it for its option */
		fprintf(to, "%s%s", j ? " & " : "{}", bold ? "\\textbf{\\boldmath " : "");
		if (j || !is_again(sheet, row))
			(sheet->numeric[j] ? latex_number
					   : latex_text)(text_at(sheet, sheet->cell, row, j), to);
		if (*tail && !s->below) {
			putc(' ', to);
			latex_tail(s, tail, to);
		}
		fputs(bold ? "}" : "", to);
	}
	for (size_t j = 0; s->below && tails && j < sheet->cols; j++) {
		const char *tail = text_at(sheet, sheet->tail, row, j);
		bool bold = *tail && sheet->bold && sheet->bold[row * sheet->cols + j];

		fprintf(to, "%s%s", j ? " & " : " \\\\*[-2pt]\n{}",
			bold ? "\\textbf{\\boldmath " : "");
		if (*tail)
			latex_tail(s, tail, to);
		fputs(bold ? "}" : "", to);
	}
	fputs(s->below && tails ? " \\\\\n\\addlinespace[1pt]\n" : " \\\\\n", to);
}

double sheet_latex_fit(const struct sheet *sheet, const struct sheet_page *page, FILE *to)
{
	size_t at = 0;
	double width = table_width(sheet, &settings[0]);
	const struct setting *s;
	const char *star;

	while (width > page->width * POINTS && at + 1 < SETTINGS)
		width = table_width(sheet, &settings[++at]);
	s = &settings[at];
	/* wider than a column of a two-column paper: over both of them */
	star = width > 3.25 * POINTS ? "*" : "";
	fprintf(to,
		"%% needs \\usepackage{booktabs}, and \\usepackage[T1]{fontenc} for quotation "
		"marks\n%% estimated width: %.2f in of %.2f in\n\\begin{table%s}\n\\centering\n"
		"\\caption{",
		width / POINTS, page->width, star);
	latex_text(page->title, to);
	fprintf(to, "}\n\\label{tab:%s}\n%s\n\\setlength{\\tabcolsep}{%gpt}\n\\begin{tabular}{@{}",
		page->label, s->size, s->gap);
	for (size_t j = 0; j < sheet->cols; j++)
		putc(sheet->numeric[j] ? 'r' : 'l', to);
	fputs("@{}}\n\\toprule\n", to);
	if (sheet->over)
		latex_over(sheet, to);
	latex_heads(sheet, s, to);
	for (size_t i = 0; i < sheet->rows; i++) {
		if (i && sheet->keys > 1 && !is_again(sheet, i))
			fputs("\\midrule\n", to);
		latex_row(sheet, i, s, to);
	}
	fputs("\\bottomrule\n\\end{tabular}\n", to);
	if (*page->note) {
		fputs("\\par\\smallskip{\\footnotesize\\raggedright ", to);
		latex_text(page->note, to);
		fputs("\\par}\n", to);
	}
	fprintf(to, "\\end{table%s}\n", star);
	return width / POINTS;
}
