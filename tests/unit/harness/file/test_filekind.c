/* Files that are something else are named for what they are, and what is no regular file is not
 * waited for. */
#include "harness/data/data.h"
#include "harness/data/source/source_libsvm.h"
#include "harness/file/filekind.h"
#include "harness/file/gzfile.h"
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

extern const struct source source_libsvm;

enum {
	IMPATIENCE = 20, /* seconds until a test that waits for a pipe is ended */
	BLOCK = 512
};

struct place {
	struct room room;
	const char *path;
};

static int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->path = room_path(&place->room, "file");
	return 0;
}

#define SHOWS(head, wanted, text) shows(head, sizeof(head) - 1, FILEKIND_##wanted, text)

static void shows(const char *head, size_t count, enum filekind wanted, const char *text)
{
	const char *other = filekind_instead(head, count, wanted);

	if (!text && other)
		fail_msg("expected nothing, got %s", other);
	if (text && (!other || !strstr(other, text)))
		fail_msg("expected %s, got %s", text, other ? other : "nothing");
}

static void names_what_it_is(void **state)
{
	char tar[BLOCK] = "name";

	(void)state;
	memcpy(tar + 257, "ustar", 5);
	shows(tar, sizeof tar, FILEKIND_BYTES, "a tar archive");
	shows(tar, 200, FILEKIND_BYTES, NULL);
	SHOWS("version https://git-lfs.github.com/spec/v1\noid", TEXT, "Git LFS pointer");
	SHOWS("version https://git-lfs.github.com/spec/v1\noid", BYTES, "git lfs pull");
	SHOWS("<!DOCTYPE HTML>\n", TEXT, "HTML");
	SHOWS("\xef\xbb\xbf\r\n <html lang", NPY, "HTML");
	SHOWS("PK\3\4 and more", TEXT, "a zip archive");
	SHOWS("PK\5\6", BYTES, "a zip archive");
	SHOWS("BZh91AY&SY", TEXT, "bz2");
	SHOWS("BZh,label\n", TEXT, NULL);
	SHOWS("\xfd"
	      "7zXZ\0",
	      NPZ, "xz");
	SHOWS("\x93NUMPY\1\0", TEXT, "numpy array");
	SHOWS("\x93NUMPY\1\0", NPZ, "numpy array");
	SHOWS("\x93NUMPY\1\0", NPY, NULL);
	SHOWS("\x80\2}q\1", BYTES, "binary version");
}

static void names_an_npz(void **state)
{
	static const char head[] = "PK\3\4.................."
				   "....\5\0\0\0x.npy";

	(void)state;
	SHOWS(head, NPY, "the source npz");
	SHOWS(head, NPZ, NULL);
}

static void names_wide_texts(void **state)
{
	(void)state;
	SHOWS("\xff\xfe"
	      "1\0,\0",
	      TEXT, "UTF-16 text; convert");
	SHOWS("\xfe\xff\0", PLAIN, "UTF-16 text; convert");
	SHOWS("\xff\xfe\0\0", TEXT, "UTF-32");
	SHOWS("1\0,\0002\0\n\0", TEXT, "UTF-16LE");
	SHOWS("\0001\0,\0002\0\n", TEXT, "UTF-16BE");
	SHOWS("1,2\n3,4\n", TEXT, NULL);
	SHOWS("1\0,\0002\0\n\0", BYTES, NULL); /* pixels */
	SHOWS("", TEXT, NULL);
}

/* Every reader of a path: each must return, with an error that names the kind. */
static void refused_by_all(const char *path, const char *text)
{
	struct data_options data = files_data(&source_csv, NULL);
	struct csv_options csv = files_csv(path);
	struct arena arena = {0};
	struct gzfile_bytes bytes;
	struct problems *problems = calloc(1, sizeof *problems);
	struct experiment experiment;
	struct err err = {0};
	char hex[65];

	alarm(IMPATIENCE);
	data.source.options = &csv;
	assert_int_equal(data_checksum(&data, hex, &err), STATUS_ENV);
	assert_non_null(strstr(err.text, text));
	err = (struct err){0};
	assert_int_equal(gzfile_text(path, &arena, &bytes, &err), STATUS_ENV);
	assert_non_null(strstr(err.text, text));
	assert_int_equal(spec_load(path, (struct texts){0}, &arena, &experiment, problems),
			 STATUS_SPEC);
	assert_non_null(strstr(problems->at[0].text, text));
	alarm(0);
	free(problems);
	arena_release(&arena);
}

static void does_not_wait(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkfifo(place->path, 0600), 0);
	refused_by_all(place->path, "a pipe");
	refused_by_all("/dev/zero", "a device");
}

static void write_packed(const char *path, const void *at, size_t count)
{
	gzFile file = gzopen(path, "wb");

	assert_int_equal(gzwrite(file, at, (unsigned)count), count);
	gzclose_w(file);
}

static void looks_into_gzip(void **state)
{
	struct place *place = *state;
	struct err err = {0};

	write_packed(place->path, "\x1f\x8b\x08\0", 4);
	assert_int_equal(filekind_check(place->path, FILEKIND_TEXT, &err), STATUS_ENV);
	assert_non_null(strstr(err.text, "packed twice"));
	err = (struct err){0};
	write_packed(place->path, "<html>", 6);
	assert_int_equal(filekind_check(place->path, FILEKIND_BYTES, &err), STATUS_ENV);
	assert_string_equal(err.text, "the content of this gzip file is an HTML page, as a failed "
				      "download leaves one; fetch the file again");
	write_packed(place->path, "1,2\n", 4);
	assert_int_equal(filekind_check(place->path, FILEKIND_TEXT, &err), STATUS_OK);
	err = (struct err){0};
	assert_int_equal(filekind_check(place->path, FILEKIND_PLAIN, &err), STATUS_ENV);
	assert_string_equal(err.text, "this is a gzip file; unpack it");
}

static void skips_byte_order_marks(void **state)
{
	static const char svm[] = "\xef\xbb\xbf"
				  "1 1:2\r\n-1 1:3\r\n",
			  spec[] = "\xef\xbb\xbf"
				   "name: [\r\n";
	struct place *place = *state;
	struct libsvm_options o = {.path = place->path};
	struct read_request request = {0};
	struct problems *problems = calloc(1, sizeof *problems);
	struct table train = {0}, test = {0};
	struct experiment experiment;
	struct arena arena = {0};
	struct err err = {0};

	files_write(place->path, svm, sizeof svm - 1);
	assert_int_equal(source_libsvm.read(&o, &request, &arena, &train, &test, &err), STATUS_OK);
	assert_int_equal(train.n, 2);
	assert_string_equal(train.label[0], "1");
	/* the first error is the bracket, not the mark */
	spec_load_text(spec, "spec.yaml", (struct texts){0}, &arena, &experiment, problems);
	assert_int_not_equal(problems->at[0].line, 1);
	free(problems);
	arena_release(&arena);
}

/* A content that grows while it is unpacked stops at the limit. */
static void stops_at_the_limit(void **state)
{
	enum { MEBIBYTES = 8 };
	struct place *place = *state;
	struct gzfile_bytes bytes;
	struct arena arena = {0};
	struct err err = {0};
	char *row = calloc(MEBIBYTES, 1 << 20);

	memset(row, '1', (size_t)MEBIBYTES << 20);
	write_packed(place->path, row, (size_t)MEBIBYTES << 20);
	gzfile_limit(2 << 20);
	assert_int_equal(gzfile_text(place->path, &arena, &bytes, &err), STATUS_ENV);
	assert_non_null(strstr(err.text, "the 2 MiB that planning may take"));
	files_write(place->path, row, (size_t)MEBIBYTES << 20);
	assert_int_equal(gzfile_text(place->path, &arena, &bytes, &err), STATUS_ENV);
	check_below(arena.bytes, (size_t)MEBIBYTES << 20);
	gzfile_limit(0);
	assert_int_equal(gzfile_text(place->path, &arena, &bytes, &err), STATUS_OK);
	free(row);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_it_is),
		cmocka_unit_test(names_an_npz),
		cmocka_unit_test(names_wide_texts),
		cmocka_unit_test_setup_teardown(does_not_wait, set_up, room_leave),
		cmocka_unit_test_setup_teardown(looks_into_gzip, set_up, room_leave),
		cmocka_unit_test_setup_teardown(skips_byte_order_marks, set_up, room_leave),
		cmocka_unit_test_setup_teardown(stops_at_the_limit, set_up, room_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
