/* Clocks: what counts as contention, by made-up counters and files; how many threads a cell takes;
 * which iterations are evaluated; the date. */
#include "harness/file/folder.h"
#include "harness/run/amount.h"
#include "harness/run/loop.h"
#include "harness/run/timing.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;

static const char *verdict(double wall, double cpu, double waited)
{
	const struct timing t = {.wall = wall,
				 .cpu = cpu,
				 .waited = waited,
				 .involuntary = 50,
				 .busy = NAN,
				 .steal = NAN};

	return timing_verdict(&t, 2.5, &arena);
}

/* One thread or two, alone: never marked, also where the second one sleeps most of the time. */
static void undisturbed_runs_are_not_marked(void **state)
{
	(void)state;
	assert_null(verdict(10, 10, 0.01));
	assert_null(verdict(10, 20, 0.2));
	assert_null(verdict(10, 11, 0.05));          /* two threads, one mostly at a barrier */
	assert_null(verdict(10, 2, 0.001));          /* waits for a disk */
	assert_null(verdict(0.001, 0.0005, 0.0005)); /* too short for a switch to say anything */
	assert_null(verdict(0, 0, 0));
}

/* A core shared with one busy process; two threads on two cores, one of them shared. */
static void disturbed_runs_are_marked(void **state)
{
	const char *text = verdict(10, 5, 5);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "disturbed: had a core for 50 % of the time it could use one, 5 "
				  "involuntary switches a second, load 2.5");
	assert_non_null(verdict(10, 12, 4));
	assert_non_null(verdict(0.02, 0.015, 0.005));
}

/* A kernel without schedstat: one thread that had no core for a third of the time. */
static void wall_and_cpu_alone_tell_it_too(void **state)
{
	const struct timing t = {
		.wall = 3, .cpu = 2, .waited = NAN, .involuntary = NAN, .busy = NAN, .steal = NAN};

	(void)state;
	check_close(timing_core_share(&t), 2.0 / 3, 0, 1e-12);
	assert_string_equal(timing_verdict(&t, NAN, &arena),
			    "disturbed: had a core for 67 % of the time it could use one");
	assert_null(verdict(10, 19, NAN)); /* two busy threads */
}

/* What the host takes from a machine counts in proportion to what this process ran of it. */
static void steal_counts_in_proportion(void **state)
{
	struct timing t = {.wall = 10, .cpu = 10, .waited = 0, .busy = 20, .steal = 4};

	(void)state;
	check_close(timing_core_share(&t), 10.0 / 12, 0, 1e-12);
	assert_non_null(strstr(timing_verdict(&t, NAN, &arena), "4 s stolen by the host"));
	t.busy = 1000; /* of another process on a large machine */
	assert_null(timing_verdict(&t, NAN, &arena));
}

static void counters_are_read_from_files(void **state)
{
	char root[] = "/tmp/test_timing_XXXXXX";
	struct err err = {0};
	struct timing a, b, between;

	(void)state;
	assert_non_null(mkdtemp(root));
	check_nan(timing_read(root).waited);
	check_nan(timing_read(root).steal);
	check_nan(timing_load(root));
	for (int task = 1; task <= 2; task++) {
		const char *folder = arena_format(&arena, "%s/proc/self/task/%d", root, task);

		assert_int_equal(folder_make(folder, &err), STATUS_OK);
		assert_int_equal(store_write_text(arena_format(&arena, "%s/schedstat", folder),
						  "5000000000 250000000 77\n", &err),
				 STATUS_OK);
	}
	store_write_text(arena_format(&arena, "%s/proc/stat", root),
			 "cpu  100 200 300 9 9 9 9 400 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n", &err);
	store_write_text(arena_format(&arena, "%s/proc/loadavg", root), "1.25 0.5 0.1 1/2 3\n",
			 &err);
	a = timing_read(root);
	check_close(a.waited, 0.5, 0, 1e-12);
	check_close(a.busy * (double)sysconf(_SC_CLK_TCK), 600, 0, 1e-9);
	check_close(a.steal * (double)sysconf(_SC_CLK_TCK), 400, 0, 1e-9);
	check_equal(timing_load(root), 1.25);
	b = timing_read(root);
	between = timing_between(&b, &a);
	check_equal(between.waited, 0);
	check_at_least(between.wall, 0);
	check_at_least(between.cpu, 0);
	assert_int_equal(folder_remove(root, &err), STATUS_OK);
}

/* This process itself: it runs, so its processor time grows. */
static void counters_of_this_process_grow(void **state)
{
	struct timing a = timing_read(""), b, between;
	volatile double sum = 0;

	(void)state;
	for (int i = 0; i < 10000000; i++)
		sum += i;
	check_above(sum, 0);
	b = timing_read("");
	between = timing_between(&b, &a);
	check_above(between.cpu, 0);
	check_above(between.wall, 0);
	check_at_least(between.involuntary, 0);
	if (!isnan(between.waited))
		check_at_least(between.waited, 0);
	check_above(timing_core_share(&between), 0);
	check_at_most(timing_core_share(&between), 1);
}

static void the_date_has_its_zone(void **state)
{
	const char *date;
	int year, month, day, hour, minute, second, zone_hour, zone_minute;
	char sign;

	(void)state;
	setenv("TZ", "XYZ-05:30", 1);
	date = timing_date(&arena);
	unsetenv("TZ");
	assert_int_equal(sscanf(date, "%4d-%2d-%2dT%2d:%2d:%2d%c%2d:%2d", &year, &month, &day,
				&hour, &minute, &second, &sign, &zone_hour, &zone_minute),
			 9);
	check_above(year, 2020);
	check_equal(sign, '+');
	check_equal(zone_hour, 5);
	check_equal(zone_minute, 30);
	assert_int_equal(strlen(date), strlen("2026-11-28T13:24:52+01:00"));
}

static void threads_follow_the_size(void **state)
{
	const char *small, *large;

	(void)state;
	assert_int_equal(
		amount_threads(&(struct forecast){.iteration_flops = 1e5}, 8, &arena, &small), 1);
	assert_int_equal(
		amount_threads(&(struct forecast){.iteration_flops = 1e10}, 8, &arena, &large), 8);
	assert_non_null(strstr(small, "less than"));
	assert_non_null(strstr(large, "at least"));
}

/* Forecast cost of the iterations that would be evaluated among the first `count`. */
static double cost(const struct forecast *f, double evaluation, long count, long *evaluated)
{
	long done = 0, last = 0;

	for (long k = 1; k <= count; k++)
		if (loop_is_due(f, evaluation, k, done, last)) {
			done++;
			last = k;
		}
	*evaluated = done;
	return (double)done * evaluation;
}

static void evaluations_cost_at_most_a_fifth(void **state)
{
	static const double evaluations[] = {1e3, 1e9, 1e10, 1e11, 1e13};
	const struct forecast f = {.setup_flops = 3e10, .iteration_flops = 1e10};

	(void)state;
	for (size_t i = 0; i < sizeof evaluations / sizeof *evaluations; i++)
		for (long count = 1; count < 3000; count = count * 2 + 1) {
			double solve = f.setup_flops + f.iteration_flops * (double)count;
			long evaluated;

			check_at_most(cost(&f, evaluations[i], count, &evaluated),
				      fmax(2e9, 0.15 * solve));
			/* and the budget is used: no more than one evaluation is left of it, where
			 * the spacing does not ask for fewer */
			if (evaluations[i] > 1e11)
				check_above((double)(evaluated + 1) * evaluations[i], 0.15 * solve);
		}
}

/* Cheap ones are 15 % apart: 1, 2, 3, ..., about 16 per factor of ten. */
static void cheap_evaluations_are_spaced_geometrically(void **state)
{
	const struct forecast f = {.iteration_flops = 1e9}, none = {0};
	long upto_100, upto_1000, upto_10000, doublings;

	(void)state;
	for (long k = 1; k <= 6; k++)
		assert_true(loop_is_due(&f, 1, k, k - 1, k - 1));
	assert_false(loop_is_due(&f, 1, 101, 20, 100));
	assert_true(loop_is_due(&f, 1, 115, 20, 100));
	cost(&f, 1, 100, &upto_100);
	cost(&f, 1, 1000, &upto_1000);
	cost(&f, 1, 10000, &upto_10000);
	check_at_least(upto_1000 - upto_100, 15);
	check_at_most(upto_1000 - upto_100, 18);
	check_at_least(upto_10000 - upto_1000, 15);
	check_at_most(upto_10000 - upto_1000, 18);
	/* dear ones of a small problem: at 1, 2, 4, .. until 2e9 operations are spent */
	cost(&none, 2e8, 100, &doublings);
	assert_int_equal(doublings, 7);
	cost(&none, 2e8, 100000, &doublings);
	assert_int_equal(doublings, 10);
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_runs_are_not_marked),
		cmocka_unit_test(disturbed_runs_are_marked),
		cmocka_unit_test(wall_and_cpu_alone_tell_it_too),
		cmocka_unit_test(steal_counts_in_proportion),
		cmocka_unit_test(counters_are_read_from_files),
		cmocka_unit_test(counters_of_this_process_grow),
		cmocka_unit_test(the_date_has_its_zone),
		cmocka_unit_test(threads_follow_the_size),
		cmocka_unit_test(evaluations_cost_at_most_a_fifth),
		cmocka_unit_test(cheap_evaluations_are_spaced_geometrically),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
