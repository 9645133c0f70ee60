/* Delimited text: layouts, quoting, missing values, labels. */
#include "tests/close.h"
#include "tests/unit/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

struct place {
	char folder[256], path[300], test[300];
	struct arena arena;
	struct csv_options csv;
	struct table table, test_table;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	files_folder(place->folder);
	snprintf(place->path, sizeof place->path, "%s/a.csv", place->folder);
	snprintf(place->test, sizeof place->test, "%s/b.csv", place->folder);
	place->csv = files_csv(place->path);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->path);
	unlink(place->test);
	rmdir(place->folder);
	arena_release(&place->arena);
	free(place);
	return 0;
}

static void read_table(struct place *place, const char *text, bool regression)
{
	struct read_request request = {.regression = regression};
	struct err err = {0};

	files_write(place->path, text, strlen(text));
	memset(&place->table, 0, sizeof place->table);
	memset(&place->test_table, 0, sizeof place->test_table);
	if (source_csv.read(&place->csv, &request, &place->arena, &place->table, &place->test_table,
			    &err) != STATUS_OK)
		fail_msg("%d:%d: %s", err.line, err.col, err.text);
}

/* n x d values (NaN matches NaN) and the labels, separated by blanks. */
static void expect(const struct table *table, size_t n, size_t d, const double *x,
		   const char *labels)
{
	char got[256] = "";

	assert_int_equal(table->n, n);
	assert_int_equal(table->d, d);
	for (size_t i = 0; i < n * d; i++)
		if (table->x[i] != x[i] && !(isnan(table->x[i]) && isnan(x[i])))
			fail_msg("value %zu: got %g, want %g", i, table->x[i], x[i]);
	for (size_t i = 0; i < n; i++) {
		strcat(got, i ? " " : "");
		strcat(got, table->label[i]);
	}
	assert_string_equal(got, labels);
}

static void layouts(void **state)
{
	static const char *const same[] = {
		"1,2,a\n3,4,b\n",             /* plain */
		"1,2,a\n3,4,b",               /* no end of line at the end */
		"1,2,a\r\n3,4,b\r\n",         /* CRLF */
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

	place->csv.test = place->test;
	files_write(place->test, "x,y,kind\n9,8,b\n", 15);
	read_table(place, "1,2,a\n3,4,b\n", false);
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
	assert_int_equal(source_csv.read(&place->csv, &request, &place->arena, &place->table,
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
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(layouts),        CASE(separators), CASE(columns),   CASE(header_option),
		CASE(missing_values), CASE(targets),    CASE(test_file), CASE(packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
