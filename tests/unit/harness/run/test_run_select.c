/* Selection under attack: the record of a cell, from the validation part alone. */
#include "harness/store/modelfile.h"
#include "solvers/model/attack.h"
#include "tests/close.h"
#include "tests/robust.h"
#include "tests/toy.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include <omp.h>

static const char attacks[] = "attack:\n"
			      "  - {attack: pgd, norm: linf, eps: [0.1, 0.4], steps: 5}\n"
			      "  - {attack: fgsm, norm: l2, eps: [0, 0.3]}\n";

static void check_row(const struct result *r, const char *attack, double eps)
{
	struct csv_table t = table("attack_validation.csv");

	assert_int_equal(t.rows, 1);
	assert_string_equal(text(&t, 0, "attack"), attack);
	check_equal(value(&t, 0, "eps"), eps);
	check_equal(value(&t, 0, "n"), r->n_validation);
	check_equal(value(&t, 0, "accuracy"), r->validation_accuracy);
	check_equal(value(&t, 0, "robust_accuracy"), r->validation_robust_accuracy);
	check_at_most(r->validation_robust_accuracy, r->validation_accuracy);
	check_above(r->select_s, 0);
}

/* The largest eps of the first entry; an entry and a radius of one's own; on the test part the
 * whole list as ever. */
static void the_validation_part_is_attacked(void **state)
{
	struct result r;

	(void)state;
	pose("solver: sgd, width: 20, epochs: 30, select: validation_robust_accuracy", attacks);
	r = compute();
	check_row(&r, "pgd", 0.4);
	assert_int_equal(table("attack.csv").rows, 4);
	pose("solver: sgd, width: 20, epochs: 30, "
	     "select: {by: validation_robust_accuracy, attack: fgsm, eps: 0.2}",
	     attacks);
	r = compute();
	check_row(&r, "fgsm", 0.2);
}

/* An entry is meant by its own name; by its attack where none is called so. */
static void the_entry_is_found_by_its_name(void **state)
{
	static const char named[] =
		"attack:\n"
		"  - {attack: pgd, name: weak, norm: linf, eps: 0.1, steps: 2}\n"
		"  - {attack: fgsm, name: pgd, norm: l2, eps: 0.2}\n"
		"  - {attack: pgd, name: long, norm: linf, eps: 0.3, steps: 5}\n";
	struct result r;

	(void)state;
	pose("solver: sgd, width: 20, epochs: 5, "
	     "select: {by: validation_robust_accuracy, attack: long}",
	     named);
	r = compute();
	check_row(&r, "long", 0.3);
	pose("solver: sgd, width: 20, epochs: 5, "
	     "select: {by: validation_robust_accuracy, attack: pgd}",
	     named);
	r = compute();
	check_row(&r, "pgd", 0.2);
	pose("solver: sgd, width: 20, epochs: 5, "
	     "select: {by: validation_robust_accuracy, attack: fgsm, eps: 0.25}",
	     named);
	r = compute();
	check_row(&r, "pgd", 0.25);
}

/* Samples of a part whose margin x'w exceeds eps |w|_1 without the bias, and the sum of hinge
 * losses of those worst margins. */
static void closed_worst_case(const struct net *net, const struct part *part, double eps,
			      double *robust, double *hinge)
{
	const bool frozen[3] = {[2] = true}; /* the bias */
	real w[3];

	*robust = *hinge = 0;
	for (ptrdiff_t i = 0; i < 3; i++)
		w[i] = mat_get(net->U, i, 0) * net->alpha[0];
	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		double margin = (double)part->y[k] * toy_output(net, part->X, k) -
				eps * robust_dual_norm(w, 3, frozen, NORM_LINF);

		*robust += margin > 0;
		*hinge += fmax(0, 1 - margin);
	}
}

/* For a linear classifier the attacked accuracy is known in closed form; so is its objective, in
 * which the bias that `prepare` added is not attacked. */
static void the_figures_are_the_closed_worst_case(void **state)
{
	const struct cell *cell = pose("solver: linear_robust, loss: hinge, eps: 0.3, "
				       "select: {by: validation_robust_accuracy, eps: 0.25}",
				       attacks);
	struct result r = compute();
	struct dataset data;
	struct modelfile model;
	struct err err = {0};
	double robust, hinge;

	(void)state;
	assert_int_equal(
		data_load(&cell->data, (uint64_t)cell->seed, cell->repetition, &arena, &data, &err),
		STATUS_OK);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	closed_worst_case(net_of(model.model), &data.validation, 0.25, &robust, &hinge);
	check_close(r.validation_robust_accuracy, robust / r.n_validation, 0, 1e-12);
	closed_worst_case(net_of(model.model), &data.train, 0.3, &robust, &hinge);
	check_close(r.objective - hinge, cell->train.beta * net_decay(net_of(model.model)), 0,
		    1e-9 * r.objective);
	check_above(fabs((double)mat_get(net_of(model.model)->U, 2, 0)), 1e-3);
	check_below(r.gap, 1e-6);
}

/* No selection under attack: no figure, no file, no time. */
static void other_selections_attack_nothing(void **state)
{
	struct result r;

	(void)state;
	pose("solver: sgd, width: 20, epochs: 5, select: validation_accuracy", attacks);
	r = compute();
	check_nan(r.validation_robust_accuracy);
	check_nan(r.select_s);
	assert_int_equal(access(path_in("attack_validation.csv"), F_OK), -1);
}

static void check_spec(const char *train, const char *expected)
{
	static struct problems problems;
	struct experiment experiment;

	memset(&problems, 0, sizeof problems);
	assert_int_equal(
		spec_load_text(arena_format(&arena, "%strain:\n  - {%s}\n", data_text, train),
			       "spec.yaml", (struct texts){0}, &arena, &experiment, &problems),
		STATUS_SPEC);
	if (!strstr(problems.at[0].text, expected))
		fail_msg("expected \"%s\", found \"%s\"", expected, problems.at[0].text);
}

static void bad_options_are_refused_by_name(void **state)
{
	(void)state;
	check_spec("solver: adam, adversary: {attack: pdg}",
		   "adversary.attack: expected one of pgd, fgsm, fgsm_random, got \"pdg\"; did you "
		   "mean \"pgd\"?");
	check_spec("solver: sgd, adversary: {eps: -0.1}",
		   "adversary.eps: expected a number >= 0, got \"-0.1\"");
	check_spec("solver: sgd, adversary: {units: rough}", "got \"rough\"");
	check_spec("solver: sgd, adversary: {clip: [1, 0]}",
		   "train[0].adversary.clip: expected two ascending numbers or null, got 1 and 0");
	check_spec(
		"solver: sgd, adversary: {clip: [0, 1, 2]}",
		"train[0].adversary.clip: expected two ascending numbers or null, got 3 numbers");
	check_spec("solver: adam, adversary: {scale: [1, -1]}",
		   "adversary.scale[1]: expected a number >= 0, got \"-1\"");
	check_spec(
		"solver: adam, interval: {clip: [0, 1]}",
		"train[0].interval.clip: expected null: no box: interval bounds are those of the "
		"whole ball");
	check_spec("solver: robust_restriction, loss: hinge, clip: [0, 1]",
		   "train[0].clip: expected null: no box: its certificate is for the whole ball");
	check_spec("solver: linear_robust, loss: hinge, clip: [0, 1]",
		   "train[0].clip: expected null: no box: its worst case is over the whole ball");
	check_spec(
		"solver: robust_admm, loss: hinge, eps: 1, clip: [0, 1]",
		"train[0].clip: expected null: no box: the worst case of this method is over the "
		"whole ball");
	check_spec("solver: adam, interval: {eps: -1}",
		   "interval.eps: expected a number >= 0, got \"-1\"");
	check_spec("solver: linear_robust, loss: hinge, eps: -1",
		   "eps: expected a number >= 0, got \"-1\"");
	check_spec("solver: linear_robust, loss: squared",
		   "expected a loss that falls with the margin (logistic, hinge, squared_hinge");
	check_spec("solver: sgd, select: validation_robust_accuracy",
		   "validation_robust_accuracy needs an entry of attack");
	check_spec("solver: sgd, select: {by: validation_robust_accuracy, attack: long}}\n"
		   "attack:\n  - {attack: fgsm, name: quick, norm: linf, eps: 0.1",
		   "validation_robust_accuracy needs an entry of attack named long, got none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_validation_part_is_attacked),
		IN_FOLDER(the_entry_is_found_by_its_name),
		IN_FOLDER(the_figures_are_the_closed_worst_case),
		IN_FOLDER(other_selections_attack_nothing),
		IN_FOLDER(bad_options_are_refused_by_name),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
