/* Counting rows and columns says what loading gives, for every source and step, without keeping the
 * features. */
#include "harness/data/generate/generate.h"
#include "harness/data/source/source_cifar10.h"
#include "harness/data/source/source_idx.h"
#include "harness/data/source/source_libsvm.h"
#include "harness/data/source/source_npy.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

#include <sys/stat.h>

#define FOLDER "tests/golden/data/"

extern const struct source source_idx, source_npy, source_libsvm, source_cifar10, source_generate;
extern const struct generator generator_moons;
extern const struct prepare prepare_pca, prepare_bias, prepare_stride;

struct pca {
	long components;
};

struct stride {
	long side, channels, step, layout;
};

struct moons {
	struct generate_size size;
	double noise, flip;
};

static void expect_same(struct place *place)
{
	struct data_shape shape = {0};
	struct err err = {0};

	for (long repetition = 0; repetition < 3; repetition++) {
		struct dataset data = load(place, repetition);

		if (data_count(&place->options, 7, repetition, &shape, &err) != STATUS_OK)
			fail_msg("%s: %s", err.source, err.text);
		assert_int_equal(shape.train, data.train.X.rows);
		assert_int_equal(shape.validation, data.validation.X.rows);
		assert_int_equal(shape.test, data.test.X.rows);
		assert_int_equal(shape.raw_d, data.raw_d);
		assert_int_equal(shape.d, data.train.X.cols);
	}
}

static void parts_and_limits(void **state)
{
	struct place *place = *state;

	write_rows(place, 61, 3);
	expect_same(place);
	place->options.split = (struct split_options){.test = 0.3, .validation = 7};
	expect_same(place);
	place->options.limit = (struct limit_options){.train_per_class = 9, .test_per_class = 3};
	expect_same(place);
	place->options.limit = (struct limit_options){.train = 20, .test = 5, .random = true};
	place->options.split.stratified = true;
	expect_same(place);
	place->options.task = DATA_REGRESSION;
	expect_same(place);
}

static void steps(void **state)
{
	struct place *place = *state;
	struct pca one = {1}, three = {3};
	struct data_shape shape;
	struct err err = {0};

	write_rows(place, 20, 2);
	place->steps[0] = (struct choice){&prepare_pca.base, &one};
	place->steps[1].item = &prepare_bias.base;
	place->options.prepare.count = 2;
	expect_same(place);
	place->steps[0].options = &three;
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &err), STATUS_SPEC);
	assert_non_null(strstr(err.text, "3 components asked for, but there are 2 features"));
}

static void missing_rows_and_categories(void **state)
{
	static const char text[] = "1,a,x\n2,b,y\n?,a,x\n4,c,y\n5,d,x\n6,,y\n7,a,y\n8,b,x\n";
	static const char *const one_hot[] = {"1"}, *const markers[] = {"?"};
	struct place *place = *state;

	files_write(place->path, text, sizeof text - 1);
	place->csv.missing = 1; /* drop */
	place->csv.missing_values = (struct texts){1, markers};
	place->csv.one_hot = (struct texts){1, one_hot};
	expect_same(place);
	place->options.split.test = 3;
	expect_same(place);
}

static void files_of_all_kinds(void **state)
{
	static const char *const batch[] = {FOLDER "good.bin.gz"};
	struct place *place = *state;
	struct idx_options idx = {.images = FOLDER "good.images", .labels = FOLDER "good.labels"};
	struct npy_options npy = {.x = FOLDER "x.npy", .y = FOLDER "y.npy"};
	struct libsvm_options svm = {.path = FOLDER "good.svm"};
	struct cifar10_options cifar = {.train = {1, batch}, .test = {1, batch}};
	struct stride stride = {32, 3, 5, 0};

	place->options.source = (struct choice){&source_idx.base, &idx};
	expect_same(place);
	place->options.source = (struct choice){&source_npy.base, &npy};
	expect_same(place);
	place->options.source = (struct choice){&source_libsvm.base, &svm};
	expect_same(place);
	place->options.source = (struct choice){&source_cifar10.base, &cifar};
	place->steps[0] = (struct choice){&prepare_stride.base, &stride};
	place->options.prepare.count = 1;
	expect_same(place);
}

/* Few rows are drawn; of many, only the number is taken. */
static void generated(void **state)
{
	enum { MANY = 3000000 };
	struct place *place = *state;
	struct moons few = {{50, 20}, 0.1, 0.1}, many = {{MANY, 1000}, 0.1, 0};
	struct generate_options o = {.kind = {&generator_moons.base, &few}};
	struct data_shape shape = {0};
	struct err err = {0};

	place->options.source = (struct choice){&source_generate.base, &o};
	expect_same(place);
	o.kind.options = &many;
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &err), STATUS_OK);
	assert_int_equal(shape.train, MANY);
	assert_int_equal(shape.test, 1000);
	assert_int_equal(shape.d, 2);
}

/* No source whose features can be left out keeps them. */
static void keeps_no_features(void **state)
{
	struct place *place = *state;
	struct read_request request = {.count = true};
	struct table train = {0}, test = {0};
	struct arena arena = {0}, whole = {0};
	struct err err = {0};

	write_rows(place, 5000, 3);
	assert_int_equal(source_csv.read(&place->csv, &request, &arena, &train, &test, &err),
			 STATUS_OK);
	assert_int_equal(train.n, 5000);
	assert_null(train.x);
	request.count = false;
	train = test = (struct table){0};
	assert_int_equal(source_csv.read(&place->csv, &request, &whole, &train, &test, &err),
			 STATUS_OK);
	check_below(arena.bytes, whole.bytes - 4999 * 2 * sizeof(double));
	arena_release(&arena);
	arena_release(&whole);
}

/* Bytes of the table before limits, and of the text beside it. */
static void bytes_are_those_of_reading(void **state)
{
	enum { ROWS = 5000 };
	struct place *place = *state;
	struct data_shape shape = {0};
	struct err err = {0};
	struct stat file;

	write_rows(place, ROWS, 3);
	assert_int_equal(stat(place->path, &file), 0);
	place->options.limit = (struct limit_options){.train = 20};
	assert_int_equal(data_count(&place->options, 7, 0, &shape, &err), STATUS_OK);
	assert_int_equal(shape.train, 20);
	check_close((double)shape.raw_bytes, ROWS * 2.0 * sizeof(double), 0, 0);
	check_close((double)(shape.read_bytes - shape.raw_bytes), (double)file.st_size, 0.05, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(parts_and_limits),
		CASE(steps),
		CASE(missing_rows_and_categories),
		CASE(files_of_all_kinds),
		CASE(generated),
		CASE(keeps_no_features),
		CASE(bytes_are_those_of_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
