/* Archives: the header that tar reads, checked byte by byte; names and lengths at the limits. */
#include "harness/file/folder.h"
#include "harness/file/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { BLOCK = 512, MOST = 64 * BLOCK };

static char room[256], path[300], file[300];
static unsigned char bytes[MOST];

static int make_room(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(room, sizeof room, "%s/relubench-tar-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(room))
		return -1;
	snprintf(path, sizeof path, "%s/a.tar.gz", room);
	snprintf(file, sizeof file, "%s/file", room);
	return 0;
}

static int remove_room(void **state)
{
	struct err err = {0};

	(void)state;
	return folder_remove(room, &err) == STATUS_OK ? 0 : -1;
}

/* The unpacked archive; its length. */
static size_t unpacked(void)
{
	gzFile packed = gzopen(path, "rb");
	int got;

	assert_non_null(packed);
	got = gzread(packed, bytes, sizeof bytes);
	gzclose(packed);
	assert_int_not_equal(got, -1);
	return (size_t)got;
}

/* Sum of the bytes of a header, its own field taken as blanks. */
static unsigned sum_of(const unsigned char *header)
{
	unsigned sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	return sum;
}

static void headers_are_as_the_standard_says(void **state)
{
	const unsigned char *folder = bytes, *text = bytes + BLOCK, *end = bytes + 3 * BLOCK;
	struct err err = {0};
	struct tar tar;
	char sum[8];

	(void)state;
	assert_int_equal(tar_open(&tar, path, &err), STATUS_OK);
	assert_int_equal(tar_folder(&tar, "top/", &err), STATUS_OK);
	assert_int_equal(tar_text(&tar, "top/note", "hello, world", &err), STATUS_OK);
	assert_int_equal(tar_close(&tar, &err), STATUS_OK);
	assert_int_equal(unpacked(), 5 * BLOCK); /* two headers, one text, two blocks of zeros */
	assert_string_equal((const char *)folder, "top/");
	assert_memory_equal(folder + 100,
			    "0000755\0"
			    "0000000\0"
			    "0000000\0"
			    "00000000000\0"
			    "00000000000\0",
			    48);
	assert_int_equal(folder[156], '5');
	assert_string_equal((const char *)text, "top/note");
	assert_memory_equal(text + 100,
			    "0000644\0"
			    "0000000\0"
			    "0000000\0"
			    "00000000014\0"
			    "00000000000\0",
			    48);
	assert_int_equal(text[156], '0');
	assert_memory_equal(text + 257,
			    "ustar\0"
			    "00",
			    8);
	snprintf(sum, sizeof sum, "%06o", sum_of(text));
	assert_string_equal((const char *)text + 148, sum);
	assert_memory_equal(text + BLOCK, "hello, world\0\0", 14);
	for (size_t i = 0; i < 2 * BLOCK; i++)
		assert_int_equal(end[i], 0);
}

/* `head` letters, a slash, `tail` letters, as one name. */
static enum status put_name(size_t head, size_t tail)
{
	char name[600];
	struct err err = {0};
	enum status status;
	struct tar tar;

	memset(name, 'a', head);
	name[head] = '/';
	memset(name + head + 1, 'b', tail);
	name[head + 1 + tail] = '\0';
	assert_int_equal(tar_open(&tar, path, &err), STATUS_OK);
	status = tar_text(&tar, name, "", &err);
	tar_close(&tar, &err);
	return status;
}

static void long_names_are_cut_at_a_slash_or_refused(void **state)
{
	(void)state;
	assert_int_equal(put_name(40, 59), STATUS_OK); /* 100 bytes, in one field */
	unpacked();
	assert_int_equal(bytes[99], 'b');
	assert_int_equal(bytes[345], 0);
	assert_int_equal(put_name(155, 100), STATUS_OK);
	unpacked();
	assert_int_equal(bytes[0], 'b');
	assert_int_equal(bytes[99], 'b');
	assert_int_equal(bytes[345], 'a');
	assert_int_equal(bytes[345 + 154], 'a');
	assert_int_equal(bytes[345 + 155], 0);
	assert_int_equal(put_name(156, 100), STATUS_ENV);
	assert_int_equal(put_name(155, 101), STATUS_ENV);
}

static void whole_blocks_get_no_padding(void **state)
{
	char text[BLOCK + 1];
	struct err err = {0};
	struct tar tar;

	(void)state;
	memset(text, 'x', BLOCK);
	text[BLOCK] = '\0';
	assert_int_equal(store_write_text(file, text, &err), STATUS_OK);
	assert_int_equal(tar_open(&tar, path, &err), STATUS_OK);
	assert_int_equal(tar_file(&tar, "x", file, &err), STATUS_OK);
	assert_int_equal(tar_close(&tar, &err), STATUS_OK);
	assert_int_equal(unpacked(), 4 * BLOCK);
	assert_memory_equal(bytes + BLOCK, text, BLOCK);
}

static void what_cannot_be_read_or_written_is_an_error(void **state)
{
	struct err err = {0}, other = {0};
	struct tar tar;

	(void)state;
	assert_int_equal(tar_open(&tar, path, &err), STATUS_OK);
	assert_int_equal(tar_file(&tar, "x", "/no/such/file", &err), STATUS_ENV);
	assert_string_equal(err.source, "/no/such/file");
	tar_close(&tar, &err);
	if (access("/dev/full", W_OK) != 0)
		return;
	assert_int_equal(tar_open(&tar, "/dev/full", &other), STATUS_OK);
	tar_text(&tar, "x", "text", &other);
	assert_int_equal(tar_close(&tar, &other), STATUS_ENV);
	assert_non_null(strstr(other.text, "No space left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_as_the_standard_says),
		cmocka_unit_test(long_names_are_cut_at_a_slash_or_refused),
		cmocka_unit_test(whole_blocks_get_no_padding),
		cmocka_unit_test(what_cannot_be_read_or_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_room, remove_room);
}
