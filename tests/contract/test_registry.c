/* What every registered item and every option row promises: names, docs, defaults, ranges. */
#include "harness/data/data.h"
#include "harness/spec/bind/bind.h"
#include "harness/spec/schema.h"
#include "solvers/core/desc.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { OPTIONS_ROOM = 8192 }; /* more than any options struct */

static void each_item(void (*check)(enum kind kind, const struct desc *item))
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < registry_count((enum kind)kind); i++)
			check((enum kind)kind, registry_at((enum kind)kind, i));
}

static void each_table(const char *owner, const struct option *rows,
		       void (*check)(const char *owner, const struct option *rows))
{
	if (!rows)
		return;
	check(owner, rows);
	for (const struct option *row = rows; row->name; row++)
		each_table(row->name, row->rows, check);
}

static void (*table_check)(const char *owner, const struct option *rows);

static void check_item_tables(enum kind kind, const struct desc *item)
{
	(void)kind;
	each_table(item->name, item->options, table_check);
}

/* Tables of all items and of the spec itself. */
static void all_tables(void (*check)(const char *owner, const struct option *rows))
{
	table_check = check;
	each_item(check_item_tables);
	each_table("spec", schema_sheet, check);
	each_table("train", schema_train, check);
	each_table("data", data_rows, check);
}

static bool is_line(const char *text)
{
	return text && text[0] && !strchr(text, '\n');
}

/* As a key of YAML needs it, and readable in paths such as train[0].rho. */
static bool is_name(const char *name)
{
	return name && name[0] &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void check_desc(enum kind kind, const struct desc *item)
{
	if (!is_name(item->name) || !is_line(item->doc) || !item->cite)
		fail_msg("%s %s: name, doc or citation is missing", registry_title(kind),
			 item->name);
	assert_ptr_equal(registry_find(kind, item->name), item); /* so the name is unique */
	if ((item->options && item->options->name) != (item->size > 0))
		fail_msg("%s %s: rows and size of the options do not agree", registry_title(kind),
			 item->name);
	check_below(item->size, OPTIONS_ROOM);
	for (const struct option *row = item->options; row && row->name; row++)
		check_below(row->offset, item->size);
}

static void items_have_names_and_docs(void **state)
{
	(void)state;
	each_item(check_desc);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		assert_true(is_line(registry_title((enum kind)kind)));
		assert_null(registry_find((enum kind)kind, ""));
		assert_null(registry_find((enum kind)kind, "no such item"));
	}
	assert_int_equal(registry_count(KIND_TRAINER),
			 registry_count(KIND_SOLVER) + registry_count(KIND_BASELINE));
	check_above(registry_count(KIND_SOLVER), 0);
	check_above(registry_count(KIND_ATTACK), 0);
}

static void check_rows(const char *owner, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++) {
		if (!is_name(row->name) || !is_line(row->doc))
			fail_msg("%s.%s: name or doc is missing", owner, row->name);
		for (const struct option *other = rows; other != row; other++)
			if (strcmp(other->name, row->name) == 0)
				fail_msg("%s.%s is declared twice", owner, row->name);
		if (row->names && row->type != OPTION_INT && row->type != OPTION_TEXTS &&
		    row->type != OPTION_TEXT_MAP)
			fail_msg("%s.%s: names of what takes none", owner, row->name);
		if (row->range.has_min && row->range.has_max)
			check_below(row->range.min, row->range.max);
		if (row->type == OPTION_CHOICE || row->type == OPTION_CHOICES) {
			check_at_least(row->kind, 0);
			check_below(row->kind, KIND_COUNT);
		}
	}
}

static void rows_have_names_and_docs(void **state)
{
	(void)state;
	all_tables(check_rows);
}

/* --- values at and beyond the ends of a range ------------------------------------------------ */

/* Bind one key of a table; whether that key is a problem. */
static bool is_refused(const struct option *rows, const struct option *row, const char *value)
{
	static struct problems problems;
	struct arena arena = {0};
	struct bind bind = {.arena = &arena, .problems = &problems};
	const char *key = arena_format(&arena, "%s: ", row->name);
	const struct node *map;
	bool refused = false;

	memset(&problems, 0, sizeof problems);
	map = node_read(arena_format(&arena, "{%s%s}", key, value), "test", &arena, &problems);
	assert_non_null(map);
	bind_rows(&bind, rows, map, NULL, arena_alloc(&arena, 1, OPTIONS_ROOM));
	for (size_t i = 0; i < problems.count; i++)
		refused |= strstr(problems.at[i].text, "got nothing") == NULL;
	arena_release(&arena);
	return refused;
}

static const char *number_text(const struct option *row, double value, struct arena *arena)
{
	const char *format = row->type == OPTION_REALS ? "[%.17g]" : "%.17g";

	return row->type == OPTION_INT ? arena_format(arena, "%.0f", value)
				       : arena_format(arena, format, value);
}

/* One end: `in` is the last value inside, `out` the first outside. */
static void check_end(const struct option *rows, const struct option *row, double in, double out)
{
	struct arena arena = {0};
	const char *inside = number_text(row, in, &arena), *outside = number_text(row, out, &arena);

	if (!is_refused(rows, row, outside))
		fail_msg("%s: %s is beyond the range but taken", row->name, outside);
	if (is_refused(rows, row, inside))
		fail_msg("%s: %s is in the range but refused", row->name, inside);
	arena_release(&arena);
}

/* The number next to `at` in the direction of `to`. */
static double next(const struct option *row, double at, double to)
{
	if (row->type == OPTION_INT)
		return at + (to > at ? 1 : -1);
	return nextafter(at, to);
}

static void check_range(const struct option *rows, const struct option *row)
{
	const struct range *r = &row->range;

	if (r->has_min && r->above)
		check_end(rows, row, next(row, r->min, HUGE_VAL), r->min);
	else if (r->has_min)
		check_end(rows, row, r->min, next(row, r->min, -HUGE_VAL));
	if (r->has_max && r->below)
		check_end(rows, row, next(row, r->max, -HUGE_VAL), r->max);
	else if (r->has_max)
		check_end(rows, row, r->max, next(row, r->max, HUGE_VAL));
}

/* Words and numbers that no number option takes. */
static void check_number(const struct option *rows, const struct option *row)
{
	static const char *const wrong[] = {"\"\"", "nan", ".nan", "inf", ".inf", "1x", "{a: 1}"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (!is_refused(rows, row, wrong[i]))
			fail_msg("%s: %s is taken for a number", row->name, wrong[i]);
	if (row->type == OPTION_INT && !is_refused(rows, row, "2.5"))
		fail_msg("%s: 2.5 is taken for an integer", row->name);
	check_range(rows, row);
}

static void check_names(const struct option *rows, const struct option *row)
{
	static const char *const unknown[] = {"no_such_name", "0"};
	const char *format = row->type == OPTION_TEXTS      ? "[\"%s\"]"
			     : row->type == OPTION_TEXT_MAP ? "{key: \"%s\"}"
							    : "\"%s\"";
	struct arena arena = {0};

	for (const char *const *name = row->names; *name; name++)
		if (is_refused(rows, row, arena_format(&arena, format, *name)))
			fail_msg("%s: \"%s\" is refused", row->name, *name);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		if (!is_refused(rows, row, arena_format(&arena, format, unknown[i])))
			fail_msg("%s: an unknown name is taken", row->name);
	arena_release(&arena);
}

static void check_choice(const struct option *rows, const struct option *row)
{
	if (row->style != CHOICE_KEYED && !is_refused(rows, row, "no_such_item"))
		fail_msg("%s: an unknown item is taken", row->name);
}

static void check_values(const char *owner, const struct option *rows)
{
	(void)owner;
	for (const struct option *row = rows; row->name; row++) {
		bool nullable = row->initial && strcmp(row->initial, "null") == 0;

		if (row->names)
			check_names(rows, row);
		else if (row->type == OPTION_INT || row->type == OPTION_REAL ||
			 row->type == OPTION_REALS)
			check_number(rows, row);
		else if (row->type == OPTION_BOOL && !is_refused(rows, row, "7"))
			fail_msg("%s: 7 is taken for true or false", row->name);
		else if (row->type == OPTION_CHOICE)
			check_choice(rows, row);
		if (row->type < OPTION_CHOICE && is_refused(rows, row, "null") != !nullable)
			fail_msg("%s: null is %s", row->name, nullable ? "refused" : "taken");
	}
}

static void ranges_end_where_they_say(void **state)
{
	(void)state;
	all_tables(check_values);
}

/* --- options that came later ----------------------------------------------------------------- */

/* Keys of records stay as they were: at its default such an option is not in the canonical text. */
static void check_later(const char *owner, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++) {
		const struct option alone[] = {*row, {.name = NULL}};
		struct problems *problems;
		struct arena arena = {0};
		struct bind bind = {.arena = &arena};
		struct text text = text_new(&arena);
		void *base = arena_alloc(&arena, 1, OPTIONS_ROOM);

		problems = ARENA_NEW(&arena, struct problems);
		bind.problems = problems;
		if (row->later) {
			assert_true(bind_rows(&bind, alone,
					      node_read("{}", "test", &arena, problems), NULL,
					      base));
			canon_rows(&text, alone, base);
			if (strcmp(text.at, "{}") != 0)
				fail_msg("%s.%s at its default: %s", owner, row->name, text.at);
		}
		arena_release(&arena);
	}
}

static void later_options_are_left_out_at_their_defaults(void **state)
{
	(void)state;
	all_tables(check_later);
	check_later("cell", schema_cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_have_names_and_docs),
		cmocka_unit_test(rows_have_names_and_docs),
		cmocka_unit_test(ranges_end_where_they_say),
		cmocka_unit_test(later_options_are_left_out_at_their_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
