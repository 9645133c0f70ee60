/* data_load: steps that change rows as a whole, and the stages they leave for the stored model. */
#include "harness/assess/assault.h"
#include "harness/data/source/source_cifar10.h"
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

extern const struct source source_cifar10;
extern const struct prepare prepare_stride, prepare_row_normalize, prepare_pca, prepare_standardize,
	prepare_bias;

struct stride { /* options of the step, as a spec binds them */
	long side, channels, step, layout;
};

/* Every prepared row is what the stages make of the raw one. */
static void expect_stages(const struct dataset *data, const struct part *part, const double *raw)
{
	size_t width = stages_width(&data->stages);
	double *x = calloc(2 * width, sizeof *x);

	assert_int_equal(data->stages.d, part->X.cols);
	for (ptrdiff_t i = 0; i < part->X.rows; i++) {
		memcpy(x, raw + (size_t)i * data->raw_d, data->raw_d * sizeof *x);
		stages_apply(&data->stages, 0, x, x + width);
		for (ptrdiff_t j = 0; j < part->X.cols; j++)
			check_equal(mat_get(part->X, i, j), (real)x[j]);
	}
	free(x);
}

/* n images of 2 channels of 4 x 4 pixels as CSV; pixel (p, r, c) of image i is i + 100 p + 10 r +
 * c.
 */
static void write_images(const struct place *place, int n)
{
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < n; i++) {
		for (int p = 0; p < 2; p++)
			for (int k = 0; k < 16; k++)
				fprintf(file, "%d,", i + 100 * p + k / 4 * 10 + k % 4);
		fprintf(file, "%d\n", i % 2);
	}
	fclose(file);
}

static void stride_keeps_the_grid(void **state)
{
	static struct stride stride = {.side = 4, .channels = 2, .step = 3};
	static const real planar[] = {0, 3, 30, 33, 100, 103, 130, 133};
	/* values 0, 1, 2 ... of the vector are 0, 1, 2, 3, 10, ...: pairs 0 and 3 of its rows 0 and
	 * 3 */
	static const real interleaved[] = {0, 1, 12, 13, 120, 121, 132, 133};
	struct place *place = *state;
	struct stage_columns columns;
	struct dataset data;

	write_images(place, 4);
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_stride.base, &stride};
	stride.layout = 0;
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 8);
	for (ptrdiff_t j = 0; j < 8; j++)
		check_equal(mat_get(data.train.X, 2, j), 2 + planar[j]);
	assert_null(stages_columns(&data.stages, &place->room.arena, &columns));
	assert_int_equal(columns.count, 8);
	assert_int_equal(columns.column[7], 31);
	stride.layout = 1;
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 8);
	for (ptrdiff_t j = 0; j < 8; j++)
		check_equal(mat_get(data.train.X, 0, j), interleaved[j]);
}

/* 32 x 32 pixels with step 5: 7 x 7 x 3 values. */
static void stride_of_colour_images(void **state)
{
	enum { RECORD = 3073 };
	static struct stride stride = {.side = 32, .channels = 3, .step = 5};
	struct place *place = *state;
	const char *const paths[] = {place->path};
	struct cifar10_options cifar = {.train = {1, paths}};
	unsigned char *bytes = calloc(2, RECORD);
	struct dataset data;

	bytes[RECORD] = 1;
	bytes[RECORD + 1 + 2 * 1024 + 30 * 32 + 25] = 77; /* blue, row 30, column 25 */
	files_write(place->path, bytes, 2 * (size_t)RECORD);
	free(bytes);
	place->options.source = (struct choice){&source_cifar10.base, &cifar};
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_stride.base, &stride};
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 147);
	check_equal(mat_get(data.train.X, 1, 2 * 49 + 6 * 7 + 5), 77);
}

static void stride_of_another_shape(void **state)
{
	static struct stride stride = {.side = 5, .channels = 1, .step = 2};
	struct place *place = *state;
	struct dataset data;
	struct err err = {0};

	write_images(place, 4);
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_stride.base, &stride};
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text, "prepare: stride: images of 5 x 5 pixels and 1 channel have "
				      "25 features, got 32");
}

static void rows_of_length_one(void **state)
{
	const char *text = "3,4,a\n0,0,b\n-1e200,0,a\n5e-324,0,b\n";
	static const real want[4][2] = {{(real)0.6, (real)0.8}, {0, 0}, {-1, 0}, {1, 0}};
	struct place *place = *state;
	struct stage_columns columns;
	struct dataset data;

	files_write(place->path, text, strlen(text));
	place->options.prepare.count = 2;
	place->steps[0].item = &prepare_row_normalize.base;
	place->steps[1].item = &prepare_bias.base;
	data = load(place, 0);
	assert_int_equal(data.bias, 2);
	for (ptrdiff_t i = 0; i < 4; i++)
		for (ptrdiff_t j = 0; j < 2; j++)
			check_close(mat_get(data.train.X, i, j), want[i][j], 0, 2 * REAL_EPSILON);
	assert_int_equal(stages_columns(&data.stages, &place->room.arena, &columns)->kind,
			 STAGE_NORM);
	expect_stages(&data, &data.train, data.train.raw); /* two features: raw ones are kept */
}

/* Samples 7 + a v1 + b v2 with orthonormal v1, v2 and uncorrelated a, b of mean 0, var a > var b:
 * the components are v1 and -v2. All their entries are equally large, so the first one is positive.
 */
static void principal_components(void **state)
{
	enum { N = 40, D = 4 };
	static const double v1[D] = {0.5, -0.5, 0.5, -0.5}, v2[D] = {-0.5, -0.5, 0.5, 0.5};
	static const long k = 2;
	const double tolerance = 500 * REAL_EPSILON, turn = 2 * acos(-1);
	struct place *place = *state;
	double raw[N * D];
	FILE *file = fopen(place->path, "w");
	struct dataset data;

	for (int i = 0; i < N; i++) {
		double a = 10 * cos(turn * i / N), b = cos(2 * turn * i / N);

		for (int j = 0; j < D; j++) {
			raw[i * D + j] = 7 + a * v1[j] + b * v2[j];
			fprintf(file, "%.17g,", raw[i * D + j]);
		}
		fprintf(file, "%d\n", i % 2);
	}
	fclose(file);
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_pca.base, &k};
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 2);
	for (int i = 0; i < N; i++) {
		double a = 10 * cos(turn * i / N), b = cos(2 * turn * i / N);

		check_close(mat_get(data.train.X, i, 0), a, 0, tolerance);
		check_close(mat_get(data.train.X, i, 1), -b, 0, tolerance);
	}
	expect_stages(&data, &data.train, raw);
}

/* Uncorrelated scores, variances in descending order, and the largest entry positive. */
static void components_are_uncorrelated(void **state)
{
	enum { N = 50, D = 6 };
	static const long k = 4;
	struct place *place = *state;
	FILE *file = fopen(place->path, "w");
	double last = HUGE_VAL;
	struct dataset data;

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < D; j++)
			fprintf(file, "%.17g,", sin(i * (j + 1.0)) + 0.3 * j * cos(0.7 * i));
		fprintf(file, "%d\n", i % 2);
	}
	fclose(file);
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_pca.base, &k};
	data = load(place, 0);
	for (ptrdiff_t p = 0; p < k; p++) {
		const double *map = data.stages.at[1].at;
		double variance = 0, largest = 0;

		for (ptrdiff_t q = 0; q <= p; q++) {
			double product = 0;

			for (ptrdiff_t i = 0; i < N; i++)
				product += (double)mat_get(data.train.X, i, p) *
					   (double)mat_get(data.train.X, i, q) / N;
			if (q < p)
				check_close(product, 0, 0, 100 * REAL_EPSILON);
			variance = product;
		}
		check_below(variance, last);
		last = variance;
		for (ptrdiff_t i = 0; i < D; i++)
			if (fabs(map[i * k + p]) > fabs(largest))
				largest = map[i * k + p];
		check_above(largest, 0);
	}
}

static void too_many_components(void **state)
{
	static const long k = 3;
	struct place *place = *state;
	struct dataset data;
	struct err err = {0};

	write_rows(place, 20, 2);
	place->options.prepare.count = 1;
	place->steps[0] = (struct choice){&prepare_pca.base, &k};
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text, "prepare: pca: 3 components asked for, but there are 2 "
				      "features and 20 training rows");
}

/* A chain of all kinds: what data_load computes part by part is what the stages say row by row. */
static void a_chain_of_steps(void **state)
{
	static struct stride stride = {.side = 4, .channels = 2, .step = 2};
	static const long k = 3;
	struct place *place = *state;
	struct choice steps[5] = {{&prepare_stride.base, &stride},
				  {&prepare_standardize.base, NULL},
				  {&prepare_row_normalize.base, NULL},
				  {&prepare_pca.base, &k},
				  {&prepare_bias.base, NULL}};
	FILE *file = fopen(place->path, "w");
	double raw[20 * 32];
	struct dataset data;

	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < 32; j++) {
			raw[i * 32 + j] = round(50 * sin(i * j + j));
			fprintf(file, "%g,", raw[i * 32 + j]);
		}
		fprintf(file, "%d\n", i % 2);
	}
	fclose(file);
	place->csv.test = place->path;
	place->options.prepare = (struct choices){5, steps};
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 4);
	assert_int_equal(data.bias, 3);
	assert_int_equal(data.stages.count, 7); /* standardize and pca have two stages */
	expect_stages(&data, &data.train, raw);
	expect_stages(&data, &data.test, raw);
}

/* A ball in raw units needs to know how far a raw column moves a prepared one. */
static void raw_units(void **state)
{
	static const struct desc named = {.name = "pgd"};
	struct place *place = *state;
	struct attack_options attack = {.attack = {.item = &named}, .threat = {.units = UNITS_RAW}};
	struct cell cell = {.attack = {.count = 1, .at = &attack}};
	struct dataset data;
	struct err err = {0};

	write_rows(place, 20, 2);
	place->options.prepare.count = 2;
	place->steps[0].item = &prepare_standardize.base;
	place->steps[1].item = &prepare_bias.base;
	data = load(place, 0);
	assert_int_equal(assault_check(&cell, &data, &err), STATUS_OK);
	place->steps[1].item = &prepare_row_normalize.base;
	data = load(place, 0);
	assert_int_equal(assault_check(&cell, &data, &err), STATUS_SPEC);
	assert_string_equal(err.text,
			    "attack pgd: units: raw needs steps of prepare that act column by "
			    "column, but the stage \"norm\" mixes columns");
	attack.threat.units = UNITS_PREPARED;
	err = (struct err){0};
	assert_int_equal(assault_check(&cell, &data, &err), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(stride_keeps_the_grid),
		CASE(stride_of_colour_images),
		CASE(stride_of_another_shape),
		CASE(rows_of_length_one),
		CASE(principal_components),
		CASE(components_are_uncorrelated),
		CASE(too_many_components),
		CASE(a_chain_of_steps),
		CASE(raw_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
