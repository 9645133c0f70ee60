/* Local maxima to rounding. See generated_climb.h. */
#include "solvers/generated/generated_climb.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { MOST_CONES = 100 };

struct climb climb_new(ptrdiff_t rows, ptrdiff_t d, struct arena *arena)
{
	struct climb s = {.X = mat_new(arena, rows, d)};

	s.nu = ARENA_ARRAY(arena, real, rows);
	s.on = ARENA_ARRAY(arena, real, rows);
	s.z = ARENA_ARRAY(arena, real, rows);
	s.g = ARENA_ARRAY(arena, double, d);
	s.nnls = nnls_new(s.X, arena);
	return s;
}

void climb_begin(struct climb *s, ptrdiff_t rows)
{
	s->X.rows = rows;
	nnls_take(&s->nnls, s->X);
}

/* The pattern of u; the value there. */
static double look(struct climb *s, const real *u)
{
	double value = 0;

	blas_gemv(1, s->X, PLAIN, u, 0, s->z);
	for (ptrdiff_t i = 0; i < s->X.rows; i++) {
		s->on[i] = s->z[i] > 0;
		value += (double)s->on[i] * (double)s->z[i] * (double)s->nu[i];
	}
	return value;
}

/* Walls behind which it is larger change sides; whether there is one. */
static bool cross(struct climb *s, double sign)
{
	bool any = false;

	for (ptrdiff_t p = 0; p < s->nnls.count; p++) {
		ptrdiff_t i = s->nnls.passive[p];

		if (s->nnls.eta[p] <= -sign * (double)s->nu[i])
			continue;
		s->on[i] = 1 - s->on[i];
		any = true;
	}
	return any;
}

double climb_to_maximum(struct climb *s, real *u)
{
	double value = look(s, u), sign = value < 0 ? -1 : 1;

	value = fabs(value);
	for (int cone = 0; cone < MOST_CONES && s->left > 0; cone++) {
		struct nnls_value found;

		nnls_gradient(s->X, s->on, s->nu, sign, s->g);
		found = nnls_solve(&s->nnls, (struct nnls_block){s->on, NULL, s->g}, value,
				   HUGE_VAL);
		/* a product with X for each row that has entered, and two besides */
		s->left -= 2 * (double)(s->nnls.count + 2) * (double)s->X.rows * (double)s->X.cols;
		if (!(found.upper > value))
			break;
		for (ptrdiff_t j = 0; j < s->X.cols; j++)
			u[j] = (real)(s->nnls.r[j] / found.upper);
		value = found.upper;
		if (!cross(s, sign))
			break;
	}
	return value;
}
