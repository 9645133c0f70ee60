/* The dictionary of the CSV columns: complete, without doubles, and what results/README.md says. */
#include "harness/store/rows.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void no_two_columns_have_one_name(void **state)
{
	(void)state;
	for (const struct field_table *const *table = rows_tables; *table; table++)
		for (const struct field *f = (*table)->field; f->name; f++) {
			assert_ptr_equal(field_find(*table, f->name), f);
			assert_true(f->unit[0] && f->doc[0]);
		}
	for (const struct field *f = rows_cell.field; f->name; f++) {
		assert_null(field_find(&rows_attack, f->name));
		assert_null(field_find(&rows_certify, f->name));
	}
}

static void swept_options_do_not_take_the_names_of_results(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_string_equal(rows_swept("patterns", &arena), "swept.patterns");
	assert_string_equal(rows_swept("neurons", &arena), "swept.neurons");
	assert_string_equal(rows_swept("eps", &arena), "swept.eps");
	assert_string_equal(rows_swept("rho", &arena), "rho");
	assert_string_equal(rows_swept("patterns.count", &arena), "patterns.count");
	arena_release(&arena);
}

/* What the dictionary writes stands in results/README.md between its marks. */
static void the_page_of_results_is_up_to_date(void **state)
{
	static const char begin[] =
		"<!-- begin: written by `relubench describe results`; do not edit -->\n";
	char *now = NULL, *page, *at;
	size_t length = 0, room = 1 << 20;
	FILE *to = open_memstream(&now, &length), *file = fopen("results/README.md", "r");

	(void)state;
	assert_non_null(to);
	assert_non_null(file);
	rows_describe(to);
	fclose(to);
	page = calloc(room, 1);
	assert_non_null(page);
	check_above(fread(page, 1, room - 1, file), 0);
	fclose(file);
	at = strstr(page, begin);
	assert_non_null(at);
	at += strlen(begin);
	if (strncmp(at, now, length) != 0 || strncmp(at + length, "<!-- end -->", 12) != 0)
		fail_msg("expected what `relubench describe results` prints");
	free(page);
	free(now);
}

int main(void)
{
	const struct CMUnitTest tests_of_file[] = {
		cmocka_unit_test(no_two_columns_have_one_name),
		cmocka_unit_test(swept_options_do_not_take_the_names_of_results),
		cmocka_unit_test(the_page_of_results_is_up_to_date),
	};

	return cmocka_run_group_tests(tests_of_file, NULL, NULL);
}
