/* The hash index against a search through a list: texts, bytes, growth. */
#include "solvers/core/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 3000, DISTINCT = 700 };

/* Many more keys than there was room for, most of them again and again. */
static void first_places_are_found_again(void **state)
{
	struct arena arena = {0};
	struct index index = index_new(1, &arena);
	ptrdiff_t first[DISTINCT];

	(void)state;
	memset(first, 0xff, sizeof first);
	for (size_t i = 0; i < KEYS; i++) {
		size_t which = (i * i + 3 * i) % DISTINCT;
		const char *key = arena_format(&arena, "key %zu", which);

		assert_int_equal(index_find(&index, key), first[which]);
		if (first[which] < 0)
			first[which] = (ptrdiff_t)i;
		assert_int_equal(index_place(&index, key, i), first[which]);
		assert_int_equal(index_find(&index, key), first[which]);
	}
	arena_release(&arena);
}

/* Equal starts, inner zeros, and no byte at all are keys of their own. */
static void bytes_are_compared_whole(void **state)
{
	static const char bytes[] = "ab\0c\0";
	struct arena arena = {0};
	struct index index = index_new(0, &arena);

	(void)state;
	for (size_t length = 0; length <= sizeof bytes; length++)
		assert_int_equal(index_place_bytes(&index, bytes, length, length), length);
	for (size_t length = 0; length <= sizeof bytes; length++)
		assert_int_equal(index_find_bytes(&index, bytes, length), length);
	assert_int_equal(index_find_bytes(&index, "b", 1), INDEX_NONE);
	assert_int_equal(index.count, sizeof bytes + 1);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_places_are_found_again),
		cmocka_unit_test(bytes_are_compared_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
