/* What attacks and certificates work on: raw units, boxes and frozen columns against plain loops
 * over the raw data; what certify.csv counts, with a certificate that says what the test wants. */
#include "harness/assess/certified.h"
#include "harness/assess/target.h"
#include "harness/file/csv.h"
#include "harness/stats/wilson.h"
#include "solvers/model/certify.h"
#include "tests/close.h"
#include "tests/toy.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>

enum { WIDTH = 5 };

static const double clip[] = {-6, 7};
static const struct threat_options raw = {.units = UNITS_RAW, .clip = {2, clip}};
static const struct threat_options prepared = {.clip = {2, clip}};
static const struct threat_options l2_box = {.norm = NORM_L2, .clip = {2, clip}};

static struct dataset moons(void)
{
	const struct cell *cell = pose("solver: ipm", "");
	struct dataset data;

	assert_int_equal(data_load(&cell->data, 4, 0, &arena, &data, &(struct err){0}), STATUS_OK);
	assert_int_equal(data.bias, 2);
	assert_non_null(data.test.raw);
	return data;
}

static struct net some_net(ptrdiff_t d)
{
	struct net net = net_new(&arena, d, WIDTH);

	for (ptrdiff_t j = 0; j < WIDTH; j++) {
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(net.U, i, j, (real)sin(1 + (double)(3 * i + 5 * j)));
		net.alpha[j] = (real)cos((double)(2 * j));
	}
	return net;
}

/* Of the raw training part. */
static void moments(const struct dataset *data, size_t j, double *mean, double *deviation)
{
	double n = (double)data->train.X.rows, square = 0;

	*mean = 0;
	for (size_t k = 0; k < (size_t)n; k++)
		*mean += data->train.raw[2 * k + j] / n;
	for (size_t k = 0; k < (size_t)n; k++)
		square += pow(data->train.raw[2 * k + j] - *mean, 2) / n;
	*deviation = sqrt(square);
}

/* Standardised data in raw units: points and box are the raw ones less the mean, and the network
 * gives the same outputs. */
static void raw_units_are_those_of_the_data(void **state)
{
	struct dataset data = moons();
	struct net net = some_net(3);
	const struct aim aim = {.what = "attack",
				.name = "pgd",
				.part = &data.test,
				.part_name = "test",
				.threat = &raw};
	struct target t;
	double correct = 0;

	(void)state;
	assert_int_equal(target_new(&aim, &data, &net.base, &arena, &t, &(struct err){0}),
			 STATUS_OK);
	for (size_t j = 0; j < 2; j++) {
		double mean, deviation;

		moments(&data, j, &mean, &deviation);
		check_above(fabs(mean), 0.1); /* or a shift would not show */
		check_close(t.threat.lower[j], clip[0] - mean, 0, 1e-12);
		check_close(t.threat.upper[j], clip[1] - mean, 0, 1e-12);
		assert_false(t.threat.frozen[j]);
		for (ptrdiff_t k = 0; k < t.X.rows; k++)
			check_close(mat_get(t.X, k, (ptrdiff_t)j),
				    data.test.raw[2 * (size_t)k + j] - mean, 0, 1e-12);
		check_close(mat_get(net_of(t.model)->U, (ptrdiff_t)j, 0),
			    (double)mat_get(net.U, (ptrdiff_t)j, 0) / deviation, 1e-12, 0);
	}
	assert_true(t.threat.frozen[2]);
	for (ptrdiff_t k = 0; k < t.X.rows; k++) {
		double margin = (double)data.test.y[k] * toy_output(&net, data.test.X, k);

		check_close(t.margin[k], margin, 1e-12, 1e-12);
		correct += margin > 0;
	}
	check_close(t.accuracy, correct / (double)t.X.rows, 0, 1e-12);
}

/* Factors: z = (raw - mean) / factor, and so is the box; a factor of 0 is no attack. */
static void factors_are_units_too(void **state)
{
	static const double factors[] = {2, 0};
	const struct threat_options asked = {
		.units = UNITS_RAW, .clip = {2, clip}, .scale = {2, factors}};
	struct dataset data = moons();
	struct net net = some_net(3);
	const struct aim aim = {.what = "attack",
				.name = "pgd",
				.part = &data.test,
				.part_name = "test",
				.threat = &asked};
	struct target t;
	double mean, deviation;

	(void)state;
	assert_int_equal(target_new(&aim, &data, &net.base, &arena, &t, &(struct err){0}),
			 STATUS_OK);
	moments(&data, 0, &mean, &deviation);
	check_close(t.threat.lower[0], (clip[0] - mean) / 2, 0, 1e-12);
	check_close(t.threat.upper[0], (clip[1] - mean) / 2, 0, 1e-12);
	check_close(mat_get(t.X, 0, 0), (data.test.raw[0] - mean) / 2, 0, 1e-12);
	check_close(mat_get(net_of(t.model)->U, 0, 0), 2 * (double)mat_get(net.U, 0, 0) / deviation,
		    1e-12, 0);
	assert_false(t.threat.frozen[0]);
	assert_true(t.threat.frozen[1]);
	assert_true(t.threat.frozen[2]);
}

static void check_refused(struct threat_options asked, const char *expected)
{
	struct dataset data = moons();
	const struct aim aim = {.what = "attack",
				.name = "pgd",
				.part = &data.test,
				.part_name = "test",
				.threat = &asked};
	struct err err = {0};

	assert_int_equal(target_check(&aim, &data, &err), STATUS_SPEC);
	if (!strstr(err.text, expected))
		fail_msg("expected \"%s\", found \"%s\"", expected, err.text);
}

static void balls_on_other_columns_are_refused(void **state)
{
	static const char *const names[] = {"weight"};
	static const double factors[] = {1, 2, 3};

	(void)state;
	check_refused((struct threat_options){.not_attacked = {1, names}},
		      "attack pgd: not_attacked: expected a column number from 0 to 2");
	check_refused((struct threat_options){.scale = {3, factors}},
		      "attack pgd: scale: expected 2 numbers, one for each prepared column but the "
		      "bias, got 3");
}

static void prepared_units_are_left_alone(void **state)
{
	struct dataset data = moons();
	struct net net = some_net(3);
	const struct aim aim = {.what = "attack",
				.name = "pgd",
				.part = &data.train,
				.part_name = "train",
				.threat = &l2_box};
	struct target t;

	(void)state;
	assert_int_equal(target_new(&aim, &data, &net.base, &arena, &t, &(struct err){0}),
			 STATUS_OK);
	for (ptrdiff_t j = 0; j < 2; j++) {
		check_equal(t.threat.lower[j], clip[0]);
		check_equal(t.threat.upper[j], clip[1]);
		check_equal(mat_get(net_of(t.model)->U, j, 0), mat_get(net.U, j, 0));
	}
}

/* Output 0 is right for neither class. */
static void an_output_of_zero_is_wrong(void **state)
{
	struct dataset data = moons();
	struct net net = some_net(3);
	const struct aim aim = {.what = "attack",
				.name = "pgd",
				.part = &data.test,
				.part_name = "test",
				.threat = &prepared};
	struct target t;

	(void)state;
	memset(net.alpha, 0, WIDTH * sizeof *net.alpha);
	assert_int_equal(target_new(&aim, &data, &net.base, &arena, &t, &(struct err){0}),
			 STATUS_OK);
	check_equal(t.accuracy, 0);
}

/* --- certificates that say what the test wants ------------------------------------------------ */

enum { POINTS = 4, RADII = 3 };

/* Bounds of the points at the radii; nothing says yet that balls are nested. */
static const double lower[RADII][POINTS] = {{-1, 0.5, -1, -1}, {-1, 0.4, -1, 0}, {1, -1, -1, 0}};
static const double upper[RADII][POINTS] = {{2, 2, -0.5, 1}, {2, 2, 1, 1}, {2, 2, 1, -2}};
static int asked;

static void say(const void *options, struct certify_job *job, struct arena *scratch)
{
	(void)options;
	(void)scratch;
	memcpy(job->lower, lower[asked], sizeof lower[asked]);
	memcpy(job->upper, upper[asked], sizeof upper[asked]);
	asked++;
}

static void certificates_are_nested_and_counted(void **state)
{
	static const double radii[RADII] = {0.1, 0.2, 0.3};
	static const struct certifier fake = {.base = {.name = "fake"}, .run = say};
	struct certify_options entry = {.certificate = {&fake.base, NULL}, .eps = {RADII, radii}};
	const struct cell cell = {.certify = {1, &entry}};
	struct part test = {.X = mat_new(&arena, POINTS, 2),
			    .y = ARENA_ARRAY(&arena, real, POINTS)};
	struct dataset data = {.bias = -1, .test = test};
	struct evidence evidence = evidence_new(&arena, RADII);
	struct net net = some_net(2);
	const struct assess_order order = {
		.cell = &cell, .data = &data, .model = &net.base, .evidence = &evidence};
	struct assessed out = {0};

	(void)state;
	asked = 0;
	assert_int_equal(certified_run(&order, &arena, &out, &(struct err){0}), STATUS_OK);
	assert_int_equal(out.count, RADII);
	for (size_t e = 0; e < RADII; e++) {
		double certified = 0, undecided = 0, low, high;

		for (size_t k = 0; k < POINTS; k++) {
			double below = -HUGE_VAL, above = HUGE_VAL;

			for (size_t outer = e; outer < RADII; outer++)
				below = fmax(below, lower[outer][k]);
			for (size_t inner = 0; inner <= e; inner++)
				above = fmin(above, upper[inner][k]);
			certified += below > 0;
			undecided += below <= 0 && above > 0;
		}
		wilson_interval(certified, POINTS, &low, &high);
		check_close(out.row[e].robust_accuracy, certified / POINTS, 0, 1e-12);
		check_close(out.row[e].lo, low, 0, 1e-12);
		check_close(out.row[e].hi, high, 0, 1e-12);
		check_equal(out.row[e].undecided, undecided);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(raw_units_are_those_of_the_data),
		IN_FOLDER(prepared_units_are_left_alone),
		IN_FOLDER(factors_are_units_too),
		IN_FOLDER(balls_on_other_columns_are_refused),
		IN_FOLDER(an_output_of_zero_is_wrong),
		IN_FOLDER(certificates_are_nested_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
