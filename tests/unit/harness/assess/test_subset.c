/* Subset accuracy: every output on its side of one threshold. */
#include "harness/assess/subset.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 4, K = 3 };

/* Outputs of four samples of classes 0, 1, 2, 0, an output behind the other. Every largest output
 * is right; all of a sample's are on their sides for thresholds from [0.2, 0.9), [0.5, 0.6), none
 * (two outputs are above any that one is), [0.3, 0.305). */
static real outputs[] = {(real)0.9, (real)0.5, -3,     (real)0.305, /**/ (real)0.2, (real)0.6,
			 -1,        (real)0.3, /**/ 0, 0,           (real)-0.5,     0};
static int label[] = {0, 1, 2, 0};

static void thresholds_by_hand(void **state)
{
	const struct part part = {.X = {N, 1, N, NULL}, .label = label};
	const struct {
		double threshold, accuracy;
	} cases[] = {{0, 0}, {0.2001, 0.25}, {0.3001, 0.5}, {0.31, 0.25}, {0.55, 0.5}, {0.95, 0}};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		check_close(subset_accuracy(&part, K, outputs, cases[c].threshold),
			    cases[c].accuracy, 1e-15, 0);
	check_nan(subset_accuracy(&(struct part){.label = NULL}, K, NULL, 0));
}

/* Validation has its best at 0.51, of the test part one sample of two is right there; its own best
 * is 1. */
static void the_test_labels_are_optimistic(void **state)
{
	real f[] = {(real)0.505, (real)0.9, /**/ (real)0.1, (real)0.1, /**/ 0, (real)0.2};
	real g[] = {(real)0.3, (real)0.9, /**/ 0, (real)0.2, /**/ 0, 0};
	int zeros[] = {0, 0}, first[] = {1, 0};
	real v[] = {(real)0.505, (real)0.9, /**/ (real)0.8, 0, /**/ 0, 0};
	struct dataset data = {.k = K,
			       .class_count = K,
			       .validation = {.X = {2, 1, 2, NULL}, .label = first},
			       .test = {.X = {2, 1, 2, NULL}, .label = zeros}};
	struct result r = result_empty();

	(void)state;
	subset_fill(&data, (const real *[]){NULL, v, g}, &r);
	check_close(r.subset_threshold, 0.51, 1e-15, 0);
	check_close(r.test_subset_accuracy, 0.5, 1e-15, 0);
	check_close(r.test_subset_accuracy_optimistic, 1, 1e-15, 0);

	r = result_empty();
	data.validation.X.rows = 0;
	subset_fill(&data, (const real *[]){NULL, NULL, f}, &r);
	check_nan(r.subset_threshold); /* none to choose it by */
	check_nan(r.test_subset_accuracy);
	check_close(r.test_subset_accuracy_optimistic, 1, 1e-15, 0);

	r = result_empty();
	data.k = 1;
	subset_fill(&data, (const real *[]){NULL, NULL, f}, &r);
	check_nan(r.test_subset_accuracy_optimistic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds_by_hand),
		cmocka_unit_test(the_test_labels_are_optimistic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
