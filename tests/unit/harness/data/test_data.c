/* data_load: parts, classes, sources, checksums. */
#include "harness/data/source/source_idx.h"
#include "harness/data/source/source_npy.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

extern const struct source source_idx, source_npy;

static void count(const struct part *part, long n, long positive)
{
	assert_int_equal(part->X.rows, n);
	for (ptrdiff_t i = 0; i < part->X.rows; i++)
		positive -= part->y[i] > 0;
	assert_int_equal(positive, 0);
}

/* Every row is in exactly one part, in the order of the source, with its own label. */
static void expect_partition(const struct dataset *data, int n, int k)
{
	const struct part *parts[] = {&data->train, &data->validation, &data->test};
	int seen = 0;
	bool *row = calloc((size_t)n, sizeof *row);

	for (int p = 0; p < 3; p++) {
		for (ptrdiff_t i = 0; i < parts[p]->X.rows; i++) {
			int index = (int)mat_get(parts[p]->X, i, 0);

			assert_false(row[index]);
			row[index] = true;
			seen++;
			check_equal(mat_get(parts[p]->X, i, 1), (real)(index * index));
			check_equal(parts[p]->y[i], index % k == 0 ? 1 : -1);
			if (i > 0)
				check_below(mat_get(parts[p]->X, i - 1, 0), (real)index);
		}
	}
	assert_int_equal(seen, n);
	free(row);
}

static void splits_stratified(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_rows(place, 103, 4);            /* 26 rows of +1, 77 of -1 */
	place->options.split.test = 0.3;      /* 30.9: 31 rows, 7.83 and 23.17 */
	place->options.split.validation = 10; /* of the other 72: 2.5 and 7.5, a tie: -1 first */
	data = load(place, 0);
	count(&data.test, 31, 8);
	count(&data.validation, 10, 2);
	count(&data.train, 62, 16);
	expect_partition(&data, 103, 4);
	assert_int_equal(data.bias, -1);
	assert_string_equal(data.classes[0], "0");
	assert_string_equal(data.classes[1], "1");
}

static void splits_plain(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_rows(place, 60, 3);
	place->options.split.stratified = false;
	place->options.split.test = 20;
	data = load(place, 0);
	assert_int_equal(data.test.X.rows, 20);
	assert_int_equal(data.validation.X.rows, 0);
	expect_partition(&data, 60, 3);
}

static bool same_rows(const struct part *a, const struct part *b)
{
	if (a->X.rows != b->X.rows)
		return false;
	for (ptrdiff_t i = 0; i < a->X.rows; i++)
		if (mat_get(a->X, i, 0) != mat_get(b->X, i, 0))
			return false;
	return true;
}

static void repetition_decides_the_split(void **state)
{
	struct place *place = *state;
	struct dataset first, again, other, with_validation;

	write_rows(place, 60, 3);
	place->options.split.test = 0.25;
	first = load(place, 0);
	again = load(place, 0);
	other = load(place, 1);
	place->options.split.validation = 0.2;
	with_validation = load(place, 0);
	assert_true(same_rows(&first.train, &again.train));
	assert_true(same_rows(&first.test, &again.test));
	assert_false(same_rows(&first.test, &other.test));
	assert_true(same_rows(&first.test, &with_validation.test));
}

/* Over many repetitions each row is drawn for the test part about equally often. */
static void split_is_fair(void **state)
{
	struct place *place = *state;
	int drawn[12] = {0};

	write_rows(place, 12, 2);
	place->options.split.test = 4;
	for (long repetition = 0; repetition < 600; repetition++) {
		struct dataset data = load(place, repetition);

		for (ptrdiff_t i = 0; i < 4; i++)
			drawn[(int)mat_get(data.test.X, i, 0)]++;
	}
	for (int i = 0; i < 12; i++) /* mean 200, standard deviation 11.5; 5 of them */
		assert_in_range(drawn[i], 200 - 58, 200 + 58);
}

static void limits(void **state)
{
	struct place *place = *state;
	struct dataset all, some;

	write_rows(place, 60, 3);
	place->options.split.test = 20;
	all = load(place, 0);
	place->options.limit = (struct limit_options){.train = 10, .test = 5};
	some = load(place, 0);
	assert_int_equal(some.train.X.rows, 10);
	assert_int_equal(some.test.X.rows, 5);
	for (ptrdiff_t i = 0; i < 10; i++)
		check_equal(mat_get(some.train.X, i, 0), mat_get(all.train.X, i, 0));
}

/* The first feature of a row is its place in the file. */
static void check_places(const struct dataset *data)
{
	const struct part *parts[] = {&data->train, &data->validation, &data->test};

	for (size_t p = 0; p < 3; p++)
		for (ptrdiff_t i = 0; i < parts[p]->X.rows; i++)
			check_equal(parts[p]->row[i], mat_get(parts[p]->X, i, 0));
}

static void rows_keep_their_places(void **state)
{
	struct place *place = *state;
	FILE *file = fopen(place->path, "w");
	struct dataset data;

	for (int i = 0; i < 90; i++)
		fprintf(file, i % 7 == 3 ? "%d,?,%d\n" : "%d,1,%d\n", i, i % 3);
	fclose(file);
	place->csv.missing = CSV_MISSING_DROP;
	place->options.split =
		(struct split_options){.test = 0.2, .validation = 0.2, .stratified = true};
	place->options.classes = (struct texts){2, (const char *[]){"0", "2"}};
	place->options.limit = (struct limit_options){.train = 25, .test = 5, .random = true};
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 25);
	check_places(&data);

	place->options.classes.count = 0;
	place->options.task = DATA_REGRESSION;
	data = load(place, 1);
	check_above(data.validation.X.rows, 10);
	check_places(&data);
}

static void named_classes(void **state)
{
	static const char *const names[] = {"8.0", "2"};
	const char *text = "1,2\n2,5\n3,8\n4,2\n5,5\n6,8\n";
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->options.classes = (struct texts){2, names};
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 4);
	for (ptrdiff_t i = 0; i < 4; i++) {
		check_equal(mat_get(data.train.X, i, 0), ((real[]){1, 3, 4, 6})[i]);
		check_equal(data.train.y[i], ((real[]){1, -1, 1, -1})[i]);
	}
	assert_string_equal(data.classes[0], "8");
	assert_string_equal(data.classes[1], "2");
}

static void groups_of_classes(void **state)
{
	static const char *const groups[] = {"5|2", "8.0|9"};
	const char *text = "1,2\n2,5\n3,8\n4,2\n5,7\n6,9\n";
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->options.classes = (struct texts){2, groups};
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 5);
	for (ptrdiff_t i = 0; i < 5; i++) {
		check_equal(mat_get(data.train.X, i, 0), ((real[]){1, 2, 3, 4, 6})[i]);
		check_equal(data.train.y[i], ((real[]){-1, -1, 1, -1, 1})[i]);
	}
	assert_string_equal(data.classes[0], "5|2");
	assert_string_equal(data.classes[1], "8.0|9");
}

static void regression(void **state)
{
	const char *text = "1,0.5\n2,-3\n3,1e3\n";
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->options.task = 1;
	data = load(place, 0);
	assert_true(data.regression);
	assert_null(data.classes);
	assert_int_equal(data.class_count, 0);
	assert_int_equal(data.k, 1);
	assert_null(data.train.label);
	for (ptrdiff_t i = 0; i < 3; i++)
		check_equal(data.train.y[i], ((real[]){0.5, -3, 1e3})[i]);
}

static void one_class_after_the_split(void **state)
{
	const char *text = "1,a\n2,a\n3,a\n4,b\n";
	struct place *place = *state;
	struct err err = {0};
	bool met = false;

	files_write(place->path, text, strlen(text));
	place->options.split.stratified = false;
	place->options.split.test = 1;
	for (long repetition = 0; repetition < 60 && !met; repetition++) {
		struct dataset data;

		met = data_load(&place->options, 7, repetition, &place->room.arena, &data, &err) ==
		      STATUS_ENV;
	}
	assert_true(met); /* the chance of never drawing row 4 is 0.75^60 */
	assert_string_equal(err.text, "one class only in the training part: \"a\" (3 rows)");
}

static void source_with_a_test_part(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_rows(place, 10, 2);
	place->csv.test = place->path;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 10);
	assert_int_equal(data.test.X.rows, 10);
	place->options.split.validation = 4;
	place->options.split.test = 0;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 6);
	assert_int_equal(data.test.X.rows, 0);
}

/* The golden files hold np.arange(8.).reshape(4, 2), bytes 0 .. 15, and the labels 0, 1, 0, 1. */
static void binary_sources(void **state)
{
	static const char *const classes[] = {"1", "0"};
	struct npy_options npy = {.x = "tests/golden/data/x.npy", .y = "tests/golden/data/y.npy"};
	struct idx_options idx = {.images = "tests/golden/data/good.images",
				  .labels = "tests/golden/data/good.labels"};
	struct place *place = *state;
	struct dataset data;

	place->options.source = (struct choice){&source_npy.base, &npy};
	data = load(place, 0);
	check_equal(mat_get(data.train.X, 2, 1), 5);
	place->options.source = (struct choice){&source_idx.base, &idx};
	place->options.classes = (struct texts){2, classes};
	data = load(place, 0);
	assert_int_equal(data.raw_d, 4);
	check_equal(mat_get(data.train.X, 3, 2), 14);
	check_equal(data.train.y[0], 1);
	check_equal(data.train.y[1], -1);
	assert_string_equal(data.classes[0], "1");
	files_write(place->path, "\0\0\b\1\0\0\0\4\0\2\1\0", 12); /* labels 0, 2, 1, 0 */
	idx.labels = place->path;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 3);
	for (ptrdiff_t i = 0; i < 3; i++) /* pixels count on from image to image */
		check_equal(data.train.row[i], mat_get(data.train.X, i, 0) / 4);
	check_equal(data.train.row[2], 3);
}

static void checksums(void **state)
{
	struct place *place = *state;
	struct err err = {0};
	char hex[65];

	files_write(place->path, "abc", 3); /* FIPS 180-2, appendix B.1 */
	assert_int_equal(data_checksum(&place->options, hex, &err), STATUS_OK);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	place->csv.path = "/no/such/file";
	assert_int_equal(data_checksum(&place->options, hex, &err), STATUS_ENV);
	assert_string_equal(err.source, "/no/such/file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(splits_stratified),
		CASE(splits_plain),
		CASE(repetition_decides_the_split),
		CASE(split_is_fair),
		CASE(limits),
		CASE(rows_keep_their_places),
		CASE(named_classes),
		CASE(groups_of_classes),
		CASE(regression),
		CASE(one_class_after_the_split),
		CASE(source_with_a_test_part),
		CASE(binary_sources),
		CASE(checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
