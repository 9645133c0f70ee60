/* Texts of names and data: what a terminal, a table and a spreadsheet get to see of them. */
#include "harness/file/csv.h"
#include "harness/report/tables/sheet.h"
#include "harness/report/tables/sheet_latex.h"
#include "solvers/core/printable.h"
#include "solvers/core/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PUNCTUATION "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

static struct arena arena;

typedef void write_form(const void *what, size_t width, FILE *to);

/* What `write` writes, as one text. */
static const char *written(write_form *write, const void *what, size_t width)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	const char *out;

	assert_non_null(to);
	write(what, width, to);
	fclose(to);
	out = arena_text(&arena, text);
	free(text);
	return out;
}

static void put(const void *text, size_t width, FILE *to)
{
	(void)width;
	printable_put(text, to);
}

static void wrap(const void *text, size_t width, FILE *to)
{
	printable_wrap(text, 0, 2, width, to);
}

static void error(const void *err, size_t width, FILE *to)
{
	(void)width;
	err_print(err, to);
}

static void html(const void *text, size_t width, FILE *to)
{
	(void)width;
	sheet_html_text(text, to);
}

static void terminal(const void *sheet, size_t width, FILE *to)
{
	sheet_terminal(sheet, width, to);
}

static void latex(const void *sheet, size_t width, FILE *to)
{
	(void)width;
	sheet_latex(sheet, "", to);
}

static void control_characters_are_shown(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"plain " PUNCTUATION, "plain " PUNCTUATION},
		{"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
		{"a\nb\tc\r", "a\\nb\\tc\\x0d"},
		{"\x7f", "\\x7f"},
		{"\xc2\x9b"
		 "31m",
		 "\\x9b31m"}, /* CSI of C1 */
		{"\x9b"
		 "31m",
		 "\\x9b31m"}, /* the same in Latin-1 */
		{"caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80",
		 "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80"},
		{"\xe2\x80\xae"
		 "evil",
		 "\\u202eevil"},                     /* writes from right to left */
		{"\xc0\x9b", "\\xc0\\x9b"},          /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"cut \xe6\x97", "cut \\xe6\\x97"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(written(put, cases[i].text, 0), cases[i].shown);
	assert_int_equal(printable_width("caf\xc3\xa9"), 4);
	assert_int_equal(printable_width("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* two wide ones */
	assert_int_equal(printable_width("e\xcc\x81"), 1);                /* a combining accent */
	assert_int_equal(printable_width("\x1b"), 4);
}

static void errors_cannot_command_a_terminal(void **state)
{
	struct err err = {0};

	(void)state;
	err_at(&err, STATUS_ENV, (struct err_place){"a\x1b[2J.csv", 3, 4}, "got \"%s\"",
	       "\x1b]0;x\x07");
	assert_string_equal(written(error, &err, 0), "a\\x1b[2J.csv:3:4: got \"\\x1b]0;x\\x07\"\n");
}

static void lines_end_between_words(void **state)
{
	(void)state;
	assert_string_equal(written(wrap, "one two three", 0), "one two three");
	assert_string_equal(written(wrap, "one two three", 7), "one two\n  three");
	assert_string_equal(written(wrap, "one two three", 8), "one two\n  three");
	assert_string_equal(written(wrap, "incomprehensible words", 6),
			    "incomprehensible\n  words");
}

static struct sheet one_cell(const char *text)
{
	struct sheet sheet = sheet_new(&arena, 1, 1);

	sheet.head[0] = "name";
	sheet_set(&sheet, 0, 0, text);
	return sheet;
}

static void markup_in_names_is_escaped(void **state)
{
	static const struct {
		const char *name, *cell;
	} cases[] = {
		{"[a](http://b)", "[a\\](http\\://b)"},
		{"![a](b)", "![a\\](b)"},
		{"[a][b]", "[a\\][b]"},
		{"www.evil.org", "www\\.evil.org"},
		{"me@b.org", "me\\@b.org"},
		{"a|b<i>*c*`d`", "a\\|b\\<i>\\*c\\*\\`d\\`"},
		{"_a_ u_update", "\\_a\\_ u_update"},
		{"~~a~~ &lt; & R&D", "\\~\\~a\\~\\~ \\&lt; & R\\&D"},
		{"a\\*", "a\\\\\\*"},
		{"99.5 [98.1, 99.9]", "99.5 [98.1, 99.9]"},
		{"two\nlines\x1b", "two lines\\x1b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sheet sheet = one_cell(cases[i].name);
		const char *text = written(terminal, &sheet, 0);

		assert_non_null(strstr(text, arena_format(&arena, "| %s", cases[i].cell)));
		sheet.plain = true;
		assert_null(strstr(written(terminal, &sheet, 0), "\\]"));
	}
}

static void other_forms_hold_no_control_characters(void **state)
{
	struct sheet sheet = one_cell("a\x1b[0m&b");

	(void)state;
	assert_string_equal(written(html,
				    "a\x1b[0m<b>\n\tc"
				    "\xc2\x9b",
				    0),
			    "a\\x1b[0m&lt;b&gt;\n\tc\\x9b");
	assert_non_null(strstr(written(latex, &sheet, 0), "a\\textbackslash{}x1b[0m\\&b"));
}

/* A table of every kind of column; texts consist of words that occur once. */
static struct sheet wide_table(void)
{
	enum { ROWS = 3, COLS = 14 };
	struct sheet sheet = sheet_new(&arena, ROWS, COLS);

	sheet.keys = 2;
	for (size_t j = 0; j < COLS; j++) {
		sheet.numeric[j] = j > 1 && j % 4 != 0;
		sheet.head[j] = arena_format(&arena, "head%zu", j);
	}
	sheet.head[7] = NULL;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < COLS; j++)
			sheet_set(&sheet, i, j,
				  sheet.numeric[j]
					  ? arena_format(&arena, "-%zu%zu.1234567e-08", i, j)
					  : arena_format(&arena, "r%zuc%zu", i, j));
	sheet_set(&sheet, 0, 12, "several words with h\xc3\xb6her and suspect: constant (2 of 5)");
	sheet_set(&sheet, 1, 4, "another sentence which is longer than one line");
	return sheet;
}

/* Is every word of the text between spaces, bars and ends of lines in `shown`? */
static void assert_words(const char *text, const char *shown)
{
	const char *spaced = arena_format(&arena, " %s ", shown);
	char *at = arena_text(&arena, text), *flat = strchr(spaced, ' ');

	for (char *c = flat; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	for (char *word = strtok(at, " "); word; word = strtok(NULL, " "))
		if (!strstr(flat, arena_format(&arena, " %s ", word)))
			fail_msg("\"%s\" is cut in:\n%s", word, shown);
}

static void assert_lines(const char *shown, size_t width)
{
	for (const char *line = shown; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");

		if (printable_width(arena_text_n(&arena, line, length)) > width)
			fail_msg("wider than %zu: %.*s", width, (int)length, line);
	}
}

static void assert_whole(const struct sheet *sheet, size_t width)
{
	const char *shown = written(terminal, sheet, width);

	assert_lines(shown, width);
	for (size_t k = 0; k < sheet->rows * sheet->cols; k++)
		if (sheet->head[k % sheet->cols])
			assert_words(sheet->cell[k], shown);
}

static void tables_fit_and_nothing_is_cut(void **state)
{
	struct sheet sheet = wide_table();

	(void)state;
	for (size_t width = 40; width <= 200; width++) {
		sheet.plain = false;
		assert_whole(&sheet, width);
		sheet.plain = true;
		assert_whole(&sheet, width);
	}
	assert_int_equal(strcspn(written(terminal, &sheet, 0), "\n"),
			 strcspn(written(terminal, &sheet, 1000), "\n"));
}

static void narrow_terminals_get_lists(void **state)
{
	struct sheet sheet = wide_table();
	const char *shown = written(terminal, &sheet, 20);

	(void)state;
	assert_lines(shown, 20);
	assert_non_null(strstr(shown, "head0: r0c0\nhead1: r0c1\n"));
	assert_null(strstr(shown, "|"));
}

static void formulas_in_csv_are_guarded(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"=1+1", "'=1+1"},
		{"+cmd", "'+cmd"},
		{"-x", "'-x"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"=a,\"b\"", "\"'=a,\"\"b\"\"\""},
		{"\tx", "'\tx"},
		{"-1.5", "-1.5"},
		{"+3", "+3"},
		{"-1e-5", "-1e-5"},
		{"'=x", "''=x"},
		{"'-1", "''-1"},
		{"'quoted'", "'quoted'"},
		{"a=b", "a=b"},
		{"-", "'-"},
	};
	char path[] = "/tmp/relubench-formula-XXXXXX";
	struct csv_table table;
	struct err err = {0};
	struct csv csv;
	int file = mkstemp(path);

	(void)state;
	assert_int_not_equal(file, -1);
	close(file);
	assert_int_equal(csv_open(&csv, path, (const char *const[]){"=head", "n", NULL}, &err), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		csv_text(&csv, cases[i].text);
		csv_number(&csv, -0.5);
		csv_end_row(&csv);
	}
	assert_int_equal(csv_close(&csv, &err), STATUS_OK);
	assert_int_equal(csv_read(path, &arena, &table, &err), STATUS_OK);
	assert_string_equal(table.header[0], "=head");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(table.cell[2 * i], cases[i].text);
		assert_string_equal(table.cell[2 * i + 1], "-0.5");
		csv = (struct csv){.file = fopen(path, "w")};
		csv_text(&csv, cases[i].text);
		fclose(csv.file);
		csv.file = fopen(path, "r");
		assert_string_equal(fgets(arena_alloc(&arena, 64, 1), 64, csv.file), cases[i].line);
		fclose(csv.file);
	}
	unlink(path);
}

static int give_back(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_are_shown),
		cmocka_unit_test(errors_cannot_command_a_terminal),
		cmocka_unit_test(lines_end_between_words),
		cmocka_unit_test(markup_in_names_is_escaped),
		cmocka_unit_test(other_forms_hold_no_control_characters),
		cmocka_unit_test(tables_fit_and_nothing_is_cut),
		cmocka_unit_test(narrow_terminals_get_lists),
		cmocka_unit_test(formulas_in_csv_are_guarded),
	};

	return cmocka_run_group_tests(tests, NULL, give_back);
}
