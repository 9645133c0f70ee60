/* Verdicts of intervals, and how many repetitions more would decide. */
#include "harness/stats/finding.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum finding verdict(double low, double high, struct finding_claim claim)
{
	const struct student interval = {(low + high) / 2, low, high, 5};

	return finding_of(&interval, claim);
}

static void an_interval_lies_within_without_or_between(void **state)
{
	const struct finding_claim least = {1, HUGE_VAL, 0.5}, band = {1, 2, 0.5},
				   sharp = {1, HUGE_VAL, 0};

	(void)state;
	assert_int_equal(verdict(1, 9, least), FINDING_CONFIRMED);
	assert_int_equal(verdict(0.99, 9, least), FINDING_NOT_CONFIRMED);
	assert_int_equal(verdict(0.5, 0.9, least), FINDING_NOT_CONFIRMED);
	assert_int_equal(verdict(0.4, 0.9, least), FINDING_NOT_CONFIRMED);
	assert_int_equal(verdict(0.4, 1.1, least), FINDING_UNDECIDED);
	assert_int_equal(verdict(-3, 0.5, least), FINDING_NOT_CONFIRMED);
	assert_int_equal(verdict(-3, 0.49, least), FINDING_CONTRADICTED);
	assert_int_equal(verdict(0.99, 1.01, sharp), FINDING_UNDECIDED);
	assert_int_equal(verdict(0.9, 0.99, sharp), FINDING_CONTRADICTED);
	assert_int_equal(verdict(1, 2, band), FINDING_CONFIRMED);
	assert_int_equal(verdict(0.6, 2.4, band), FINDING_NOT_CONFIRMED);
	assert_int_equal(verdict(0.4, 2.4, band), FINDING_UNDECIDED);
	assert_int_equal(verdict(2.6, 3, band), FINDING_CONTRADICTED);
	assert_int_equal(verdict(NAN, NAN, band), FINDING_UNDECIDED);
}

/* By drawing no more than is needed: one repetition less does not decide. */
static void as_many_repetitions_as_decide(void **state)
{
	static const double values[] = {1.2, 0.7, 1.9, 0.8, 1.6};
	const struct finding_claim claim = {1, HUGE_VAL, 0};
	struct student now = student_interval(values, 5, 0);
	double half = (now.high - now.low) / 2, deviation;
	size_t more = finding_more(&now, 0, claim);

	(void)state;
	deviation = half * sqrt(5) / student_quantile(0.95, 4);
	assert_int_equal(finding_of(&now, claim), FINDING_UNDECIDED);
	assert_in_range(more, 1, 100);
	check_at_least(now.mean - student_quantile(0.95, 4 + more) * deviation /
					  sqrt(5 + (double)more),
		       1);
	check_below(now.mean -
			    student_quantile(0.95, 3 + more) * deviation / sqrt(4 + (double)more),
		    1);
}

static void none_where_it_decides_or_cannot(void **state)
{
	static const double clear[] = {2, 2.1, 1.9}, near[] = {1.2, 0.7, 1.9, 0.8, 1.6},
			    one[] = {3};
	const struct finding_claim claim = {1, HUGE_VAL, 0};
	struct student interval = student_interval(clear, 3, 0);

	(void)state;
	assert_int_equal(finding_more(&interval, 0, claim), 0);
	interval = student_interval(one, 1, 0);
	assert_int_equal(finding_more(&interval, 0, claim), 0);
	interval = student_interval(near, 5, 1);
	check_equal(finding_more(&interval, 1, claim), SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interval_lies_within_without_or_between),
		cmocka_unit_test(as_many_repetitions_as_decide),
		cmocka_unit_test(none_where_it_decides_or_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
