/* Central differences. See restriction_slopes.h. */
#include "tests/restriction_slopes.h"

#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void restriction_slopes_check(struct restriction *r, struct mat A, struct mat G)
{
	const double h = 0.2, step = 1e-6;

	restriction_evaluate(r, A, h, G);
	for (ptrdiff_t i = 0; i < A.rows * A.cols; i++) {
		double at = (double)A.at[i], up, down, slope;

		A.at[i] = (real)(at + step);
		up = restriction_evaluate(r, A, h, (struct mat){0}).smooth;
		A.at[i] = (real)(at - step);
		down = restriction_evaluate(r, A, h, (struct mat){0}).smooth;
		A.at[i] = (real)at;
		slope = (up - down) / (2 * step);
		check_close(G.at[i], slope, 1e-4, 1e-4);
	}
}
