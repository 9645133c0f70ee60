/* What a repetition decides apart from the data: the random numbers of training and of attacks. And
 * figures about the data that a record shows. */
#include "harness/assess/assault.h"
#include "harness/data/points.h"
#include "harness/run/verdict.h"
#include "harness/verify/plain_ball.h"
#include "harness/verify/verify.h"
#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <stdio.h>

/* Rows of a file without a split are the same in all repetitions; networks are not. */
static void training_draws_anew(void **state)
{
	static struct problems problems;
	struct experiment *experiment = ARENA_NEW(&arena, struct experiment);
	double objective[2];
	const char *rows = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		rows = arena_format(&arena, "%s%d,%g,%d\n", rows, i, sin(3.0 * i), i % 3 == 0);
	write_text("rows.csv", rows);
	write_text(
		"spec.yaml",
		arena_format(&arena,
			     "name: same\nseed: 4\nrepeats: 2\ndata:\n"
			     "  - {name: rows, csv: {path: %s, label: last, header: no}, prepare: "
			     "[standardize]}\n"
			     "train:\n  - {solver: adam, width: 4, epochs: 3}\n",
			     path_in("rows.csv")));
	memset(&problems, 0, sizeof problems);
	if (spec_load(path_in("spec.yaml"), (struct texts){0}, &arena, experiment, &problems) !=
	    STATUS_OK)
		fail_msg("%s", problems.at[0].text);
	assert_int_equal(experiment->cell_count, 2);
	for (int c = 0; c < 2; c++) {
		write_text("cell.json", experiment->cells[c].text);
		objective[c] = compute().objective_network;
		check_equal(compute().objective_network, objective[c]);
	}
	check_unequal(objective[0], objective[1]);
}

static uint64_t seed_seen;

static void see(const void *options, struct attack_job *job, struct arena *scratch)
{
	(void)options;
	(void)scratch;
	seed_seen = job->seed;
}

static void effort(const void *options, long *steps, long *restarts)
{
	(void)options;
	*steps = *restarts = 1;
}

static uint64_t seed_of(long seed, long repetition)
{
	static const double radii[] = {0.1};
	static const struct attack seer = {.base = {.name = "seer"}, .run = see, .effort = effort};
	struct attack_options entry = {.attack = {&seer.base, NULL}, .eps = {1, radii}};
	const struct cell cell = {.seed = seed, .repetition = repetition, .attack = {1, &entry}};
	struct dataset data = {
		.bias = -1,
		.test = {.X = mat_new(&arena, 3, 2), .y = ARENA_ARRAY(&arena, real, 3)}};
	struct net net = net_new(&arena, 2, 1);
	const struct assess_order order = {.cell = &cell, .data = &data, .model = &net.base};
	struct assessed out = {0};
	struct err err = {0};

	seed_seen = 0;
	if (assault_run(&order, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return seed_seen;
}

static void attacks_draw_anew(void **state)
{
	(void)state;
	assert_int_equal(seed_of(3, 1), seed_of(3, 1));
	assert_int_not_equal(seed_of(3, 0), seed_of(3, 1));
	assert_int_not_equal(seed_of(3, 0), seed_of(4, 0));
}

static void the_majority_is_the_larger_class(void **state)
{
	(void)state;
	for (ptrdiff_t positive = 0; positive <= 7; positive++) {
		struct dataset data = {
			.test = {.X = mat_new(&arena, 7, 1), .y = ARENA_ARRAY(&arena, real, 7)}};

		for (ptrdiff_t k = 0; k < 7; k++)
			data.test.y[k] = k < positive ? 1 : -1;
		check_close(verdict_majority(&data),
			    (double)(positive > 3 ? positive : 7 - positive) / 7, 1e-15, 0);
	}
}

static void the_majority_of_three_classes(void **state)
{
	int label[] = {2, 0, 1, 2, 0, 2, 1};
	struct dataset data = {
		.k = 3,
		.class_count = 3,
		.test = {.X = mat_new(&arena, 7, 1), .y = ARENA_ARRAY(&arena, real, 21)}};

	(void)state;
	data.test.label = label;
	check_close(verdict_majority(&data), 3.0 / 7, 1e-15, 0);
	label[1] = label[2] = label[4] = 0;
	label[6] = 0;
	check_close(verdict_majority(&data), 4.0 / 7, 1e-15, 0);
}

static struct dataset moons(void)
{
	const struct cell *cell = pose("solver: ipm", "");
	struct dataset data;

	assert_int_equal(data_load(&cell->data, 4, 0, &arena, &data, &(struct err){0}), STATUS_OK);
	return data;
}

static void points_are_the_raw_samples(void **state)
{
	struct dataset data = moons();
	const struct part *const parts[] = {&data.train, &data.validation, &data.test};
	struct csv_table t;
	size_t row = 0;

	(void)state;
	assert_int_equal(points_write(&data, path_in("points.csv"), &(struct err){0}), STATUS_OK);
	t = table("points.csv");
	for (size_t p = 0; p < 3; p++)
		for (ptrdiff_t k = 0; k < parts[p]->X.rows; k++, row++) {
			check_equal(csv_value(&t, row, 1), parts[p]->raw[2 * k]);
			check_equal(csv_value(&t, row, 2), parts[p]->raw[2 * k + 1]);
			check_equal(csv_value(&t, row, 3), parts[p]->y[k]);
		}
	assert_int_equal(t.rows, row);
}

/* A step to half a unit beyond the box, in raw units, is half a unit outside. */
static void the_box_of_the_verifier_is_raw(void **state)
{
	static const double clip[] = {-6, 7};
	static const struct threat_options box = {.units = UNITS_RAW, .clip = {2, clip}};
	struct reload stored = {.data = moons()};
	struct aim aim = {.part = &stored.data.test, .threat = &box};
	struct plain_ball ball;

	(void)state;
	stored.file.model = model_new(&model_relu, &arena, (struct model_size){3, 1, 1});
	ball = plain_ball_new(&stored, &aim, 100, &arena);
	for (ptrdiff_t k = 0; k < 5; k++)
		for (ptrdiff_t j = 0; j < 2; j++) {
			double delta[3] = {0}, raw = stored.data.test.raw[2 * k + j];

			delta[j] = clip[1] - raw + 0.5;
			check_close(plain_ball_excess(&ball, k, delta), 0.5, 0, 1e-9);
			delta[j] = clip[0] - raw - 0.25;
			check_close(plain_ball_excess(&ball, k, delta), 0.25, 0, 1e-9);
		}
}

/* The figure of this name that `verify` has looked at, apart from the trace. */
static struct verify_figure figure_of(const char *name)
{
	struct verify out;
	struct err err = {0};

	if (verify_record(folder, NULL, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < out.count; i++)
		if (strcmp(out.figure[i].name, name) == 0)
			return out.figure[i];
	fail_msg("%s is not looked at", name);
	return out.figure[0];
}

static void bounds_and_worst_cases_are_looked_at(void **state)
{
	struct result r;
	struct err err = {0};

	(void)state;
	pose("solver: robust_restriction, width: 6, loss: logistic, eps: 0.1, beta: 0.1", "");
	r = compute();
	assert_int_equal(figure_of("objective").state, VERIFY_AGREES);
	assert_int_equal(figure_of("lower_bound").state, VERIFY_AGREES);
	r.lower_bound = r.objective * (1 + 1e-3);
	assert_int_equal(result_write(&r, path_in("result.json"), &err), STATUS_OK);
	assert_int_equal(figure_of("lower_bound").state, VERIFY_DIFFERS);
	r.objective = (r.objective + 9 * r.objective_network) / 10; /* below the worst case */
	assert_int_equal(result_write(&r, path_in("result.json"), &err), STATUS_OK);
	assert_int_equal(figure_of("objective").state, VERIFY_DIFFERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(training_draws_anew),
		IN_FOLDER(attacks_draw_anew),
		IN_FOLDER(the_majority_is_the_larger_class),
		IN_FOLDER(the_majority_of_three_classes),
		IN_FOLDER(points_are_the_raw_samples),
		IN_FOLDER(the_box_of_the_verifier_is_raw),
		IN_FOLDER(bounds_and_worst_cases_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
