/* Texts that grow: pieces, formats, lists, and what stands where they were moved from. */
#include "solvers/core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_stand_one_behind_the_other(void **state)
{
	struct arena arena = {0};
	struct text text = text_new(&arena);

	(void)state;
	assert_string_equal(text.at, "");
	text_add(&text, "ab");
	text_add_n(&text, "cdef", 2);
	text_format(&text, "%d%s", 7, "!");
	text_add(&text, "");
	assert_string_equal(text.at, "abcd7!");
	assert_int_equal(text.length, 6);
	arena_release(&arena);
}

static void items_are_separated(void **state)
{
	struct arena arena = {0};
	struct text text = text_new(&arena);

	(void)state;
	for (int i = 1; i <= 3; i++)
		text_item(&text, "; ", "x%d", i);
	assert_string_equal(text.at, "x1; x2; x3");
	arena_release(&arena);
}

/* Every length around where it moves, by pieces and by formats. */
static void long_texts_are_whole(void **state)
{
	enum { MOST = 700 };
	struct arena arena = {0};
	struct text one = text_new(&arena), other = text_new(&arena);
	char expected[MOST + 1] = "";

	(void)state;
	for (int i = 0; i < MOST; i++) {
		expected[i] = (char)('a' + i % 26);
		text_add_n(&one, expected + i, 1);
		text_format(&other, "%c", expected[i]);
		assert_string_equal(one.at, expected);
		assert_string_equal(other.at, expected);
	}
	text_format(&one, "%s", expected);
	assert_int_equal(one.length, 2 * MOST);
	assert_memory_equal(one.at + MOST, expected, MOST + 1);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stand_one_behind_the_other),
		cmocka_unit_test(items_are_separated),
		cmocka_unit_test(long_texts_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
