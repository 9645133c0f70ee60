/* What is drawn at random depends on seed and repetition, and on nothing else; laws of the
 * generated data that need many rows. */
#include "harness/data/generate/generate.h"
#include "harness/data/source/source_idx.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

extern const struct source source_generate, source_idx;
extern const struct generator generator_spirals, generator_moons, generator_teacher,
	generator_xor_clusters_rotated;

/* Options as their files declare them. */
struct spirals {
	struct generate_size size;
	double turns, noise;
	long arms;
};
struct moons {
	struct generate_size size;
	double noise;
};
struct teacher {
	struct generate_size size;
	long d, neurons;
	double noise, flip;
	long outputs;
};
struct clusters {
	struct generate_size size;
	long d;
	double norm, noise, flip;
};

static struct dataset drawn(struct place *place, const struct generator *generator,
			    const void *options, uint64_t seed, long repetition)
{
	const struct generate_options source = {.kind = {&generator->base, options}};
	struct data_options data = files_data(&source_generate, &source);
	struct dataset out = {0};
	struct err err = {0};

	data.task = place->options.task;
	if (data_load(&data, seed, repetition, &place->room.arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return out;
}

static bool same(struct mat A, struct mat B)
{
	assert_int_equal(A.rows, B.rows);
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			if (mat_get(A, i, j) != mat_get(B, i, j))
				return false;
	return true;
}

static void repetitions_and_seeds_draw_anew(void **state)
{
	struct place *place = *state;
	const struct moons moons = {{40, 20}, 0.1};
	const struct teacher teacher = {{40, 20}, 4, 3, 0.1, 0.1, 1};
	const struct {
		const struct generator *generator;
		const void *options;
	} cases[] = {{&generator_moons, &moons}, {&generator_teacher, &teacher}};

	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		const struct generator *g = cases[c].generator;
		struct dataset first = drawn(place, g, cases[c].options, 7, 0);
		struct dataset again = drawn(place, g, cases[c].options, 7, 0);
		struct dataset next = drawn(place, g, cases[c].options, 7, 1);
		struct dataset seed = drawn(place, g, cases[c].options, 8, 0);

		assert_true(same(first.train.X, again.train.X));
		assert_true(same(first.test.X, again.test.X));
		assert_false(same(first.train.X, next.train.X));
		assert_false(same(first.test.X, next.test.X));
		assert_false(same(first.train.X, seed.train.X));
		assert_false(same(first.test.X, seed.test.X));
	}
}

/* A number in the place of the repetition: the parts of that one, in all of them. */
static void draws_are_those_of_their_repetition(void **state)
{
	struct place *place = *state;
	struct dataset third;

	write_rows(place, 60, 3);
	place->options.limit = (struct limit_options){.train = 20, .random = true};
	place->options.split.test = 0.3;
	third = load(place, 2);
	place->options.draw = 2;
	for (long repetition = 0; repetition < 2; repetition++) {
		struct dataset drawn = load(place, repetition);

		assert_true(same(third.train.X, drawn.train.X));
		assert_true(same(third.test.X, drawn.test.X));
	}
	place->options.draw = 3;
	assert_false(same(third.test.X, load(place, 2).test.X));
}

/* The rows of a file are the same in all repetitions; which of them remain is not. */
static void limits_draw_anew(void **state)
{
	struct place *place = *state;
	struct dataset first, next;
	char path[320];

	snprintf(path, sizeof path, "%s/b.csv", place->room.folder);
	write_rows(place, 60, 3);
	rename(place->path, path);
	write_rows(place, 60, 3);
	place->csv.test = path;
	place->options.limit = (struct limit_options){.train = 15, .test = 15, .random = true};
	first = load(place, 0);
	next = load(place, 1);
	unlink(path);
	assert_int_equal(first.test.X.rows, 15);
	assert_false(same(first.train.X, next.train.X));
	assert_false(same(first.test.X, next.test.X));
	assert_false(same(first.train.X, first.test.X));
}

/* Noise far above the half circles is all that remains, in either coordinate. */
static void noise_has_its_deviation(void **state)
{
	enum { N = 4000 };
	struct place *place = *state;
	const struct moons moons = {{N, 0}, 100};
	const struct spirals spirals = {{N, 0}, 1.5, 100, 2};
	const struct dataset data[] = {drawn(place, &generator_moons, &moons, 3, 0),
				       drawn(place, &generator_spirals, &spirals, 3, 0)};

	for (size_t c = 0; c < 2; c++)
		for (ptrdiff_t j = 0; j < 2; j++) {
			double square = 0;

			for (ptrdiff_t i = 0; i < N; i++)
				square += pow((double)mat_get(data[c].train.X, i, j), 2) / N;
			check_close(sqrt(square), 100, 0.05, 0); /* standard error 1.1 % */
		}
}

/* Equal areas get equal numbers of points: the square of the radius is uniform. */
static void spirals_cover_their_disc(void **state)
{
	enum { N = 4000 };
	struct place *place = *state;
	const struct spirals spirals = {{N, 0}, 2.5, 0, 2};
	struct dataset data = drawn(place, &generator_spirals, &spirals, 3, 0);
	double mean = 0, square = 0;

	for (ptrdiff_t i = 0; i < N; i++) {
		double r = pow((double)mat_get(data.train.X, i, 0), 2) +
			   pow((double)mat_get(data.train.X, i, 1), 2);

		mean += r / N;
		square += r * r / N;
	}
	check_close(mean, 0.5, 0, 0.025); /* standard error 0.0046 */
	check_close(square, 1.0 / 3, 0, 0.025);
}

/* Noise does not reach the test part; neurons take both signs. */
static void teachers_are_exact_in_the_test_part(void **state)
{
	struct place *place = *state;
	const struct teacher exact = {{50, 200}, 4, 6, 0, 0, 1},
			     noisy = {{50, 200}, 4, 6, 1000, 0, 1};
	struct dataset a, b;
	double low = 0, high = 0;

	place->options.task = 1; /* regression */
	a = drawn(place, &generator_teacher, &exact, 3, 0);
	b = drawn(place, &generator_teacher, &noisy, 3, 0);
	assert_true(same(a.train.X, b.train.X));
	for (ptrdiff_t k = 0; k < 200; k++) {
		check_equal(b.test.y[k], a.test.y[k]);
		low = fmin(low, (double)a.test.y[k]);
		high = fmax(high, (double)a.test.y[k]);
	}
	check_below(low, -0.1);
	check_above(high, 0.1);
	for (ptrdiff_t k = 0; k < 50; k++)
		check_unequal(b.train.y[k], a.train.y[k]);
}

/* Points of xor_clusters_rotated have the lengths of xor_clusters: E |x|^2 = norm^2 + d noise^2. */
static void rotated_clusters_keep_their_lengths(void **state)
{
	enum { N = 60, D = 400 };
	struct place *place = *state;
	const struct clusters o = {{N, 0}, D, 5, 1, 0};
	double mean = 0;

	for (long repetition = 0; repetition < 20; repetition++) {
		struct mat X =
			drawn(place, &generator_xor_clusters_rotated, &o, 3, repetition).train.X;

		for (ptrdiff_t i = 0; i < N; i++)
			for (ptrdiff_t j = 0; j < X.cols; j++)
				mean += pow((double)mat_get(X, i, j), 2) / N / 20;
	}
	/* of |x|^2: 2 d + 4 norm^2 = 30^2; of 1200 of them: 0.87 */
	check_close(mean, 25 + D, 0, 4);
}

static void bytes_are_not_negative(void **state)
{
	static const unsigned char images[] = {0, 0, 8,   1 + 1, 0, 0,   0,   4, 0,  0,
					       0, 2, 255, 128,   0, 127, 200, 1, 64, 3};
	static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 1, 0};
	static const double want[] = {255, 128, 0, 127, 200, 1, 64, 3};
	struct place *place = *state;
	struct idx_options idx = {.images = place->path};
	struct dataset data;
	char path[320];

	snprintf(path, sizeof path, "%s/labels", place->room.folder);
	idx.labels = path;
	files_write(place->path, images, sizeof images);
	files_write(path, labels, sizeof labels);
	place->options.source = (struct choice){&source_idx.base, &idx};
	data = load(place, 0);
	unlink(path);
	for (ptrdiff_t i = 0; i < 8; i++)
		check_equal(mat_get(data.train.X, i / 2, i % 2), want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(repetitions_and_seeds_draw_anew),
		CASE(limits_draw_anew),
		CASE(draws_are_those_of_their_repetition),
		CASE(noise_has_its_deviation),
		CASE(spirals_cover_their_disc),
		CASE(teachers_are_exact_in_the_test_part),
		CASE(rotated_clusters_keep_their_lengths),
		CASE(bytes_are_not_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
