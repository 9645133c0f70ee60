/* Instances that are hard on the rounding of a solver: badly scaled, collinear, not scaled at all.
 */
#ifndef TESTS_EXTREME_H
#define TESTS_EXTREME_H

#include "tests/toy.h"

enum extreme {
	EXTREME_PLAIN,      /* Gaussian features and a column of ones */
	EXTREME_SCALED,     /* columns of sizes 1e-3 to 1e3 */
	EXTREME_CORRELATED, /* each two columns have correlation 0.9999 */
	EXTREME_PIXELS,     /* whole numbers 0 to 255, half of them 0, and a column of ones */
	EXTREME_DUPLICATES, /* the last columns, up to four, are copies of the first */
	EXTREMES
};

extern const char *const extreme_names[]; /* EXTREMES of them */

/* n x d features of that kind; labels -1 and +1 of a teacher that is not linear, a tenth of them
 * turned around. */
struct toy extreme_make(enum extreme kind, ptrdiff_t n, ptrdiff_t d, uint64_t seed,
			const char *loss, double beta);

#endif
