/* data_load: labels and categories that one part alone has, and the notes on what was guessed, left
 * out or filled in. */
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

static void write_file(const char *path, const char *text)
{
	files_write(path, text, strlen(text));
}

/* A test part in a file beside the other. */
static void write_test(struct place *place, char path[310], const char *text)
{
	snprintf(path, 310, "%s.test", place->path);
	write_file(path, text);
	place->csv.test = path;
}

static void expect_load_error(struct place *place, const char *text)
{
	struct dataset data;
	struct err err = {0};

	assert_int_not_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			     STATUS_OK);
	assert_string_equal(err.text, text);
}

/* The test part spells its labels in another way. */
static void labels_of_the_test_part(void **state)
{
	static const char *const groups[] = {"lo|lo.", "hi|hi."}, *const alone[] = {"lo.", "hi"},
				 *const pair[] = {"lo", "hi"}, *const none[] = {"lo|low", "hi"};
	struct place *place = *state;
	struct dataset data;
	char path[310];

	write_file(place->path, "1,lo\n2,hi\n3,hi\n");
	write_test(place, path, "4,hi.\n5,lo.\n6,hi\n");
	expect_load_error(place, "the test part has the label \"hi.\", which the training part "
				 "lacks; name both classes and join it to one of them: classes: "
				 "[..., \"...|hi.\"]");
	place->options.classes = (struct texts){2, groups};
	data = load(place, 0);
	assert_int_equal(data.test.X.rows, 3);
	for (ptrdiff_t i = 0; i < 3; i++)
		check_equal(data.test.y[i], ((real[]){1, -1, 1})[i]);
	assert_null(data.note);
	place->options.classes.at = pair;
	data = load(place, 0);
	assert_int_equal(data.test.X.rows, 1);
	assert_string_equal(data.note, "2 rows of the test part left out with labels that the "
				       "training part lacks, such as \"lo.\"");
	write_file(place->path, "1,lo\n2,hi\n3,hi\n4,mid\n");
	write_test(place, path, "4,mid\n5,lo\n"); /* left out as it is in training */
	data = load(place, 0);
	assert_int_equal(data.test.X.rows, 1);
	assert_null(data.note);
	write_file(place->path, "1,lo\n2,hi\n3,hi\n");
	write_test(place, path, "4,hi.\n5,lo.\n6,hi\n");
	place->options.classes.at = alone;
	expect_load_error(place,
			  "classes: no row of the training part has the label \"lo.\"; found "
			  "\"hi\" (2 rows), \"hi.\" (in the test part only), \"lo\" (1 row), "
			  "\"lo.\" (in the test part only)");
	place->options.classes.at = none;
	expect_load_error(place,
			  "classes: no row has the label \"low\"; found \"hi\" (2 rows), \"hi.\" "
			  "(in the test part only), \"lo\" (1 row), \"lo.\" (in the test part "
			  "only)");
	unlink(path);
}

/* Two identifiers that differ by less than a double can tell. */
static void large_labels(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_file(place->path, "1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n");
	data = load(place, 0);
	assert_string_equal(data.classes[0], "9007199254740992");
	assert_string_equal(data.classes[1], "9007199254740993");
	check_equal(data.train.y[0], 1);
	check_equal(data.train.y[1], -1);
	check_equal(data.train.y[2], 1);
}

static void hints_on_labels(void **state)
{
	struct place *place = *state;

	write_file(place->path, "1,1.5\n2,2.5\n3,3.5\n");
	expect_load_error(place, "classes: 3 labels occur, name those, or groups of them, "
				 "that are classes; found "
				 "\"1.5\" (1 row), \"2.5\" (1 row), \"3.5\" (1 row); numeric "
				 "targets need task: regression");
	write_file(place->path, "7,y\n1,0\n2,1\n");
	place->csv.header = 2;
	expect_load_error(place, "classes: 3 labels occur, name those, or groups of them, "
				 "that are classes; found "
				 "\"0\" (1 row), \"1\" (1 row), \"y\" (1 row); if a text among "
				 "numbers is the name of the column, say header: yes");
}

/* Columns of categories that no training row has are left out, in each repetition by its split. */
static void categories_of_the_training_part(void **state)
{
	static const char *const first[] = {"0"};
	struct place *place = *state;
	bool seen = false, unseen = false;

	write_file(place->path, "a,1,0\na,2,1\nb,3,0\nb,4,1\nc,5,0\na,6,1\nb,7,0\na,8,1\n");
	place->csv.one_hot = (struct texts){1, first};
	place->csv.header = 2;
	place->options.split.test = 2;
	for (long repetition = 0; repetition < 40 && !(seen && unseen); repetition++) {
		struct dataset data = load(place, repetition);
		ptrdiff_t d = data.train.X.cols;

		assert_int_equal(data.test.X.cols, d);
		assert_string_equal(data.columns[0], "0=a");
		if (d == 4) {
			seen = true;
			assert_null(data.note);
			continue;
		}
		unseen = true; /* the row of c is a test row */
		assert_int_equal(d, 3);
		assert_string_equal(data.columns[1], "0=b");
		assert_string_equal(data.note,
				    "one_hot: categories that the training part lacks, left out: "
				    "1, rows of other parts with such: 1");
		for (ptrdiff_t i = 0; i < data.test.X.rows; i++)
			if (mat_get(data.test.X, i, 2) == 5)
				check_equal(fabs((double)mat_get(data.test.X, i, 0)) +
						    fabs((double)mat_get(data.test.X, i, 1)),
					    0);
	}
	assert_true(seen && unseen);
}

/* Every row has one category, and the columns add up to 1. */
static void one_of_the_columns(void **state)
{
	static const char *const first[] = {"0"};
	struct place *place = *state;
	struct dataset data;
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < 60; i++)
		fprintf(file, "c%d,%d,%d\n", i * i % 7, i, i % 2);
	fclose(file);
	place->csv.one_hot = (struct texts){1, first};
	place->csv.header = 2;
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 5); /* squares modulo 7: 0, 1, 2, 4 */
	for (ptrdiff_t i = 0; i < 60; i++) {
		static const int at[] = {0, 1, 2, -1, 3};

		for (ptrdiff_t j = 0; j < 4; j++)
			check_equal(mat_get(data.train.X, i, j), at[i * i % 7] == j);
	}
}

static void notes_on_missing_values(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_file(place->path, "0,1,2\n1,?,0\n2,3,1\n?,?,0\n4,5,1\n6,7,0\n");
	place->csv.missing = 1; /* drop */
	data = load(place, 0);
	assert_string_equal(data.note,
			    "header: the first line of the training file, 0,1,2, was "
			    "taken for the names of the columns; say header: no if it is "
			    "a row; missing: 2 rows left out");
	place->csv.header = 1;
	place->csv.missing = 2; /* mean */
	data = load(place, 0);
	assert_string_equal(data.note,
			    "missing: 3 entries of the features filled with means of the training "
			    "part");
}

/* Categories have the shares of the training part where they are missing. */
static void shares_of_missing_categories(void **state)
{
	static const char *const first[] = {"0"};
	struct place *place = *state;
	struct dataset data;

	write_file(place->path, "a,1,0\nb,2,1\na,3,0\n?,4,1\na,5,1\n");
	place->csv.one_hot = (struct texts){1, first};
	place->csv.header = 2;
	place->csv.missing = 2; /* mean */
	data = load(place, 0);
	check_equal(mat_get(data.train.X, 3, 0), 0.75);
	check_equal(mat_get(data.train.X, 3, 1), 0.25);
}

static void glances(void **state)
{
	static const char *const drop[] = {"z"};
	struct place *place = *state;
	struct err err = {0};
	const char *note = "";
	char text[400];

	write_file(place->path, "0,1,2\n1,3,0\n2,3,x,4\n"); /* the third line is not looked at */
	assert_int_equal(data_glance(&place->options, &place->room.arena, &note, &err), STATUS_OK);
	assert_non_null(strstr(note, "header: the first line of the training file, 0,1,2,"));
	write_file(place->path, "a,b,y\n1,3,0\n2,3,1\n");
	assert_int_equal(data_glance(&place->options, &place->room.arena, &note, &err), STATUS_OK);
	assert_null(note);
	place->csv.drop = (struct texts){1, drop};
	assert_int_equal(data_glance(&place->options, &place->room.arena, &note, &err),
			 STATUS_SPEC);
	snprintf(text, sizeof text,
		 "csv.drop: no column is named \"z\" in %s; it has \"a\", \"b\", \"y\"",
		 place->path);
	assert_string_equal(err.text, text);
	assert_string_equal(err.source, "data \"test\"");
}

/* Only whole lines are looked at: the megabyte may end within one. */
static void glances_at_a_large_file(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	const char *note = "";
	FILE *file = fopen(place->path, "w");

	fputs("a,b,y\n", file);
	for (int i = 0; i < 200000; i++)
		fprintf(file, "%d,\"%d\",%d\n", i, 2 * i, i % 2);
	fclose(file);
	assert_int_equal(data_glance(&place->options, &place->room.arena, &note, &err), STATUS_OK);
	assert_null(note);
	file = fopen(place->path, "w"); /* the second line is longer than what is looked at */
	fputs("a,b,y\n", file);
	for (int i = 0; i < 2000000; i++)
		fputs("1,", file);
	fclose(file);
	assert_int_equal(data_glance(&place->options, &place->room.arena, &note, &err), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(labels_of_the_test_part),
		CASE(large_labels),
		CASE(hints_on_labels),
		CASE(categories_of_the_training_part),
		CASE(one_of_the_columns),
		CASE(notes_on_missing_values),
		CASE(shares_of_missing_categories),
		CASE(glances),
		CASE(glances_at_a_large_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
