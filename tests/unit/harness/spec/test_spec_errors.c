/* Broken specs and the exact messages they give: tests/golden/spec/<case>/{spec.yaml,expected.txt}.
 * With SPEC_GOLDEN_WRITE set, writes what is found instead, for review. */
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/unit/harness/spec/spec_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static const char folder[] = "tests/golden/spec";

enum { LEAST_CASES = 139, TEXT_ROOM = 1 << 16 };

/* Messages as a user sees them, with the path written as spec.yaml. */
static void messages(struct arena *arena, char *text)
{
	static struct problems problems;
	struct experiment experiment;
	FILE *to = fmemopen(text, TEXT_ROOM, "w");

	assert_non_null(to);
	assert_int_equal(spec_load("spec.yaml", (struct texts){0}, arena, &experiment, &problems),
			 STATUS_SPEC);
	check_above(problems.count, 0);
	for (size_t i = 0; i < problems.count; i++)
		err_print(&problems.at[i], to);
	fputc('\0', to);
	fclose(to);
}

static void read_expected(char *text)
{
	FILE *file = fopen("expected.txt", "r");
	size_t length = file ? fread(text, 1, TEXT_ROOM - 1, file) : 0;

	text[length] = '\0';
	if (file)
		fclose(file);
}

static void check_case(const char *name)
{
	static char found[TEXT_ROOM], expected[TEXT_ROOM];
	struct arena arena = {0};
	FILE *file;

	assert_int_equal(chdir(name), 0);
	messages(&arena, found);
	if (getenv("SPEC_GOLDEN_WRITE")) {
		file = fopen("expected.txt", "w");
		assert_non_null(file);
		fputs(found, file);
		fclose(file);
	}
	read_expected(expected);
	if (strcmp(found, expected) != 0)
		fail_msg("%s:\nexpected\n%sfound\n%s", name, expected, found);
	arena_release(&arena);
	assert_int_equal(chdir(".."), 0);
}

static void every_broken_spec_gives_its_messages(void **state)
{
	char start[4096];
	size_t count = 0;
	DIR *dir;

	(void)state;
	unsetenv("SPEC_TEST_UNSET");
	assert_non_null(getcwd(start, sizeof start));
	assert_int_equal(chdir(folder), 0);
	dir = opendir(".");
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (entry->d_name[0] != '.') {
			check_case(entry->d_name);
			count++;
		}
	closedir(dir);
	assert_int_equal(chdir(start), 0);
	check_at_least(count, LEAST_CASES);
}

static void a_missing_file_is_a_problem(void **state)
{
	static struct problems problems;
	struct arena arena = {0};
	struct experiment experiment;

	(void)state;
	assert_int_equal(
		spec_load("no/such.yaml", (struct texts){0}, &arena, &experiment, &problems),
		STATUS_SPEC);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.at[0].source, "no/such.yaml");
	assert_string_equal(problems.at[0].text, "cannot open the file: No such file or directory");
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_broken_spec_gives_its_messages),
		cmocka_unit_test(a_missing_file_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
