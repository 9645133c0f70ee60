/* Arrays as numpy writes them, beyond the plain ones of test_npz.c: other types, more dimensions,
 * texts, headers of old versions and other writers, files of several arrays. */
#include "harness/data/data.h"
#include "harness/data/source/source_npy.h"
#include "harness/data/source/source_npz.h"
#include "harness/file/npy.h"
#include "tests/close.h"
#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include <cmocka.h>

extern const struct source source_npy, source_npz;

enum { ROOM = 4096 };

struct bytes {
	unsigned char at[ROOM];
	size_t count;
};

struct place {
	struct room room;
	const char *x, *y;
	struct table train, test;
	struct err err;
};

static int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->x = room_path(&place->room, "x.npy");
	place->y = room_path(&place->room, "y.npy");
	return 0;
}

static void add(struct bytes *to, const void *at, size_t count)
{
	assert_in_range(to->count + count, 0, ROOM);
	memcpy(to->at + to->count, at, count);
	to->count += count;
}

static void add_number(struct bytes *to, size_t value, size_t width)
{
	for (size_t i = 0; i < width; i++, value >>= 8) {
		unsigned char byte = value & 255;

		add(to, &byte, 1);
	}
}

/* An array of a version: the literal `text`, then `count` bytes. */
static struct bytes npy(int version, const char *text, const void *data, size_t count)
{
	struct bytes b = {.count = 0};

	add(&b, "\x93NUMPY", 6);
	add_number(&b, (size_t)version, 2);
	add_number(&b, strlen(text), version == 1 ? 2 : 4);
	add(&b, text, strlen(text));
	add(&b, data, count);
	return b;
}

static void write_npy(const char *path, const char *text, const void *data, size_t count)
{
	struct bytes b = npy(1, text, data, count);

	files_write(path, b.at, b.count);
}

static enum status read_npy(struct place *place, bool count)
{
	struct npy_options o = {.x = place->x, .y = place->y};
	struct read_request request = {.count = count};

	place->err = (struct err){0};
	return source_npy.read(&o, &request, &place->room.arena, &place->train, &place->test,
			       &place->err);
}

static void expect_rows(struct place *place, size_t n, size_t d, const double *x)
{
	if (read_npy(place, false) != STATUS_OK)
		fail_msg("%s", place->err.text);
	assert_int_equal(place->train.n, n);
	assert_int_equal(place->train.d, d);
	for (size_t i = 0; i < n * d; i++)
		check_equal(place->train.x[i], x[i]);
	assert_int_equal(read_npy(place, true), STATUS_OK);
	assert_int_equal(place->train.n, n);
	assert_int_equal(place->train.d, d);
	assert_null(place->train.x);
}

static void labels_of_two(const struct place *place)
{
	static const int8_t y[] = {0, 1};

	write_npy(place->y, "{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }", y, 2);
}

/* 1, -2, the largest one 65504, the smallest normal one 2^-14, the smallest one 2^-24, 1/3. */
static void half_precision(void **state)
{
	static const uint16_t x[] = {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555};
	static const double want[] = {1, -2, 65504, 0x1p-14, 0x1p-24, 0.333251953125};
	struct place *place = *state;

	labels_of_two(place);
	write_npy(place->x, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }", x,
		  sizeof x);
	expect_rows(place, 2, 3, want);
}

static void images_are_flattened(void **state)
{
	static const uint8_t c[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			     /* the same 2 x 2 x 3 in Fortran's order */
		f[] = {0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11};
	static const double want[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct place *place = *state;

	labels_of_two(place);
	write_npy(place->x, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }", c,
		  sizeof c);
	expect_rows(place, 2, 6, want);
	write_npy(place->x, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }", f,
		  sizeof f);
	expect_rows(place, 2, 6, want);
}

static void expect_labels(struct place *place, const char *first, const char *second)
{
	if (read_npy(place, false) != STATUS_OK)
		fail_msg("%s", place->err.text);
	assert_string_equal(place->train.label[0], first);
	assert_string_equal(place->train.label[1], second);
}

static void labels_are_texts(void **state)
{
	static const uint8_t x[] = {3, 4};
	static const uint32_t text[] = {'n', 0xe4, 0x1f600, 'j', 'a', 0};
	static const uint32_t broken[] = {0xd800, 0, 0, 'j', 'a', 0};
	static const int64_t large[] = {9007199254740993, -9007199254740993};
	struct place *place = *state;

	write_npy(place->x, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", x, 2);
	write_npy(place->y, "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", text,
		  sizeof text);
	expect_labels(place, "n\xc3\xa4\xf0\x9f\x98\x80", "ja");
	write_npy(place->y, "{'descr': '|S3', 'fortran_order': False, 'shape': (2, 1), }",
		  "yesno\0", 6);
	expect_labels(place, "yes", "no");
	write_npy(place->y, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", large,
		  sizeof large);
	expect_labels(place, "9007199254740993", "-9007199254740993");
	write_npy(place->y, "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", broken,
		  sizeof broken);
	assert_int_equal(read_npy(place, false), STATUS_ENV);
	assert_non_null(strstr(place->err.text, "element [0]"));
}

/* Python 2 wrote long numbers with an L; others write double quotes, other orders of keys, long
 * headers. */
static void headers_of_others(void **state)
{
	static const uint8_t x[] = {1, 2, 3, 4};
	static const double want[] = {1, 2, 3, 4};
	struct place *place = *state;
	char text[2000];
	struct bytes b;

	labels_of_two(place);
	write_npy(place->x, "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 2L), }", x, 4);
	expect_rows(place, 2, 2, want);
	write_npy(place->x, "{\"shape\": (2, 2), \"descr\": \"|u1\", \"fortran_order\": False}", x,
		  4);
	expect_rows(place, 2, 2, want);
	snprintf(text, sizeof text, "{'descr': '|u1', %1500s 'fortran_order': False, %s", "",
		 "'shape': (2, 2), }");
	for (int version = 1; version <= 3; version++) {
		b = npy(version, text, x, 4);
		files_write(place->x, b.at, b.count);
		expect_rows(place, 2, 2, want);
	}
}

static enum status read_targets(struct place *place, const struct npy_options *o, bool regression)
{
	struct read_request request = {.regression = regression};

	place->err = (struct err){0};
	place->train = place->test = (struct table){0};
	return source_npy.read(o, &request, &place->room.arena, &place->train, &place->test,
			       &place->err);
}

/* y of n x k, in either order: targets of a regression, else one-hot labels. */
static void several_columns_of_y(void **state)
{
	static const uint8_t x[] = {1, 2, 3, 4, 5, 6}, hot[] = {0, 0, 1, 1, 0, 0, 0, 1, 0},
			     turned[] = {0, 1, 0, 0, 0, 1, 1, 0, 0};
	static const char *const labels[] = {"2", "0", "1"};
	static const char three[] = "{'descr': '|u1', 'fortran_order': %s, 'shape': (3, 3), }";
	struct place *place = *state;
	struct npy_options o = {.x = place->x, .y = place->y};
	char text[120];

	write_npy(place->x, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", x, 6);
	for (int order = 0; order < 2; order++) {
		snprintf(text, sizeof text, three, order ? "True" : "False");
		write_npy(place->y, text, order ? turned : hot, 9);
		assert_int_equal(read_targets(place, &o, true), STATUS_OK);
		assert_int_equal(place->train.k, 3);
		assert_null(place->train.label);
		for (size_t i = 0; i < 9; i++)
			check_equal(place->train.target[i], hot[i]);
		assert_int_equal(read_targets(place, &o, false), STATUS_OK);
		assert_int_equal(place->train.k, 0);
		for (size_t i = 0; i < 3; i++)
			assert_string_equal(place->train.label[i], labels[i]);
	}
	write_npy(place->y, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", x, 6);
	assert_int_equal(read_targets(place, &o, false), STATUS_ENV);
	assert_string_equal(place->err.text,
			    "row 0: expected one 1 and else zeros, as one-hot labels have, got 1 "
			    "of 1 and 0 of 0; for numeric targets, task: regression");
	o.test_x = o.test_y = place->x;
	snprintf(text, sizeof text, three, "False");
	write_npy(place->y, text, hot, 9);
	assert_int_equal(read_targets(place, &o, true), STATUS_ENV);
	assert_string_equal(
		place->err.text,
		"expected 3 targets as in the training part, got 2 (|u1 of shape (3, 2))");
}

static void refuses(struct place *place, const char *header, const char *text)
{
	static const uint8_t x[64] = {0};

	write_npy(place->x, header, x, sizeof x);
	assert_int_equal(read_npy(place, true), STATUS_ENV);
	if (!strstr(place->err.text, text))
		fail_msg("expected %s, got %s", text, place->err.text);
}

static void messages_name_what_was_found(void **state)
{
	struct place *place = *state;

	labels_of_two(place);
	refuses(place, "{'descr': '<f16', 'fortran_order': False, 'shape': (2, 2), }",
		"got '<f16'");
	refuses(place, "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }",
		"got '|O', objects of Python");
	refuses(place,
		"{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False, 'shape': (2,), }",
		"got [('a', '<f8'), ('b', '<i4')], a structured type");
	refuses(place, "{'descr': '<U2', 'fortran_order': False, 'shape': (2, 4), }",
		"got <U2 of shape (2, 4)");
	refuses(place, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4, 4), }",
		"(|u1 of shape (4, 4, 4)), got |i1 of shape (2,)");
	refuses(place, "{'descr': '<U0', 'fortran_order': False, 'shape': (2, 4), }", "got '<U0'");
	refuses(place, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 33), }",
		"truncated: expected 33 bytes of row 1");
	refuses(place, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 16), }",
		"found more bytes");
}

/* --- files of several arrays --- */

static size_t deflated(const struct bytes *from, unsigned char *to)
{
	z_stream z = {.next_in = (Bytef *)from->at, .avail_in = (uInt)from->count};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = to;
	z.avail_out = ROOM;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

struct zip {
	struct bytes file, directory;
	size_t entries;
};

static void add_entry(struct zip *zip, const char *name, const struct bytes *content, bool pack)
{
	unsigned char packed[ROOM];
	size_t count = pack ? deflated(content, packed) : content->count;
	struct bytes common = {.count = 0};
	size_t offset = zip->file.count;

	add_number(&common, 20, 2);
	add_number(&common, 0, 2);
	add_number(&common, pack ? 8 : 0, 2);
	add_number(&common, 0, 4);
	add_number(&common, crc32_z(0, content->at, content->count), 4);
	add_number(&common, count, 4);
	add_number(&common, content->count, 4);
	add_number(&common, strlen(name), 2);
	add_number(&common, 0, 2);
	add(&zip->file, "PK\3\4", 4);
	add(&zip->file, common.at, common.count);
	add(&zip->file, name, strlen(name));
	add(&zip->file, pack ? packed : content->at, count);
	add(&zip->directory, "PK\1\2\24\0", 6);
	add(&zip->directory, common.at, common.count);
	add_number(&zip->directory, 0, 8);
	add_number(&zip->directory, 0, 2);
	add_number(&zip->directory, offset, 4);
	add(&zip->directory, name, strlen(name));
	zip->entries++;
}

static void write_zip(struct zip *zip, const char *path)
{
	size_t start = zip->file.count;

	add(&zip->file, zip->directory.at, zip->directory.count);
	add(&zip->file, "PK\5\6\0\0\0\0", 8);
	add_number(&zip->file, zip->entries, 2);
	add_number(&zip->file, zip->entries, 2);
	add_number(&zip->file, zip->directory.count, 4);
	add_number(&zip->file, start, 4);
	add_number(&zip->file, 0, 2);
	files_write(path, zip->file.at, zip->file.count);
}

static enum status read_npz(struct place *place, const struct npz_options *o, bool count)
{
	struct read_request request = {.count = count};

	place->err = (struct err){0};
	return source_npz.read(o, &request, &place->room.arena, &place->train, &place->test,
			       &place->err);
}

static void several_arrays(void **state)
{
	static const double x[] = {1, 2, 3, 4, 5, 6};
	static const char text[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }",
			  labels[] = "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }";
	struct bytes features = npy(1, text, x, sizeof x), y = npy(2, labels, "\0\1\0", 3);
	struct place *place = *state;
	struct npz_options o = {place->x, "a", "b", NULL, NULL};

	for (int pack = 0; pack < 2; pack++) {
		struct zip zip = {.entries = 0};

		add_entry(&zip, "b.npy", &y, pack);
		add_entry(&zip, "a.npy", &features, pack);
		write_zip(&zip, place->x);
		o.test_x = o.test_y = NULL;
		if (read_npz(place, &o, false) != STATUS_OK)
			fail_msg("%s", place->err.text);
		assert_int_equal(place->train.n, 3);
		for (size_t i = 0; i < 6; i++)
			check_equal(place->train.x[i], x[i]);
		assert_string_equal(place->train.label[1], "1");
		o.test_x = "a";
		o.test_y = "b";
		assert_int_equal(read_npz(place, &o, true), STATUS_OK);
		assert_int_equal(place->test.n, 3);
		assert_int_equal(place->test.d, 2);
		assert_null(place->test.x);
	}
	o.x = "nothing";
	assert_int_equal(read_npz(place, &o, false), STATUS_ENV);
	assert_string_equal(place->err.text,
			    "no array \"nothing.npy\"; the file has \"b.npy\", \"a.npy\"");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(half_precision),       CASE(images_are_flattened),
		CASE(labels_are_texts),     CASE(headers_of_others),
		CASE(several_arrays),       CASE(messages_name_what_was_found),
		CASE(several_columns_of_y),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
