/* Canonical texts: options that came later are left out at their defaults, and only there. */
#include "harness/spec/bind/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct options {
	bool on, off;
	long count, word, name, unset;
	double share, seconds, none;
	const char *text;
	struct reals list;
	struct texts texts;
	struct text_map map;
};

static const char *const words[] = {"all", NULL}, *const names[] = {"first", "second", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct options, on), .initial = "true", .later = true},
	{OPTION_FIELD(struct options, off), .initial = "false", .later = true},
	{OPTION_FIELD(struct options, count), .initial = "9", .range = RANGE_FROM(0),
	 .later = true},
	{OPTION_FIELD(struct options, word), .initial = "all", .range = RANGE_FROM(0),
	 .words = words, .later = true},
	{OPTION_FIELD(struct options, name), .initial = "second", .names = names, .later = true},
	{OPTION_FIELD(struct options, unset), .initial = "null", .later = true},
	{OPTION_FIELD(struct options, share), .initial = "1/4", .later = true},
	{OPTION_FIELD(struct options, seconds), .initial = "2m", .unit = UNIT_SECONDS,
	 .later = true},
	{OPTION_FIELD(struct options, none), .initial = "null", .later = true},
	{OPTION_FIELD(struct options, text), .initial = "a text", .later = true},
	{OPTION_FIELD(struct options, list), .initial = "[]", .later = true},
	{OPTION_FIELD(struct options, texts), .initial = "null", .later = true},
	{OPTION_FIELD(struct options, map), .initial = "{}", .later = true},
	{.name = NULL},
};

/* The canonical text of options as a spec gives them. */
static const char *canonical(const char *spec, struct arena *arena)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *map = node_read(spec, "test", arena, problems);
	struct options options = {0};
	struct text text = text_new(arena);

	assert_non_null(map);
	assert_true(bind_rows(&bind, rows, map, NULL, &options));
	canon_rows(&text, rows, &options);
	return text.at;
}

static void defaults_are_left_out(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_string_equal(canonical("{}", &arena), "{}");
	assert_string_equal(canonical("{on: true, off: false, count: 9, word: all, name: second, "
				      "unset: null, share: 0.25, seconds: 120, none: null, text: a "
				      "text, list: [], texts: [], map: {}}",
				      &arena),
			    "{}");
	arena_release(&arena);
}

static void all_else_is_written(void **state)
{
	static const char *const cases[][2] = {
		{"{on: false}", "{\"on\":false}"},
		{"{off: true}", "{\"off\":true}"},
		{"{count: 0}", "{\"count\":0}"},
		{"{word: 0}", "{\"word\":0}"},
		{"{name: first}", "{\"name\":\"first\"}"},
		{"{unset: 0}", "{\"unset\":0}"},
		{"{share: 0}", "{\"share\":0}"},
		{"{share: 1}", "{\"share\":1}"},
		{"{seconds: 2}", "{\"seconds\":2}"},
		{"{none: 0}", "{\"none\":0}"},
		{"{text: null_}", "{\"text\":\"null_\"}"},
		{"{list: [0]}", "{\"list\":[0]}"},
		{"{texts: [a]}", "{\"texts\":[\"a\"]}"},
		{"{map: {a: b}}", "{\"map\":{\"a\":\"b\"}}"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(canonical(cases[i][0], &arena), cases[i][1]);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_left_out),
		cmocka_unit_test(all_else_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
