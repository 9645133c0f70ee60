/* samples.csv: which columns and rows there are, whose margins are the worst, which bounds are held
 * against which margins; of findings that the test makes up. */
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/samples.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>

enum { TESTED = 5, CHECKED = 2 };

static const char train[] = "solver: sgd, width: 20, epochs: 10";

static const char asked[] = "attack:\n"
			    "  - {attack: pgd, norm: linf, eps: [0.1, 0.2], restarts: 2}\n"
			    "  - {name: few, attack: pgd, norm: linf, eps: 0.1, restarts: 1}\n"
			    "  - {attack: fgsm, norm: linf, eps: 0.1}\n"
			    "  - {name: boxed, attack: fgsm, norm: linf, eps: 0.2, clip: [-9, 9]}\n"
			    "  - {attack: fgsm, norm: l2, eps: 1, units: raw, part: validation}\n"
			    "certify:\n"
			    "  - {certificate: exact, norm: linf, eps: [0.1, 0.3]}\n";

/* f = x of one feature: margins of the test part 1, 2, -0.5, 3, 4. */
static struct dataset line_data(void)
{
	static const char *classes[] = {"no", "yes"};
	static real x[] = {1, -2, (real)0.5, 3, 4}, y[] = {1, -1, -1, 1, 1};
	static real other[] = {-3, 0}, sign[] = {1, 1};
	static size_t row[] = {7, 3, 9, 12, 0}, place[] = {5, 1};

	return (struct dataset){
		.k = 1,
		.class_count = 2,
		.classes = classes,
		.bias = -1,
		.validation = {.X = {CHECKED, 1, CHECKED, other}, .y = sign, .row = place},
		.test = {.X = {TESTED, 1, TESTED, x}, .y = y, .row = row}};
}

static struct model *line(void)
{
	struct model *model = model_new(&model_relu, &arena, (struct model_size){1, 2, 1});
	struct net *net = net_of(model);

	net->U.cols = 2;
	mat_set(net->U, 0, 0, 1);
	mat_set(net->U, 0, 1, -1);
	net->alpha[0] = 1;
	net->alpha[1] = -1;
	return model;
}

/* Margins that attack `entry` has found at its i-th radius. */
static void found(struct evidence *evidence, const struct assess_order *order, size_t entry,
		  size_t i, const double *margin)
{
	const struct attack_options *o = (const struct attack_options *)order->cell->attack.at;
	struct aim aim = assault_aim(&o[entry], order->data);

	evidence_bounds(evidence, &aim, o[entry].eps.at[i], NULL, margin, aim.part->X.rows);
}

static void proven(struct evidence *evidence, const struct assess_order *order, size_t i,
		   const double *lower)
{
	const struct certify_options *o = order->cell->certify.at;
	struct aim aim = certified_aim(o, order->data);

	evidence_bounds(evidence, &aim, o->eps.at[i], lower, lower, aim.part->X.rows);
}

/* Of all that is asked for, but the bound at 0.3. */
static void find_all(struct evidence *evidence, const struct assess_order *order)
{
	found(evidence, order, 4, 0, (double[CHECKED]){-4, 0});
	found(evidence, order, 0, 1, (double[TESTED]){0.1, 1, -1, 2, 4});
	found(evidence, order, 3, 0, (double[TESTED]){0.2, 0.9, -0.9, 2.1, 4});
	found(evidence, order, 0, 0, (double[TESTED]){0.5, 2, HUGE_VAL, 2.5, 4});
	found(evidence, order, 1, 0, (double[TESTED]){0.5, 1.5, -0.6, 2.5, 4});
	found(evidence, order, 2, 0, (double[TESTED]){0.4, 1.5, 9, 2.6, 4});
	proven(evidence, order, 0, (double[TESTED]){0.35, -HUGE_VAL, -1, 2, 4});
}

/* The rows of a column one after the other, empty ones as "-". */
static const char *column(const struct samples *samples, const char *name)
{
	const char *text = "";

	for (size_t c = 0; c < samples->cols; c++) {
		const struct samples_column *at = &samples->at[c];

		if (strcmp(at->name, name) != 0)
			continue;
		for (size_t i = 0; i < samples->rows; i++)
			if (at->number && !isnan(at->number[i]))
				text = arena_format(&arena, "%s %g", text, at->number[i]);
			else
				text = arena_format(&arena, "%s %s", text,
						    at->text && at->text[i] ? at->text[i] : "-");
	}
	return text;
}

static void columns_of_attacks_and_certificates(void **state)
{
	static const char *const names[] = {"part",
					    "row",
					    "label",
					    "prediction",
					    "margin",
					    "margin pgd linf 0.1",
					    "worst linf 0.1",
					    "by linf 0.1",
					    "margin few linf 0.1",
					    "margin fgsm linf 0.1",
					    "margin pgd linf 0.2",
					    "worst linf 0.2",
					    "by linf 0.2",
					    "margin boxed linf 0.2",
					    "worst linf 0.2 (2)",
					    "by linf 0.2 (2)",
					    "margin fgsm l2 raw 1",
					    "worst l2 raw 1",
					    "by l2 raw 1",
					    "lower exact linf 0.1"};
	struct dataset data = line_data();
	struct assess_order order = {.cell = pose(train, asked), .data = &data, .model = line()};
	struct evidence evidence = evidence_new(&arena, certified_findings(order.cell));
	struct samples samples;

	(void)state;
	order.evidence = &evidence;
	find_all(&evidence, &order);
	samples = samples_of(&order, &arena);
	assert_int_equal(samples.cols, sizeof names / sizeof *names);
	for (size_t c = 0; c < samples.cols; c++)
		assert_string_equal(samples.at[c].name, names[c]);
	/* those of the validation part, then those of the test part */
	assert_string_equal(column(&samples, "part"),
			    " validation validation test test test test test");
	assert_string_equal(column(&samples, "row"), " 5 1 7 3 9 12 0");
	assert_string_equal(column(&samples, "label"), " yes yes yes no no yes yes");
	assert_string_equal(column(&samples, "prediction"), " no - yes no yes yes yes");
	assert_string_equal(column(&samples, "margin"), " -3 0 1 2 -0.5 3 4");
	assert_string_equal(column(&samples, "margin pgd linf 0.1"), " - - 0.5 2 - 2.5 4");
	assert_string_equal(column(&samples, "worst linf 0.1"), " - - 0.4 1.5 -0.6 2.5 4");
	/* of one value the attack that the other starts from; none where the clean point is it */
	assert_string_equal(column(&samples, "by linf 0.1"), " - - fgsm few few few -");
	assert_string_equal(column(&samples, "worst linf 0.2"), " - - 0.1 1 -1 2 4");
	/* of another ball, whose box differs */
	assert_string_equal(column(&samples, "worst linf 0.2 (2)"), " - - 0.2 0.9 -0.9 2.1 4");
	assert_string_equal(column(&samples, "worst l2 raw 1"), " -4 0 - - - - -");
	assert_string_equal(column(&samples, "by l2 raw 1"), " fgsm - - - - - -");
	assert_string_equal(column(&samples, "lower exact linf 0.1"), " - - 0.35 - -1 2 4");
}

static void bounds_are_held_against_what_is_in_their_balls(void **state)
{
	struct dataset data = line_data();
	struct assess_order order = {.cell = pose(train, asked), .data = &data, .model = line()};
	struct samples samples;
	struct err err = {0};

	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		struct evidence evidence = evidence_new(&arena, certified_findings(order.cell));

		order.evidence = &evidence;
		find_all(&evidence, &order);
		/* a ball of 0.1 says nothing of one of 0.2; that of 0.3 has both in it, but not the
		 * one with a box */
		proven(&evidence, &order, 1, (double[TESTED]){0.1, 0.95, -1, broken ? 2.05 : 2, 4});
		samples = samples_of(&order, &arena);
		assert_int_equal(samples_check(&samples, &err), broken ? STATUS_FAILED : STATUS_OK);
	}
	assert_string_equal(err.text,
			    "samples: lower exact linf 0.3 is 2.05 for test row 12, above "
			    "margin pgd linf 0.2, 2");
}

static void three_classes_have_margins_to_the_nearest_rival(void **state)
{
	enum { K = 3, ROWS = 3 };
	static const char *classes[] = {"a", "b", "c"};
	/* f = x */
	real x[ROWS * K] = {1, 5, 2, 3, 4, 2, 2, 1, 2}, y[ROWS * K] = {0};
	int label[ROWS] = {1, 0, 2};
	size_t row[ROWS] = {0, 1, 2};
	struct dataset data = {.k = K, .class_count = K, .classes = classes, .bias = -1};
	struct model *model = model_new(&model_relu_outputs, &arena, (struct model_size){K, K, K});
	struct assess_order order = {.cell = pose(train, ""), .data = &data, .model = model};
	struct evidence evidence = evidence_new(&arena, 1);
	struct multinet *net = multinet_of(model);
	struct samples samples;
	struct csv_table table;
	struct err err = {0};

	(void)state;
	net->U.cols = net->A.rows = K;
	for (ptrdiff_t i = 0; i < K; i++)
		for (ptrdiff_t j = 0; j < K; j++) {
			mat_set(net->U, i, j, i == j);
			mat_set(net->A, i, j, i == j);
		}
	data.test.X = (struct mat){ROWS, K, ROWS, x};
	data.test.y = y;
	data.test.label = label;
	data.test.row = row;
	order.evidence = &evidence;
	samples = samples_of(&order, &arena); /* nothing is attacked: the test part */
	assert_string_equal(column(&samples, "label"), " b a c");
	assert_string_equal(column(&samples, "prediction"), " b a a");
	assert_string_equal(column(&samples, "margin"), " 1 1 0");
	assert_int_equal(samples_write(&samples, path_in("samples.csv"), &err), STATUS_OK);
	assert_int_equal(csv_read(path_in("samples.csv"), &arena, &table, &err), STATUS_OK);
	assert_int_equal(table.rows, ROWS);
	assert_string_equal(text(&table, 1, "prediction"), "a");
	check_equal(value(&table, 0, "margin"), 1);
	order.model = NULL; /* there is no network */
	assert_int_equal(samples_of(&order, &arena).rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(columns_of_attacks_and_certificates),
		IN_FOLDER(bounds_are_held_against_what_is_in_their_balls),
		IN_FOLDER(three_classes_have_margins_to_the_nearest_rival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
