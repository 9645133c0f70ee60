/* Decisions of two and of three classes: who is decided to be what, what stands in confusion.csv
 * and in the record. */
#include "harness/assess/decisions.h"
#include "harness/file/csv.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_decisions_XXXXXX";

/* "part class>decided count share" of each row of the file. */
static const char *file_text(const struct decisions *decisions, const struct dataset *data,
			     struct arena *arena)
{
	struct csv_table table;
	const char *text = "";
	struct err err = {0};

	assert_int_equal(decisions_write(decisions, data, path, &err), STATUS_OK);
	assert_int_equal(csv_read(path, arena, &table, &err), STATUS_OK);
	for (size_t r = 0; r < table.rows; r++) {
		const char *const *cell = table.cell + r * table.cols;

		text = arena_format(arena, "%s%s%s %s>%s %s %s", text, r ? "; " : "", cell[0],
				    cell[1], cell[2], cell[3], cell[4]);
	}
	return text;
}

static void two_classes_by_the_sign(void **state)
{
	struct arena arena = {0};
	const char *classes[] = {"no", "yes"};
	real y[] = {-1, -1, -1, 1, 1}, f[] = {-2, (real)0.5, -1, 0, 3}, one[] = {1}, g[] = {4};
	struct dataset data = {.k = 1,
			       .class_count = 2,
			       .classes = classes,
			       .train = {.X = {5, 1, 5, NULL}, .y = y},
			       .test = {.X = {1, 1, 1, NULL}, .y = one}};
	struct result r = result_empty();
	struct decisions decisions;

	(void)state;
	decisions_of(&data, (const real *[]){f, NULL, g}, &arena, &decisions);
	decisions_fill(&decisions, &r);
	assert_string_equal(file_text(&decisions, &data, &arena),
			    "train no>no 2 0.6666666666666666; train no>yes 1 0.3333333333333333; "
			    "train yes>yes 1 0.5; train yes> 1 0.5; "
			    "test no>no 0 ; test yes>yes 1 1");
	check_close(r.train_balanced_accuracy, (2.0 / 3 + 0.5) / 2, 1e-15, 0);
	check_close(r.train_worst_recall, 0.5, 0, 0);
	check_close(r.train_macro_f1, (2 * 2 / 5.0 + 2 * 1 / 4.0) / 2, 1e-15, 0);
	check_close(r.train_majority, 0.6, 1e-15, 0);
	check_close(r.train_auc, 5.0 / 6, 1e-15, 0);
	check_nan(r.test_balanced_accuracy); /* no sample is a "no" */
	check_nan(r.test_macro_f1);
	check_nan(r.test_auc);
	check_nan(r.validation_majority); /* no sample at all */
	arena_release(&arena);
}

/* As above, of outputs whose difference is one and a half times that one. */
static void two_classes_with_an_output_each(void **state)
{
	struct arena arena = {0};
	const char *classes[] = {"no", "yes"};
	int label[] = {0, 0, 0, 1, 1};
	real f[] = {1, (real)-0.25, (real)0.5, 0, (real)-1.5, /**/ -2, (real)0.5, -1, 0, 3};
	struct dataset data = {.k = 2,
			       .class_count = 2,
			       .classes = classes,
			       .train = {.X = {5, 1, 5, NULL}, .label = label}};
	struct result r = result_empty();
	struct decisions decisions;

	(void)state;
	decisions_of(&data, (const real *[]){f, NULL, NULL}, &arena, &decisions);
	decisions_fill(&decisions, &r);
	assert_string_equal(file_text(&decisions, &data, &arena),
			    "train no>no 2 0.6666666666666666; train no>yes 1 0.3333333333333333; "
			    "train yes>yes 1 0.5; train yes> 1 0.5");
	check_close(r.train_balanced_accuracy, (2.0 / 3 + 0.5) / 2, 1e-15, 0);
	check_close(r.train_auc, 5.0 / 6, 1e-15, 0);
	arena_release(&arena);
}

static void three_classes_by_the_largest(void **state)
{
	struct arena arena = {0};
	const char *classes[] = {"a", "b", "c"};
	int label[] = {0, 1, 2, 2};
	/* an output behind the other; the last sample has two largest ones */
	real f[] = {3, 0, 0, 1, /**/ 1, 2, 5, 1, /**/ 2, -1, 4, 0};
	struct dataset data = {.k = 3,
			       .class_count = 3,
			       .classes = classes,
			       .validation = {.X = {4, 1, 4, NULL}, .label = label}};
	struct result r = result_empty();
	struct decisions decisions;

	(void)state;
	decisions_of(&data, (const real *[]){NULL, f, NULL}, &arena, &decisions);
	decisions_fill(&decisions, &r);
	assert_string_equal(file_text(&decisions, &data, &arena),
			    "validation a>a 1 1; validation b>b 1 1; validation c>b 1 0.5; "
			    "validation c>c 0 0; validation c> 1 0.5");
	check_close(r.validation_balanced_accuracy, 2.0 / 3, 1e-15, 0);
	check_close(r.validation_worst_recall, 0, 0, 0);
	check_close(r.validation_macro_f1, (1 + 2.0 / 3 + 0) / 3, 1e-15, 0);
	check_nan(r.validation_auc); /* of two classes alone */
	arena_release(&arena);
}

static void a_regression_has_none(void **state)
{
	struct result r = result_empty();
	struct arena arena = {0};
	struct decisions decisions;
	struct err err = {0};

	(void)state;
	remove(path);
	decisions_of(&(struct dataset){.k = 1, .regression = true},
		     (const real *[]){NULL, NULL, NULL}, &arena, &decisions);
	decisions_fill(&decisions, &r);
	check_nan(r.train_balanced_accuracy);
	assert_int_equal(decisions_write(&decisions, &(struct dataset){0}, path, &err), STATUS_OK);
	assert_null(fopen(path, "r"));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_classes_by_the_sign),
		cmocka_unit_test(two_classes_with_an_output_each),
		cmocka_unit_test(three_classes_by_the_largest),
		cmocka_unit_test(a_regression_has_none),
	};
	int failed;

	close(mkstemp(path));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove(path);
	return failed;
}
