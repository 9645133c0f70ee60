/* Projection on the unit simplex. See simplex.h. */
#include "solvers/tools/simplex.h"

#include <math.h>

enum {
	PASSES = 50 /* a handful is usual */
};

/* Shift by what is over, among the positive ones, until none turns. */
void simplex_project(ptrdiff_t n, real *x)
{
	double level = -HUGE_VAL;

	for (int pass = 0; pass < PASSES; pass++) {
		double sum = -1, count = 0, next;

		for (ptrdiff_t k = 0; k < n; k++)
			if ((double)x[k] > level) {
				sum += (double)x[k];
				count++;
			}
		next = sum / count;
		if (!(next > level))
			break;
		level = next;
	}
	for (ptrdiff_t k = 0; k < n; k++) {
		double above = (double)x[k] - level;

		x[k] = above > 0 ? (real)above : 0;
	}
}
