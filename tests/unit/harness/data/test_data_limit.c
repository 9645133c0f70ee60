/* data_load: the option `limit`, and targets in units of their standard deviation. */
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

static long positives(const struct part *part)
{
	long count = 0;

	for (ptrdiff_t i = 0; i < part->X.rows; i++)
		count += part->y[i] > 0;
	return count;
}

static void expect_ascending(const struct part *part)
{
	for (ptrdiff_t i = 0; i < part->X.rows; i++) {
		int index = (int)mat_get(part->X, i, 0);

		check_equal(part->y[i], index % 3 == 0 ? 1 : -1); /* its own label */
		if (i > 0)
			check_below(mat_get(part->X, i - 1, 0), (real)index);
	}
}

/* The first k rows of each class, and no more than there are. */
static void per_class(void **state)
{
	struct place *place = *state;
	struct dataset data;

	write_rows(place, 30, 3); /* +1: 0, 3, 6, ...; -1: 1, 2, 4, 5, ... */
	place->csv.test = place->path;
	place->options.limit = (struct limit_options){.train_per_class = 4, .test_per_class = 12};
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 8);
	assert_int_equal(positives(&data.train), 4);
	for (ptrdiff_t i = 0; i < 8; i++)
		check_equal(mat_get(data.train.X, i, 0), ((real[]){0, 1, 2, 3, 4, 5, 6, 9})[i]);
	assert_int_equal(data.test.X.rows, 22);
	assert_int_equal(positives(&data.test), 10);
	expect_ascending(&data.train);
	expect_ascending(&data.test);
}

/* A third of the rows is +1, so is a third of a sample. */
static void random_sample_is_stratified(void **state)
{
	struct place *place = *state;
	struct dataset data, again, other;
	bool same = true;

	write_rows(place, 60, 3);
	place->options.limit = (struct limit_options){.train = 15, .random = true};
	data = load(place, 0);
	again = load(place, 0);
	other = load(place, 1);
	assert_int_equal(data.train.X.rows, 15);
	assert_int_equal(positives(&data.train), 5);
	expect_ascending(&data.train);
	for (ptrdiff_t i = 0; i < 15; i++) {
		check_equal(mat_get(data.train.X, i, 0), mat_get(again.train.X, i, 0));
		same = same && mat_get(data.train.X, i, 0) == mat_get(other.train.X, i, 0);
	}
	assert_false(same);
	place->options.limit.train = 100;
	data = load(place, 0);
	assert_int_equal(data.train.X.rows, 60);
}

/* Over many repetitions each row of a class is drawn equally often. */
static void random_sample_is_fair(void **state)
{
	struct place *place = *state;
	int drawn[12] = {0};

	write_rows(place, 12, 2);
	place->options.limit = (struct limit_options){.train_per_class = 2, .random = true};
	for (long repetition = 0; repetition < 600; repetition++) {
		struct dataset data = load(place, repetition);

		assert_int_equal(positives(&data.train), 2);
		for (ptrdiff_t i = 0; i < 4; i++)
			drawn[(int)mat_get(data.train.X, i, 0)]++;
	}
	for (int i = 0; i < 12; i++) /* mean 200, standard deviation 11.5; 5 of them */
		assert_in_range(drawn[i], 200 - 58, 200 + 58);
}

static void standardized_targets(void **state)
{
	const char *text = "1,2\n2,4\n3,6\n4,8\n";
	struct place *place = *state;
	struct dataset data;
	const double deviation = sqrt(5); /* of 2, 4, 6, 8 with divisor 4 */

	files_write(place->path, text, strlen(text));
	place->csv.test = place->path;
	place->options.task = 1;
	data = load(place, 0);
	check_equal(data.target_shift[0], 0);
	check_equal(data.target_scale[0], 1);
	place->options.target = 1;
	data = load(place, 0);
	check_close(data.target_shift[0], 5, 0, 1e-14);
	check_close(data.target_scale[0] * deviation, 1, 0, 1e-14);
	for (ptrdiff_t i = 0; i < 4; i++) {
		double want = ((double)(2 + 2 * i) - 5) / deviation;

		check_close(data.train.y[i], want, 0, 4 * REAL_EPSILON);
		check_equal(data.test.y[i], data.train.y[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(per_class),
		CASE(random_sample_is_stratified),
		CASE(random_sample_is_fair),
		CASE(standardized_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
