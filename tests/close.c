/* Numbers compared and printed. */
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

double close_nan(void)
{
	return (double)NAN;
}

bool close_near(double got, double want, double relative, double absolute, const char *text)
{
	double difference = fabs(got - want), tolerance = absolute + relative * fabs(want);

	if (isnan(want) ? isnan(got) : got == want || (isfinite(want) && difference <= tolerance))
		return true;
	print_error("check_close(%s): %.17g is not %.17g: difference %.3g, tolerance %.3g\n", text,
		    got, want, difference, tolerance);
	return false;
}

bool close_ordered(double a, enum close_order order, double b, const char *text)
{
	static const char *const sign[] = {
		[CLOSE_EQUAL] = "equal to", [CLOSE_UNEQUAL] = "different from",
		[CLOSE_BELOW] = "below",    [CLOSE_AT_MOST] = "at most",
		[CLOSE_ABOVE] = "above",    [CLOSE_AT_LEAST] = "at least",
	};
	const bool holds[] = {
		[CLOSE_EQUAL] = a == b,
		[CLOSE_UNEQUAL] = a < b || a > b,
		[CLOSE_BELOW] = a<b, [CLOSE_AT_MOST] = a <= b, [CLOSE_ABOVE] = a> b,
		[CLOSE_AT_LEAST] = a >= b,
	};

	if (holds[order])
		return true;
	print_error("check(%s): %.17g is not %s %.17g: difference %.3g\n", text, a, sign[order], b,
		    a - b);
	return false;
}

bool close_finite(double a, const char *text)
{
	if (isfinite(a))
		return true;
	print_error("check_finite(%s): %g\n", text, a);
	return false;
}
