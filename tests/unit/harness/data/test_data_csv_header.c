/* Delimited text: which first record is a header, names of columns, names in two files. */
#include "tests/unit/harness/data/test_data_csv.h"

enum { YES = 1, NO = 2 }; /* of the option header */

#define COUNT_NOTE(names)                                                                  \
	"header: the first line of the training file, " names ", was taken for the names " \
	"of the columns; say header: no if it is a row"

/* pandas writes 0, 1, 2, ... for columns without names. */
static void counting_headers(void **state)
{
	struct place *place = *state;

	read_table(place, "0,1,2\n1.5,2,0\n3,4,1\n", false);
	expect(&place->table, 2, 2, (double[]){1.5, 2, 3, 4}, "0 1");
	expect_note(place, COUNT_NOTE("0,1,2"));
	assert_string_equal(place->table.names[1], "1");
	read_table(place, "0,1\n1.5,0\n3,1\n", false);
	expect(&place->table, 2, 1, (double[]){1.5, 3}, "0 1");
	expect_note(place, COUNT_NOTE("0,1"));
	read_table(place, "0,1,y\n1.5,2,0\n3,4,1\n", false); /* a text over a number */
	expect(&place->table, 2, 2, (double[]){1.5, 2, 3, 4}, "0 1");
	expect_note(place, COUNT_NOTE("0,1,y"));
	read_table(place, "0,1,y\n1.5,2,a\n3,4,b\n", false); /* over a decimal */
	expect(&place->table, 2, 2, (double[]){1.5, 2, 3, 4}, "a b");
	expect_note(place, COUNT_NOTE("0,1,y"));
	read_table(place, "0,1,a\n1,2,a\n3,4,b\n", false); /* a row as good as others */
	expect(&place->table, 3, 2, (double[]){0, 1, 1, 2, 3, 4}, "a a b");
	expect_note(place, NULL);
	expect_error(
		place, "0,1,y\n1,2,a\n3,4,b\n", NULL,
		"a.csv:1: header: auto cannot tell whether this line names the columns, as its "
		"numbers count from 0 as made-up names do; say header: yes or header: no");
	read_table(place, "0,1,2,3,y\n1,2,3,4,a\n5,6,7,8,b\n", false);
	expect(&place->table, 2, 4, (double[]){1, 2, 3, 4, 5, 6, 7, 8}, "a b");
	expect_note(place, COUNT_NOTE("0,1,2,3,..."));
	place->csv.missing = 2;                  /* mean */
	read_table(place, ",0\n1.5,1\n", false); /* one number counts nothing */
	expect(&place->table, 2, 1, (double[]){NAN, 1.5}, "0 1");
	expect_note(place, NULL);
	place->csv.header = NO;
	read_table(place, "0,1\n1.5,0\n3,1\n", false);
	expect(&place->table, 3, 1, (double[]){0, 1.5, 3}, "1 0 1");
	expect_note(place, NULL);
}

static void rows_that_count_otherwise(void **state)
{
	static const char *const heads[] = {"1,2", "0,2", "0,0", "0.0,1", "1,0", "00,1"};
	struct place *place = *state;
	char text[64];

	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		snprintf(text, sizeof text, "%s\n1.5,5\n", heads[i]);
		read_table(place, text, false);
		assert_int_equal(place->table.n, 2);
		expect_note(place, NULL);
	}
}

static void headers_in_part(void **state)
{
	const char *text = "x,y,2020,label\n1,2,3,0\n4,5,6,1\n";
	static const char *const drop[] = {"2020"};
	struct place *place = *state;

	expect_error(place, text, NULL,
		     "a.csv:1:1: column 0: expected a number, got \"x\"; if this line names the "
		     "columns, say header: yes");
	expect_error(place, "2019,2020,y\n1,2,0\n4,5,1\n", NULL,
		     "a.csv:1: header: auto cannot tell whether this line names the columns, as it "
		     "holds numbers, but a text over a number; say header: yes or header: no");
	place->csv.header = YES;
	place->csv.drop = (struct texts){1, drop};
	read_table(place, text, false);
	expect(&place->table, 2, 2, (double[]){1, 2, 4, 5}, "0 1");
	place->csv.header = 0;
	place->csv.drop.count = 0;
	place->csv.label = "label"; /* a name that the spec uses decides */
	read_table(place, text, false);
	expect(&place->table, 2, 3, (double[]){1, 2, 3, 4, 5, 6}, "0 1");
}

static void headers_or_missing(void **state)
{
	struct place *place = *state;

	place->csv.missing = 1; /* drop */
	expect_error(place, "?,?,a\n1,2,a\n3,4,b\n", NULL,
		     "a.csv:1: header: auto cannot tell whether this line names the columns, as it "
		     "holds a marker of a missing value; say header: yes or header: no");
	expect_error(place, ",,a\n1,2,a\n3,4,b\n", NULL,
		     "a.csv:1: header: auto cannot tell whether this line names the columns, as "
		     "only its label is given; say header: yes or header: no");
	place->csv.header = NO;
	read_table(place, "?,?,a\n1,2,a\n3,4,b\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "a b");
}

/* The row index of pandas (no name, or "Unnamed: 0" when written twice) and of R. */
static void unnamed_columns(void **state)
{
	static const char *const first[] = {"0"}, *const nameless[] = {""};
	struct place *place = *state;

	expect_error(place, ",a,y\n0,1,0\n1,3,1\n", NULL,
		     "a.csv:1:1: column 0 has no name, like the row index that pandas and R write: "
		     "leave it out, drop: [0], or give it a name in the file");
	expect_error(place, ",0,1\n0,1,0\n1,3,1\n", NULL, /* "0" names another column */
		     "a.csv:1:1: column 0 has no name, like the row index that pandas and R write: "
		     "leave it out, drop: [\"\"], or give it a name in the file");
	expect_error(place, "Unnamed: 0,a,y\n0,1,0\n1,3,1\n", NULL,
		     "a.csv:1:1: column 0 has no name, like the row index that pandas and R write: "
		     "leave it out, drop: [0], or give it a name in the file");
	expect_error(place, "a,\"\",y\n0,1,0\n1,3,1\n", NULL,
		     "a.csv:1:3: column 1 has no name: leave it out, drop: [1], or give it a name "
		     "in the file");
	expect_error(place, "a,y\n\"1\",1,0\n\"2\",3,1\n", NULL,
		     "a.csv:2: expected 2 fields, got 3; if the header lacks the name of a column "
		     "of row names, as R writes it, add one, and leave the column out with drop");
	place->csv.drop = (struct texts){1, nameless};
	read_table(place, ",0,1\n0,1,0\n1,3,1\n", false);
	expect(&place->table, 2, 1, (double[]){1, 3}, "0 1");
	place->csv.drop.at = first;
	read_table(place, ",a,y\n0,1,0\n1,3,1\n", false);
	expect(&place->table, 2, 1, (double[]){1, 3}, "0 1");
}

/* An index under a name, or without a header, is only noted. */
static void counting_columns(void **state)
{
	struct place *place = *state;
	char text[400] = "id,x,y\n";

	for (int i = 0; i < 10; i++)
		sprintf(text + strlen(text), "%d,%d,%d\n", 5 + i, i * i, i % 2);
	read_table(place, text, false);
	expect_note(place,
		    "column 0 (\"id\") counts the rows, like an index; say drop: [id] unless "
		    "it is a feature");
	read_table(place, text + strlen("id,x,y\n"), false);
	expect_note(place, "column 0 counts the rows, like an index; say drop: [0] unless it is a "
			   "feature");
	strstr(text, "14,")[0] = '2'; /* the last row ends the count */
	read_table(place, text, false);
	expect_note(place, NULL);
}

static void duplicate_names(void **state)
{
	static const char *const y[] = {"y"}, *const index[] = {"0"}, *const a[] = {"a"};
	const char *text = "y,a,a,y\n1,2,3,0\n4,5,6,1\n";
	struct place *place = *state;

	expect_error(place, text, NULL,
		     "a.csv:1:1: two columns are named \"y\", 0 and 3, and label: last is one of "
		     "them: name it by index and drop the other, drop: [0]");
	place->csv.label = "y";
	expect_error(place, text, NULL,
		     "csv.label: two columns of a.csv are named \"y\", 0 and 3: name them by "
		     "index");
	place->csv.label = "last";
	place->csv.drop = (struct texts){1, y};
	expect_error(place, text, NULL,
		     "csv.drop: two columns of a.csv are named \"y\", 0 and 3: name them by "
		     "index");
	place->csv.drop.at = a;
	expect_error(place, text, NULL,
		     "csv.drop: two columns of a.csv are named \"a\", 1 and 2: name them by "
		     "index");
	place->csv.drop.at = index;
	read_table(place, text, false); /* features may share a name */
	expect(&place->table, 2, 2, (double[]){2, 3, 5, 6}, "0 1");
	place->csv.label = "y"; /* the one that is left */
	read_table(place, text, false);
	expect(&place->table, 2, 2, (double[]){2, 3, 5, 6}, "0 1");
}

static void named_twice(void **state)
{
	static const char *const twice[] = {"a", "0"}, *const a[] = {"a"}, *const y[] = {"y"};
	const char *text = "a,b,y\n1,2,0\n4,5,1\n";
	struct place *place = *state;

	place->csv.drop = (struct texts){2, twice};
	expect_error(place, text, NULL, "csv.drop: \"0\" is named twice");
	place->csv.drop = (struct texts){1, a};
	place->csv.one_hot = (struct texts){1, a};
	expect_error(place, text, NULL, "csv.one_hot: \"a\" is a dropped column");
	place->csv.drop.count = 0;
	place->csv.one_hot.at = y;
	expect_error(place, text, NULL, "csv.one_hot: \"y\" is the label column");
}

/* --- two files ------------------------------------------------------------ */

static const char train[] = "a,b,y\n1,2,0\n3,4,1\n";

static void same_names(void **state)
{
	struct place *place = *state;

	read_pair(place, train, "a,b,y\n5,6,1\n");
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "1");
	expect_note(place, NULL);
	read_pair(place, "0,1,2\n1,2,0\n3,4,1\n", "0,1,2\n5,6,1\n"); /* known from the first */
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "1");
	read_pair(place, "0,1,y\n1.5,2,a\n3,4,b\n", "0,1,y\n5,6,a\n"); /* alone it would ask */
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "a");
}

static void other_order(void **state)
{
	static const char *const drop[] = {"b"};
	struct place *place = *state;

	read_pair(place, train, "b,a,y\n6,5,1\n");
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "1");
	expect_note(place, "columns of the test file found by their names, as its header differs");
	place->csv.label = "y";
	read_pair(place, train, "y,id,b,a\n1,9,6,5\n");
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "1");
	expect_note(place, "columns of the test file found by their names; 1 of it is not in the "
			   "training file, such as \"id\"");
	place->csv.drop = (struct texts){1, drop};
	read_pair(place, train, "y,a\n1,5\n"); /* what is dropped need not be there */
	expect(&place->test_table, 1, 1, (double[]){5}, "1");
}

static void other_names(void **state)
{
	struct place *place = *state;

	expect_error(place, train, "u,v,y\n5,6,1\n",
		     "b.csv: no column is named \"a\" as in a.csv; it has \"u\", \"v\", \"y\"");
	expect_error(place, train, "y,a,b\n1,5,6\n",
		     "b.csv: label: last is \"y\" in a.csv, here it is \"b\"; name the label, "
		     "label: y, and columns are found by their names");
	place->csv.label = "2";
	expect_error(place, train, "y,a,b\n1,5,6\n",
		     "b.csv: label: 2 is \"y\" in a.csv, here it is \"b\"; name the label, label: "
		     "y, and columns are found by their names");
	place->csv.label = "y";
	expect_error(place, train, "y,a,b,b\n1,5,6,7\n",
		     "b.csv: columns stand in another order than in a.csv, and two are named "
		     "\"b\"");
	expect_error(place, train, "a,b\n5,6\n",
		     "b.csv: no column is named \"y\" as in a.csv; it has \"a\", \"b\"");
}

static void one_header(void **state)
{
	const char *note = "one of training and test file has a header: columns taken in one order";
	struct place *place = *state;

	read_pair(place, train, "5,6,1\n");
	expect(&place->test_table, 1, 2, (double[]){5, 6}, "1");
	expect_note(place, note);
	expect_error(place, train, "5,6,7,1\n", "b.csv: 4 columns, but a.csv has 3");
	expect_error(place, "1,2,0\n3,4,1\n", "5,1\n", "b.csv: 2 columns, but a.csv has 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(counting_headers), CASE(rows_that_count_otherwise),
		CASE(headers_in_part),  CASE(headers_or_missing),
		CASE(unnamed_columns),  CASE(counting_columns),
		CASE(duplicate_names),  CASE(named_twice),
		CASE(same_names),       CASE(other_order),
		CASE(other_names),      CASE(one_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
