/* Delimited text: layouts, quoting, missing values, labels. */
#include "tests/unit/harness/data/test_data_csv.h"
#include "harness/data/csv/delimited.h"
#include "tests/close.h"

#include <zlib.h>

static void layouts(void **state)
{
	static const char *const same[] = {
		"1,2,a\n3,4,b\n",             /* plain */
		"1,2,a\n3,4,b",               /* no end of line at the end */
		"1,2,a\r\n3,4,b\r\n",         /* CRLF */
		"1,2,a\r3,4,b\r",             /* CR */
		"1,2,a\r3,4,b",               /* CR between */
		"1,2,a\r\r\n3,4,b\n\r",       /* all at once */
		"\n1,2,a\n\n  \n3,4,b\n\n\n", /* empty lines */
		" 1 ,\t2 , a \n3,4,b  \n",    /* blanks around fields */
		("\xef\xbb\xbf"
		 "1,2,a\n3,4,b\n"),                                    /* byte order mark */
		"\"1\",2,\"a\"\n3,\"4\" ,b\n",                         /* quoted */
		"x,y,kind\n1,2,a\n3,4,b\n",                            /* header */
		"\"x\",\"the \"\"y\"\", or\nz\",kind\n1,2,a\n3,4,b\n", /* quoted header */
		"1.0e0,+2,a\n3.,04,b\n",
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		read_table(place, same[i], false);
		expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	}
}

static void separators(void **state)
{
	static const struct {
		const char *separator, *text;
	} cases[] = {
		{";", "1;2;a\n3;4;b\n"},
		{"|", "1 | 2 | a\n3|4|b\n"},
		{"tab", "1\t2\ta\n3\t4\tb\n"},
		{"whitespace", "  1   2 a \n3\t 4\tb\n\n"},
		{"whitespace", "x y kind\n\"1\" 2 a\n3 4 b"},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		place->csv.separator = cases[i].separator;
		read_table(place, cases[i].text, false);
		expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	}
}

static void columns(void **state)
{
	static const char *const id[] = {"id"}, *const by_index[] = {"0", "3"};
	const char *text = "id,kind,x,y\nr1,a,1,2\nr2,b,3,4\n";
	struct place *place = *state;

	place->csv.label = "kind";
	place->csv.drop = (struct texts){1, id};
	read_table(place, text, false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	place->csv.label = "1";
	place->csv.drop = (struct texts){2, by_index};
	read_table(place, text, false);
	expect(&place->table, 2, 1, (double[]){1, 3}, "a b");
	place->csv.label = "first";
	place->csv.drop.count = 0;
	read_table(place, "a,1,2\nb,3,4\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
}

static void header_option(void **state)
{
	struct place *place = *state;

	place->csv.header = 1; /* yes, although it looks like data */
	read_table(place, "5,6,a\n1,2,a\n3,4,b\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	place->csv.header = 0; /* auto: a record with a number is data */
	read_table(place, "5,6,c\n1,2,a\n", false);
	expect(&place->table, 2, 2, (double[]){5, 6, 1, 2}, "c a");
	place->csv.header = 2; /* no, although it holds no number */
	place->csv.missing = 2;
	read_table(place, "?,NA,c\n1,2,a\n", false);
	expect(&place->table, 2, 2, (double[]){NAN, NAN, 1, 2}, "c a");
}

static void missing_values(void **state)
{
	const char *text = "1,2,a\n?,4,b\n5, ,c\n7,NA,d\n9,NaN,e\n11,12,f\n";
	struct place *place = *state;

	place->csv.missing = 1; /* drop */
	read_table(place, text, false);
	expect(&place->table, 2, 2, (double[]){1, 2, 11, 12}, "a f");
	assert_int_equal(place->table.dropped, 4);
	place->csv.missing = 2; /* mean: left to data_load, which knows the training part */
	read_table(place, text, false);
	expect(&place->table, 6, 2, (double[]){1, 2, NAN, 4, 5, NAN, 7, NAN, 9, NAN, 11, 12},
	       "a b c d e f");
	place->csv.missing = 1;
	read_table(place, "1,2,a\n3,4,?\n5,6,b\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 5, 6}, "a b");
}

/* Error positions count lines by any end. */
static void positions(void **state)
{
	struct place *place = *state;

	expect_error(place, "1,2,a\r3,x,b\r", NULL,
		     "a.csv:2:3: column 1: expected a number, got \"x\"; a column of texts needs "
		     "one_hot: [1] or drop: [1], a marker of missing values missing_values");
	expect_error(place, "1,2,\"a\rb\"\r\n3,x,b\r", NULL,
		     "a.csv:3:3: column 1: expected a number, got \"x\"; a column of texts needs "
		     "one_hot: [1] or drop: [1], a marker of missing values missing_values");
	expect_error(place, "1,2,\"a\r\nb\"\n3,x,b\r", NULL,
		     "a.csv:3:3: column 1: expected a number, got \"x\"; a column of texts needs "
		     "one_hot: [1] or drop: [1], a marker of missing values missing_values");
}

/* Room for the rows of a file of CR, all of which counts. */
static void many_lines(void **state)
{
	enum { ROWS = 20000 };
	struct place *place = *state;
	char *text = calloc(ROWS, 16);
	size_t used = 0;

	for (int i = 0; i < ROWS; i++)
		used += (size_t)sprintf(text + used, "%d,%d\r", i, i % 2);
	read_table(place, text, false);
	free(text);
	assert_int_equal(place->table.n, ROWS);
	for (int i = 0; i < ROWS; i++)
		check_equal(place->table.x[i], i);
}

static void comments(void **state)
{
	static const char *const same[] = {
		"# from a machine\n1,2,a\n  # \"more\n3,4,b\n#\n",
		"x,y,kind # names\n1,2,a#b\n3,4,\"b\" # c, d\n",
		"#\r\n1,2,a\r\n#\r\n3,4,b",
	};
	struct place *place = *state;

	expect_error(place, "# from a machine\n1,2,a\n3,4,b\n", NULL,
		     "csv: no feature column is left in a.csv: if lines that start with \"#\" are "
		     "comments, say comment: \"#\"");
	expect_error(place, "1;2;a\n3;4;b\n", NULL,
		     "csv: no feature column is left in a.csv: fields may be separated by \";\", "
		     "separator: \";\"");
	expect_error(place, "1,2,a\n# more\n3,4,b\n", NULL,
		     "a.csv:2: expected 3 fields, got 1; if lines that start with \"#\" are "
		     "comments, say comment: \"#\"");
	place->csv.comment = "#";
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		read_table(place, same[i], false);
		expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	}
	read_table(place, "1,2,\"a#\"\n3,4,b\n", false); /* quoted: no comment */
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a# b");
	place->csv.comment = ",";
	expect_error(place, "1,2,a\n", NULL,
		     "csv.comment: expected one character other than the separator, quotes and "
		     "blanks, got \",\"");
	place->csv.comment = "//";
	expect_error(place, "1,2,a\n", NULL,
		     "csv.comment: expected one character other than the separator, quotes and "
		     "blanks, got \"//\"");
}

static void encodings(void **state)
{
	static const char *const umlaut[] = {"gr\xc3\xb6\xc3\x9f"
					     "e"};
	struct place *place = *state;

	expect_error(place, "1,2,\xe4\n3,4,b\n", NULL,
		     "a.csv:1:5: column 2: the text \"\\xe4\" is not UTF-8; if the file is in "
		     "Latin-1, say encoding: latin-1");
	expect_error(place,
		     "x,gr\xf6\xdf"
		     "e,kind\n1,2,a\n3,4,b\n",
		     NULL,
		     "a.csv:1:3: column 1 (\"gr\\xf6\\xdfe\"): the text \"gr\\xf6\\xdfe\" is "
		     "not UTF-8; if the file is in Latin-1, say encoding: latin-1");
	read_table(place, "1,2,\xc3\xa4\n3,4,b\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "\xc3\xa4 b");
	place->csv.encoding = 1; /* latin-1 */
	place->csv.drop = (struct texts){1, umlaut};
	read_table(place,
		   "x,gr\xf6\xdf"
		   "e,kind\n1,2,\xff\n3,4,b\n",
		   false);
	expect(&place->table, 2, 1, (double[]){1, 3}, "\xc3\xbf b");
	assert_string_equal(place->table.names[0], "x");
}

/* Texts that are no UTF-8: bytes alone, cut, overlong, a surrogate, too large. */
static void utf8(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xc3",
					  "\xc3(",
					  "\xc0\xaf",
					  "\xe0\x80\x80",
					  "\xed\xa0\x80",
					  "\xf5\x80\x80\x80",
					  "\xf0\x80\x80\x80",
					  "\xf4\x90\x80\x80",
					  "\xe2\x82"};
	static const char *const good[] = {"",
					   "a",
					   "\xc2\x80",
					   "\xe2\x82\xac",
					   "\xed\x9f\xbf",
					   "\xf0\x9f\x98\x80",
					   "\xf4\x8f\xbf\xbf"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(csv_field_is_utf8(
			&(struct csv_field){.at = bad[i], .length = strlen(bad[i])}));
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(csv_field_is_utf8(
			&(struct csv_field){.at = good[i], .length = strlen(good[i])}));
}

static void targets(void **state)
{
	struct place *place = *state;

	read_table(place, "1,2,0.5\n3,4,-7e2\n", true);
	assert_null(place->table.label);
	check_equal(place->table.target[0], 0.5);
	check_equal(place->table.target[1], -700);
}

static void test_file(void **state)
{
	struct place *place = *state;

	read_pair(place, "1,2,a\n3,4,b\n", "x,y,kind\n9,8,b\n");
	expect_note(place, "one of training and test file has a header: columns taken in one "
			   "order");
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
	expect(&place->test_table, 1, 2, (double[]){9, 8}, "b");
}

static void packed(void **state)
{
	struct place *place = *state;
	struct read_request request = {0};
	struct err err = {0};
	gzFile file = gzopen(place->path, "wb");

	for (int i = 0; i < 200000; i++) /* more than one chunk of the reader */
		gzprintf(file, "%d,%d,%d\n", i, 2 * i, i % 2);
	gzclose(file);
	assert_int_equal(source_csv.read(&place->csv, &request, &place->room.arena, &place->table,
					 &place->test_table, &err),
			 STATUS_OK);
	assert_int_equal(place->table.n, 200000);
	for (size_t i = 0; i < place->table.n; i++)
		if (place->table.x[2 * i] != (double)i ||
		    place->table.x[2 * i + 1] != 2 * (double)i)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(layouts),        CASE(separators),       CASE(columns),    CASE(header_option),
		CASE(missing_values), CASE(positions),        CASE(many_lines), CASE(comments),
		CASE(encodings),      cmocka_unit_test(utf8), CASE(targets),    CASE(test_file),
		CASE(packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
