/* Records of several folders as one set, and what changed between them, by hand. */
#include "harness/file/folder.h"
#include "harness/report/records/folders.h"
#include "harness/report/series/excess.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

/* Two folders of these cells; every record says that its data are made so. */
static struct folders two(const struct fixture_cell *a, size_t a_count,
			  const struct fixture_cell *b, size_t b_count)
{
	struct folders out = {arena, 2, ARENA_ARRAY(arena, struct folder_of, 2)};

	out.at[0] = (struct folder_of){"old", "x", fixture_records(a, a_count, room, arena)};
	out.at[1] = (struct folder_of){"new", "y", fixture_records(b, b_count, room, arena)};
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < out.at[f].records.count; i++)
			out.at[f].records.at[i].sample = "{\"generate\":{\"n\":60},\"seed\":1}";
	return out;
}

static struct records joined(const struct folders *folders)
{
	struct records out = folders_join(folders);

	out.folder = out.out = room;
	return out;
}

static void a_name_of_several_folders_has_their_label(void **state)
{
	static const struct fixture_cell a[] = {{"moons", "admm", .repetition = 0},
						{"moons", "ipm", .repetition = 0}},
					 b[] = {{"moons", "sgd", .repetition = 0},
						{"moons", "admm", .repetition = 0}};
	static const char *const names[] = {"admm (old)", "admm (new)", "ipm", "sgd"};
	struct folders folders = two(a, LENGTH(a), b, LENGTH(b));
	struct records r = joined(&folders);

	(void)state;
	assert_int_equal(r.count, 4);
	assert_int_equal(r.method_count, 4);
	for (size_t i = 0; i < LENGTH(names); i++) {
		assert_string_equal(r.methods[i], names[i]);
		assert_string_equal(r.at[i].result.method, names[i]);
	}
	assert_int_equal(r.data_count, 1);
	assert_string_equal(r.data[0], "moons");
	assert_null(r.warning);
	assert_null(r.time_warning);
	assert_string_equal(r.at[1].origin->method, "admm");
	assert_string_equal(r.at[1].origin->label, "new");
	/* the folders themselves stay what they were */
	assert_string_equal(folders.at[0].records.at[0].result.method, "admm");
}

/* Other samples, files or sizes on the same problem and repetition make other data. */
static void other_data_are_told_apart(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .repetition = 0},
						    {"spirals", "a", .repetition = 0}};

	(void)state;
	for (int way = 0; way < 4; way++) {
		struct folders folders = two(cells, 2, cells, 2);
		struct record *old = &folders.at[0].records.at[0];
		struct record *new = &folders.at[1].records.at[0];
		struct records r;

		old->files = "abc";
		new->files = way == 1 ? "abd" : "abc";
		if (way == 2)
			new->result.n_test = 99;
		if (way == 3)
			new->sample = "{\"generate\":{\"n\":60},\"seed\":2}";
		r = joined(&folders);
		assert_int_equal(r.data_count, way ? 3 : 2);
		assert_string_equal(r.data[0], way ? "moons (old)" : "moons");
		assert_string_equal(r.data[r.data_count - 1], "spirals");
		if (!way) {
			assert_null(r.warning);
			continue;
		}
		assert_string_equal(r.data[1], "moons (new)");
		assert_non_null(strstr(r.warning, "(moons (old), moons (new))"));
	}
}

static void what_differs_between_folders_is_told_where_times_are(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.5, .seconds = 1}};
	struct folders folders = two(cells, 1, cells, 1);
	struct records r;
	bool written = false;

	(void)state;
	folders.at[0].records.at[0].result.host = "left";
	folders.at[1].records.at[0].result.host = "right";
	folders.at[0].records.at[0].result.seed = folders.at[1].records.at[0].result.seed = 3;
	r = joined(&folders);
	assert_non_null(r.time_warning);
	assert_non_null(
		strstr(r.time_warning, "machines (old: left, unknown; new: right, unknown)"));
	assert_null(strstr(r.time_warning, "seeds"));
	assert_true(fixture_plot("phase_time", &(long){0}, &r, &written));
	assert_true(written);
	assert_non_null(strstr(fixture_text(&r, "phase_time", ".gp"), "differ in machines"));
}

static void a_name_stands_for_those_of_its_folders(void **state)
{
	static const struct fixture_cell a[] = {{"moons", "admm", .repetition = 0},
						{"moons", "ipm", .repetition = 0}},
					 b[] = {{"moons", "admm", .repetition = 0}};
	static const char *const asked[] = {"ipm", "admm", "admm (new)", "none"};
	static const char *const want[] = {"ipm", "admm (old)", "admm (new)", "none"};
	struct folders folders = two(a, LENGTH(a), b, LENGTH(b));
	struct records r = joined(&folders);
	struct texts got = folders_methods(&r, &(struct texts){LENGTH(asked), asked});

	(void)state;
	assert_int_equal(got.count, LENGTH(want));
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_string_equal(got.at[i], want[i]);
	got = folders_data(&r, &(struct texts){1, (const char *const[]){"moons"}});
	assert_int_equal(got.count, 1);
	assert_string_equal(got.at[0], "moons");
}

/* Relative to a method of both folders: to the one of the same folder. */
static void the_reference_is_of_the_same_folder(void **state)
{
	static const struct fixture_cell a[] = {{"moons", "base", .test = 0.5},
						{"moons", "m", .test = 0.6}},
					 b[] = {{"moons", "base", .test = 0.8},
						{"moons", "m", .test = 0.6}};
	struct folders folders = two(a, LENGTH(a), b, LENGTH(b));
	struct records r = joined(&folders);
	const double *excess = excess_of(&r, &(struct column){"test_accuracy", NULL}, "base");

	(void)state;
	assert_string_equal(r.at[2].result.method, "m (old)");
	check_close(excess[2], 0.1 / 0.5, 1e-12, 0);
	check_close(excess[3], -0.2 / 0.8, 1e-12, 0);
	check_nan(excess[0]);
	excess = excess_of(&r, &(struct column){"test_accuracy", NULL}, "base (new)");
	check_close(excess[2], -0.2 / 0.8, 1e-12, 0);
	check_close(excess[0], -0.3 / 0.8, 1e-12, 0);
}

/* Accuracies rise by 1, 2 and 3 points: 2 -+ t s / sqrt(3), s = 1 and t = 4.302653 of two
 * degrees of freedom. The time doubles in all. Of another beta there is no objective and no time
 * to compare, of a failed cell nothing, and what has no partner is counted. */
static void changes_are_of_pairs(void **state)
{
	static const struct fixture_cell a[] = {
		{"moons", "m", .repetition = 0, .test = 0.5, .objective = 4, .seconds = 1},
		{"moons", "m", .repetition = 1, .test = 0.5, .objective = 4, .seconds = 2},
		{"moons", "m", .repetition = 2, .test = 0.5, .objective = 4, .seconds = 3},
		{"moons", "k", .test = 0.9, .objective = 4, .seconds = 3, .beta = "1"},
		{"moons", "f", .test = 0.9, .objective = 4, .seconds = 3},
	};
	static const struct fixture_cell b[] = {
		{"moons", "m", .repetition = 2, .test = 0.53, .objective = 3, .seconds = 6},
		{"moons", "m", .repetition = 1, .test = 0.52, .objective = 3, .seconds = 4},
		{"moons", "m", .repetition = 0, .test = 0.51, .objective = 3, .seconds = 2},
		{"moons", "m", .repetition = 3, .test = 0.99, .objective = 9, .seconds = 9},
		{"moons", "k", .test = 0.8, .objective = 4, .seconds = 3, .beta = "2"},
		{"moons", "f", .status = "failed"},
	};
	const double half = 4.302652729911275 / sqrt(3);
	struct folders folders = two(a, LENGTH(a), b, LENGTH(b));
	struct records r = joined(&folders);
	const char *text, *script;
	bool written = false;
	double got[4];

	(void)state;
	assert_true(fixture_plot("changes", NULL, &r, &written));
	assert_true(written);
	text = fixture_text(&r, "changes", ".dat");
	assert_true(fixture_numbers(text, "# moons, test_accuracy: new less old", 0, 4, got));
	check_close(got[0], 0, 0, 1e-12);
	check_close(got[1], 2, 1e-8, 0);
	check_close(got[2], 2 - half, 1e-8, 0);
	check_close(got[3], 2 + half, 1e-8, 0);
	assert_true(fixture_numbers(text, "# moons, test_accuracy: new less old", 1, 4, got));
	check_close(got[0], 1, 0, 1e-12);
	check_close(got[1], -10, 1e-8, 0);
	check_close(got[2], got[1], 0, 1e-12); /* of one pair no interval */
	assert_true(fixture_numbers(text, "# moons, objective: new less old", 0, 4, got));
	check_close(got[1], -25, 1e-8, 0);
	assert_true(fixture_numbers(text, "# moons, time: new less old", 0, 4, got));
	check_close(got[1], 100, 1e-8, 0);
	check_close(got[3], 100, 1e-6, 0);
	/* the other objective has no row */
	assert_false(fixture_numbers(text, "# moons, objective: new less old", 1, 4, got));
	assert_false(fixture_numbers(text, "# moons, time: new less old", 1, 4, got));
	assert_true(fixture_numbers(text, "# moons, time: no change", 1, 4, got));
	check_close(got[1], 0, 0, 1e-12);
	script = fixture_text(&r, "changes", ".gp");
	assert_non_null(strstr(script, "new less old"));
	assert_non_null(strstr(script, "4 pairs"));
	assert_non_null(strstr(script, "1 cells without a partner"));
}

/* Data of one name that are not the same make no pairs; records of one folder no plot. */
static void other_data_make_no_pairs(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.5, .seconds = 1}};
	struct folders folders = two(cells, 1, cells, 1);
	bool written = true;
	struct records r;

	(void)state;
	folders.at[1].records.at[0].sample = "{\"generate\":{\"n\":61},\"seed\":1}";
	r = joined(&folders);
	assert_true(fixture_plot("changes", NULL, &r, &written));
	assert_false(written);
	r = fixture_records(cells, 1, room, arena);
	assert_true(fixture_plot("changes", NULL, &r, &written));
	assert_false(written);
}

/* Options that a version lacks, and folders of files, make no other data. */
static void samples_are_the_same_by_what_both_say(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"{\"seed\":1,\"generate\":{\"n\":60}}", "{\"seed\":1,\"generate\":{\"n\":60}}",
		 true},
		{"{\"seed\":1,\"generate\":{\"n\":60}}", "{\"seed\":2,\"generate\":{\"n\":60}}",
		 false},
		{"{\"seed\":1,\"generate\":{\"n\":60}}", "{\"seed\":1,\"generate\":{\"n\":61}}",
		 false},
		{"{\"seed\":1,\"split\":{\"test\":0.3}}",
		 "{\"seed\":1,\"split\":{\"test\":0.3,\"new\":1},\"other\":2}", true},
		{"{\"csv\":{\"path\":\"/a/b/x.csv\"}}", "{\"csv\":{\"path\":\"c/x.csv\"}}", true},
		{"{\"csv\":{\"path\":\"/a/b/x.csv\"}}", "{\"csv\":{\"path\":\"c/y.csv\"}}", false},
		{"{\"prepare\":[{\"bias\":{}}]}", "{\"prepare\":[]}", false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(cellfile_same_sample(cases[i].a, cases[i].b), cases[i].same);
		assert_int_equal(cellfile_same_sample(cases[i].b, cases[i].a), cases[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_of_several_folders_has_their_label),
		cmocka_unit_test(other_data_are_told_apart),
		cmocka_unit_test(what_differs_between_folders_is_told_where_times_are),
		cmocka_unit_test(a_name_stands_for_those_of_its_folders),
		cmocka_unit_test(the_reference_is_of_the_same_folder),
		cmocka_unit_test(changes_are_of_pairs),
		cmocka_unit_test(other_data_make_no_pairs),
		cmocka_unit_test(samples_are_the_same_by_what_both_say),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
