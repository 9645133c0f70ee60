/* record.json: every kind of damage to the files of a record is seen and named. */
#include "harness/file/folder.h"
#include "harness/store/manifest.h"
#include "harness/store/result.h"
#include "tests/close.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char id[] = "0123456789abcdef";

struct fixture {
	char room[256];
	const char *record;
	struct arena arena;
	struct err err;
	enum manifest_state state;
	struct manifest about;
};

static const char *in_record(struct fixture *f, const char *name)
{
	return arena_format(&f->arena, "%s/%s", f->record, name);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	assert_int_equal(store_write_text(in_record(f, name), text, &f->err), STATUS_OK);
}

static const char *get(struct fixture *f, const char *name)
{
	const char *text = NULL;

	assert_int_equal(store_read_text(in_record(f, name), &f->arena, &text, &f->err), STATUS_OK);
	return text;
}

static enum status check(struct fixture *f)
{
	f->err = (struct err){0};
	return manifest_check(f->record, &f->arena, &f->about, &f->state, &f->err);
}

static void expect_damage(struct fixture *f, const char *text)
{
	assert_int_equal(check(f), STATUS_FAILED);
	assert_int_equal(f->state, MANIFEST_DAMAGED);
	assert_non_null(strstr(f->err.text, "damaged record: "));
	if (!strstr(f->err.text, text))
		fail_msg("\"%s\" does not say \"%s\"", f->err.text, text);
}

static void write_manifest(struct fixture *f, const char *cell)
{
	const struct manifest about = {cell, "key", "data"};

	assert_int_equal(manifest_write(f->record, &about, &f->err), STATUS_OK);
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct fixture *f = calloc(1, sizeof *f);
	struct result result = result_empty();

	*state = f;
	if (!f)
		return -1;
	snprintf(f->room, sizeof f->room, "%s/relubench-manifest-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->room))
		return -1;
	f->record = arena_format(&f->arena, "%s/%s", f->room, id);
	result.format = MANIFEST_FORMAT;
	if (folder_make(f->record, &f->err) != STATUS_OK ||
	    result_write(&result, in_record(f, "result.json"), &f->err) != STATUS_OK)
		return -1;
	put(f, "trace.csv", "iteration,gap\n1,0.5\n");
	put(f, "log.txt", "");
	write_manifest(f, id);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int status = folder_remove(f->room, &f->err) != STATUS_OK;

	arena_release(&f->arena);
	free(f);
	return status;
}

static void whole_record_says_what_it_is(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f), STATUS_OK);
	assert_int_equal(f->state, MANIFEST_WHOLE);
	assert_string_equal(f->about.cell, id);
	assert_string_equal(f->about.key, "key");
	assert_string_equal(f->about.data, "data");
	put(f, "note.txt", "a file of the user's\n");
	assert_int_equal(check(f), STATUS_OK);
}

/* sha256sum of the two texts, computed with another program. */
static void checksums_are_those_of_sha256sum(void **state)
{
	struct fixture *f = *state;
	const char *text = get(f, MANIFEST_FILE);

	assert_non_null(
		strstr(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	assert_non_null(
		strstr(text, "94060056cc98423b7a01a88c1af0e3c03c7992aca4d217ca5a46b5a442b2b6a6"));
}

static void every_changed_byte_is_seen(void **state)
{
	static const char *const names[] = {"trace.csv", "result.json", MANIFEST_FILE};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *text = get(f, names[i]);

		for (size_t at = 0; text[at]; at++) {
			char *changed = arena_text(&f->arena, text);

			/* white space of JSON says nothing */
			if (i == 2 && (text[at] == ' ' || text[at] == '\n'))
				continue;
			changed[at] ^= 1;
			put(f, names[i], changed);
			assert_int_not_equal(check(f), STATUS_OK);
		}
		put(f, names[i], text);
		assert_int_equal(check(f), STATUS_OK);
	}
}

static void every_length_is_seen(void **state)
{
	struct fixture *f = *state;
	const char *text = get(f, "trace.csv");

	for (size_t length = 0; length < strlen(text); length++) {
		put(f, "trace.csv", arena_text_n(&f->arena, text, length));
		expect_damage(f, "trace.csv has ");
	}
	put(f, "trace.csv", arena_format(&f->arena, "%s2,0.25\n", text));
	expect_damage(f, "trace.csv has 27 bytes instead of 20");
}

static void missing_and_foreign_files_are_seen(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(unlink(in_record(f, "trace.csv")), 0);
	expect_damage(f, "trace.csv is missing");
	assert_int_equal(mkdir(in_record(f, "trace.csv"), 0777), 0);
	expect_damage(f, "trace.csv is not a file");
	assert_int_equal(rmdir(in_record(f, "trace.csv")), 0);
	assert_int_equal(symlink("log.txt", in_record(f, "trace.csv")), 0);
	expect_damage(f, "trace.csv is not a file");
	assert_int_equal(unlink(in_record(f, "trace.csv")), 0);
	put(f, "trace.csv", "iteration,gap\n1,0.5\n");
	put(f, "attack.csv", "attack,eps\n");
	expect_damage(f, "attack.csv is not of this record");
}

static void manifest_itself_is_needed(void **state)
{
	struct fixture *f = *state;

	put(f, MANIFEST_FILE, "");
	expect_damage(f, "record.json is not JSON");
	put(f, MANIFEST_FILE, "[]");
	expect_damage(f, "record.json has no format number");
	put(f, MANIFEST_FILE, "{\"format\": 1}");
	expect_damage(f, "record.json was changed");
	assert_int_equal(unlink(in_record(f, MANIFEST_FILE)), 0);
	expect_damage(f, "record.json is missing");
}

static void record_in_the_place_of_another_is_seen(void **state)
{
	struct fixture *f = *state;

	write_manifest(f, "fedcba9876543210");
	expect_damage(f, "it is of cell fedcba9876543210");
}

static void older_record_is_read_unchecked(void **state)
{
	struct fixture *f = *state;

	put(f, "result.json", "{\"status\": \"ok\"}\n");
	assert_int_equal(unlink(in_record(f, MANIFEST_FILE)), 0);
	assert_int_equal(check(f), STATUS_OK);
	assert_int_equal(f->state, MANIFEST_UNCHECKED);
	assert_null(f->about.cell);
}

static void newer_format_is_refused_by_its_number(void **state)
{
	struct fixture *f = *state;

	put(f, MANIFEST_FILE, "{\"format\": 7, \"what\": \"this version does not know\"}");
	assert_int_equal(check(f), STATUS_ENV);
	assert_int_equal(f->state, MANIFEST_NEWER);
	assert_non_null(strstr(f->err.text, "format 7"));
	assert_non_null(strstr(f->err.source, MANIFEST_FILE));
}

/* Bytes that this process has read so far. */
static long bytes_read(void)
{
	FILE *io = fopen("/proc/self/io", "r");
	long bytes = -1;

	if (!io)
		skip();
	assert_int_equal(fscanf(io, "rchar: %ld", &bytes), 1);
	fclose(io);
	return bytes;
}

/* One that was whole is read again only when it was touched, whatever its times and lengths say.
 * The clock of files is a tick behind the other: two seconds are not enough at the begin of one. */
static void a_whole_record_is_read_once(void **state)
{
	enum { LARGE = 1 << 20 };
	struct fixture *f = *state;
	char *text = memset(calloc(LARGE + 1, 1), 'x', LARGE);
	const struct timespec settled = {2, 100000000},
			      long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	long before;

	put(f, "log.txt", text);
	write_manifest(f, id);
	nanosleep(&settled, NULL);
	assert_int_equal(check(f), STATUS_OK);
	before = bytes_read();
	assert_int_equal(check(f), STATUS_OK);
	assert_string_equal(f->about.key, "key");
	check_below(bytes_read() - before, LARGE);
	text[LARGE / 2] = 'y';
	put(f, "log.txt", text);
	assert_int_equal(utimensat(AT_FDCWD, in_record(f, "log.txt"), long_ago, 0), 0);
	nanosleep(&settled, NULL);
	expect_damage(f, "log.txt was changed");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_record_says_what_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(checksums_are_those_of_sha256sum, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(every_changed_byte_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_length_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_and_foreign_files_are_seen, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(manifest_itself_is_needed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(record_in_the_place_of_another_is_seen, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(older_record_is_read_unchecked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(newer_format_is_refused_by_its_number, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_whole_record_is_read_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
