/* Objectives, gaps and times to them are compared only where loss, beta, average and threat agree.
 */
#include "harness/file/folder.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/series.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/summary.h"
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

static const char *draw(const char *plot, const void *options, const struct records *records,
			const char *end)
{
	bool written = false;

	assert_true(fixture_plot(plot, options, records, &written));
	return written ? fixture_text(records, plot, end) : NULL;
}

static size_t panels_in(const char *script)
{
	size_t count = 0;

	for (const char *at = script; (at = strstr(at, "\n# panel ")); at++)
		count++;
	return count;
}

struct convergence_options {
	long x, y, scale, scale_x;
	bool slope;
	long settings;
	struct texts methods, columns;
};

enum { OBJECTIVE = 1, GAP = 3 }; /* y of convergence */

/* The figure that drew scp at beta 0.1 against adam at beta 0.01 in one panel. */
static const struct fixture_cell betas[] = {
	{"moons", "scp", .objective = 2, .beta = "0.1"},
	{"moons", "sgd", .objective = 3, .beta = "0.1"},
	{"moons", "adam", .objective = 1, .beta = "0.01"},
};

static void put_traces(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		assert_true(fixture_trace(
			records, i,
			arena_format(arena,
				     "seconds,certificate_s,objective_network,gap\n1,0.5,9,0.5\n"
				     "2,3,%g,0.01\n",
				     records->at[i].result.objective_network)));
}

static void convergence_has_a_panel_for_each_beta(void **state)
{
	struct convergence_options options = {.y = OBJECTIVE};
	struct records records = fixture_records(betas, LENGTH(betas), room, arena);
	const char *script;

	(void)state;
	put_traces(&records);
	for (options.y = OBJECTIVE; options.y <= GAP; options.y += GAP - OBJECTIVE) {
		script = draw("convergence", &options, &records, ".gp");
		assert_int_equal(panels_in(script), 2);
		assert_non_null(strstr(script, "\"moons: beta 0.1\""));
		assert_non_null(strstr(script, "\"moons: beta 0.01\""));
	}
	for (size_t i = 0; i < records.count; i++)
		records.at[i].objective.beta = "0.1";
	options.y = OBJECTIVE;
	assert_int_equal(panels_in(draw("convergence", &options, &records, ".gp")), 1);
}

static void a_time_to_a_target_is_that_of_one_beta(void **state)
{
	struct {
		double gap, factor;
		long settings;
	} options = {NAN, 5, 0};
	struct records records = fixture_records(betas, LENGTH(betas), room, arena);
	const char *text;

	(void)state;
	put_traces(&records);
	text = draw("ecdf", &options, &records, ".dat");
	assert_non_null(strstr(text, "# scp\n"));
	assert_null(strstr(text, "# adam\n"));
	assert_non_null(strstr(fixture_text(&records, "ecdf", ".gp"), "left out: 1"));
	options.gap = 0.1;
	text = draw("ecdf", &options, &records, ".dat");
	assert_non_null(strstr(text, "# sgd\n"));
	assert_null(strstr(text, "# adam\n"));
}

static void a_profile_is_of_one_beta_unless_of_accuracy(void **state)
{
	struct fixture_cell cells[4] = {[0] = betas[0], [1] = betas[1], [2] = betas[2]};
	long options[2] = {0, 0};
	struct records records;
	const char *names[] = {"objective_network", "time"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		options[0] = (long)k;
		for (size_t i = 0; i < 3; i++)
			cells[i].seconds = cells[i].test = 0.5;
		records = fixture_records(cells, 3, room, arena);
		assert_null(
			strstr(draw("performance_profile", options, &records, ".dat"), names[k]));
		assert_null(strstr(fixture_text(&records, "performance_profile", ".dat"), "adam"));
	}
	options[0] = 5; /* test_accuracy */
	assert_non_null(strstr(draw("performance_profile", options, &records, ".dat"), "adam"));
	options[0] = 0;
	cells[3] = (struct fixture_cell){"moons", "ipm", .objective = 4, .beta = "0.01"};
	records = fixture_records(cells, 4, room, arena);
	assert_int_equal(panels_in(draw("performance_profile", options, &records, ".gp")), 2);
}

static size_t lines_of(const char *text, const char *line)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, line)); at++)
		count++;
	return count;
}

/* A method is one name and one colour in the panels of its betas; what they do not say stays. */
static void panels_say_what_labels_need_not(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "scp", "beta", "0.1", .objective = 2, .beta = "0.1"},
		{"moons", "scp", "beta", "0.01", .objective = 1, .beta = "0.01"},
		{"moons", "sgd", "beta", "0.1", "rate", "1", .objective = 4, .beta = "0.1"},
		{"moons", "sgd", "beta", "0.1", "rate", "2", .objective = 6, .beta = "0.1"},
		{"moons", "sgd", "beta", "0.01", "rate", "1", .objective = 4, .beta = "0.01"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	long options[2] = {0, 1}; /* all settings */
	const char *text = draw("performance_profile", options, &records, ".dat");

	(void)state;
	assert_non_null(text);
	assert_int_equal(lines_of(text, "# scp\n"), 2);
	assert_int_equal(lines_of(text, "# sgd, rate=1\n"), 2);
	assert_int_equal(lines_of(text, "# sgd, rate=2\n"), 1);
	assert_null(strstr(text, "beta="));
	text = fixture_text(&records, "performance_profile", ".gp");
	assert_non_null(strstr(text, "\"beta 0.1: 1 task\""));
}

/* Without a validation part the lowest objective would always be that of the smallest beta. */
static void the_best_setting_is_the_best_of_its_beta(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "adam", "rate", "1", "beta", "0.1", .objective = 5, .beta = "0.1",
		 .validation = NAN},
		{"moons", "adam", "rate", "2", "beta", "0.1", .objective = 4, .beta = "0.1",
		 .validation = NAN},
		{"moons", "adam", "rate", "1", "beta", "0.01", .objective = 1, .beta = "0.01",
		 .validation = NAN},
		{"moons", "scp", .objective = 3, .beta = "0.1", .validation = NAN},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	struct series_list list = series_of(&records, SERIES_BEST, 1);

	(void)state;
	assert_int_equal(list.count, 3);
	assert_string_equal(list.at[0].name, "adam, beta 0.1");
	check_equal(list.at[0].group->member[0]->result.objective_network, 4);
	assert_string_equal(list.at[1].name, "adam, beta 0.01");
	assert_string_equal(list.at[2].name, "scp");
}

struct sweep_options {
	const char *x;
	long y, scale_x, scale;
	const char *relative_to;
	struct texts methods;
};

static long column(const char *name)
{
	return (long)records_index(column_names, SIZE_MAX, name);
}

static void sweeps_neither_pool_nor_relate_other_objectives(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "admm", "rho", "1", "beta", "0.1", .objective = 5, .beta = "0.1"},
		{"moons", "admm", "rho", "2", "beta", "0.1", .objective = 4, .beta = "0.1"},
		{"moons", "admm", "rho", "1", "beta", "0.01", .objective = 2, .beta = "0.01"},
		{"moons", "admm", "rho", "2", "beta", "0.01", .objective = 1, .beta = "0.01"},
		{"moons", "exact", .objective = 3.5, .beta = "0.1"},
	};
	struct sweep_options options = {.x = "rho", .y = column("objective_network")};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text;

	(void)state;
	text = draw("sweep", &options, &records, ".gp");
	assert_int_equal(panels_in(text), 2); /* the level of `exact` stands in one of them */
	options.relative_to = "exact";
	text = draw("sweep", &options, &records, ".gp");
	assert_int_equal(panels_in(text), 1);
	options = (struct sweep_options){.x = "beta", .y = column("objective_network")};
	text = draw("sweep", &options, &records, ".dat");
	assert_null(strstr(text, "exact"));
	assert_non_null(strstr(fixture_text(&records, "sweep", ".gp"), "left out: 1 methods"));
	options.y = column("neurons"); /* no objective: the level stays */
	records.at[4].result.neurons = records.at[0].result.neurons = 7;
	assert_non_null(strstr(draw("sweep", &options, &records, ".dat"), "exact"));
}

static const char *cell_at(const struct sheet *sheet, size_t row, const char *head)
{
	for (size_t j = 0; j < sheet->cols; j++)
		if (sheet->head[j] && strcmp(sheet->head[j], head) == 0)
			return sheet->cell[row * sheet->cols + j]
				       ? sheet->cell[row * sheet->cols + j]
				       : "";
	return "(no such column)";
}

static const struct fixture_cell robust[] = {
	{"moons", "clean", .objective = 1, .test = 0.5},
	{"moons", "robust", .objective = 2, .worst = 6, .threat = "linf 0.1", .test = 0.5},
	{"moons", "also", .objective = 3, .worst = 5, .threat = "linf 0.1", .test = 0.5},
	{"moons", "wider", .objective = 4, .worst = 9, .threat = "linf 0.2", .test = 0.5},
	{"moons", "attacked", .objective = 5, .worst = NAN, .threat = "linf 0.1", .test = 0.5},
};

static void the_worst_case_is_the_headline_of_robust_methods(void **state)
{
	struct records records = fixture_records(robust, LENGTH(robust), NULL, arena);
	struct sheet sheet;

	(void)state;
	records.at[1].result.gap = -1e-15;
	sheet = summary_sheet(&records);
	assert_string_equal(cell_at(&sheet, 0, "objective"), "1");
	assert_string_equal(cell_at(&sheet, 0, "clean objective"), "");
	assert_string_equal(cell_at(&sheet, 1, "objective"), "6");
	assert_string_equal(cell_at(&sheet, 1, "clean objective"), "2");
	assert_string_equal(cell_at(&sheet, 1, "gap"), "0.0e+00");
	assert_string_equal(cell_at(&sheet, 1, "objective of"), "worst case, against linf 0.1");
	assert_string_equal(cell_at(&sheet, 4, "objective"), ""); /* not known */
	assert_string_equal(cell_at(&sheet, 4, "clean objective"), "5");
}

/* The one with the lowest clean objective is the least robust. */
static void robust_methods_race_to_their_worst_case(void **state)
{
	struct {
		double gap, factor;
		long settings;
	} options = {NAN, 1.05, 0};
	struct records records = fixture_records(robust, LENGTH(robust), room, arena);
	const char *text;
	double row[2];

	(void)state;
	for (size_t i = 0; i < records.count; i++)
		assert_true(fixture_trace(
			&records, i,
			arena_format(arena,
				     "seconds,objective,objective_network\n1,9,%g\n3,%g,%g\n",
				     robust[i].objective,
				     robust[i].threat ? robust[i].worst : robust[i].objective,
				     robust[i].objective)));
	text = draw("ecdf", &options, &records, ".dat");
	assert_true(fixture_numbers(text, "# also\n", 1, 2, row));
	check_equal(row[0], 3);
	check_equal(row[1], 1);
	assert_true(fixture_numbers(text, "# robust\n", 1, 2, row));
	check_equal(row[1], 0); /* 6 is not within 5 % of 5 */
	assert_null(strstr(text, "# attacked\n"));
	assert_null(strstr(text, "# wider\n"));
}

static size_t rows_with(const struct sheet *sheet, const char *measure)
{
	size_t count = 0;

	for (size_t i = 0; i < sheet->rows; i++)
		count += strcmp(cell_at(sheet, i, "measure"), measure) == 0;
	return count;
}

static void pairs_are_of_one_threat(void **state)
{
	struct records records = fixture_records(robust, LENGTH(robust), NULL, arena);
	struct sheet sheet = paired_sheet(&records);

	(void)state;
	assert_int_equal(rows_with(&sheet, "test acc %"), 10);
	assert_int_equal(rows_with(&sheet, "objective"), 3); /* of linf 0.1: three methods */
	assert_int_equal(rows_with(&sheet, "worst-case objective"), 1);
	assert_non_null(strstr(paired_note(&records), "Left out: the objectives of 7 pairs"));
}

/* At 2 s of setup and solve 3 s had gone into certificates. */
static void a_gap_costs_its_certificates(void **state)
{
	struct convergence_options options = {.y = GAP};
	struct records records = fixture_records(betas, 2, room, arena);
	double row[2];

	(void)state;
	put_traces(&records);
	assert_true(fixture_numbers(draw("convergence", &options, &records, ".dat"), "# moons: scp",
				    1, 2, row));
	check_equal(row[0], 5);
	check_equal(row[1], 0.01);
	assert_non_null(strstr(fixture_text(&records, "convergence", ".gp"),
			       "time of setup, solve and certificates in s"));
	options.y = OBJECTIVE;
	assert_true(fixture_numbers(draw("convergence", &options, &records, ".dat"), "# moons: scp",
				    1, 2, row));
	check_equal(row[0], 2);
	check_equal(row[1], 2);
	assert_non_null(strstr(fixture_text(&records, "convergence", ".gp"),
			       "\"time of setup and solve in s\""));
	/* an earlier version's trace does not know them */
	assert_true(fixture_trace(&records, 0, "seconds,objective_network,gap\n1,5,0.5\n"));
	options.y = GAP;
	assert_null(strstr(draw("convergence", &options, &records, ".dat"), "scp"));
	assert_non_null(strstr(fixture_text(&records, "convergence", ".gp"), "1 cells"));
}

static void check_header(const char *name)
{
	struct csv_table table;
	struct err err = {0};
	bool swept = false;

	assert_int_equal(csv_read(arena_format(arena, "%s/%s", room, name), arena, &table, &err),
			 STATUS_OK);
	for (size_t i = 0; i < table.cols; i++) {
		assert_int_equal(csv_column(&table, table.header[i]), i);
		swept = swept || strcmp(table.header[i], "swept.patterns") == 0;
	}
	assert_true(swept);
}

/* `patterns` and `neurons` are results too, `eps` and `norm` are columns of attacks. */
static void no_two_columns_of_a_file_have_one_name(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "patterns", "50", "eps", "0.1", .test = 0.5},
		{"moons", "b", "neurons", "50", "norm", "l2", .test = 0.5},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	struct err err = {0};

	(void)state;
	assert_int_equal(summary_write_cells(&records, &err), STATUS_OK);
	assert_int_equal(summary_write_attacks(&records, &err), STATUS_OK);
	assert_int_equal(summary_write_certificates(&records, &err), STATUS_OK);
	check_header("summary.csv");
	check_header("attack.csv");
	check_header("certify.csv");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convergence_has_a_panel_for_each_beta),
		cmocka_unit_test(a_time_to_a_target_is_that_of_one_beta),
		cmocka_unit_test(a_profile_is_of_one_beta_unless_of_accuracy),
		cmocka_unit_test(panels_say_what_labels_need_not),
		cmocka_unit_test(the_best_setting_is_the_best_of_its_beta),
		cmocka_unit_test(sweeps_neither_pool_nor_relate_other_objectives),
		cmocka_unit_test(the_worst_case_is_the_headline_of_robust_methods),
		cmocka_unit_test(robust_methods_race_to_their_worst_case),
		cmocka_unit_test(pairs_are_of_one_threat),
		cmocka_unit_test(a_gap_costs_its_certificates),
		cmocka_unit_test(no_two_columns_of_a_file_have_one_name),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
