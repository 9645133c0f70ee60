/* The plot of a path of penalties, by hand: medians step by step, shares of the first penalty,
 * panels, and what is drawn of numbers. */
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

#define HEADER                                                                             \
	"beta,objective,lower_bound,gap,neurons,screened,steps,train_accuracy,train_loss," \
	"validation_accuracy,validation_loss\n"

struct path_look { /* as the plot's options */
	long x;
	struct texts columns, methods;
	long scale;
};

/* Repetitions of `a` with these paths (NULL: none), drawn; the .dat file, or NULL. */
static const char *draw(const char *const *paths, size_t count, struct path_look look,
			struct records *records)
{
	struct fixture_cell *cells = ARENA_ARRAY(arena, struct fixture_cell, count);
	struct err err = {0};
	bool written = false;

	for (size_t i = 0; i < count; i++)
		cells[i] = (struct fixture_cell){
			.data = "moons", .method = "a", .repetition = (int)i, .test = 0.5};
	*records = fixture_records(cells, count, room, arena);
	for (size_t i = 0; i < count; i++) {
		records->at[i].folder = arena_format(arena, "%s/cell%zu", room, i);
		assert_int_equal(folder_make(records->at[i].folder, &err), STATUS_OK);
		unlink(arena_format(arena, "%s/path.csv", records->at[i].folder));
		if (paths[i])
			assert_int_equal(store_write_text(arena_format(arena, "%s/path.csv",
								       records->at[i].folder),
							  paths[i], &err),
					 STATUS_OK);
	}
	assert_true(fixture_plot("path", &look, records, &written));
	return written ? fixture_text(records, "path", ".dat") : NULL;
}

static const char *const paths[] = {HEADER "8,5,5,0,0,9,0,0.5,1,0.5,1.5\n"
					   "4,4,4,1e-7,3,5,2,0.75,0.5,0.5,1\n"
					   "2,3,3,1e-8,5,2,2,1,0.25,0.75,2\n",
				    HEADER "16,7,7,0,0,9,0,0.5,1,0.5,1.5\n"
					   "6,5,5,1e-9,1,5,2,0.25,0.5,1,1\n",
				    NULL};

/* Step 1: penalties 8 and 16, no neuron; step 2: 4 and 6, 3 neurons and 1; step 3: the first path
 * alone. Rows ascend in beta. */
static void steps_are_medians(void **state)
{
	struct records records;
	const char *text = draw(paths, 3, (struct path_look){0}, &records), *script;
	static const double neurons[][2] = {{2, 5}, {5, 2}, {12, 0}};
	static const double training[][2] = {{2, 100}, {5, 50}}; /* none without a neuron */
	double got[2];

	(void)state;
	assert_non_null(text);
	for (size_t row = 0; row < 3; row++) {
		assert_true(fixture_numbers(text, "# moons: a\n", row, 2, got));
		check_close(got[0], neurons[row][0], 1e-9, 0);
		check_close(got[1], neurons[row][1], 1e-9, 0);
		if (row == 2)
			continue;
		assert_true(fixture_numbers(text, "# moons: a, training\n", row, 2, got));
		check_close(got[0], training[row][0], 1e-9, 0);
		check_close(got[1], training[row][1], 1e-9, 0);
	}
	assert_false(fixture_numbers(text, "# moons: a, training\n", 2, 2, got));
	assert_non_null(strstr(text, "# moons: a, validation\n"));
	script = fixture_text(&records, "path", ".gp");
	assert_non_null(strstr(script, "neurons in use"));
	assert_non_null(strstr(script, "accuracy"));
	assert_non_null(strstr(script, "2 repetitions, step by step"));
}

/* Shares of each path's own first penalty; a gap of 0 has no place on a logarithmic axis. */
static void penalties_may_be_shares(void **state)
{
	static const char *const columns[] = {"objective", "gap"};
	struct records records;
	const char *text =
		draw(paths, 1, (struct path_look){.x = 1, .columns = {2, columns}}, &records);
	double got[2];

	(void)state;
	assert_non_null(text);
	assert_true(fixture_numbers(text, "# moons: a\n", 0, 2, got));
	check_close(got[0], 0.25, 1e-9, 0);
	check_close(got[1], 3, 1e-9, 0);
	assert_null(strstr(text, "neurons"));
	text = fixture_text(&records, "path", ".gp");
	assert_non_null(strstr(text, "beta as a share of the first one"));
	assert_non_null(strstr(text, "certified gap (relative)"));
	assert_non_null(strstr(text, "objective at the penalty"));
	assert_non_null(strstr(text, "logscale y"));
}

/* Of numbers there are no accuracies: mean losses are drawn. A single penalty is no path. */
static void numbers_have_losses(void **state)
{
	static const char *const numbers[] = {HEADER
					      "8,5,5,0,0,9,0,,1,,1.5\n4,4,4,0,3,5,2,,0.5,,1\n"};
	static const char *const single[] = {HEADER "8,5,5,0,0,9,0,0.5,1,0.5,1.5\n"};
	struct records records;
	const char *text = draw(numbers, 1, (struct path_look){0}, &records);
	double got[2];

	(void)state;
	assert_non_null(text);
	assert_true(fixture_numbers(text, "# moons: a, validation\n", 1, 2, got));
	check_close(got[1], 1.5, 1e-9, 0);
	assert_non_null(strstr(fixture_text(&records, "path", ".gp"), "mean loss"));
	assert_null(strstr(fixture_text(&records, "path", ".gp"), "accuracy"));
	assert_null(draw(single, 1, (struct path_look){0}, &records));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_medians),
		cmocka_unit_test(penalties_may_be_shares),
		cmocka_unit_test(numbers_have_losses),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
