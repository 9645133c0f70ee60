/* The real registry: every default binds, no option is hidden by a key beside it, every shipped
 * experiment loads and its cells read back. */
#include "harness/spec/bind/bind.h"
#include "harness/spec/schema.h"
#include "harness/spec/spec.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static void each_item(void (*check)(enum kind kind, const struct desc *item))
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < registry_count((enum kind)kind); i++)
			check((enum kind)kind, registry_at((enum kind)kind, i));
}

/* The only problems of an empty map are required options. */
static void check_defaults(enum kind kind, const struct desc *item)
{
	static struct problems problems;
	struct arena arena = {0};
	struct bind bind = {.arena = &arena, .problems = &problems};
	struct node map = {.kind = NODE_MAP, .at = {item->name, 1, 1}};
	void *options = item->size ? arena_alloc(&arena, 1, item->size) : NULL;

	(void)kind;
	memset(&problems, 0, sizeof problems);
	bind_rows(&bind, item->options, &map, NULL, options);
	for (size_t i = 0; i < problems.count; i++)
		if (!strstr(problems.at[i].text, "got nothing"))
			fail_msg("%s: %s", item->name, problems.at[i].text);
	arena_release(&arena);
}

static void every_default_binds(void **state)
{
	(void)state;
	each_item(check_defaults);
}

static void check_not_hidden(const struct option *siblings, const struct desc *item)
{
	for (const struct option *row = item->options; row && row->name; row++)
		if (expect_find(siblings, row->name))
			fail_msg("%s.%s is hidden by the key of the same name beside it",
				 item->name, row->name);
}

static void check_flat_rows(enum kind kind, const struct option *rows);

/* Flat choices anywhere below `rows`: in groups and in the options of other items. */
static void check_hidden(enum kind kind, const struct desc *item)
{
	(void)kind;
	check_flat_rows(kind, item->options);
}

static void check_flat_rows(enum kind kind, const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++) {
		if (row->rows)
			check_flat_rows(kind, row->rows);
		if (row->type != OPTION_CHOICE || row->style != CHOICE_FLAT)
			continue;
		for (size_t i = 0; i < registry_count((enum kind)row->kind); i++)
			check_not_hidden(rows, registry_at((enum kind)row->kind, i));
	}
}

static void no_option_is_hidden(void **state)
{
	(void)state;
	check_flat_rows(KIND_TRAINER, schema_sheet);
	check_flat_rows(KIND_TRAINER, schema_train);
	each_item(check_hidden);
}

static void no_source_has_the_name_of_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_count(KIND_DATA); i++)
		assert_null(expect_find(data_rows, registry_at(KIND_DATA, i)->name));
}

static void check_experiment(const char *path)
{
	static struct problems problems;
	struct arena arena = {0};
	struct experiment experiment;
	struct cell again;
	struct err err = {0};

	if (spec_load(path, (struct texts){0}, &arena, &experiment, &problems) != STATUS_OK)
		fail_msg("%s:%d:%d: %s", path, problems.at[0].line, problems.at[0].col,
			 problems.at[0].text);
	for (size_t i = 0; i < experiment.cell_count; i++) {
		const char *text = experiment.cells[i].text;

		assert_int_equal(spec_read_cell(text, "cell.json", &arena, &again, &err),
				 STATUS_OK);
		assert_string_equal(again.text, text);
	}
	arena_release(&arena);
}

static void every_shipped_experiment_loads(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("experiments/*.yaml", 0, NULL, &found), 0);
	assert_int_equal(glob("experiments/claims/*.yaml", GLOB_APPEND, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_experiment(found.gl_pathv[i]);
	globfree(&found);
}

/* Words are stored as negative codes, which no number may equal. */
static void check_words(const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++) {
		if (row->words && row->type != OPTION_TEXT_MAP) {
			assert_int_equal(row->type, OPTION_INT);
			assert_true(!row->names);
			assert_true(row->range.has_min);
			check_at_least(row->range.min, 0);
		}
		check_words(row->rows);
	}
}

static void check_item_words(enum kind kind, const struct desc *item)
{
	(void)kind;
	check_words(item->options);
}

static void no_number_equals_a_word(void **state)
{
	(void)state;
	check_words(schema_sheet);
	check_words(schema_cell);
	each_item(check_item_words);
}

/* experiments/OPTIONS.md is what `relubench describe --markdown` prints. */
static void the_reference_is_up_to_date(void **state)
{
	char *now = NULL, *kept;
	size_t length = 0;
	bool same;
	FILE *to = open_memstream(&now, &length), *file = fopen("experiments/OPTIONS.md", "r");

	(void)state;
	assert_non_null(to);
	assert_non_null(file);
	spec_reference(to);
	fclose(to);
	kept = calloc(length + 2, 1);
	assert_non_null(kept);
	same = fread(kept, 1, length + 1, file) == length && strcmp(kept, now) == 0;
	fclose(file);
	free(kept);
	free(now);
	if (!same)
		fail_msg("expected what `relubench describe --markdown` prints");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_binds),
		cmocka_unit_test(no_option_is_hidden),
		cmocka_unit_test(no_source_has_the_name_of_a_key),
		cmocka_unit_test(every_shipped_experiment_loads),
		cmocka_unit_test(no_number_equals_a_word),
		cmocka_unit_test(the_reference_is_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
