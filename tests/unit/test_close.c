/* The assertions about numbers: what holds, what does not, and what a failing one prints. */
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_tolerances_add_up(void **state)
{
	(void)state;
	assert_true(close_near(1.5, 1, 0.25, 0.25, ""));
	assert_true(close_near(-2.5, -2, 0.25, 0, ""));
	assert_true(close_near(INFINITY, INFINITY, 0, 0, ""));
	assert_true(close_near(3, 3, 0, 0, ""));
	assert_true(close_near(NAN, NAN, 0, 0, ""));
}

static void test_far_and_nan_fail(void **state)
{
	const double bad[][2] = {{1.5, 1},         {0.4, 1},      {NAN, 1},
				 {1, NAN},         {INFINITY, 1}, {INFINITY, -INFINITY},
				 {NAN, -INFINITY}, {-1, INFINITY}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(close_near(bad[i][0], bad[i][1], 0.25, 0.2, ""));
}

static void test_orders(void **state)
{
	/* rows: 1 with 2, 2 with 2, 3 with 2, NaN with 2, 2 with NaN; in the order of the enum */
	const char *const want[] = {"011100", "100101", "010011", "000000", "000000"};
	const double pair[][2] = {{1, 2}, {2, 2}, {3, 2}, {NAN, 2}, {2, NAN}};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		for (int order = CLOSE_EQUAL; order <= CLOSE_AT_LEAST; order++)
			assert_int_equal(
				close_ordered(pair[i][0], (enum close_order)order, pair[i][1], ""),
				want[i][order] == '1');
	assert_true(close_finite(-1e308, ""));
	assert_false(close_finite(-INFINITY, ""));
	assert_false(close_finite(NAN, ""));
}

static void failing(void **state)
{
	const double weight = 1.25;

	(void)state;
	check_close(2 * weight, 2, 0, 1e-3);
}

static void failing_order(void **state)
{
	const int count = 3;

	(void)state;
	check_below(count + 1, 4);
}

/* Everything a test program prints that runs this one case. */
static void printed(CMUnitTestFunction test, char *out, size_t room)
{
	const struct CMUnitTest tests[] = {{"case", test, NULL, NULL, NULL}};
	int ends[2], status;
	size_t length = 0;
	ssize_t got;
	pid_t child;

	fflush(NULL);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		status = cmocka_run_group_tests(tests, NULL, NULL);
		fflush(NULL);
		_exit(status);
	}
	close(ends[1]);
	while ((got = read(ends[0], out + length, room - 1 - length)) > 0)
		length += (size_t)got;
	close(ends[0]);
	out[length] = '\0';
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_failure_prints_both_numbers(void **state)
{
	char text[4096];

	(void)state;
	printed(failing, text, sizeof text);
	assert_non_null(strstr(text, "check_close(2 * weight, 2): 2.5 is not 2: difference 0.5, "
				     "tolerance 0.001\n"));
	assert_non_null(strstr(text, "tests/unit/test_close.c:"));
	printed(failing_order, text, sizeof text);
	assert_non_null(strstr(text, "check(count + 1, 4): 4 is not below 4: difference 0\n"));
	assert_non_null(strstr(text, "tests/unit/test_close.c:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tolerances_add_up),
		cmocka_unit_test(test_far_and_nan_fail),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_failure_prints_both_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
