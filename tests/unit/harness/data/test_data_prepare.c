/* data_load: missing values and the preparation. */
#include "tests/unit/harness/data/test_data_load.h"

#include "harness/data/range.h"
#include "tests/close.h"

extern const struct prepare prepare_standardize, prepare_scalar, prepare_unit, prepare_minmax,
	prepare_bias;

/* The affine map of raw column j. */
static struct stage_columns columns_of(struct place *place, const struct dataset *data)
{
	struct stage_columns columns;

	assert_null(stages_columns(&data->stages, &place->room.arena, &columns));
	return columns;
}

/* The mean that fills gaps comes from the training part alone. */
static void fills_with_the_training_mean(void **state)
{
	struct place *place = *state;
	FILE *file = fopen(place->path, "w");
	struct dataset data;
	double sum = 0;
	long known = 0;
	const double offset = 1000; /* tells the rows apart in the second column */

	for (int i = 0; i < 40; i++) {
		if (i % 4 == 0)
			fprintf(file, "?,%g,%d\n", offset + i, i % 2);
		else
			fprintf(file, "%d,%g,%d\n", i * i, offset + i, i / 2 % 2);
	}
	fclose(file);
	place->csv.missing = 2;
	place->options.split.test = 0.5;
	data = load(place, 0);
	assert_int_equal(data.filled, 10);
	for (ptrdiff_t i = 0; i < data.train.X.rows; i++) {
		int row = (int)((double)mat_get(data.train.X, i, 1) - offset);

		sum += row % 4 ? row * row : 0;
		known += row % 4 != 0;
	}
	for (ptrdiff_t i = 0; i < data.test.X.rows; i++) {
		int row = (int)((double)mat_get(data.test.X, i, 1) - offset);
		double want = row % 4 ? row * row : sum / (double)known;

		check_close(mat_get(data.test.X, i, 0), want, 1e-5, 0);
	}
}

static void column_stats(struct mat X, ptrdiff_t j, double *mean, double *variance)
{
	*mean = *variance = 0;
	for (ptrdiff_t i = 0; i < X.rows; i++)
		*mean += (double)mat_get(X, i, j) / (double)X.rows;
	for (ptrdiff_t i = 0; i < X.rows; i++)
		*variance += pow((double)mat_get(X, i, j) - *mean, 2) / (double)X.rows;
}

/* n rounding errors of entries of size 1 to 10 */
#define TOLERANCE (1000 * REAL_EPSILON)

static void standardizes_on_the_training_part(void **state)
{
	struct place *place = *state;
	struct dataset data;
	double mean, variance;

	write_rows(place, 60, 3);
	place->options.split.test = 0.5;
	place->steps[0].item = &prepare_standardize.base;
	place->steps[1].item = &prepare_bias.base;
	place->options.prepare.count = 2;
	data = load(place, 0);
	assert_int_equal(data.raw_d, 2);
	assert_int_equal(data.bias, 2);
	assert_int_equal(data.train.X.cols, 3);
	for (ptrdiff_t j = 0; j < 2; j++) {
		column_stats(data.train.X, j, &mean, &variance);
		check_close(mean, 0, 0, TOLERANCE);
		check_close(variance, 1, 0, TOLERANCE);
	}
	for (ptrdiff_t i = 0; i < data.test.X.rows; i++) { /* the same map, not one of its own */
		struct stage_columns map = columns_of(place, &data);
		double raw = (double)mat_get(data.test.X, i, 0) / map.scale[0] + map.shift[0];

		check_close(raw, round(raw), 0, 60 * TOLERANCE);
		check_equal(mat_get(data.test.X, i, 2), 1);
	}
}

static void constant_columns(void **state)
{
	const struct prepare *steps[] = {&prepare_standardize, &prepare_minmax};
	const char *text = "0.1,1,a\n0.1,2,b\n0.1,3,a\n0.1,4,b\n";
	struct place *place = *state;

	files_write(place->path, text, strlen(text));
	place->options.prepare.count = 1;
	for (size_t s = 0; s < 2; s++) {
		struct dataset data;
		struct stage_columns map;

		place->steps[0].item = &steps[s]->base;
		data = load(place, 0);
		map = columns_of(place, &data);
		for (ptrdiff_t i = 0; i < 4; i++)
			check_equal(mat_get(data.train.X, i, 0), 0);
		check_equal(map.scale[0], 1);
		check_equal(map.shift[0], 0.1);
	}
}

/* 0.1 + 0.2 is not 0.3: a column of both is constant, as is one of 3e20 and its neighbours; one
 * that varies by 1e-9 of its size is not. */
static void constant_up_to_rounding(void **state)
{
	const struct prepare *steps[] = {&prepare_standardize, &prepare_minmax};
	struct place *place = *state;

	place->options.prepare.count = 1;
	for (size_t s = 0; s < 2; s++) {
		FILE *file = fopen(place->path, "w");
		struct dataset data;
		double spread = 0;

		for (int i = 0; i < 8; i++)
			fprintf(file, "%.17g,%.17g,%.17g,%d\n", i % 2 ? 0.1 + 0.2 : 0.3,
				i % 3 ? 3e20 : 3e20 + 65536, 1 + 1e-9 * (i % 4), i % 2);
		fclose(file);
		place->steps[0].item = &steps[s]->base;
		data = load(place, 0);
		for (ptrdiff_t i = 0; i < 8; i++) {
			check_close(mat_get(data.train.X, i, 0), 0, 0, 1e-14);
			check_close(mat_get(data.train.X, i, 1), 0, 0, 1e-14);
			spread = fmax(spread, fabs((double)mat_get(data.train.X, i, 2)));
		}
		check_above(spread, 0.9);
	}
}

static void other_steps(void **state)
{
	const char *text = "0,8,a\n1,4,b\n3,8,a\n4,4,b\n"; /* mean 4, variance 7.25 */
	struct place *place = *state;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->options.prepare.count = 1;
	place->steps[0].item = &prepare_minmax.base;
	data = load(place, 0);
	for (ptrdiff_t i = 0; i < 4; i++) {
		check_equal(mat_get(data.train.X, i, 0), ((real[]){0, 0.25, 0.75, 1})[i]);
		check_equal(mat_get(data.train.X, i, 1), ((real[]){1, 0, 1, 0})[i]);
	}
	place->steps[0] = (struct choice){&prepare_unit.base, &place->range};
	data = load(place, 0);
	check_equal(mat_get(data.train.X, 2, 0), (real)0.75);
	check_equal(mat_get(data.train.X, 2, 1), 2);
	place->steps[0] = (struct choice){&prepare_scalar.base, NULL};
	data = load(place, 0);
	check_close(mat_get(data.train.X, 0, 0), -4 / sqrt(7.25), 0, 1e-6);
	check_close(columns_of(place, &data).scale[1], 1 / (sqrt(7.25) + 1e-10), 0, 1e-14);
}

/* Two steps one after the other are one affine map of each raw column. */
static void steps_compose(void **state)
{
	const struct prepare *first[] = {&prepare_unit, &prepare_minmax, &prepare_standardize,
					 &prepare_scalar};
	struct place *place = *state;
	double mean, variance;

	write_rows(place, 20, 2);
	place->options.prepare.count = 2;
	for (size_t s = 0; s < 4; s++) {
		struct dataset data;
		double all = 0;

		place->steps[0] = (struct choice){&first[s]->base, &place->range};
		place->steps[1].item = &prepare_standardize.base;
		data = load(place, 0);
		column_stats(data.train.X, 1, &mean, &variance);
		check_close(mean, 0, 0, TOLERANCE);
		check_close(variance, 1, 0, TOLERANCE);
		place->steps[1].item = &prepare_scalar.base;
		data = load(place, 0);
		for (ptrdiff_t j = 0; j < 2; j++) {
			column_stats(data.train.X, j, &mean, &variance);
			all += (variance + mean * mean) / 2;
		}
		/* the published offset of 1e-10 leaves the variance this much below 1 */
		check_close(all, 1, 0, TOLERANCE + 1e-9);
		for (ptrdiff_t i = 0; i < 20; i++) {
			struct stage_columns map = columns_of(place, &data);
			double raw = (double)i * (double)i;

			check_close(mat_get(data.train.X, i, 1),
				    (raw - map.shift[1]) * map.scale[1], 0, TOLERANCE);
		}
	}
}

/* Rows of size 1, times `scale`. */
static void write_scaled(struct place *place, double scale)
{
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < 20; i++)
		fprintf(file, "%.17g,%.17g,%d\n", scale * (i - 9.25), scale * (i * i % 7 - 3.5),
			i % 2);
	fclose(file);
}

/* Any size between the smallest and the largest double: as with values of size 1. */
static void any_size_is_prepared(void **state)
{
	static const double scales[] = {1e-310, 1e-300, 1e-160, 1, 1e150, 1e300};
	const struct prepare *steps[] = {&prepare_standardize, &prepare_minmax};
	struct place *place = *state;

	place->options.prepare.count = 1;
	for (size_t i = 0; i < 12; i++) {
		struct dataset same, data;

		place->steps[0].item = &steps[i % 2]->base;
		write_scaled(place, 1);
		same = load(place, 0);
		write_scaled(place, scales[i / 2]);
		data = load(place, 0);
		for (ptrdiff_t k = 0; k < 20; k++)
			for (ptrdiff_t j = 0; j < 2; j++) /* 1e-310 has 44 bits */
				check_close(mat_get(data.train.X, k, j),
					    mat_get(same.train.X, k, j), 0, 1e-6);
	}
}

static void what_cannot_be_multiplied_is_refused(void **state)
{
	struct place *place = *state;
	struct dataset data;
	struct err err = {0};

	place->options.prepare.count = 0;
	write_scaled(place, 1e3);
	data = load(place, 0);
	assert_int_equal(range_check(&data.train, data.train.X, 0, data.k, &err), STATUS_OK);
	if (sizeof(real) < sizeof(double))
		return;
	write_scaled(place, 1e150);
	data = load(place, 0);
	assert_int_equal(range_check(&data.train, data.train.X, 0, data.k, &err), STATUS_ENV);
	assert_non_null(
		strstr(err.text, "row 0, column 0: expected a prepared value up to 1.2e+77"));
	assert_non_null(strstr(err.text, "standardize"));
}

static void bias_must_be_last(void **state)
{
	struct place *place = *state;
	struct dataset data;
	struct err err = {0};

	write_rows(place, 20, 2);
	place->steps[0].item = &prepare_bias.base;
	place->steps[1].item = &prepare_standardize.base;
	place->options.prepare.count = 2;
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text,
			    "prepare: bias must be the last step, got standardize behind it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(fills_with_the_training_mean),
		CASE(standardizes_on_the_training_part),
		CASE(constant_columns),
		CASE(constant_up_to_rounding),
		CASE(other_steps),
		CASE(steps_compose),
		CASE(bias_must_be_last),
		CASE(any_size_is_prepared),
		CASE(what_cannot_be_multiplied_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
