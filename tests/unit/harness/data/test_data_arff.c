/* Source arff: read as the CSV file with the same rows, types and quotes of its own, errors. */
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

extern const struct source source_arff;

static void use_arff(struct place *place, const char *text)
{
	static struct csv_options options;

	options = (struct csv_options){.path = place->path, .label = "last"};
	place->options.source = (struct choice){&source_arff.base, &options};
	files_write(place->path, text, strlen(text));
}

static struct csv_options *options_of(struct place *place)
{
	return (struct csv_options *)place->options.source.options;
}

static const char flowers[] = "@relation flowers\n"
			      "@attribute 'petal width' real\n"
			      "@attribute colour {red, 'dark blue', \"it's\", green}\n"
			      "@ATTRIBUTE note string % left out\n"
			      "@attribute size INTEGER\n"
			      "@attribute class {a, 'b c', d}\n"
			      "@DATA\n"
			      "0.2, red, 'x, y', 3, a\n"
			      "% between rows\n"
			      "0.3,'dark blue',z,4,'b c'\r\n"
			      "1e1 ,'it\\'s' , \"\\\"q\\\"\",?, d % behind a row\n"
			      "7,red,?,6,a\n";

static void numbers_categories_and_labels(void **state)
{
	static const char *const drop[] = {"note"}, *const names[] = {
							    "petal width", "colour=dark blue",
							    "colour=it's", "colour=red", "size"};
	static const double want[4][5] = {
		{0.2, 0, 0, 1, 3}, {0.3, 1, 0, 0, 4}, {10, 0, 1, 0, 13.0 / 3}, {7, 0, 0, 1, 6}};
	static const int label[] = {0, 1, 2, 0};
	struct place *place = *state;
	struct data_shape shape;
	struct dataset data;
	struct err err = {0};

	use_arff(place, flowers);
	options_of(place)->drop = (struct texts){1, drop};
	options_of(place)->missing = CSV_MISSING_MEAN;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 4);
	assert_int_equal(data.train.X.cols, 5);
	for (ptrdiff_t j = 0; j < 5; j++) {
		assert_string_equal(data.columns[j], names[j]);
		for (ptrdiff_t i = 0; i < 4; i++)
			check_close(mat_get(data.train.X, i, j), want[i][j], REAL_EPSILON, 0);
	}
	assert_int_equal(data.k, 3);
	assert_string_equal(data.classes[1], "b c");
	for (ptrdiff_t i = 0; i < 4; i++)
		assert_int_equal(data.train.label[i], label[i]);
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &err), STATUS_OK);
	assert_int_equal(shape.train, 4);
	assert_int_equal(shape.d, 5);
	assert_int_equal(shape.k, 3);
	assert_int_equal(shape.classes, 3);

	options_of(place)->missing = CSV_MISSING_DROP;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 3);
	assert_int_equal(data.train.row[2], 3);
	assert_int_equal(data.k, 1);
	check_equal(data.train.y[1], 1);
}

static void several_targets_and_a_test_file(void **state)
{
	static const char *const targets[] = {"v", "u"};
	const char *train = "@relation x\n@attribute u real\n@attribute x real\n@attribute v real\n"
			    "@data\n1,2,3\n4,5,6\n",
		   *test = "@relation x\n@attribute x real\n@attribute v real\n@attribute u real\n"
			   "@data\n8,9,7\n";
	struct place *place = *state;
	struct dataset data;
	char path[320];

	use_arff(place, train);
	snprintf(path, sizeof path, "%s/test.arff", place->room.folder);
	files_write(path, test, strlen(test));
	options_of(place)->test = path;
	options_of(place)->targets = (struct texts){2, targets};
	place->options.task = DATA_REGRESSION;
	data = load(place, 0);
	unlink(path);
	assert_int_equal(data.k, 2);
	assert_string_equal(data.targets[0], "v");
	for (int i = 0; i < 4; i++)
		check_equal(data.train.y[i], ((real[]){3, 6, 1, 4})[i]);
	check_equal(mat_get(data.test.X, 0, 0), 8);
	check_equal(data.test.y[0], 9);
	check_equal(data.test.y[1], 7);
}

static void expect_at(struct place *place, const char *text, int line, int col, const char *wanted)
{
	struct dataset data;
	struct err err = {0};

	use_arff(place, text);
	assert_int_not_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err), 0);
	if (!strstr(err.text, wanted))
		fail_msg("expected %s, got %s", wanted, err.text);
	assert_int_equal(err.line, line);
	assert_int_equal(err.col, col);
}

#define TWO "@relation x\n@attribute x real\n@attribute c {0, 1}\n"

static void errors_with_their_place(void **state)
{
	struct place *place = *state;

	expect_at(place, "1,2\n", 1, 1, "expected @relation, @attribute or @data, got \"1,2\"");
	expect_at(place, TWO, 0, 0, "one of @data: not an ARFF file");
	expect_at(place, "@data\n1,2\n", 0, 0, "lines of @attribute");
	expect_at(place, TWO "@data\n", 0, 0, "no row behind the header");
	expect_at(place, TWO "@data\n1,0\n2,2\n", 6, 3,
		  "column 1 (\"c\"): expected a value that its @attribute declares, got \"2\"");
	expect_at(place, TWO "@data\n1,0\nx,1\n", 6, 1, "column 0 (\"x\"): expected a number");
	expect_at(place, TWO "@data\n1,0\n?,1\n", 6, 1, "missing value \"?\"");
	expect_at(place, TWO "@data\n1,0\n1,1,3\n", 6, 0, "expected 2 fields, got 3");
	expect_at(place, TWO "@data\n{0 1, 1 1}\n", 5, 0, "sparse rows of ARFF files");
	expect_at(place, "@relation x\n@attribute d date\n" TWO "@data\n1,1,0\n", 2, 12,
		  "attribute \"d\": expected numbers or a list of values, got \"date\"; leave it "
		  "out, drop: [d]");
	expect_at(place, "@attribute x {a, b\n@data\n", 1, 18, "values in one line");
	expect_at(place, "@attribute x {a,, b}\n@data\n", 1, 17, "expected a value");
	expect_at(place, "@attribute x\n@data\n", 1, 13, "the type of an attribute");
	expect_at(place, "@attribute\n@data\n", 1, 11, "the name of an attribute");
	expect_at(place, "@attribute 'x\n", 1, 12, "the quoted field is not closed");
}

/* Rows that are counted without their features, as no attribute is nominal. */
static void rows_of_numbers_are_counted(void **state)
{
	struct place *place = *state;
	struct data_shape shape;
	struct err err = {0};

	use_arff(place, "@attribute a real\n@attribute b real\n@attribute y real\n@data\n1,2,0\n"
			"3,4,1\n5,6,1\n");
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &err), STATUS_OK);
	assert_int_equal(shape.train, 3);
	assert_int_equal(shape.d, 2);
	assert_int_equal(shape.k, 1);
	assert_int_equal(shape.classes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(numbers_categories_and_labels),
		CASE(several_targets_and_a_test_file),
		CASE(errors_with_their_place),
		CASE(rows_of_numbers_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
