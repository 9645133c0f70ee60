/* Bytes as messages say them, and the memory that is free, against the kernel's own figure. */
#include "harness/machine/cgroup.h"
#include "harness/sched/forecast.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void bytes_are_in_steps_of_1024(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} cases[] = {{0, "0 B"},
		     {1023, "1023 B"},
		     {1536, "1.5 KiB"},
		     {200 * 0x1p10, "200 KiB"},
		     {3 * 0x1p20, "3 MiB"},
		     {2.25 * 0x1p30, "2.25 GiB"},
		     {5000 * 0x1p40, "4.88 PiB"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		forecast_bytes_text(cases[i].bytes, text, sizeof text);
		assert_string_equal(text, cases[i].text);
	}
}

static void free_memory_is_that_of_the_kernel(void **state)
{
	FILE *file = fopen("/proc/meminfo", "re");
	double kib = NAN, limit = cgroup_read("").memory;
	char line[256];

	(void)state;
	assert_non_null(file);
	while (isnan(kib) && fgets(line, sizeof line, file))
		if (sscanf(line, "MemAvailable: %lf", &kib) != 1)
			kib = NAN;
	fclose(file);
	check_finite(kib);
	/* others may take or give some in between */
	check_at_least(forecast_memory_available(), fmin(0.5 * 1024 * kib, limit));
	check_at_most(forecast_memory_available(), fmin(2 * 1024 * kib, limit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_in_steps_of_1024),
		cmocka_unit_test(free_memory_is_that_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
