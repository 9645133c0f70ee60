/* Statistics, and the options of the plots. */
#include "harness/report/records/stat.h"
#include "harness/report/report.h"
#include "harness/store/result.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void quantiles_are_those_of_numpy(void **state)
{
	double values[] = {8, NAN, 1, 4, 2};
	struct spread stat = sample_spread(values, 5);

	(void)state;
	assert_int_equal(stat.count, 4);
	check_close(stat.median, 3, 0, 1e-12);
	check_close(stat.low, 1.3, 0, 1e-12);
	check_close(stat.high, 6.8, 0, 1e-12);
	check_nan(sample_spread(values, 0).median);
}

/* report.c passes zero bytes where a spec names no plots. */
static void zero_bytes_are_the_defaults_of_plots(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_count(KIND_PLOT); i++)
		for (const struct option *o = registry_at(KIND_PLOT, i)->options; o && o->name;
		     o++) {
			if (o->names && o->type != OPTION_TEXTS)
				assert_string_equal(o->initial, o->names[0]);
			else
				assert_true(!o->initial || strcmp(o->initial, "null") == 0 ||
					    strcmp(o->initial, "false") == 0);
		}
}

static void sweep_takes_every_number_of_a_result(void **state)
{
	const struct option *y = registry_find(KIND_PLOT, "sweep")->options + 1;

	(void)state;
	for (const struct field *f = rows_result.field; f->name; f++) {
		const char *const *name = y->names;

		if (field_is_text(f) || f->type == FIELD_LATER ||
		    strcmp(f->name, "repetition") == 0 || strcmp(f->name, "seed") == 0)
			continue;
		while (*name && strcmp(*name, f->name) != 0)
			name++;
		assert_non_null(*name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_those_of_numpy),
		cmocka_unit_test(zero_bytes_are_the_defaults_of_plots),
		cmocka_unit_test(sweep_takes_every_number_of_a_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
