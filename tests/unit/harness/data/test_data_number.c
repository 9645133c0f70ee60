/* The number parser against strtod, and labels that are numbers. */
#include "harness/data/labels.h"
#include "harness/data/number.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_as_strtod(const char *text)
{
	double got = NAN, want = strtod(text, NULL);

	assert_true(number_parse(text, strlen(text), &got));
	if (memcmp(&got, &want, sizeof got) != 0)
		fail_msg("%s: got %a, strtod gives %a", text, got, want);
}

static void rounds_as_strtod(void **state)
{
	static const char *const formats[] = {"%.3f", "%.6g", "%.15g", "%.17g", "%.20g", "%.40e"};
	struct rng rng = rng_stream(20, "test", 0);
	char text[512];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		double x = rng_normal(&rng) * pow(10, (double)rng_below(&rng, 60) - 30);

		snprintf(text, sizeof text, formats[i % 6], x);
		expect_as_strtod(text);
	}
}

static void edge_cases(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"+7",
		".5",
		"5.",
		"1e22",
		"1e23",
		"1e-22",
		"1E+5",
		"9007199254740993",
		"1e308",
		"1.8e308",
		"4e-324",
		"2e-324",
		"-1e400",
		"1e-400",
		"1e99999999999",
		"0e999999",
		"000000000000000000000000001",
		"0.00000000000000000000000000000000000000001",
		"123456789012345678901234567890",
		"0.1000000000000000055511151231257827",
		"2.2250738585072011e-308",
		"99999999999999999999e-20",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect_as_strtod(texts[i]);
}

static void refuses(void **state)
{
	static const char *const texts[] = {"",  "-",  ".",   "e5",  "1e",   "1e+",   "1 ",  " 1",
					    "x", "1x", "inf", "nan", "0x10", "1.2.3", "1,5", "--1"};
	double value;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (number_parse(texts[i], strlen(texts[i]), &value))
			fail_msg("\"%s\" is no number, got %g", texts[i], value);
	assert_true(number_parse("12", 1, &value)); /* not beyond the length */
	check_equal(value, 1);
}

static size_t add(struct labels *labels, const char *text)
{
	return labels_add(labels, text, strlen(text), 1);
}

static void numbers_are_one_label(void **state)
{
	struct arena arena = {0};
	struct labels labels = labels_new(&arena);
	size_t two = add(&labels, "2");

	(void)state;
	assert_int_equal(add(&labels, "2.0"), two);
	assert_int_equal(add(&labels, "+2e0"), two);
	assert_int_equal(add(&labels, "-0"), add(&labels, "0"));
	assert_int_not_equal(add(&labels, "two"), two);
	assert_int_not_equal(add(&labels, "tw"), add(&labels, "two"));
	assert_string_equal(labels.at[two].text, "2");
	assert_int_equal(labels.at[two].count, 3);
	assert_int_equal(labels_find(&labels, "2.000"), two);
	assert_int_equal(labels_find(&labels, "3"), labels.count);
	arena_release(&arena);
}

static void thousands_of_labels(void **state)
{
	struct arena arena = {0};
	struct labels labels = labels_new(&arena);
	char text[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(text, sizeof text, i % 2 ? "%d" : "n%d", i);
			assert_int_equal(add(&labels, text), i);
		}
	}
	assert_int_equal(labels.count, 5000);
	assert_int_equal(labels.at[4999].count, 2);
	arena_release(&arena);
}

static void picks_in_order(void **state)
{
	static const char *const pairs[][3] = {/* first seen, then, expected as -1 */
					       {"10", "9", "9"},
					       {"-1", "1", "-1"},
					       {"b", "a", "a"},
					       {"x", "3", "3"},
					       {"M", "R", "M"}};
	static const char *const given[] = {"9.0", "10"};
	struct texts none = {0}, named = {2, given};
	struct label_classes classes;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct arena arena = {0};
		struct labels labels = labels_new(&arena);

		add(&labels, pairs[i][0]);
		add(&labels, pairs[i][1]);
		assert_int_equal(labels_pick(&labels, none, &classes, &err), STATUS_OK);
		assert_string_equal(classes.name[0], pairs[i][2]);
		assert_int_equal(labels_class(&labels, &classes, pairs[i][2]), 0);
		assert_int_equal(classes.count, 2);
		assert_int_equal(classes.of[0] + classes.of[1], 1);
		if (i == 0) {
			assert_int_equal(labels_pick(&labels, named, &classes, &err), STATUS_OK);
			assert_string_equal(classes.name[0], "9");
		}
		arena_release(&arena);
	}
}

static void picks(const struct labels *labels, const char *minus, const char *plus,
		  const char *expected)
{
	const char *const given[] = {minus, plus};
	struct label_classes classes;
	struct err err = {0};
	char found[16];

	assert_int_equal(labels_pick(labels, (struct texts){2, given}, &classes, &err), STATUS_OK);
	for (size_t i = 0; i < labels->count; i++)
		found[i] = ".-+"[classes.of[i] + 1];
	found[labels->count] = '\0';
	assert_string_equal(found, expected);
	assert_string_equal(classes.name[1], plus);
}

/* A text that occurs is one label, so labels with a "|" in them can be named alone. */
static void groups_of_labels(void **state)
{
	static const char *const texts[] = {"0", "1", "2", "a|b", "a", "b", "|"};
	struct arena arena = {0};
	struct labels labels = labels_new(&arena);

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		add(&labels, texts[i]);
	picks(&labels, "0", "1", "-+.....");
	picks(&labels, "0|2.0", "1|a", "-+-.+..");
	picks(&labels, "2|+1|0", "a|b", "---+...");
	picks(&labels, "b|a", "|", "....--+");
	picks(&labels, "0", "b|a|2", "-.+.++.");
	arena_release(&arena);
}

static void groups_that_cannot_be(void **state)
{
	static const struct {
		const char *minus, *plus, *message;
	} cases[] = {
		{"0|2", "1|3",
		 "classes: no row has the label \"3\"; found \"0\" (1 row), \"1\" (1 "
		 "row), \"2\" (1 row)"},
		{"0|2", "1|2.0",
		 "classes: expected every label once, got \"2.0\" in \"0|2\" and in "
		 "\"1|2.0\""},
		{"0|00", "1",
		 "classes: expected every label once, got \"00\" in \"0|00\" and in "
		 "\"0|00\""},
		{"0||2", "1",
		 "classes: expected labels joined by \"|\", got an empty one in "
		 "\"0||2\""},
		{"0", "1|", "classes: expected labels joined by \"|\", got an empty one in \"1|\""},
		{"|", "1", "classes: expected labels joined by \"|\", got an empty one in \"|\""},
		{"", "1",
		 "classes: no row has the label \"\"; found \"0\" (1 row), \"1\" (1 row), "
		 "\"2\" (1 row)"},
	};
	struct arena arena = {0};
	struct labels labels = labels_new(&arena);
	struct label_classes classes;

	(void)state;
	add(&labels, "0");
	add(&labels, "1");
	add(&labels, "2");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const given[] = {cases[i].minus, cases[i].plus};
		struct err err = {0};

		assert_int_equal(labels_pick(&labels, (struct texts){2, given}, &classes, &err),
				 STATUS_SPEC);
		assert_string_equal(err.text, cases[i].message);
	}
	arena_release(&arena);
}

/* One class per label, in ascending order whatever that of the rows; groups as they are given. */
static void any_number_of_classes(void **state)
{
	static const char *const texts[] = {"10", "b", "9", "-1", "a"},
				 *const sorted[] = {"-1", "9", "10", "a", "b"},
				 *const given[] = {"b", "10|a", "9.0"};
	static const int of[] = {1, 0, 2, -1, 1};
	struct arena arena = {0};
	struct label_classes classes;
	struct err err = {0};

	(void)state;
	for (size_t first = 0; first < 5; first++) {
		struct labels labels = labels_new(&arena);

		for (size_t i = 0; i < 5; i++)
			add(&labels, texts[(first + i) % 5]);
		assert_int_equal(labels_pick(&labels, (struct texts){0}, &classes, &err),
				 STATUS_OK);
		assert_int_equal(classes.count, 5);
		for (int c = 0; c < 5; c++) {
			assert_string_equal(classes.name[c], sorted[c]);
			assert_int_equal(labels_class(&labels, &classes, sorted[c]), c);
		}
		assert_int_equal(labels_class(&labels, &classes, "c"), -1);
		assert_int_equal(labels_pick(&labels, (struct texts){3, given}, &classes, &err),
				 STATUS_OK);
		assert_int_equal(classes.count, 3);
		assert_string_equal(classes.name[1], "10|a");
		assert_string_equal(classes.name[2], "9");
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(labels_class(&labels, &classes, texts[i]), of[i]);
	}
	arena_release(&arena);
}

/* Rows i of `rows` have the label number i modulo `count`. */
static void hardly(const char *format, int count, int rows, const char *extra, const char *hint)
{
	struct arena arena = {0};
	struct labels labels = labels_new(&arena);
	struct label_classes classes;
	struct err err = {0};
	char text[40];
	enum status status;

	for (int i = 0; i < rows; i++) {
		snprintf(text, sizeof text, format, i % count);
		add(&labels, text);
	}
	if (extra)
		add(&labels, extra);
	status = labels_pick(&labels, (struct texts){0}, &classes, &err);
	if (!hint && status != STATUS_OK)
		fail_msg("%s %d %d: %s", format, count, rows, err.text);
	if (hint && (status != STATUS_SPEC || !strstr(err.text, hint)))
		fail_msg("%s %d %d: expected %s, got %s", format, count, rows, hint, err.text);
	arena_release(&arena);
}

static void what_is_hardly_a_class(void **state)
{
	(void)state;
	hardly("%d", 3, 3, NULL, NULL);
	hardly("%d", 12, 12, NULL, NULL);
	hardly("%d", 13, 25, NULL, "numeric targets need task: regression");
	hardly("%d", 13, 26, NULL, NULL);
	hardly("x%d", 13, 25, NULL, "is it the column of the labels?");
	hardly("%d", 1000, 2000, NULL, NULL);
	hardly("%d", 1001, 9000, NULL, "1001 labels occur, name those");
	hardly("%d.5", 3, 300, NULL, "numeric targets need task: regression");
	hardly("%d.0", 3, 300, NULL, NULL);
	hardly("%d", 2, 300, "class", "say header: yes");
	hardly("%d.5", 2, 300, NULL, NULL); /* two labels are two classes, whatever they are */
}

/* Readers skip by value; what is no number is never met by one. */
static void wanted_by_value(void **state)
{
	static const char *const given[] = {"0|2.0|+4", "1|x|3"};
	static const double wanted[] = {0, 1, 2, 3, 4}, unwanted[] = {5, 24, 0.5, -1};
	struct texts groups = {2, given};

	(void)state;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_true(labels_wanted(groups, wanted[i]));
	for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
		assert_false(labels_wanted(groups, unwanted[i]));
	assert_true(labels_wanted((struct texts){0}, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_as_strtod),
		cmocka_unit_test(edge_cases),
		cmocka_unit_test(refuses),
		cmocka_unit_test(numbers_are_one_label),
		cmocka_unit_test(thousands_of_labels),
		cmocka_unit_test(picks_in_order),
		cmocka_unit_test(any_number_of_classes),
		cmocka_unit_test(what_is_hardly_a_class),
		cmocka_unit_test(groups_of_labels),
		cmocka_unit_test(groups_that_cannot_be),
		cmocka_unit_test(wanted_by_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
