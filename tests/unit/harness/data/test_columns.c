/* Names of columns from a CSV header through the preparation to an option that lists them. */
#include "harness/store/stages.h"
#include "solvers/model/columns.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

#include <string.h>

extern const struct prepare prepare_standardize, prepare_bias;

static const char table[] = "age,kind,size,dose\n"
			    "1,a,10,0\n2,b,20,1\n4,a,15,0\n3,b,11,1\n5,a,12,3\n7,b,9,1\n";

static struct dataset load_table(struct place *place)
{
	static const char *const dropped[] = {"size"};
	FILE *file = fopen(place->path, "w");

	fputs(table, file);
	fclose(file);
	place->csv.label = "kind";
	place->csv.drop = (struct texts){1, dropped};
	place->steps[0].item = &prepare_standardize.base;
	place->steps[1].item = &prepare_bias.base;
	place->options.prepare.count = 2;
	return load(place, 0);
}

static void names_follow_the_columns(void **state)
{
	struct dataset data = load_table(*state);

	assert_int_equal(data.train.X.cols, 3);
	assert_string_equal(data.columns[0], "age");
	assert_string_equal(data.columns[1], "dose");
	assert_string_equal(data.columns[2], "bias");
}

static void stages_select_and_mix_names(void **state)
{
	static const char *const raw[] = {"a", "b", "c"};
	static const double kept[] = {2, 0}, matrix[] = {1, 0, 0, 1};
	struct place *place = *state;
	struct stages stages = stages_none(3);
	const char **names;

	stages_add(&stages, STAGE_SELECT, 2, kept, &place->room.arena);
	names = stages_names(&stages, raw, &place->room.arena);
	assert_string_equal(names[0], "c");
	assert_string_equal(names[1], "a");
	stages_add(&stages, STAGE_MAP, 2, matrix, &place->room.arena);
	stages_add(&stages, STAGE_BIAS, 3, kept, &place->room.arena);
	names = stages_names(&stages, raw, &place->room.arena);
	assert_null(names[0]);
	assert_null(names[1]);
	assert_string_equal(names[2], "bias");
	assert_null(stages_names(&stages, NULL, &place->room.arena)[0]);
}

static enum status mark(const struct problem *problem, const char *text, bool marked[3],
			struct err *err)
{
	*err = (struct err){0};
	memset(marked, 0, 3);
	return columns_mark(problem, "not_attacked", (struct texts){1, &text}, marked, err);
}

static void columns_are_found_by_name_or_number(void **state)
{
	static const struct {
		const char *text;
		ptrdiff_t column;
	} cases[] = {{"age", 0}, {"dose", 1}, {"bias", 2}, {"last", 2}, {"1", 1}};
	struct dataset data = load_table(*state);
	struct problem problem = {.X = data.train.X, .columns = data.columns};
	bool marked[3];
	struct err err;

	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		assert_int_equal(mark(&problem, cases[c].text, marked, &err), STATUS_OK);
		for (ptrdiff_t j = 0; j < 3; j++)
			assert_int_equal(marked[j], j == cases[c].column);
	}
}

static void unknown_columns_are_refused(void **state)
{
	struct dataset data = load_table(*state);
	struct problem problem = {.X = data.train.X, .columns = data.columns};
	bool marked[3];
	struct err err;

	assert_int_equal(mark(&problem, "does", marked, &err), STATUS_SPEC);
	assert_string_equal(err.text, "not_attacked: expected a column number from 0 to 2, last, "
				      "age, dose or bias, got \"does\"; did you mean \"dose\"?");
	assert_int_equal(mark(&problem, "3", marked, &err), STATUS_SPEC);
	problem.columns = NULL;
	assert_int_equal(mark(&problem, "size", marked, &err), STATUS_SPEC);
	assert_string_equal(err.text, "not_attacked: expected a column number from 0 to 2 or last, "
				      "got \"size\"");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(names_follow_the_columns),
		CASE(stages_select_and_mix_names),
		CASE(columns_are_found_by_name_or_number),
		CASE(unknown_columns_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
