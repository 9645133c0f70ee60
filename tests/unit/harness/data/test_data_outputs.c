/* data_load: classes and targets of any number, weights, and parts that lack a class. */
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

/* n rows: the place, a feature, the label of its class: count[c] rows of class c, mixed by a fixed
 * shuffle. */
static void write_classes(const struct place *place, size_t classes, const size_t *count,
			  const char *const *label)
{
	struct rng rng = rng_stream(3, "rows", 0);
	FILE *file = fopen(place->path, "w");
	size_t class[400], n = 0;

	for (size_t c = 0; c < classes; c++)
		for (size_t i = 0; i < count[c]; i++)
			class[n++] = c;
	rng_shuffle(&rng, n, class);
	for (size_t i = 0; i < n; i++)
		fprintf(file, "%zu,%zu,%s\n", i, i * i % 17, label[class[i]]);
	fclose(file);
}

static void count_classes(const struct part *part, ptrdiff_t k, size_t *count)
{
	const ptrdiff_t n = part->X.rows;

	memset(count, 0, (size_t)k * sizeof *count);
	for (ptrdiff_t i = 0; i < n; i++) {
		count[part->label[i]]++;
		for (ptrdiff_t j = 0; j < k; j++) /* one-hot */
			check_equal(part->y[j * n + i], j == part->label[i]);
	}
}

/* A file with three labels just works: one output per label, in ascending order. */
static void three_labels(void **state)
{
	const char *text = "1,7,versicolor\n2,8,setosa\n3,9,virginica\n4,7,setosa\n";
	static const int label[] = {1, 0, 2, 0};
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	data = load(place, 0);
	assert_int_equal(data.k, 3);
	assert_int_equal(data.class_count, 3);
	assert_string_equal(data.classes[0], "setosa");
	assert_string_equal(data.classes[1], "versicolor");
	assert_string_equal(data.classes[2], "virginica");
	assert_null(data.train.weight);
	assert_null(data.note);
	for (ptrdiff_t i = 0; i < 4; i++) {
		assert_int_equal(data.train.label[i], label[i]);
		for (ptrdiff_t j = 0; j < 3; j++)
			check_equal(data.train.y[j * 4 + i], j == label[i]);
	}
}

/* Three groups, and labels of none. */
static void groups(void **state)
{
	static const char *const given[] = {"d|a", "b", "e"};
	const char *text = "0,1,a\n1,1,b\n2,1,c\n3,1,d\n4,1,e\n5,1,a\n";
	static const int row[] = {0, 1, 3, 4, 5}, label[] = {0, 1, 0, 2, 0};
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->csv.header = CSV_HEADER_NO;
	place->options.classes = (struct texts){3, given};
	data = load(place, 0);
	assert_int_equal(data.k, 3);
	assert_string_equal(data.classes[0], "d|a");
	assert_int_equal(data.train.X.rows, 5);
	for (ptrdiff_t i = 0; i < 5; i++) {
		assert_int_equal(data.train.row[i], row[i]);
		check_equal(mat_get(data.train.X, i, 0), (real)row[i]);
		assert_int_equal(data.train.label[i], label[i]);
	}
}

/* The share of `own` of n rows is rounded up while that of `other`, with more left, is not. */
static bool unfair(size_t own, size_t taken, size_t other, size_t taken_of_other, size_t k,
		   size_t n)
{
	return taken > k * own / n && taken_of_other == k * other / n &&
	       k * own % n < k * other % n;
}

/* Largest remainders, in whole numbers: each class gets its exact share rounded down or up, k in
 * all, and none is rounded up whose remainder is below that of one rounded down. */
static void quotas_by_brute_force(void **state)
{
	struct rng rng = rng_stream(5, "quota", 0);

	(void)state;
	for (int trial = 0; trial < 3000; trial++) {
		size_t classes = 1 + (size_t)rng_below(&rng, 6), left[8], take[8], n = 0, sum = 0,
		       k;

		for (size_t c = 0; c < classes; c++)
			n += left[c] = 1 + (size_t)rng_below(&rng, 20);
		k = (size_t)rng_below(&rng, n + 1);
		split_quota(k, classes, left, take);
		for (size_t c = 0; c < classes; c++) {
			sum += take[c];
			assert_in_range(take[c], k * left[c] / n, (k * left[c] + n - 1) / n);
			for (size_t d = 0; d < classes; d++)
				assert_false(unfair(left[c], take[c], left[d], take[d], k, n));
		}
		assert_int_equal(sum, k);
	}
}

/* Every part has each class in its share of the whole, and each row is in one part. */
static void strata_of_all_classes(void **state)
{
	static const size_t rows[] = {100, 45, 10, 5};
	static const char *const names[] = {"a", "b", "c", "d"};
	struct place *place = *state;

	write_classes(place, 4, rows, names);
	place->options.split.test = 0.2;
	place->options.split.validation = 0.2;
	for (long repetition = 0; repetition < 20; repetition++) {
		struct dataset data = load(place, repetition);
		const struct part *parts[] = {&data.test, &data.validation, &data.train};
		bool seen[160] = {false};
		size_t count[4];

		for (size_t p = 0; p < 3; p++) {
			count_classes(parts[p], 4, count);
			for (size_t c = 0; c < 4; c++)
				assert_int_equal(count[c], rows[c] / 5 * (p < 2 ? 1 : 3));
			for (ptrdiff_t i = 0; i < parts[p]->X.rows; i++) {
				size_t at = (size_t)mat_get(parts[p]->X, i, 0);

				assert_int_equal(parts[p]->row[i], at);
				assert_false(seen[at]);
				seen[at] = true;
			}
		}
	}
}

/* Each fold has its share of every class, and every row is the test row of one; another order of
 * the classes changes no fold. */
static void folds_of_all_classes(void **state)
{
	static const size_t rows[] = {40, 25, 10};
	static const char *const names[] = {"a", "b", "c"}, *const turned[] = {"c", "a", "b"};
	struct place *place = *state;
	bool seen[75] = {false};
	size_t count[3];

	write_classes(place, 3, rows, names);
	place->options.split.folds = 5;
	for (long fold = 1; fold <= 5; fold++) {
		struct dataset data, other;

		place->options.split.fold = fold;
		place->options.classes = (struct texts){0};
		data = load(place, 0);
		place->options.classes = (struct texts){3, turned};
		other = load(place, 0);
		count_classes(&data.test, 3, count);
		for (size_t c = 0; c < 3; c++)
			assert_int_equal(count[c], rows[c] / 5);
		count_classes(&data.train, 3, count);
		for (size_t c = 0; c < 3; c++)
			assert_int_equal(count[c], rows[c] / 5 * 4);
		assert_memory_equal(data.test.row, other.test.row, 15 * sizeof *data.test.row);
		for (size_t i = 0; i < 15; i++) {
			assert_false(seen[data.test.row[i]]);
			seen[data.test.row[i]] = true;
		}
	}
}

/* An output for each of two classes: the rows, labels and features are those of one output, and the
 * targets 0 and 1 those that three classes have. */
static void two_classes_with_an_output_each(void **state)
{
	static const size_t rows[] = {40, 25};
	static const char *const names[] = {"a", "b"};
	struct place *place = *state;
	struct dataset signs, both;
	struct data_shape shape;
	struct err err = {0};

	write_classes(place, 2, rows, names);
	place->options.split =
		(struct split_options){.test = 0.3, .validation = 0.1, .stratified = true};
	signs = load(place, 2);
	place->options.coding = DATA_ONE_HOT;
	both = load(place, 2);
	assert_int_equal(data_count(&place->options, 7, 2, &shape, &err), STATUS_OK);
	assert_int_equal(signs.k, 1);
	assert_int_equal(both.k, 2);
	assert_int_equal(shape.k, 2);
	assert_int_equal(both.class_count, 2);
	assert_null(signs.train.label);
	for (int p = 0; p < 3; p++) {
		const struct part *const parts[][2] = {{&signs.train, &both.train},
						       {&signs.validation, &both.validation},
						       {&signs.test, &both.test}};
		const struct part *one = parts[p][0], *two = parts[p][1];
		ptrdiff_t n = one->X.rows;

		check_above((double)n, 0);
		assert_int_equal(two->X.rows, n);
		for (ptrdiff_t i = 0; i < n; i++) {
			assert_int_equal(two->row[i], one->row[i]);
			check_equal(mat_get(two->X, i, 0), mat_get(one->X, i, 0));
			assert_int_equal(two->label[i], one->y[i] > 0);
			check_equal(two->y[i], one->y[i] < 0);
			check_equal(two->y[n + i], one->y[i] > 0);
		}
	}
	place->options.task = DATA_REGRESSION;
	assert_int_equal(data_load(&place->options, 7, 2, &place->room.arena, &both, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text, "coding: regression has no classes");
}

/* Classes turned round turn the outputs. */
static void turned_outputs_of_two_classes(void **state)
{
	static const size_t rows[] = {9, 6};
	static const char *const names[] = {"a", "b"}, *const turned[] = {"b", "a"};
	struct place *place = *state;
	struct dataset both, other;

	write_classes(place, 2, rows, names);
	place->options.coding = DATA_ONE_HOT;
	both = load(place, 2);
	place->options.classes = (struct texts){2, turned};
	other = load(place, 2);
	assert_string_equal(other.classes[0], both.classes[1]);
	for (ptrdiff_t i = 0; i < 15; i++) {
		assert_int_equal(other.train.label[i], 1 - both.train.label[i]);
		check_equal(other.train.y[i], both.train.y[15 + i]);
		check_equal(other.train.y[15 + i], both.train.y[i]);
	}
}

/* A random limit keeps the proportions, a limit per class so many of each. */
static void limits_of_all_classes(void **state)
{
	static const size_t rows[] = {60, 30, 10};
	static const char *const names[] = {"1", "2", "3"};
	struct place *place = *state;
	struct dataset data;
	size_t count[3];

	write_classes(place, 3, rows, names);
	place->options.limit = (struct limit_options){.train = 20, .random = true};
	data = load(place, 0);
	count_classes(&data.train, 3, count);
	assert_int_equal(count[0], 12);
	assert_int_equal(count[1], 6);
	assert_int_equal(count[2], 2);
	place->options.limit = (struct limit_options){.train_per_class = 15};
	data = load(place, 0);
	count_classes(&data.train, 3, count);
	assert_int_equal(count[0], 15);
	assert_int_equal(count[1], 15);
	assert_int_equal(count[2], 10);
}

/* Another order of the classes, or other names for them, permutes labels and outputs, and changes
 * neither which rows are drawn nor a number. */
static void permuted_classes(void **state)
{
	static const size_t rows[] = {31, 23, 17};
	static const char *const names[] = {"a", "b", "c"}, *const turned[] = {"c", "a", "b"},
				 *const renamed[] = {"z", "y", "x"};
	static const int to[] = {1, 2, 0}, back[] = {2, 1, 0};
	struct place *place = *state;
	struct dataset first, other[2];

	place->options.split =
		(struct split_options){.test = 0.3, .validation = 0.1, .stratified = true};
	place->options.limit = (struct limit_options){.train = 30, .test = 15, .random = true};
	write_classes(place, 3, rows, names);
	first = load(place, 2);
	place->options.classes = (struct texts){3, turned};
	other[0] = load(place, 2);
	place->options.classes.count = 0;
	write_classes(place, 3, rows, renamed);
	other[1] = load(place, 2);
	for (int way = 0; way < 2; way++) {
		const struct part *a[] = {&first.train, &first.validation, &first.test};
		const struct part *b[] = {&other[way].train, &other[way].validation,
					  &other[way].test};

		for (int p = 0; p < 3; p++) {
			ptrdiff_t n = a[p]->X.rows;

			assert_int_equal(b[p]->X.rows, n);
			assert_memory_equal(a[p]->X.at, b[p]->X.at,
					    (size_t)a[p]->X.stride * 2 * sizeof(real));
			assert_memory_equal(a[p]->row, b[p]->row, (size_t)n * sizeof *a[p]->row);
			for (ptrdiff_t i = 0; i < n; i++)
				assert_int_equal(b[p]->label[i], (way ? back : to)[a[p]->label[i]]);
		}
	}
}

static void expect_error(struct place *place, enum status wanted, const char *text)
{
	struct dataset data;
	struct data_shape shape;
	struct err err = {0}, counted = {0};

	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err), wanted);
	assert_string_equal(err.text, text);
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &counted), wanted);
	assert_string_equal(counted.text, text);
}

/* The start of the message, and its line. */
static void expect_at(struct place *place, int line, const char *text)
{
	struct dataset data;
	struct err err = {0};

	assert_int_not_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err), 0);
	if (strncmp(err.text, text, strlen(text)) != 0)
		fail_msg("expected %s, got %s", text, err.text);
	assert_int_equal(err.line, line);
}

static void class_without_a_row(void **state)
{
	const char *text = "0,1,a\n1,1,b\n2,1,a\n3,1,b\n4,1,c\n5,1,a\n";
	struct place *place = *state;
	struct dataset data;
	char path[320];

	files_write(place->path, text, strlen(text));
	place->csv.header = CSV_HEADER_NO;
	place->options.limit.train = 4;
	expect_error(place, STATUS_ENV,
		     "the training part (4 rows) has no row of the class \"c\": split and limit "
		     "leave none");
	place->options.limit.train = 0;
	place->options.limit.test = 2;
	place->csv.test = place->path;
	data = load(place, 0);
	assert_int_equal(data.k, 3);
	assert_int_equal(data.test.X.rows, 2);
	assert_string_equal(data.note,
			    "the test part has no row of 1 of the 3 classes, such as \"c\"");

	snprintf(path, sizeof path, "%s/test.csv", place->room.folder);
	files_write(path, "0,1,a\n0,1,d\n", 12);
	place->csv.test = path;
	expect_error(place, STATUS_ENV,
		     "the test part has the label \"d\", which the training part lacks; name the "
		     "classes and join it to one of them: classes: [..., \"...|d\"]");
	unlink(path);
}

/* n / (classes x rows of the class), or as given; 1 for classes that are not named. */
static void weights(void **state)
{
	static const size_t rows[] = {40, 15, 5};
	static const char *const names[] = {"a", "b", "c"};
	static const struct text_entry balanced = {"balanced", NULL},
				       given[] = {{"c", "2.5"}, {"a", "0.5"}}, unknown = {"d", "1"};
	struct place *place = *state;
	double sum[3] = {0};
	struct dataset data;

	write_classes(place, 3, rows, names);
	place->options.split.test = 12;
	place->options.split.validation = 12;
	place->options.class_weights = (struct text_map){1, &balanced};
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 36);
	for (ptrdiff_t i = 0; i < 36; i++)
		sum[data.train.label[i]] += (double)data.train.weight[i];
	for (int c = 0; c < 3; c++)
		check_close(sum[c], 12, 0, 40 * REAL_EPSILON * 12);
	for (ptrdiff_t i = 0; i < 12; i++) /* those of the training part */
		check_close(data.test.weight[i],
			    36.0 / (3 * (double[]){24, 9, 3}[data.test.label[i]]), 4 * REAL_EPSILON,
			    0);

	place->options.class_weights = (struct text_map){2, given};
	data = load(place, 0);
	for (ptrdiff_t i = 0; i < 12; i++)
		check_close(data.validation.weight[i],
			    ((double[]){0.5, 1, 2.5})[data.validation.label[i]], 0, 0);
	place->options.class_weights = (struct text_map){1, &unknown};
	expect_error(place, STATUS_SPEC,
		     "class_weights: no class is named \"d\"; the first ones are \"a\" and \"b\"");
	place->options.task = DATA_REGRESSION;
	write_rows(place, 10, 2);
	expect_error(place, STATUS_SPEC, "class_weights: regression has no classes");
}

/* Two classes stay -1 and +1 in one output, with weights. */
static void weights_of_two(void **state)
{
	static const struct text_entry balanced = {"balanced", NULL};
	struct place *place = *state;
	struct dataset data;

	write_rows(place, 12, 3);
	place->options.class_weights = (struct text_map){1, &balanced};
	data = load(place, 0);
	assert_int_equal(data.k, 1);
	assert_null(data.train.label);
	for (ptrdiff_t i = 0; i < 12; i++) {
		check_equal(data.train.y[i], i % 3 ? -1 : 1);
		check_close(data.train.weight[i], i % 3 ? 0.75 : 1.5, 0, 0);
	}
}

static void use_targets(struct place *place, const char *const *names, size_t count)
{
	place->csv.targets = (struct texts){count, names};
	place->csv.header = CSV_HEADER_YES;
}

/* Targets in the order of the option, each scaled by itself, in all parts. */
static void several_targets(void **state)
{
	static const char *const names[] = {"z", "a"};
	static const double z[] = {5, 1, -3, 9}, a[] = {100, 300, 200, 400};
	struct place *place = *state;
	FILE *file = fopen(place->path, "w");
	struct dataset data;
	double sum[2] = {0}, square[2] = {0};

	fputs("a,x,z\n", file);
	for (int i = 0; i < 4; i++)
		fprintf(file, "%g,%d,%g\n", a[i], i, z[i]);
	fclose(file);
	use_targets(place, names, 2);
	place->csv.test = place->path;
	place->options.task = DATA_REGRESSION;
	data = load(place, 0);
	assert_int_equal(data.k, 2);
	assert_int_equal(data.raw_d, 1);
	assert_string_equal(data.columns[0], "x");
	assert_string_equal(data.targets[0], "z");
	assert_string_equal(data.targets[1], "a");
	assert_null(data.train.label);
	assert_null(data.classes);
	for (int i = 0; i < 4; i++) {
		check_equal(data.train.y[i], (real)z[i]);
		check_equal(data.train.y[4 + i], (real)a[i]);
		check_equal(data.test.y[4 + i], (real)a[i]);
	}
	place->options.target = DATA_TARGET_STANDARDIZE;
	data = load(place, 0);
	check_close(data.target_shift[0], 3, 0, 1e-14);
	check_close(data.target_shift[1], 250, 0, 1e-12);
	check_close(data.target_scale[0], 1 / sqrt(20), 1e-14, 0);
	check_close(data.target_scale[1], 1 / sqrt(12500), 1e-14, 0);
	for (int j = 0; j < 2; j++) {
		for (int i = 0; i < 4; i++) {
			sum[j] += (double)data.train.y[4 * j + i];
			square[j] += pow((double)data.train.y[4 * j + i], 2);
			check_close(data.test.y[4 * j + i],
				    ((j ? a : z)[i] - data.target_shift[j]) * data.target_scale[j],
				    0, 4 * REAL_EPSILON);
		}
		check_close(sum[j], 0, 0, 8 * REAL_EPSILON);
		check_close(square[j], 4, 0, 16 * REAL_EPSILON);
	}
}

/* Rows with all their targets move together through splits and limits. */
static void targets_stay_with_their_rows(void **state)
{
	static const char *const names[] = {"1", "2", "3"};
	struct place *place = *state;
	const struct part *part;
	FILE *file = fopen(place->path, "w");
	struct dataset data;

	for (int i = 0; i < 40; i++)
		fprintf(file, "%d,%d,%d,%d\n", i, 2 * i, i * i, -i);
	fclose(file);
	use_targets(place, names, 3);
	place->csv.header = CSV_HEADER_NO;
	place->options.task = DATA_REGRESSION;
	place->options.split =
		(struct split_options){.test = 0.25, .validation = 0.25, .stratified = true};
	place->options.limit = (struct limit_options){.train = 12, .test = 7, .random = true};
	data = load(place, 1);
	assert_null(data.targets);
	for (int p = 0; p < 3; p++) {
		part = ((const struct part *[]){&data.train, &data.validation, &data.test})[p];
		assert_int_equal(part->X.rows, ((int[]){12, 10, 7})[p]);
		for (ptrdiff_t i = 0; i < part->X.rows; i++) {
			real x = mat_get(part->X, i, 0);

			assert_int_equal(part->row[i], (long)x);
			check_equal(part->y[i], 2 * x);
			check_equal(part->y[part->X.rows + i], x * x);
			check_equal(part->y[2 * part->X.rows + i], -x);
		}
	}
}

/* Columns of zeros and ones are labels with the names of these columns. */
static void one_hot_labels(void **state)
{
	static const char *const names[] = {"red", "blue", "green"};
	static const int label[] = {2, 0, 1, 0};
	const char *text = "x,red,blue,green\n5,1,0,0\n6,0,1,0\n7,0,0,1.0\n8,0,1,0\n";
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	use_targets(place, names, 3);
	data = load(place, 0);
	assert_int_equal(data.k, 3);
	assert_string_equal(data.classes[0], "blue");
	assert_string_equal(data.classes[2], "red");
	for (ptrdiff_t i = 0; i < 4; i++)
		assert_int_equal(data.train.label[i], label[i]);
}

static void targets_that_cannot_be(void **state)
{
	static const char *const names[] = {"a", "b"}, *const twice[] = {"a", "a"},
				 *const gone[] = {"a", "c"}, *const drop[] = {"b"};
	const char *hot = "a,b,x\n1,0,3\n1,1,4\n", *numbers = "a,b,x\n1,0,3\n2.5,?,4\n";
	struct place *place = *state;

	files_write(place->path, hot, strlen(hot));
	use_targets(place, names, 2);
	expect_at(place, 3,
		  "expected one 1 and else zeros in the 2 columns of targets, as one-hot labels "
		  "have, got 2 of 1; for numeric targets, task: regression");
	files_write(place->path, numbers, strlen(numbers));
	place->options.task = DATA_REGRESSION;
	expect_at(place, 3,
		  "column 1 (\"b\"): missing value \"?\" in the label column; the option missing "
		  "can be drop");
	use_targets(place, twice, 2);
	expect_at(place, 0, "csv.targets: \"a\" is named twice");
	use_targets(place, gone, 2);
	expect_at(place, 0, "csv.targets: no column is named \"c\"");
	use_targets(place, names, 2);
	place->csv.drop = (struct texts){1, drop};
	expect_at(place, 0, "csv.drop: \"b\" is a target column");
	place->csv.drop.count = 0;
	place->csv.label = "x";
	expect_at(place, 0, "csv.label: targets stands in its place, leave one of them out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(three_labels),
		CASE(groups),
		cmocka_unit_test(quotas_by_brute_force),
		CASE(strata_of_all_classes),
		CASE(folds_of_all_classes),
		CASE(two_classes_with_an_output_each),
		CASE(turned_outputs_of_two_classes),
		CASE(limits_of_all_classes),
		CASE(permuted_classes),
		CASE(class_without_a_row),
		CASE(weights),
		CASE(weights_of_two),
		CASE(several_targets),
		CASE(targets_stay_with_their_rows),
		CASE(one_hot_labels),
		CASE(targets_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
