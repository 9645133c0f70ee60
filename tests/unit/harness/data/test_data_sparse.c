/* Sources `libsvm` and `cifar10`: layouts, labels, the choice of classes while reading. */
#include "harness/data/source/source_cifar10.h"
#include "harness/data/source/source_libsvm.h"
#include "tests/close.h"
#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

extern const struct source source_libsvm, source_cifar10;

enum { PIXELS = 3072, RECORD = 1 + PIXELS };

struct place {
	struct room room;
	const char *path, *test;
	struct libsvm_options libsvm;
	struct read_request request;
	struct table train, test_table;
};

static int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->path = room_path(&place->room, "train");
	place->test = room_path(&place->room, "test");
	place->libsvm.path = place->path;
	return 0;
}

static void read_from(struct place *place, const struct source *source, const void *options)
{
	struct err err = {0};

	memset(&place->train, 0, sizeof place->train);
	memset(&place->test_table, 0, sizeof place->test_table);
	if (source->read(options, &place->request, &place->room.arena, &place->train,
			 &place->test_table, &err) != STATUS_OK)
		fail_msg("%s:%d:%d: %s", err.source, err.line, err.col, err.text);
}

static void read_text(struct place *place, const char *text)
{
	files_write(place->path, text, strlen(text));
	read_from(place, &source_libsvm, &place->libsvm);
}

static void expect(const struct table *table, size_t n, size_t d, const double *x)
{
	assert_int_equal(table->n, n);
	assert_int_equal(table->d, d);
	for (size_t i = 0; i < n * d; i++)
		check_equal(table->x[i], x[i]);
}

static void rows_become_dense(void **state)
{
	struct place *place = *state;

	read_text(place, "+1 1:0.5 3:-2e1 \r\n# a note: 9:9\n\n-1\t2:1 # 7:7\n1.0");
	expect(&place->train, 3, 3, (double[]){0.5, 0, -20, 0, 1, 0, 0, 0, 0});
	assert_string_equal(place->train.label[0], "+1");
	assert_string_equal(place->train.label[1], "-1");
	assert_ptr_equal(place->train.label[2], place->train.label[0]); /* equal as numbers */
	place->request.regression = true;
	read_text(place, "0.25 1:1\n-3 1:2\n");
	check_equal(place->train.target[0], 0.25);
	check_equal(place->train.target[1], -3);
}

/* Features that only one of the files has are columns of both. */
static void width_of_both_files(void **state)
{
	struct place *place = *state;

	place->libsvm.test = place->test;
	files_write(place->test, "1 3:7\n", 6);
	read_text(place, "1 2:5\n");
	expect(&place->train, 1, 3, (double[]){0, 5, 0});
	expect(&place->test_table, 1, 3, (double[]){0, 0, 7});
	files_write(place->test, "1 1:7\n", 6);
	place->libsvm.features = 4;
	read_text(place, "1 2:5\n");
	expect(&place->train, 1, 4, (double[]){0, 5, 0, 0});
	expect(&place->test_table, 1, 4, (double[]){7, 0, 0, 0});
}

static void only_the_classes_asked_for(void **state)
{
	static const char *const classes[] = {"3", "+1"};
	struct place *place = *state;

	place->request.classes = (struct texts){2, classes};
	read_text(place, "1 1:1 2:1\n2 1:2 2:2\n3.0 2:3\n2 1:4\n");
	expect(&place->train, 2, 2, (double[]){1, 1, 0, 3});
	assert_string_equal(place->train.label[0], "1");
	assert_string_equal(place->train.label[1], "3.0");
}

static void only_the_groups_asked_for(void **state)
{
	static const char *const groups[] = {"3|2", "+1"};
	struct place *place = *state;

	place->request.classes = (struct texts){2, groups};
	read_text(place, "1 1:1 2:1\n4 1:2 2:2\n3.0 2:3\n2 1:4\n");
	expect(&place->train, 3, 2, (double[]){1, 1, 0, 3, 4, 0});
	assert_int_equal(place->train.row[1], 2);
	assert_int_equal(place->train.row[2], 3);
	assert_string_equal(place->train.label[2], "2");
}

static void packed(void **state)
{
	struct place *place = *state;
	gzFile file = gzopen(place->path, "wb");

	gzputs(file, "1 1:2\n0 2:1\n");
	gzclose(file);
	read_from(place, &source_libsvm, &place->libsvm);
	expect(&place->train, 2, 2, (double[]){2, 0, 0, 1});
}

/* Record k has the label k % 10 and the pixels k, k + 1, ... modulo 256. */
static void write_records(const char *path, int first, int count)
{
	unsigned char *at = calloc((size_t)count, RECORD);

	for (int k = 0; k < count; k++) {
		at[k * RECORD] = (unsigned char)((first + k) % 10);
		for (int j = 0; j < PIXELS; j++)
			at[k * RECORD + 1 + j] = (unsigned char)(first + k + j);
	}
	files_write(path, at, (size_t)count * RECORD);
	free(at);
}

static void records(void **state)
{
	struct place *place = *state;
	const char *const paths[] = {place->path, place->test};
	static const char *const classes[] = {"2", "8"}, *const groups[] = {"1|8|0", "3"};
	struct cifar10_options o = {.train = {2, paths}, .test = {1, paths + 1}};

	write_records(place->path, 0, 5);
	write_records(place->test, 5, 10);
	read_from(place, &source_cifar10, &o);
	assert_int_equal(place->train.n, 15);
	assert_int_equal(place->train.d, PIXELS);
	assert_int_equal(place->test_table.n, 10);
	assert_string_equal(place->train.label[14], "4");
	check_equal(place->train.x[14 * PIXELS + 300], (14 + 300) % 256);
	place->request.classes = (struct texts){2, classes};
	read_from(place, &source_cifar10, &o);
	assert_int_equal(place->train.n, 3); /* records 2, 8, 12 */
	check_equal(place->train.x[2 * PIXELS], 12);
	assert_int_equal(place->train.row[2], 12);
	assert_string_equal(place->train.label[1], "8");
	place->request.classes = (struct texts){2, groups};
	read_from(place, &source_cifar10, &o);
	assert_int_equal(place->train.n, 7); /* records 0, 1, 3, 8, 10, 11, 13 */
	place->request = (struct read_request){.regression = true};
	read_from(place, &source_cifar10, &o);
	check_equal(place->train.target[7], 7);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rows_become_dense),
		CASE(width_of_both_files),
		CASE(only_the_classes_asked_for),
		CASE(only_the_groups_asked_for),
		CASE(packed),
		CASE(records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
