/* The report of a fabricated results folder, against values worked out by hand. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/report/records/records.h"
#include "harness/report/report.h"
#include "harness/store/modelfile.h"
#include "harness/store/result.h"
#include "solvers/model/net.h"
#include "tests/close.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ODD_NAME "odd, \"q\" <x> & 'y' |_$"

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

/* One cell; 0 stands for what the test does not look at. */
struct fake {
	const char *id, *data, *method, *rho, *status;
	int repetition;
	double test_accuracy, objective;
	bool model;
};

/* Medians of admm rho=0.1 on moons: test accuracy 0.8 of {0.7, 0.8, 0.9}, quantiles 0.72 and 0.88.
 */
static const struct fake fakes[] = {
	{"c1", "moons", "admm", "0.1", "ok", 0, 0.7, 10, true},
	{"c2", "moons", "admm", "0.1", "ok", 1, 0.9, 20, false},
	{"c3", "moons", "admm", "0.1", "ok", 2, 0.8, 30, false},
	{"c4", "moons", "admm", "1", "ok", 0, 0.6, 40, true},
	{"c5", "moons", "sgd", NULL, "ok", 0, 0.5, 50, true},
	{"c6", "moons", "sgd", NULL, "timeout", 1, 0.1, 60, false},
	{"c7", ODD_NAME, "sgd", NULL, "ok", 0, 0.65, 70, false},
};

static const char *in_room(const char *name)
{
	return arena_format(arena, "%s/%s", room, name);
}

static void put(const char *path, const char *text)
{
	struct err err = {0};

	assert_int_equal(store_write_text(path, text, &err), STATUS_OK);
}

static const char *get(const char *name)
{
	struct err err = {0};
	const char *text = "";

	assert_int_equal(store_read_text(in_room(name), arena, &text, &err), STATUS_OK);
	return text;
}

static void put_result(const struct fake *f, const char *folder)
{
	struct result r = result_empty();
	struct err err = {0};

	r.cell = f->id;
	r.data = f->data;
	r.method = r.solver = f->method;
	r.status = f->status;
	r.repetition = f->repetition;
	r.n_train = 4;
	r.n_test = 100;
	r.test_accuracy = f->test_accuracy;
	r.objective_network = f->objective;
	r.setup_s = 0.5;
	r.solve_s = f->objective;
	r.suspect = strcmp(f->id, "c7") == 0 ? "constant prediction" : NULL;
	assert_int_equal(result_write(&r, arena_format(arena, "%s/result.json", folder), &err),
			 STATUS_OK);
}

/* f = relu(z1) - relu(-z1), z1 = 2 (x1 - 0.5): the boundary is x1 = 0.5. */
static void put_model(const char *folder)
{
	static const double shift[2] = {0.5, 0}, scale[2] = {2, 1};
	static const double one[] = {1};
	struct modelfile model = {
		.model = model_new(&model_relu, arena, (struct model_size){3, 2, 1}),
		.stages = stages_none(2)};
	struct err err = {0};

	stages_add(&model.stages, STAGE_SHIFT, 2, shift, arena);
	stages_add(&model.stages, STAGE_SCALE, 2, scale, arena);
	stages_add(&model.stages, STAGE_BIAS, 3, one, arena);

	mat_set(net_of(model.model)->U, 0, 0, 1);
	mat_set(net_of(model.model)->U, 0, 1, -1);
	net_of(model.model)->alpha[0] = 1;
	net_of(model.model)->alpha[1] = -1;
	assert_int_equal(modelfile_save(arena_format(arena, "%s/model.npz", folder), &model, &err),
			 STATUS_OK);
	put(arena_format(arena, "%s/points.csv", folder),
	    "part,x1,x2,y\ntrain,0,0,-1\ntrain,1,1,1\ntrain,0,1,-1\ntest,1,0,1\n");
}

static void put_cell(const struct fake *f)
{
	const char *folder = arena_format(arena, "%s/cells/%s", room, f->id);
	const char *data =
		strcmp(f->data, ODD_NAME) == 0 ? "odd, \\\"q\\\" <x> & 'y' |_$" : f->data;
	struct err err = {0};

	assert_int_equal(folder_make(folder, &err), STATUS_OK);
	put(arena_format(arena, "%s/cell.json", folder),
	    arena_format(arena,
			 "{\"repetition\": %d, \"data\": {\"name\": \"%s\"}, \"train\": {\"name\": "
			 "\"%s\", \"solver\": \"%s\"}, \"swept\": [%s%s%s]}",
			 f->repetition, data, f->method, f->method,
			 f->rho ? "{\"path\": \"rho\", \"value\": " : "", f->rho ? f->rho : "",
			 f->rho ? "}" : ""));
	put_result(f, folder);
	if (strcmp(f->status, "ok") != 0)
		return;
	put(arena_format(arena, "%s/trace.csv", folder),
	    arena_format(arena,
			 "iteration,seconds,objective_network,gap\n1,0.1,%g,0.5\n2,0.2,%g,\n",
			 f->objective, f->objective / 2));
	put(arena_format(arena, "%s/attack.csv", folder),
	    arena_format(arena,
			 "attack,norm,eps,units,accuracy,robust_accuracy,robust_accuracy_lo,"
			 "robust_accuracy_hi,n,steps,restarts,seconds\n"
			 "pgd,linf,0.1,prepared,%g,0.5,0.4,0.6,100,40,5,1\n"
			 "pgd,linf,0.2,prepared,%g,%g,0.1,0.4,100,40,5,1\n",
			 f->test_accuracy, f->test_accuracy, f->test_accuracy / 4));
	put(arena_format(arena, "%s/certify.csv", folder),
	    arena_format(arena,
			 "certificate,norm,eps,units,part,accuracy,certified_accuracy,"
			 "certified_accuracy_lo,certified_accuracy_hi,undecided,n,seconds\n"
			 "interval,linf,0.2,prepared,test,%g,0.01,0,0.1,50,100,1\n"
			 "crown,linf,0.2,prepared,test,%g,%g,0.05,0.3,7,100,1\n"
			 "crown,linf,0.2,prepared,train,%g,0.99,0.9,1,0,100,1\n",
			 f->test_accuracy, f->test_accuracy, f->test_accuracy / 8,
			 f->test_accuracy));
	if (f->model)
		put_model(folder);
}

static struct experiment the_experiment(void)
{
	return (struct experiment){.style.look = style_unset(),
				   .name = "fake",
				   .about = "a <b>bold</b> claim",
				   .path = "experiments/fake.yaml"};
}

static int make_room(void **state)
{
	room_open(state);
	for (size_t i = 0; i < sizeof fakes / sizeof *fakes; i++)
		put_cell(&fakes[i]);
	put(in_room("spec.yaml"), "name: fake # </pre><script>\n");
	/* c7 first; c9 was not computed; c8 is of another plan */
	put(in_room("plan.csv"), "cell\nc7\nc1\nc2\nc3\nc4\nc5\nc6\nc9\n");
	put_cell(&(struct fake){"c8", "moons", "admm", "0.1", "ok", 0, 0.99, 1, false});
	return 0;
}

static void build(void)
{
	struct experiment experiment = the_experiment();
	struct err err = {0};

	assert_int_equal(report_build(&experiment, room, &err), STATUS_OK);
}

static void summary_has_a_row_per_planned_cell(void **state)
{
	struct csv_table table;
	struct err err = {0};

	(void)state;
	build();
	assert_int_equal(csv_read(in_room("summary.csv"), arena, &table, &err), STATUS_OK);
	assert_int_equal(table.rows, 7);
	assert_string_equal(table.cell[0], "c7");
	assert_string_equal(table.cell[(size_t)csv_column(&table, "data")], ODD_NAME);
	check_equal(csv_value(&table, 1, csv_column(&table, "rho")), 0.1);
	check_nan(csv_value(&table, 0, csv_column(&table, "rho")));
	assert_int_equal(csv_read(in_room("attack.csv"), arena, &table, &err), STATUS_OK);
	assert_int_equal(table.rows, 12); /* six cells that are ok, two radii */
	check_equal(csv_value(&table, 3, csv_column(&table, "robust_accuracy")), 0.175);
	assert_int_equal(csv_read(in_room("certify.csv"), arena, &table, &err), STATUS_OK);
	assert_int_equal(table.rows, 18); /* six cells that are ok, three certificates */
	check_equal(csv_value(&table, 4, csv_column(&table, "certified_accuracy")), 0.0875);
}

static void table_shows_medians_and_counts(void **state)
{
	const char *text;

	(void)state;
	build();
	text = get("tables/summary.md");
	assert_non_null(strstr(text, "80.0 (72.0\xe2\x80\x93"
				     "88.0)")); /* test accuracy */
	assert_non_null(strstr(text, "20.0 (18.0\xe2\x80\x93"
				     "22.0)")); /* a quarter, under attack */
	assert_non_null(strstr(text, "certified linf 0.2 %"));
	assert_non_null(strstr(text, "10.0 (9.0\xe2\x80\x93"
				     "11.0)")); /* an eighth: of the test part, the best */
	assert_non_null(strstr(text, "20 (12\xe2\x80\x93"
				     "28)")); /* objective */
	assert_non_null(strstr(text, "1 ok, 1 timeout"));
	assert_non_null(strstr(text, "suspect: constant prediction"));
	assert_non_null(strstr(text, "7 cells: 6 ok, 1 timeout; 1 not computed yet; 1 records of "
				     "other plans left out"));
	assert_non_null(strstr(text, "\\|\\_$")); /* a bar in a name does not end its column */
	text = get("tables/summary.tex");
	assert_non_null(strstr(text, "\\& 'y' \\textbar{}\\_\\$"));
	assert_non_null(strstr(text, "80.0 (72.0--88.0)"));
}

static void nothing_says_nan(void **state)
{
	static const char *const names[] = {"summary.csv",
					    "attack.csv",
					    "certify.csv",
					    "tables/summary.md",
					    "tables/summary.tex",
					    "plots/convergence.dat",
					    "plots/decision_boundary.dat",
					    "plots/attacked_bars.dat"};

	(void)state;
	build();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_null(strstr(get(names[i]), "NaN"));
		assert_null(strcasestr(get(names[i]), "nan,"));
		assert_null(strcasestr(get(names[i]), " nan"));
		assert_null(strcasestr(get(names[i]), "-nan"));
	}
}

static void page_is_escaped_and_self_contained(void **state)
{
	const char *page;

	(void)state;
	build();
	page = get("report.html");
	assert_non_null(strstr(page, "a &lt;b&gt;bold&lt;/b&gt; claim"));
	assert_non_null(strstr(page, "odd, &quot;q&quot; &lt;x&gt; &amp; &#39;y&#39; |_$"));
	assert_non_null(strstr(page, "&lt;/pre&gt;&lt;script&gt;"));
	assert_null(strcasestr(page, ">nan"));
	assert_null(strstr(page, "<x>"));
	assert_null(strstr(page, " src="));
	assert_null(strstr(page, "<link"));
	assert_non_null(
		strstr(page, "relubench run experiments/fake.yaml --filter cell=c6 --force"));
}

static void convergence_is_the_median_over_repetitions(void **state)
{
	const char *text, *block;

	(void)state;
	build();
	text = get("plots/convergence.dat");
	block = strstr(text, "# moons: admm, rho=0.1\n");
	assert_non_null(block);
	assert_non_null(strstr(block, "\n0.1 10 6 14\n? ? 5 5\n"));
	assert_null(strstr(text, "60")); /* a cell that timed out is not drawn */
}

static void boundary_is_where_the_network_vanishes(void **state)
{
	const char *at;
	size_t count = 0;
	double x, y;

	(void)state;
	build();
	at = strstr(get("plots/decision_boundary.dat"), "segments of f = 0\n");
	assert_non_null(at);
	for (at = strchr(at, '\n') + 1; *at && *at != '#'; at = strchr(at, '\n') + 1) {
		if (*at == '\n')
			continue;
		assert_int_equal(sscanf(at, "%lf %lf", &x, &y), 2);
		check_close(x, 0.5, 0, 1e-8); /* nine digits are written */
		count++;
	}
	assert_int_equal(count, 2 * 120); /* a segment in every row of squares */
}

static void box_is_in_raw_units(void **state)
{
	(void)state;
	build();
	/* eps 0.2 in prepared units: 0.1 in the first feature, scaled by 2, and 0.2 in the second
	 */
	assert_non_null(strstr(get("plots/decision_boundary.dat"), "\n1 1 0.1 0.2\n"));
}

static void sweep_draws_result_against_option(void **state)
{
	struct {
		const char *x;
		long y, scale_x, scale;
		const char *relative_to;
		struct texts methods;
	} options = {.x = "rho"};
	struct plot_options plot = {{registry_find(KIND_PLOT, "sweep"), &options}, style_unset()};
	struct experiment experiment = the_experiment();
	struct err err = {0};

	(void)state;
	experiment.plots = (struct groups){1, &plot};
	assert_int_equal(report_build(&experiment, room, &err), STATUS_OK);
	assert_non_null(strstr(get("plots/sweep.dat"), "\n0.1 80 72 88\n1 60 60 60\n"));
	assert_int_not_equal(access(in_room("plots/convergence.dat"), F_OK), 0);
}

static void pictures_are_drawn_or_missing_gnuplot_is_said(void **state)
{
	const char *path = arena_text(arena, getenv("PATH"));
	bool drawn = system("gnuplot --version >/dev/null 2>&1") == 0;

	(void)state;
	build();
	if (drawn) {
		static const char *const names[] = {"convergence", "attacked_bars",
						    "robust_accuracy", "decision_boundary"};

		assert_string_equal(get("plots/gnuplot.log"), "");
		for (size_t i = 0; i < 4; i++)
			assert_non_null(strstr(get(arena_format(arena, "plots/%s.svg", names[i])),
					       "</svg>"));
		assert_non_null(strstr(get("report.html"), "<svg"));
	}
	setenv("PATH", room, 1);
	build(); /* drawings that show the same are kept */
	assert_int_equal(!strstr(get("report.html"), "<svg"), !drawn);
	put(in_room("plots/convergence.sha256"), "# gnuplot\n");
	build();
	setenv("PATH", path, 1);
	assert_int_equal(access(in_room("plots/convergence.gp"), R_OK), 0);
	assert_int_not_equal(access(in_room("plots/convergence.svg"), R_OK), 0);
	assert_non_null(strstr(get("report.html"), "gnuplot was not found"));
}

static void damaged_record_is_told_and_the_rest_goes_on(void **state)
{
	const char *result = in_room("cells/c5/result.json"), *kept = get("cells/c5/result.json");
	struct experiment experiment = the_experiment();
	struct records records;
	struct err err = {0};

	(void)state;
	put(result, "{\"status\": ");
	assert_int_equal(records_load(room, arena, &records, &err), STATUS_OK);
	assert_string_equal(records.at[5].result.status, "damaged");
	assert_string_equal(records.at[5].result.method, "sgd");
	assert_non_null(strstr(records.at[5].result.message, "damaged record"));
	assert_true(records_ok(&records.at[4]));
	assert_int_equal(report_build(&experiment, room, &err), STATUS_FAILED);
	assert_non_null(strstr(get("report.html"), "damaged record"));
	assert_non_null(strstr(get("tables/summary.md"), "1 damaged"));
	put(result, kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summary_has_a_row_per_planned_cell),
		cmocka_unit_test(table_shows_medians_and_counts),
		cmocka_unit_test(nothing_says_nan),
		cmocka_unit_test(page_is_escaped_and_self_contained),
		cmocka_unit_test(convergence_is_the_median_over_repetitions),
		cmocka_unit_test(boundary_is_where_the_network_vanishes),
		cmocka_unit_test(box_is_in_raw_units),
		cmocka_unit_test(sweep_draws_result_against_option),
		cmocka_unit_test(pictures_are_drawn_or_missing_gnuplot_is_said),
		cmocka_unit_test(damaged_record_is_told_and_the_rest_goes_on),
	};

	return cmocka_run_group_tests(tests, make_room, room_close);
}
