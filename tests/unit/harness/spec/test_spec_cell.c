/* The canonical text of a cell: exact form, round trip, refusal of damaged texts; describe; speed.
 */
#include "harness/spec/bind/bind.h"
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/unit/harness/spec/spec_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct arena arena;
static struct problems problems;
static struct experiment experiment;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void load(const char *text)
{
	char file[] = "/tmp/spec_XXXXXX.yaml";
	int fd = mkstemps(file, 5);
	enum status status;

	check_at_least(fd, 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	status = spec_load(file, (struct texts){0}, &arena, &experiment, &problems);
	if (status != STATUS_OK)
		err_print(&problems.at[0], stderr);
	unlink(file);
	assert_int_equal(status, STATUS_OK);
}

static void check_round_trip(void)
{
	for (size_t i = 0; i < experiment.cell_count; i++) {
		const struct cell *cell = &experiment.cells[i];
		struct cell again;
		struct err err = {0};

		assert_int_equal(spec_read_cell(cell->text, "cell.json", &arena, &again, &err),
				 STATUS_OK);
		assert_string_equal(again.text, cell->text);
		assert_int_equal(again.repetition, cell->repetition);
		assert_int_equal(again.stop.iterations, cell->stop.iterations);
		assert_ptr_equal(again.train.solver.item, cell->train.solver.item);
		assert_int_equal(again.swept_count, cell->swept_count);
	}
}

static void the_text_is_this(void **state)
{
	(void)state;
	load("data: [{name: toy, generate: {kind: spirals, noise: 0.1}, prepare: [{unit: {range: "
	     "255}}]}]\n"
	     "train: [{solver: admm, rho: [1e-3], u_update: pcg}]\n"
	     "attack: [{attack: fgsm, eps: [8/255, 0]}]\n");
	assert_string_equal(
		experiment.cells[0].text,
		"{\"seed\":20220518,\"repetition\":0,\"precision\":\"double\",\"data\":{\"name\":"
		"\"toy\","
		"\"generate\":{\"kind\":\"spirals\",\"turns\":2,\"n\":200,\"noise\":0.1},"
		"\"classes\":[],"
		"\"task\":\"classification\",\"target\":\"raw\",\"split\":{\"test\":null,"
		"\"validation\":0,"
		"\"stratified\":true},"
		"\"limit\":{\"train\":0,\"test\":0,\"train_per_class\":0,\"test_per_class\":0,"
		"\"random\":false},\"prepare\":[{\"unit\":{\"range\":255}}]},"
		"\"train\":{\"name\":\"admm\",\"solver\":\"admm\",\"rho\":0.001,\"patterns\":{"
		"\"count\":64,"
		"\"from\":{\"gaussian\":{}},\"file\":null},\"u_update\":{\"pcg\":{\"rank\":50,"
		"\"tolerance\":1e-6}},\"polish\":false,\"loss\":{\"squared\":{}},\"beta\":0.0001,"
		"\"average\":false,\"fresh\":0,\"select\":{\"by\":\"none\",\"attack\":null,\"eps\":"
		"null,\"per\":\"auto\"}},\"stop\":{"
		"\"iterations\":1000,"
		"\"gap\":null,\"gap_scale\":\"objective\",\"residual\":null,\"patience\":0,"
		"\"seconds\":null},\"attack\":[{\"name\":null,\"attack\":\"fgsm\",\"norm\":"
		"\"linf\","
		"\"eps\":[0,0.03137254901960784],\"clip\":[],\"units\":\"prepared\"}],"
		"\"certify\":[],\"selects\":[],"
		"\"swept\":[{\"path\":\"rho\",\"value\":\"0.001\"}]}");
	check_round_trip();
}

static void texts_survive_the_round_trip(void **state)
{
	(void)state;
	load("data:\n"
	     "  - name: \"q\\\" b\\\\ n\\n t\\t e\\x1b del\\x7f nel\\N ls\\L bom\\uFEFF \\u00e9 "
	     "\\U0001F600 #: -\"\n"
	     "    csv: {path: /a b/null, drop: [\"null\", \"1\", \"\", true, \"a, b\"]}\n"
	     "train: [{solver: admm, name: \"- ~\"}, {solver: sgd, name: 'null'}]\n");
	check_round_trip();
	assert_non_null(strstr(experiment.cells[0].text,
			       "e\\u001b del\\u007f nel\\u0085 ls\\u2028 bom\\ufeff"));
	assert_non_null(strstr(experiment.cells[0].text, "\xc3\xa9 \xf0\x9f\x98\x80 #: -"));
	assert_string_equal(experiment.cells[1].train.name, "null");
}

/* A word in the place of a map, and a map; at the default there is no key. */
static void words_and_maps_survive_the_round_trip(void **state)
{
	static const char *const given[] = {"balanced", "{a b: 2, c: '0.5'}", "{}"},
				 *const written[] = {
					 "\"class_weights\":\"balanced\"",
					 "\"class_weights\":{\"a b\":\"2\",\"c\":\"0.5\"}", NULL};
	char spec[300];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(spec, sizeof spec,
			 "data: [{name: a, csv: {path: a.csv}, class_weights: %s}]\n"
			 "train: [{solver: admm}]\n",
			 given[i]);
		load(spec);
		check_round_trip();
		if (written[i])
			assert_non_null(strstr(experiment.cells[0].text, written[i]));
		else
			assert_null(strstr(experiment.cells[0].text, "class_weights"));
	}
}

static void a_long_text_survives_the_round_trip(void **state)
{
	static char spec[8192];
	size_t length =
		(size_t)snprintf(spec, sizeof spec, "train: [{solver: admm}]\ndata: [{name: ");

	(void)state;
	memset(spec + length, 'x', 3000); /* beyond the 1024 characters of a simple key in YAML */
	strcpy(spec + length + 3000, ", generate: {kind: moons}}]\n");
	load(spec);
	check_round_trip();
}

static void check_refused(const char *text, const char *message)
{
	struct cell cell;
	struct err err = {0};

	assert_int_equal(spec_read_cell(text, "cell.json", &arena, &cell, &err), STATUS_SPEC);
	assert_string_equal(err.source, "cell.json");
	assert_string_equal(err.text, message);
}

static void damaged_texts_are_refused(void **state)
{
	char *text;

	(void)state;
	check_refused("", "expected a map, got null");
	check_refused("{\"seed\":1",
		      "expected YAML, but did not find expected ',' or '}' while parsing a "
		      "flow mapping");
	check_refused("{\"seed\":1}", "repetition: expected a whole number >= 0, got nothing");
	load("data: [{name: toy, generate: {kind: moons}}]\ntrain: [{solver: admm}]\n");
	text = arena_text(&arena, experiment.cells[0].text);
	*strstr(text, "0,\"precision") = 'x';
	check_refused(text, "repetition: expected a whole number >= 0, got \"x\"");
}

static double parse(const char *text, enum unit unit)
{
	double value = 0;

	return scalar_real(text, unit, &value) ? value : NAN;
}

static void numbers_take_fractions_and_units(void **state)
{
	static const char *const wrong[] = {"",     "x",     "1x",  "0x10", "inf", "nan",
					    ".inf", "1/",    "1/0", "1//2", "--1", "1 2",
					    "+",    "1e999", "10m", "1.2.3"};
	long whole;

	(void)state;
	check_equal(parse("8/255", UNIT_NONE), 8.0 / 255);
	check_equal(parse("-1e-4", UNIT_NONE), -1e-4);
	check_equal(parse(".5", UNIT_NONE), 0.5);
	check_equal(parse("90ms", UNIT_SECONDS), 0.09);
	check_equal(parse("1.5h", UNIT_SECONDS), 5400);
	check_equal(parse("2 min", UNIT_SECONDS), 120);
	check_equal(parse("7", UNIT_SECONDS), 7);
	check_equal(parse("2MiB", UNIT_BYTES), 2097152);
	check_equal(parse("500MB", UNIT_BYTES), 5e8);
	check_equal(parse("3GB", UNIT_BYTES), 3e9);
	check_equal(parse("4TB", UNIT_BYTES), 4e12);
	check_equal(parse("7kB", UNIT_BYTES), 7e3);
	check_equal(parse("3KiB", UNIT_BYTES), 3 * 0x1p10);
	check_equal(parse("5GiB", UNIT_BYTES), 5 * 0x1p30);
	check_equal(parse("6TiB", UNIT_BYTES), 6 * 0x1p40);
	check_equal(parse("2d", UNIT_SECONDS), 172800);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		check_nan(parse(wrong[i], UNIT_NONE));
	assert_true(scalar_int("1e3", UNIT_NONE, &whole));
	check_equal(whole, 1000);
	assert_true(scalar_int("9223372036854775807", UNIT_NONE, &whole));
	assert_int_equal(whole, LONG_MAX);
	assert_false(scalar_int("9223372036854775808", UNIT_NONE, &whole));
	assert_false(scalar_int("1.5", UNIT_NONE, &whole));
	assert_false(scalar_int(" 1", UNIT_NONE, &whole));
}

static void check_printed(double value, const char *text)
{
	char printed[SCALAR_ROOM];

	scalar_print_real(value, printed);
	assert_string_equal(printed, text);
	if (!isnan(value))
		check_equal(strtod(printed, NULL), value);
}

static void numbers_are_printed_in_their_shortest_form(void **state)
{
	uint64_t bits = 88172645463325252u;
	char text[SCALAR_ROOM];
	double value;

	(void)state;
	check_printed(0.1, "0.1");
	check_printed(-0.0, "0");
	check_printed(1.0 / 3, "0.3333333333333333");
	check_printed(0.1 + 0.2, "0.30000000000000004");
	check_printed(1e-6, "1e-6");
	check_printed(1e20, "1e20");
	check_printed(1e300, "1e300");
	check_printed(-2.5e-100, "-2.5e-100");
	check_printed(1e15, "1e15");
	check_printed(123456789012345.0, "123456789012345");
	check_printed(DBL_MAX, "1.7976931348623157e308");
	check_printed(DBL_TRUE_MIN, "4.94065645841247e-324");
	check_printed(NAN, "null");
	for (int i = 0; i < 10000; i++) { /* xorshift: any bit pattern reads back */
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof value);
		if (!isfinite(value))
			continue;
		scalar_print_real(value, text);
		check_equal(strtod(text, NULL), value);
	}
}

static void describe_prints_every_option(void **state)
{
	char text[8192];
	FILE *to = fmemopen(text, sizeof text, "w");

	(void)state;
	spec_describe(&fake_admm.base, 0, to);
	spec_describe(&fake_dual, 0, to);
	fclose(to);
	assert_string_equal(
		text,
		"option          type    default   values               unit  meaning\n"
		"rho             real    1         > 0                  -     penalty\n"
		"patterns        map     -         -                    -     activation patterns\n"
		"patterns.count  int     64        >= 1, all, auto      -     \n"
		"patterns.from   choice  gaussian  gaussian, perturbed  -     \n"
		"patterns.file   path    null      -                    -     \n"
		"u_update        choice  dual      dual, cholesky, pcg  -     how the linear "
		"system is solved\n"
		"polish          bool    false     true, false          -     \n"
		"no options\n");
}

static void ten_thousand_cells_are_planned_at_once(void **state)
{
	(void)state;
	load("data: [{name: toy, generate: {kind: spirals}, prepare: [standardize, bias]}]\n"
	     "train:\n"
	     "  - {solver: admm, rho: {log: [1e-3, 1, 100]}, beta: {log: [1e-3, 1, 100]}}\n"
	     "attack: [{attack: pgd, eps: [0, 0.1, 0.2]}]\n");
	assert_int_equal(experiment.cell_count, 10000);
	check_below(arena.bytes, 200u * 1000 * 1000); /* what planning 10,000 cells may hold */
}

static void problems_beyond_the_room_are_counted(void **state)
{
	char text[4096], file[] = "/tmp/spec_XXXXXX.yaml";
	size_t length = 0;
	int fd = mkstemps(file, 5);

	(void)state;
	check_at_least(fd, 0);
	for (int i = 99; i >= 0; i--)
		length += (size_t)snprintf(text + length, sizeof text - length, "key%d: 1\n", i);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
	assert_int_equal(spec_load(file, (struct texts){0}, &arena, &experiment, &problems),
			 STATUS_SPEC);
	unlink(file);
	assert_int_equal(problems.count, 102); /* and no data, no train */
	assert_int_equal(problems.at[2].line, 1);
	assert_int_equal(problems.at[63].line, 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_text_is_this, release),
		cmocka_unit_test_teardown(texts_survive_the_round_trip, release),
		cmocka_unit_test_teardown(words_and_maps_survive_the_round_trip, release),
		cmocka_unit_test_teardown(a_long_text_survives_the_round_trip, release),
		cmocka_unit_test_teardown(damaged_texts_are_refused, release),
		cmocka_unit_test(numbers_take_fractions_and_units),
		cmocka_unit_test(numbers_are_printed_in_their_shortest_form),
		cmocka_unit_test(describe_prints_every_option),
		cmocka_unit_test_teardown(ten_thousand_cells_are_planned_at_once, release),
		cmocka_unit_test_teardown(problems_beyond_the_room_are_counted, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
