/* data_load: features of images by the step `patches`. */
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

#include <math.h>

extern const struct prepare prepare_patches, prepare_standardize, prepare_bias;

struct patches_options { /* of the step, as a spec binds them; long: < 0 is null */
	long filters, patch, step, pool;
	double threshold, whitening, contrast;
	long side, channels, layout, draw;
};

enum { SIDE = 6, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS, IMAGES = 90 };

/* Pixel j of image i. */
static double value(size_t i, size_t j)
{
	size_t mixed = (i * PIXELS + j) * 2654435761u % 4294967296u; /* Knuth's hash: noise */

	return round(40 * sin(0.7 * (double)(i * j) + (double)j) + 12 * (double)(j % SIDE) +
		     (double)(mixed >> 24) / 8);
}

/* Images as CSV, their pixels times `scale`, those from `shuffled` on others than above. */
static void write_images(const struct place *place, double scale, size_t shuffled)
{
	FILE *file = fopen(place->path, "w");

	for (size_t i = 0; i < IMAGES; i++) {
		for (size_t j = 0; j < PIXELS; j++)
			fprintf(file, "%.17g,", scale * value(i < shuffled ? i : 2 * i, j));
		fprintf(file, "%d\n", i % 2 == 0);
	}
	fclose(file);
}

static struct patches_options usual(void)
{
	return (struct patches_options){.filters = 5,
					.patch = 3,
					.step = 1,
					.pool = 2,
					.threshold = 0.25,
					.whitening = 0.1,
					.contrast = 0.01,
					.side = -1,
					.channels = -1};
}

static void choose(struct place *place, const struct patches_options *o)
{
	place->steps[0] = (struct choice){&prepare_patches.base, o};
	place->options.prepare.count = 1;
}

/* The layer that was fitted. */
static struct patches layer(const struct dataset *data)
{
	const struct stage *stage = data->stages.at;
	struct patches p;

	assert_int_equal(stage->kind, STAGE_PATCHES);
	assert_true(patches_read(stage->at, stage_size(stage), &p));
	return p;
}

/* Product k of the patch of image i whose first pixel is (row, column), from the definition. */
static double product(const struct patches *p, size_t i, size_t row, size_t column, size_t k)
{
	double q[PIXELS], mean = 0, square = 0, z = -p->shift[k];
	size_t count = 0;

	for (size_t c = 0; c < p->channels; c++)
		for (size_t r = 0; r < p->patch; r++)
			for (size_t s = 0; s < p->patch; s++) {
				size_t y = row + r, x = column + s;

				q[count++] =
					value(i, p->interleaved ? (y * SIDE + x) * CHANNELS + c
								: c * SIDE * SIDE + y * SIDE + x);
			}
	for (size_t j = 0; j < count; j++)
		mean += q[j];
	mean /= (double)count;
	for (size_t j = 0; j < count; j++)
		square += pow(q[j] - mean, 2);
	for (size_t j = 0; j < count; j++)
		z += (q[j] - mean) / sqrt(square / (double)count + p->contrast) *
		     p->weight[j * p->filters + k];
	return z;
}

/* Feature of filter k on its side `below` in a region, with boundaries floor(i pool / across). */
static double feature(const struct patches *p, size_t i, size_t region, size_t k, bool below)
{
	size_t across = (SIDE - p->patch) / p->step + 1, count = 0;
	double sum = 0;

	for (size_t r = 0; r < across; r++)
		for (size_t c = 0; c < across; c++) {
			double z;

			if (r * p->pool / across * p->pool + c * p->pool / across != region)
				continue;
			z = product(p, i, r * p->step, c * p->step, k);
			count++;
			sum += fmax(0, (below ? -z : z) - p->threshold);
		}
	return sum / (double)count;
}

static void expect_features(const struct dataset *data, const struct part *part)
{
	const struct patches p = layer(data);

	assert_int_equal(part->X.cols, 2 * p.pool * p.pool * p.filters);
	for (ptrdiff_t i = 0; i < part->X.rows; i++)
		for (size_t j = 0; j < (size_t)part->X.cols; j++)
			check_close(mat_get(part->X, i, (ptrdiff_t)j),
				    feature(&p, part->row[i], j / (2 * p.filters), j % p.filters,
					    j / p.filters % 2 > 0),
				    200 * REAL_EPSILON, 200 * REAL_EPSILON);
}

/* Every feature is what plain loops over the definition make of it, in the parts as well. */
static void features_by_plain_loops(void **state)
{
	struct place *place = *state;
	struct patches_options o = usual();
	struct dataset data;

	write_images(place, 1, IMAGES);
	place->options.split.test = 0.3;
	choose(place, &o);
	data = load(place, 0);
	assert_true(data.feature_space);
	assert_int_equal(data.stages.raw_d, PIXELS);
	expect_features(&data, &data.train);
	expect_features(&data, &data.test);
	o.layout = 1;
	o.step = 2;
	o.pool = 1;
	data = load(place, 0);
	assert_true(layer(&data).interleaved);
	expect_features(&data, &data.train);
	o = usual(); /* more features than pixels, and regions of different sizes */
	o.filters = 40;
	o.pool = 3;
	data = load(place, 0);
	assert_int_equal(data.train.X.cols, 720);
	expect_features(&data, &data.train);
	expect_features(&data, &data.test);
}

/* What a stored model is asked with: the stages row by row, other steps behind. */
static void stages_row_by_row(void **state)
{
	struct place *place = *state;
	struct patches_options o = usual();
	double *x;
	struct dataset data;
	size_t width;

	write_images(place, 1, IMAGES);
	choose(place, &o);
	place->steps[1].item = &prepare_standardize.base;
	place->steps[2].item = &prepare_bias.base;
	place->options.prepare.count = 3;
	data = load(place, 0);
	width = stages_width(&data.stages);
	x = calloc(2 * width, sizeof *x);
	for (ptrdiff_t i = 0; i < data.train.X.rows; i++) {
		for (size_t j = 0; j < PIXELS; j++)
			x[j] = value(data.train.row[i], j);
		stages_apply(&data.stages, 0, x, x + width);
		for (ptrdiff_t j = 0; j < data.train.X.cols; j++)
			check_close(mat_get(data.train.X, i, j), x[j], 0, 1000 * REAL_EPSILON);
	}
	free(x);
}

/* One filter, one region: q = (-2, -1, 1, 2) / sqrt(2.5 + 1) for every patch of 0, 1, ..., 8. */
static void a_known_answer(void **state)
{
	static const double at[] = {3, 1, 2, 1, 1, 1, 0, 0.1, 1, 0, 1, 0, 0, -1};
	struct place *place = *state;
	struct stages stages = stages_none(9);
	double x[9], spare[9];

	stages_add(&stages, STAGE_PATCHES, 2, at, &place->room.arena);
	for (int j = 0; j < 9; j++)
		x[j] = j;
	stages_apply(&stages, 0, x, spare);
	check_equal(x[0], 0);
	check_close(x[1], 4 / sqrt(3.5) - 0.1, 1e-15, 0);
}

/* Whitened patches have mean 0 and covariance I, so that their products with a filter of length 1
 * have mean 0 and variance 1; and of all filters it is the one made of a patch that has the largest
 * product with it, by Cauchy and Schwarz. */
static void filters_are_whitened_patches(void **state)
{
	enum { PLACES = 16 };
	struct place *place = *state;
	struct patches_options o = usual();
	struct patches p;
	size_t beaten = 0;

	write_images(place, 1, IMAGES);
	o.whitening = 1e-4;
	choose(place, &o);
	p = layer((struct dataset[]){load(place, 0)});
	for (size_t k = 0; k < p.filters; k++) {
		double sum = 0, squares = 0, most = 0;
		size_t of = 0;

		for (size_t at = 0; at < IMAGES * PLACES; at++) {
			double z = product(&p, at / PLACES, at / 4 % 4, at % 4, k);

			sum += z / (IMAGES * PLACES);
			squares += z * z / (IMAGES * PLACES);
			of = z > most ? at : of;
			most = fmax(z, most);
		}
		check_close(sum, 0, 0, 0.1);
		check_close(squares, 1, 0.1, 0);
		for (size_t other = 0; other < p.filters; other++)
			beaten += fabs(product(&p, of / PLACES, of / 4 % 4, of % 4, other)) > most;
	}
	assert_int_equal(beaten, 0);
}

/* Features depend neither on the scale of the pixels nor on other rows than those of the training
 * part, but on the draw. */
static void what_features_depend_on(void **state)
{
	struct place *place = *state;
	struct patches_options o = usual();
	struct dataset data, other;
	double far = 0;

	place->options.split.test = 0.3;
	write_images(place, 1, IMAGES);
	choose(place, &o);
	data = load(place, 0);
	write_images(place, 0.125, IMAGES);
	other = load(place, 0);
	for (ptrdiff_t j = 0; j < data.train.X.cols; j++)
		check_close(mat_get(other.train.X, 3, j), mat_get(data.train.X, 3, j),
			    1000 * REAL_EPSILON, 1000 * REAL_EPSILON);
	o.draw = 1;
	write_images(place, 1, IMAGES);
	other = load(place, 0);
	for (ptrdiff_t j = 0; j < data.train.X.cols; j++)
		far = fmax(far, fabs((double)mat_get(other.train.X, 3, j) -
				     (double)mat_get(data.train.X, 3, j)));
	check_above(far, 0.1);
}

static void other_parts_have_no_say(void **state)
{
	struct place *place = *state;
	const struct patches_options o = usual();
	const char *test = room_path(&place->room, "test.csv");
	const char *train = place->path;
	struct dataset one, two;

	write_images(place, 1, IMAGES);
	place->csv.test = test;
	choose(place, &o);
	place->path = test;
	write_images(place, 1, IMAGES);
	one = load(place, 0);
	write_images(place, 7, 10);
	two = load(place, 0);
	place->path = train;
	for (ptrdiff_t j = 0; j < one.train.X.cols; j++)
		check_equal(mat_get(one.train.X, 5, j), mat_get(two.train.X, 5, j));
	check_unequal(mat_get(one.test.X, 20, 0), mat_get(two.test.X, 20, 0));
}

static void the_same_bits_on_any_number_of_threads(void **state)
{
	struct place *place = *state;
	const struct patches_options o = usual();
	const int before = blas_threads();
	struct dataset data[2];

	write_images(place, 1, IMAGES);
	choose(place, &o);
	for (int k = 0; k < 2; k++) {
		blas_set_threads(k ? 3 : 1);
		data[k] = load(place, 0);
	}
	blas_set_threads(before);
	for (ptrdiff_t i = 0; i < data[0].train.X.rows; i++)
		for (ptrdiff_t j = 0; j < data[0].train.X.cols; j++)
			check_equal(mat_get(data[0].train.X, i, j), mat_get(data[1].train.X, i, j));
}

static void expect_error(struct place *place, const struct patches_options *o, enum status status,
			 const char *text)
{
	struct dataset data;
	struct err err = {0};

	choose(place, o);
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err), status);
	assert_string_equal(err.text, text);
}

/* Eight images of 4 x 4 pixels, the first `flat` of them without contrast. */
static void write_flat(const struct place *place, int flat)
{
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < 16; j++)
			fprintf(file, "%d,", i < flat ? 1 : j * j % 7);
		fprintf(file, "%d\n", i % 2);
	}
	fclose(file);
}

static void errors(void **state)
{
	struct place *place = *state;
	struct patches_options o = usual();
	struct dataset data;
	struct err err = {0};
	int found = 0;

	write_images(place, 1, IMAGES);
	o.side = 5;
	o.channels = 3;
	expect_error(
		place, &o, STATUS_SPEC,
		"prepare: patches: images of 5 x 5 pixels and 3 channels have 75 features, got "
		"108");
	o = usual();
	o.patch = 7;
	expect_error(place, &o, STATUS_SPEC,
		     "prepare: patches: a patch of 7 x 7 pixels does not fit into images of 6 x 6");
	o = usual();
	o.pool = 5;
	expect_error(place, &o, STATUS_SPEC,
		     "prepare: patches: pool: 5 regions along a side, which has 4 patches");
	write_rows(place, 20, 2);
	o = usual();
	expect_error(place, &o, STATUS_SPEC,
		     "prepare: patches: 2 features are no square image of one channel or of three: "
		     "give its side and channels");
	write_flat(place, 8);
	expect_error(
		place, &o, STATUS_ENV,
		"prepare: patches: the patches of the training images have no contrast that is "
		"above rounding and finite");
	write_flat(place, 7); /* one image in eight */
	o.filters = 5000;
	choose(place, &o);
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			 STATUS_ENV);
	assert_int_equal(sscanf(err.text,
				"prepare: patches: 5000 filters asked for, but of 10000 patches "
				"drawn from the training images only %d have contrast",
				&found),
			 1);
	check_close(found, 1250, 0.1, 0);
}

/* An array that is none of such a layer is told from one that is. */
static void damaged_layers(void **state)
{
	static const double good[] = {3, 1, 2, 1, 1, 1, 0, 0.1, 1, 0, 1, 0, 0, -1};
	static const struct {
		size_t at;
		double value;
	} damage[] = {{0, 0}, {0, 1}, {0, NAN}, {1, 2}, {2, 1.5}, {3, 0}, {4, 3}, {5, 2}, {8, 0}};
	double at[sizeof good / sizeof *good];
	struct patches p;

	(void)state;
	assert_true(patches_read(good, sizeof good / sizeof *good, &p));
	assert_false(patches_read(good, 5, &p));
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		memcpy(at, good, sizeof good);
		at[damage[i].at] = damage[i].value;
		assert_false(patches_read(at, sizeof good / sizeof *good, &p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(features_by_plain_loops),
		CASE(stages_row_by_row),
		CASE(a_known_answer),
		CASE(filters_are_whitened_patches),
		CASE(what_features_depend_on),
		CASE(other_parts_have_no_say),
		CASE(the_same_bits_on_any_number_of_threads),
		CASE(errors),
		CASE(damaged_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
