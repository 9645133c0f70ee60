/* checksums.txt: whatever write fails, and so wherever a process is killed between two writes, no
 * file passes for damaged; a changed or lost one does. */
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/store/checksums.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A write that fails at each of its operations in turn, and the one that succeeds. */
static void write_at_every(const char *folder, const char *name, const char *text)
{
	enum { MOST = 20 };
	size_t failing = 0;
	enum status status;

	do {
		struct err err = {0};

		io_fail_after(++failing);
		status = checksums_put_text(folder, name, text, &err);
		io_fail_after(0);
		assert_int_equal(checksums_tell(folder, false, stderr), STATUS_OK);
	} while (status != STATUS_OK && failing < MOST);
	check_above(failing, 3);
	check_below(failing, MOST);
}

static void an_interrupted_write_is_no_damage(void **state)
{
	char folder[] = "/tmp/relubench-checksums-XXXXXX", path[80];
	struct err err = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_at_every(folder, "plan.csv", "a first one\n");
	write_at_every(folder, "data.csv", "and another\n");
	write_at_every(folder, "plan.csv", "a second one\n");
	snprintf(path, sizeof path, "%s/data.csv", folder);
	assert_int_equal(store_write_text(path, "something else\n", &err), STATUS_OK);
	assert_int_equal(checksums_tell(folder, false, NULL), STATUS_FAILED);
	unlink(path);
	assert_int_equal(checksums_tell(folder, false, NULL), STATUS_FAILED);
	assert_int_equal(checksums_put_text(folder, "data.csv", "and another\n", &err), STATUS_OK);
	assert_int_equal(checksums_tell(folder, false, stderr), STATUS_OK);
	assert_int_equal(folder_remove(folder, &err), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interrupted_write_is_no_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
