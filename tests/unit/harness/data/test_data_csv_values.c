/* Delimited text: missing values, categories, messages that name the remedy. */
#include "tests/unit/harness/data/test_data_csv.h"

enum { ERROR, DROP, MEAN }; /* of the option missing */

static void markers(void **state)
{
	static const char *const own[] = {"-999", "unknown"};
	struct place *place = *state;

	place->csv.missing = MEAN;
	read_table(place, "1,N/A,a\n-,4,b\n*,None,a\nnan,,b\n", false);
	expect(&place->table, 4, 2, (double[]){1, NAN, NAN, 4, NAN, NAN, NAN, NAN}, "a b a b");
	place->csv.missing_values = (struct texts){2, own}; /* in the place of the others */
	read_table(place, "1,-999.0,a\nunknown,4,b\n\"-999\",-99,a\n", false);
	expect(&place->table, 3, 2, (double[]){1, NAN, NAN, 4, NAN, -99}, "a b a");
	expect_error(place, "1,2,a\n3,NA,b\n", NULL,
		     "a.csv:2:3: column 1: expected a number, got \"NA\"; a column of texts needs "
		     "one_hot: [1] or drop: [1], a marker of missing values missing_values");
	place->csv.missing_values.count = 0; /* empty fields alone */
	read_table(place, "1,,a\n\"\",4,b\n", false);
	expect(&place->table, 2, 2, (double[]){1, NAN, NAN, 4}, "a b");
}

/* A quoted "NA" is a text; an empty field is missing, quoted or not. */
static void quoted_markers(void **state)
{
	struct place *place = *state;

	read_table(place, "1,2,\"NA\"\n3,4,EU\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "NA EU");
	place->csv.missing = DROP;
	read_table(place, "1,2,NA\n3,4,EU\n5,6,\"NA\"\n7,8,\"\"\n", false);
	expect(&place->table, 2, 2, (double[]){3, 4, 5, 6}, "EU NA");
	assert_int_equal(place->table.dropped, 2);
	expect_error(place, "1,2,a\n\"NA\",4,b\n", NULL,
		     "a.csv:2:1: column 0: expected a number, got \"NA\", which is a text and no "
		     "missing value, as it is quoted");
}

static void labels_like_markers(void **state)
{
	static const char *const named[] = {"EU", "NA"}, *const grouped[] = {"EU|UK", "NA|None"};
	struct place *place = *state;

	expect_error(place, "1,2,NA\n3,4,EU\n", NULL,
		     "a.csv:1:5: column 2: missing value \"NA\" in the label column; the option "
		     "missing can be drop, or \"NA\" named as a label in classes");
	place->classes = (struct texts){2, named};
	read_table(place, "1,2,NA\n3,4,EU\n", false);
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "NA EU");
	place->classes.at = grouped;
	read_table(place, "1,2,NA\n3,4,EU\n5,6,None\n", false);
	expect(&place->table, 3, 2, (double[]){1, 2, 3, 4, 5, 6}, "NA EU None");
	expect_error(place, "1,2,nan\n3,4,EU\n", NULL,
		     "a.csv:1:5: column 2: missing value \"nan\" in the label column; the option "
		     "missing can be drop, or \"nan\" named as a label in classes");
	place->classes.count = 0;
	read_table(place, "1,2,+\n3,4,-\n", false); /* signs are labels */
	expect(&place->table, 2, 2, (double[]){1, 2, 3, 4}, "+ -");
}

static void missing_targets(void **state)
{
	struct place *place = *state;

	place->csv.missing = DROP;
	read_table(place, "1,2,0.5\n3,4,-\n5,6,NA\n", true);
	assert_int_equal(place->table.n, 1);
	assert_int_equal(place->table.dropped, 2);
}

static void names_of(const struct table *table, const char *want)
{
	char got[512] = "";

	for (size_t j = 0; j < table->d; j++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", j ? " " : "",
			 table->names[j] ? table->names[j] : "-");
	assert_string_equal(got, want);
}

/* In ascending order of the training file, in the place of their column. */
static void categories(void **state)
{
	static const char *const colour[] = {"colour"}, *const index[] = {"0", "2"};
	const char *text = "x,colour,kind\n1,red,a\n2,blue,b\n3,red,b\n4,\"NA\",a\n";
	struct place *place = *state;

	place->csv.one_hot = (struct texts){1, colour};
	read_table(place, text, false);
	expect(&place->table, 4, 4, (double[]){1, 0, 0, 1, 2, 0, 1, 0, 3, 0, 0, 1, 4, 1, 0, 0},
	       "a b b a");
	names_of(&place->table, "x colour=NA colour=blue colour=red");
	for (size_t j = 0; j < 4; j++)
		assert_int_equal(place->table.one_hot[j], j > 0);
	place->csv.one_hot = (struct texts){2, index};
	read_table(place, "10,1,u,a\n9,2,v,b\n9.0,3,u,b\nx,4,v,a\n", false);
	expect(&place->table, 4, 6,
	       (double[]){0, 1, 0, 1, 1, 0, 1, 0, 0, 2, 0, 1, 1, 0, 0, 3, 1, 0, 0, 0, 1, 4, 0, 1},
	       "a b b a");
	names_of(&place->table, "0=9 0=10 0=x - 2=u 2=v");
}

static void missing_categories(void **state)
{
	static const char *const first[] = {"0"};
	const char *text = "red,1,a\nNA,2,b\nblue,3,a\n";
	struct place *place = *state;

	place->csv.one_hot = (struct texts){1, first};
	expect_error(place, text, NULL,
		     "a.csv:2:1: column 0: missing value \"NA\"; the option missing can be drop or "
		     "mean");
	place->csv.missing = DROP;
	read_table(place, text, false);
	expect(&place->table, 2, 3, (double[]){0, 1, 1, 1, 0, 3}, "a a");
	place->csv.missing = MEAN;
	read_table(place, text, false);
	expect(&place->table, 3, 3, (double[]){0, 1, 1, NAN, NAN, 2, 1, 0, 3}, "a b a");
}

static void new_categories(void **state)
{
	static const char *const colour[] = {"colour"};
	struct place *place = *state;

	place->csv.one_hot = (struct texts){1, colour};
	read_pair(place, "x,colour,y\n1,red,0\n2,blue,1\n", "colour,x,y\ngreen,3,1\nred,4,0\n");
	expect(&place->table, 2, 3, (double[]){1, 0, 1, 2, 1, 0}, "0 1");
	expect(&place->test_table, 2, 3, (double[]){3, 0, 0, 4, 0, 1}, "1 0");
	expect_note(place, "columns of the test file found by their names, as its header differs; "
			   "one_hot: values of the test file with a category that the training "
			   "file lacks, zeros in all of its columns: 1");
}

/* All columns are texts: the header must be given, or known by a name. */
static void categories_alone(void **state)
{
	static const char *const both[] = {"0", "1"}, *const by_name[] = {"u", "v"};
	const char *text = "u,v,y\nr,s,a\nr,t,b\n";
	struct place *place = *state;

	place->csv.one_hot = (struct texts){2, both};
	expect_error(place, text, NULL,
		     "a.csv:1: header: auto cannot tell whether this line names the columns, as "
		     "rows may hold texts where one_hot is given; say header: yes or header: no");
	place->csv.one_hot.at = by_name;
	read_table(place, text, false);
	expect(&place->table, 2, 3, (double[]){1, 1, 0, 1, 0, 1}, "a b");
	names_of(&place->table, "u=r v=s v=t");
}

static void too_many_categories(void **state)
{
	static const char *const first[] = {"0"};
	enum { ROWS = 4097 };
	struct place *place = *state;
	char *text = calloc(ROWS, 16);
	size_t used = 0;

	for (int i = 0; i < ROWS; i++)
		used += (size_t)sprintf(text + used, "n%d,1,a\n", i);
	place->csv.one_hot = (struct texts){1, first};
	place->csv.header = 2;
	expect_error(place, text, NULL,
		     "a.csv:4097:1: column 0: more than 4096 categories; a column of names or "
		     "numbers is no one_hot column, drop: [0]");
	free(text);
}

static void remedies(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"age,job,y\n1,cook,0\n2,smith,1\n",
		 "a.csv:2:3: column 1 (\"job\"): expected a number, got \"cook\"; a column of "
		 "texts needs one_hot: [job] or drop: [job], a marker of missing values "
		 "missing_values"},
		{"a,y\n1,2;3,0\n4,5;6,1\n", "a.csv:2: expected 2 fields, got 3; if the header "
					    "lacks the name of a column of row names, as R writes "
					    "it, add one, and leave the column out with drop"},
		{"1,2;3,7\n4,5;6,8\n",
		 "a.csv:1:3: column 1: expected a number, got \"2;3\"; if fields are separated by "
		 "\";\", say separator: \";\""},
		{"1\t2,7\n4\t5,8\n", "a.csv:1:1: column 0: expected a number, got \"1\\t2\"; if "
				     "fields are separated by tabs, say separator: tab"},
		{"1 2,7\n4 5,8\n", "a.csv:1:1: column 0: expected a number, got \"1 2\"; if "
				   "fields are separated by blanks, say separator: whitespace"},
		{"1 2 0\n4 5 1\n", "csv: no feature column is left in a.csv: fields may be "
				   "separated by blanks, separator: whitespace"},
		{"1,2,0,\n4,5,1,\n", "a.csv:1:7: column 3: missing value \"\" in the label "
				     "column; the option missing can be drop; if lines end with a "
				     "separator, say label: 2 and drop: [3]"},
		{"%,2,0\n4,5,1\n", "a.csv:1:1: column 0: expected a number, got \"%\"; if lines "
				   "that start with \"%\" are comments, say comment: \"%\""},
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect_error(place, cases[i].text, NULL, cases[i].error);
	place->csv.separator = ";";
	expect_error(place, "1,5;2;a\n3,5;4;b\n", NULL,
		     "a.csv:1:1: column 0: expected a number, got \"1,5\"; a decimal comma must "
		     "become a point");
	place->csv.separator = ",";
	assert_int_not_equal(read_files(place, "1,2,a\n3,4,b\n", NULL, true), STATUS_OK);
	assert_string_equal(place->error,
			    "a.csv:1:5: column 2: expected a number, got \"a\"; if this line names "
			    "the columns, say header: yes");
	assert_int_not_equal(read_files(place, "1,2,3\n3,4,b\n", NULL, true), STATUS_OK);
	assert_string_equal(
		place->error,
		"a.csv:2:5: column 2: expected a number, got \"b\"; for classes instead "
		"of numeric targets, task: classification");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(markers),         CASE(quoted_markers),   CASE(labels_like_markers),
		CASE(missing_targets), CASE(categories),       CASE(missing_categories),
		CASE(new_categories),  CASE(categories_alone), CASE(too_many_categories),
		CASE(remedies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
