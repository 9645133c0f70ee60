/* Assertions about numbers that print what they compared: the expressions, both values, and for
 * check_close the difference and the tolerance; the place is printed by cmocka's fail(). Numbers
 * are compared as double. NaN fails each of them, except check_nan and a check_close that wants it.
 */
#ifndef TESTS_CLOSE_H
#define TESTS_CLOSE_H

#include <stdbool.h>

/* |got - want| <= absolute + relative |want|. Equal infinities are close. */
#define check_close(got, want, relative, absolute)                                \
	CLOSE_CHECK(close_near((double)(got), (double)(want), (double)(relative), \
			       (double)(absolute), #got ", " #want))

#define check_equal(a, b) CLOSE_ORDER(a, CLOSE_EQUAL, b)
#define check_unequal(a, b) CLOSE_ORDER(a, CLOSE_UNEQUAL, b)
#define check_below(a, b) CLOSE_ORDER(a, CLOSE_BELOW, b)
#define check_at_most(a, b) CLOSE_ORDER(a, CLOSE_AT_MOST, b)
#define check_above(a, b) CLOSE_ORDER(a, CLOSE_ABOVE, b)
#define check_at_least(a, b) CLOSE_ORDER(a, CLOSE_AT_LEAST, b)

#define check_nan(a) CLOSE_CHECK(close_near((double)(a), close_nan(), 0, 0, #a ", NaN"))
#define check_finite(a) CLOSE_CHECK(close_finite((double)(a), #a))

enum close_order {
	CLOSE_EQUAL,
	CLOSE_UNEQUAL,
	CLOSE_BELOW,
	CLOSE_AT_MOST,
	CLOSE_ABOVE,
	CLOSE_AT_LEAST
};

#define CLOSE_CHECK(holds)      \
	do {                    \
		if (!(holds))   \
			fail(); \
	} while (0)
#define CLOSE_ORDER(a, order, b) \
	CLOSE_CHECK(close_ordered((double)(a), order, (double)(b), #a ", " #b))

/* What the macros ask; false after a line on standard error with `text` and the numbers. */
bool close_near(double got, double want, double relative, double absolute, const char *text);
bool close_ordered(double a, enum close_order order, double b, const char *text);
bool close_finite(double a, const char *text);

/* NaN, for files without <math.h>. */
double close_nan(void);

#endif
