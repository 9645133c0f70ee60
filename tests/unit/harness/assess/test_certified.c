/* Certificates of a cell: certify.csv, its order against attacks, evidence that contradicts itself,
 * errors. */
#include "harness/assess/evidence.h"
#include "harness/assess/target.h"
#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <unistd.h>

static const char train_text[] = "solver: scp, neurons: 40, beta: 1e-2, stop: {iterations: 60}";
static const char attack_text[] =
	"attack:\n"
	"  - {attack: pgd, norm: linf, eps: [0, 0.1, 0.3], steps: 20, restarts: 2}\n"
	"  - {attack: pgd, norm: l2, units: raw, clip: [-9, 9], eps: [0.2], steps: 20}\n";
static const char certify_text[] =
	"certify:\n"
	"  - {certificate: interval, norm: linf, eps: [0, 0.1, 0.3]}\n"
	"  - {certificate: crown, norm: linf, eps: [0, 0.1, 0.3]}\n"
	"  - {certificate: exact, norm: linf, eps: [0, 0.1, 0.3]}\n"
	"  - {certificate: exact, norm: l2, units: raw, clip: [-9, 9], eps: [0.2]}\n"
	"  - {certificate: exact, norm: l1, eps: [0.1], part: train}\n";

enum { PER_CERTIFICATE = 3, ROWS = 3 * PER_CERTIFICATE + 2, LINF_ATTACKS = 3 };

static void check_row(const struct csv_table *t, size_t row, const struct result *r)
{
	bool train = strcmp(text(t, row, "part"), "train") == 0;
	double certified = value(t, row, "certified_accuracy");
	double accuracy = train ? r->train_accuracy : r->test_accuracy;

	check_equal(value(t, row, "n"), train ? r->n_train : r->n_test);
	check_close(value(t, row, "accuracy"), accuracy, 0, 1e-12);
	check_at_most(certified, accuracy + DBL_EPSILON);
	check_at_most(value(t, row, "certified_accuracy_lo"), certified + DBL_EPSILON);
	check_at_least(value(t, row, "certified_accuracy_hi"), certified - DBL_EPSILON);
	if (value(t, row, "eps") == 0)
		check_close(certified, accuracy, 0, 1e-12);
	if (strcmp(text(t, row, "certificate"), "exact") == 0)
		check_equal(value(t, row, "undecided"), 0);
}

static void certificates_are_below_attacks_and_ordered(void **state)
{
	struct result r;
	struct csv_table t, attack;

	(void)state;
	pose(train_text, arena_format(&arena, "%s%s", attack_text, certify_text));
	r = compute();
	t = table("certify.csv");
	attack = table("attack.csv");
	assert_string_equal(r.status, "ok");
	check_above(r.certify_s, 0);
	assert_int_equal(t.rows, ROWS);
	for (size_t row = 0; row < t.rows; row++)
		check_row(&t, row, &r);
	for (size_t e = 0; e < PER_CERTIFICATE; e++) {
		double interval = value(&t, e, "certified_accuracy");
		double crown = value(&t, e + PER_CERTIFICATE, "certified_accuracy");
		double exact = value(&t, e + 2 * PER_CERTIFICATE, "certified_accuracy");

		check_at_most(interval, crown);
		check_at_most(crown, exact);
		check_at_most(exact, value(&attack, e, "robust_accuracy"));
	}
	check_below(value(&t, PER_CERTIFICATE - 1, "certified_accuracy"),
		    value(&t, ROWS - 3, "certified_accuracy")); /* intervals lose something here */
	/* nothing is decided but by the margin: attack and certificate meet on so small a network
	 */
	check_at_most(value(&t, ROWS - 2, "certified_accuracy"),
		      value(&attack, LINF_ATTACKS, "robust_accuracy"));
}

static void no_certificates_no_file(void **state)
{
	(void)state;
	pose(train_text, attack_text);
	compute();
	assert_int_equal(access(path_in("certify.csv"), F_OK), -1);
}

static void check_error(const char *part)
{
	struct err err = {0};

	assert_int_equal(run_cell(folder, &(struct run_order){.progress_fd = -1}, &err),
			 STATUS_SPEC);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void a_box_that_excludes_points_is_an_error(void **state)
{
	(void)state;
	pose(train_text, "certify: [{certificate: crown, eps: [0.1], clip: [-0.01, 0.01], part: "
			 "train}]\n");
	check_error("certificate crown: clip [-0.01, 0.01] excludes train sample 0, feature 0: ");
}

/* --- evidence ------------------------------------------------------------------------------------
 */

static const double box[] = {-1, 1}, other_box[] = {-2, 2};
static const char *const named[] = {"last"};

struct scene {
	struct part part, other;
	struct threat_options boxed, other_ball;
	struct aim attack, certificate;
	struct evidence evidence;
};

static struct scene *scene_new(void)
{
	struct scene *s = ARENA_NEW(&arena, struct scene);

	s->part.X = s->other.X = mat_new(&arena, 2, 1);
	s->boxed = s->other_ball = (struct threat_options){.clip = {2, box}};
	s->attack = (struct aim){.what = "attack",
				 .name = "pgd",
				 .part = &s->part,
				 .part_name = "test",
				 .threat = &s->boxed};
	s->certificate = (struct aim){.what = "certificate",
				      .name = "crown",
				      .part = &s->part,
				      .part_name = "test",
				      .threat = &s->other_ball};
	s->evidence = evidence_new(&arena, 2);
	return s;
}

/* The attack finds 1 and -1 at eps 0.1; the certificate claims `lower` of both points at `eps`. */
static enum status verdict(struct scene *s, double lower, double eps, struct err *err)
{
	real margin[] = {1, -1};
	const double bound[] = {lower, -2}, upper[] = {9, 9};
	const struct attack_job job = {.X = {.rows = 2}, .threat = {.eps = 0.1}, .margin = margin};

	evidence_attack(&s->evidence, &s->attack, &job, NULL);
	evidence_bounds(&s->evidence, &s->certificate, eps, bound, upper, 2);
	return evidence_check(&s->evidence, err);
}

static void a_bound_above_a_value_found_fails(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(verdict(scene_new(), 1, 0.1, &err), STATUS_OK);
	assert_int_equal(verdict(scene_new(), 1.25, 0.2, &err), STATUS_FAILED);
	assert_string_equal(err.text,
			    "certificate crown linf eps 0.2: lower bound 1.25 of test sample 0 is "
			    "above 1, found by attack pgd at eps 0.1");
	memset(&err, 0, sizeof err);
	assert_int_equal(verdict(scene_new(), -3, 0.1, &err), STATUS_OK);
}

static void only_values_inside_the_ball_count(void **state)
{
	struct err err = {0};
	struct scene *s;

	(void)state;
	assert_int_equal(verdict(scene_new(), 1.25, 0.05, &err), STATUS_OK);
	s = scene_new();
	s->other_ball.clip = (struct reals){2, other_box};
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
	s = scene_new();
	s->other_ball.clip.count = 0; /* holds every box */
	assert_int_equal(verdict(s, 1.25, 0.1, &(struct err){0}), STATUS_FAILED);
	s = scene_new();
	s->other_ball.norm = NORM_L2;
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
	s = scene_new();
	s->other_ball.units = UNITS_RAW;
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
	s = scene_new();
	s->other_ball.not_attacked = (struct texts){1, named};
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
	s = scene_new();
	s->other_ball.scale = (struct reals){1, box + 1};
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
	s = scene_new();
	s->certificate.part = &s->other;
	assert_int_equal(verdict(s, 1.25, 0.1, &err), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(certificates_are_below_attacks_and_ordered),
		IN_FOLDER(no_certificates_no_file),
		IN_FOLDER(a_box_that_excludes_points_is_an_error),
		IN_FOLDER(a_bound_above_a_value_found_fails),
		IN_FOLDER(only_values_inside_the_ball_count),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
