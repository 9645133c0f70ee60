/* The dictionary of the CSV columns: complete, without doubles, and what results/README.md says. */
#include "harness/store/dictionary.h"
#include "harness/store/result.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct column_doc *const tables[] = {
	dictionary_trace,    dictionary_attack, dictionary_certify,
	dictionary_patterns, dictionary_plan,   dictionary_data,
	dictionary_points,   dictionary_inputs, dictionary_result};

enum { TABLES = sizeof tables / sizeof *tables };

static void every_field_of_a_record_is_described_and_no_other(void **state)
{
	size_t fields = 0, entries = 0;

	(void)state;
	for (const struct result_field *f = result_fields; f->name; f++, fields++)
		if (!dictionary_find(dictionary_result, f->name))
			fail_msg("no meaning of %s", f->name);
	for (const struct column_doc *c = dictionary_result; c->name; c++)
		entries++;
	assert_int_equal(fields, entries);
}

static void no_two_columns_have_one_name(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++)
		for (const struct column_doc *c = tables[t]; c->name; c++) {
			assert_ptr_equal(dictionary_find(tables[t], c->name), c);
			assert_true(c->unit[0] && c->doc[0]);
		}
	for (const struct column_doc *c = dictionary_cell; c->name; c++) {
		assert_null(dictionary_find(dictionary_attack, c->name));
		assert_null(dictionary_find(dictionary_certify, c->name));
	}
}

static void swept_options_do_not_take_the_names_of_results(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_string_equal(dictionary_swept("patterns", &arena), "swept.patterns");
	assert_string_equal(dictionary_swept("neurons", &arena), "swept.neurons");
	assert_string_equal(dictionary_swept("eps", &arena), "swept.eps");
	assert_string_equal(dictionary_swept("rho", &arena), "rho");
	assert_string_equal(dictionary_swept("patterns.count", &arena), "patterns.count");
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
	dictionary_write(to);
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
		cmocka_unit_test(every_field_of_a_record_is_described_and_no_other),
		cmocka_unit_test(no_two_columns_have_one_name),
		cmocka_unit_test(swept_options_do_not_take_the_names_of_results),
		cmocka_unit_test(the_page_of_results_is_up_to_date),
	};

	return cmocka_run_group_tests(tests_of_file, NULL, NULL);
}
