/* Generators: the laws they promise, reproducible draws, test parts of their own. */
#include "harness/data/generate/generate.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern const struct source source_generate;
extern const struct generator generator_spirals, generator_moons, generator_blobs,
	generator_xor_clusters, generator_teacher, generator_image_like;

/* Options as their files declare them; the first member is the size. */
struct spirals {
	struct generate_size size;
	double turns, noise;
	long arms;
};
struct moons {
	struct generate_size size;
	double noise;
};
struct clusters { /* blobs and xor_clusters */
	struct generate_size size;
	long d;
	double norm, noise, flip;
};
struct teacher {
	struct generate_size size;
	long d, neurons;
	double noise, flip;
	long outputs;
};
struct image {
	struct generate_size size;
	long side, modes;
	double decay, separation, contrast, noise, flip;
};

static struct arena arena;

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

struct drawn {
	struct table train, test;
};

static struct drawn draw(const struct generator *generator, const void *options, bool regression,
			 uint64_t seed)
{
	struct generate_options source = {.kind = {&generator->base, options}};
	struct read_request request = {.regression = regression, .seed = seed};
	struct drawn out = {0};
	struct err err = {0};

	assert_int_equal(
		source_generate.read(&source, &request, &arena, &out.train, &out.test, &err),
		STATUS_OK);
	return out;
}

static bool positive(const struct table *table, size_t i)
{
	assert_true(strcmp(table->label[i], "1") == 0 || strcmp(table->label[i], "-1") == 0);
	return table->label[i][0] == '1';
}

static void spirals_without_noise(void **state)
{
	struct spirals o = {{200, 50}, 1.5, 0, 2};
	struct drawn a = draw(&generator_spirals, &o, false, 1);

	(void)state;
	assert_int_equal(a.train.n, 200);
	assert_int_equal(a.test.n, 50);
	for (size_t i = 0; i < 200; i++) {
		double s = hypot(a.train.x[2 * i], a.train.x[2 * i + 1]);
		double angle = 3 * M_PI * s + (positive(&a.train, i) ? M_PI : 0);

		check_at_most(s, 1);
		check_close(a.train.x[2 * i], s * cos(angle), 0, 1e-12);
		check_close(a.train.x[2 * i + 1], s * sin(angle), 0, 1e-12);
	}
}

/* Arms of more than two are classes of their own, which follow each other by equal angles. */
static void spirals_of_three_arms(void **state)
{
	struct spirals o = {{90, 30}, 0.75, 0, 3};
	struct drawn a = draw(&generator_spirals, &o, false, 1);
	struct drawn targets = draw(&generator_spirals, &o, true, 1);

	(void)state;
	for (size_t i = 0; i < 120; i++) {
		const char *label = i < 90 ? a.train.label[i] : a.test.label[i - 90];
		size_t arm = i % 3;
		double s = hypot(a.train.x[2 * i], a.train.x[2 * i + 1]);
		double angle = 1.5 * M_PI * s + 2 * M_PI * (double)arm / 3;

		check_close(a.train.x[2 * i], s * cos(angle), 0, 1e-12);
		check_close(a.train.x[2 * i + 1], s * sin(angle), 0, 1e-12);
		assert_int_equal(label[0], "123"[arm]);
		assert_int_equal(label[1], 0);
		check_equal(i < 90 ? targets.train.target[i] : targets.test.target[i - 90],
			    (double)arm + 1);
	}
}

static void moons_without_noise(void **state)
{
	struct moons o = {{100, 0}, 0};
	struct drawn a = draw(&generator_moons, &o, false, 1);

	(void)state;
	assert_int_equal(a.test.n, 0);
	for (size_t i = 0; i < 100; i++) {
		double x = a.train.x[2 * i], y = a.train.x[2 * i + 1];

		if (positive(&a.train, i)) {
			check_close(hypot(x - 1, y - 0.5), 1, 0, 1e-12);
			check_at_most(y, 0.5);
		} else {
			check_close(hypot(x, y), 1, 0, 1e-12);
			check_at_least(y, 0);
		}
	}
}

static void blobs_have_their_distance(void **state)
{
	enum { D = 3, N = 20000 };
	struct clusters o = {{N, 0}, D, 6, 0.5, 0};
	struct drawn a = draw(&generator_blobs, &o, false, 1);
	double mean[2][D] = {{0}}, distance = 0, spread = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < D; j++)
			mean[positive(&a.train, i)][j] += a.train.x[i * D + j] / (N / 2);
	for (size_t j = 0; j < D; j++)
		distance += pow(mean[1][j] - mean[0][j], 2);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < D; j++)
			spread += pow(a.train.x[i * D + j] - mean[positive(&a.train, i)][j], 2) /
				  (N * D);
	check_close(sqrt(distance), 6, 0, 0.05); /* standard error 0.5 sqrt(4 / N) = 0.007 */
	check_close(sqrt(spread), 0.5, 0, 0.01);
}

/* Without noise each row is +-mu_1 or +-mu_2, orthogonal and of the given length. */
static void xor_means_are_orthogonal(void **state)
{
	enum { D = 7, N = 400 };
	struct clusters o = {{N, 0}, D, 3, 0, 0};
	struct drawn a = draw(&generator_xor_clusters, &o, false, 1);
	int signs[2][2] = {{0}};
	size_t first[2] = {N, N};

	(void)state;
	for (size_t i = 0; i < N; i++)
		if (first[positive(&a.train, i)] == N)
			first[positive(&a.train, i)] = i;
	for (size_t i = 0; i < N; i++) {
		bool class = positive(&a.train, i);
		double own = 0, other = 0;

		for (size_t j = 0; j < D; j++) {
			own += a.train.x[i * D + j] * a.train.x[first[class] * D + j];
			other += a.train.x[i * D + j] * a.train.x[first[!class] * D + j];
		}
		check_close(fabs(own), 9, 0, 1e-12);
		check_close(other, 0, 0, 1e-12);
		signs[class][own > 0]++;
	}
	for (int k = 0; k < 4; k++) /* 100 each, standard deviation 8.7 */
		assert_in_range(signs[k / 2][k % 2], 100 - 45, 100 + 45);
}

/* Flipped labels: the same rows as without, a share of the labels turned, none in the test part. */
static void labels_flip_in_the_training_part(void **state)
{
	struct clusters clean = {{4000, 4000}, 2, 5, 1, 0}, flipped = clean;
	struct drawn a, b;
	int turned = 0;

	(void)state;
	flipped.flip = 0.1;
	a = draw(&generator_xor_clusters, &clean, false, 3);
	b = draw(&generator_xor_clusters, &flipped, false, 3);
	assert_memory_equal(a.train.x, b.train.x, 8000 * sizeof(double));
	for (size_t i = 0; i < 4000; i++) {
		turned += positive(&a.train, i) != positive(&b.train, i);
		assert_int_equal(positive(&a.test, i), positive(&b.test, i));
	}
	assert_in_range(turned, 400 - 95, 400 + 95); /* 5 standard deviations of 19 */
}

/* A teacher of one neuron is a half-space for classes, and its targets are relu of a linear map. */
static void teacher_is_a_network(void **state)
{
	struct teacher o = {{300, 100}, 1, 1, 0, 0, 1};
	struct drawn classes = draw(&generator_teacher, &o, false, 2);
	struct drawn targets = draw(&generator_teacher, &o, true, 2);
	double slope = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		double x = targets.train.x[i], y = targets.train.target[i];

		if (y > 0 && slope == 0)
			slope = y / x;
		check_at_least(y, 0);
		assert_int_equal(positive(&classes.train, i), y > 0);
	}
	for (size_t i = 0; i < 100; i++)
		check_close(targets.test.target[i], fmax(0, slope * targets.test.x[i]), 0, 1e-12);
	o.noise = 0.5;
	o.neurons = 6;
	targets = draw(&generator_teacher, &o, true, 2);
	for (size_t i = 0; i < 300; i++)
		check_finite(targets.train.target[i]);
}

/* One neuron: the targets of a row are in one proportion, and zero in a half-space; the classes are
 * those of the largest target, the test part's rows lie behind in full. */
static void teacher_of_several_outputs(void **state)
{
	enum { N = 300, TEST = 100, K = 5 };
	struct teacher o = {{N, TEST}, 2, 1, 0, 0, K};
	struct drawn noisy, classes, several = draw(&generator_teacher, &o, true, 2);
	const double *y = several.train.target, *first = y;
	size_t zero = 0;

	(void)state;
	assert_int_equal(several.train.k, K);
	assert_int_equal(several.test.k, K);
	assert_ptr_equal(several.test.target, y + N * K);
	for (size_t i = 0; i < N + TEST; i++) {
		zero += y[i * K] == 0;
		if (y[i * K] != 0 && first[0] == 0)
			first = y + i * K;
		for (size_t c = 1; c < K; c++)
			check_close(y[i * K + c] * first[0], y[i * K] * first[c], 1e-12, 1e-15);
	}
	assert_in_range(zero, 200 - 50, 200 + 50); /* 5 standard deviations */
	o.neurons = 40;
	several = draw(&generator_teacher, &o, true, 2);
	classes = draw(&generator_teacher, &o, false, 2);
	for (size_t i = 0; i < N; i++)
		for (size_t c = 0; c < K; c++)
			check_at_most(
				several.train.target[i * K + c],
				several.train
					.target[i * K + (size_t)(classes.train.label[i][0] - '1')]);
	o.noise = 0.5;
	noisy = draw(&generator_teacher, &o, true, 2);
	for (size_t c = 0; c < TEST * K; c++) /* the test part has none */
		check_equal(noisy.test.target[c], several.test.target[c]);
	check_below(1e-3, fabs(noisy.train.target[0] - several.train.target[0]));
}

static void images_are_smooth_and_bounded(void **state)
{
	enum { SIDE = 12, D = SIDE * SIDE, N = 600 };
	struct image o = {{N, 0}, SIDE, 2, 2, 0, 0.1, 0, 0};
	struct drawn a = draw(&generator_image_like, &o, false, 4);
	double variance = 0, step = 0;

	(void)state;
	assert_int_equal(a.train.d, D);
	for (size_t i = 0; i < N; i++) {
		for (size_t j = 0; j < D; j++) {
			double x = a.train.x[i * D + j];

			check_at_least(x, 0);
			check_at_most(x, 1);
			variance += pow(x - 0.5, 2) / (N * D);
			if (j % SIDE)
				step += pow(x - a.train.x[i * D + j - 1], 2) / (N * (D - SIDE));
		}
	}
	/* separation 0: the field alone, of deviation `contrast`; neighbours hardly differ */
	check_close(sqrt(variance), 0.1, 0, 0.005);
	check_below(step, 0.2 * variance);
}

static void same_seed_same_bits(void **state)
{
	struct spirals spirals = {{50, 10}, 1.5, 0.1, 2};
	struct moons moons = {{50, 10}, 0.1};
	struct clusters clusters = {{50, 10}, 5, 2, 1, 0.1};
	struct teacher teacher = {{50, 10}, 5, 3, 0.1, 0.1, 1};
	struct image image = {{50, 10}, 5, 2, 2, 1, 0.15, 0.1, 0.1};
	const struct {
		const struct generator *generator;
		const void *options;
	} cases[] = {{&generator_spirals, &spirals}, {&generator_moons, &moons},
		     {&generator_blobs, &clusters},  {&generator_xor_clusters, &clusters},
		     {&generator_teacher, &teacher}, {&generator_image_like, &image}};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct drawn a = draw(cases[c].generator, cases[c].options, false, 5);
		struct drawn b = draw(cases[c].generator, cases[c].options, false, 5);
		struct drawn other = draw(cases[c].generator, cases[c].options, false, 6);
		struct drawn targets = draw(cases[c].generator, cases[c].options, true, 5);
		size_t bytes = 60 * a.train.d * sizeof(double);

		assert_memory_equal(a.train.x, b.train.x, bytes); /* the test part lies behind */
		assert_memory_not_equal(a.train.x, other.train.x, bytes);
		assert_memory_equal(a.train.x, targets.train.x, bytes);
		assert_non_null(targets.train.target);
		for (size_t i = 0; i < 50; i++)
			assert_string_equal(a.train.label[i], b.train.label[i]);
	}
}

int main(void)
{
#define CASE(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(spirals_without_noise),         CASE(spirals_of_three_arms),
		CASE(moons_without_noise),           CASE(blobs_have_their_distance),
		CASE(xor_means_are_orthogonal),      CASE(labels_flip_in_the_training_part),
		CASE(teacher_is_a_network),          CASE(teacher_of_several_outputs),
		CASE(images_are_smooth_and_bounded), CASE(same_seed_same_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
