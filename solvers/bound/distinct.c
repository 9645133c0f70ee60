/* Distinct rows. See distinct.h. */
#include "solvers/bound/distinct.h"

#include "solvers/core/index.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ASCENT = 30 };

static void find_rows(struct distinct *rows, const struct problem *problem, bool each)
{
	struct arena scratch = {0};
	ptrdiff_t d = rows->d;
	struct index index = index_new((size_t)problem->X.rows, &scratch);

	rows->n = 0;
	for (ptrdiff_t k = 0; k < problem->X.rows; k++) {
		double *x = rows->X + rows->n * d, length = 0;
		size_t place;

		for (ptrdiff_t j = 0; j < d; j++) {
			x[j] = (double)mat_get(problem->X, k, j) + 0.0; /* -0 is 0 */
			length += fabs(x[j]);
		}
		rows->of[k] = -1;
		if (!(length > 0))
			continue;
		place = (size_t)rows->n;
		if (!each)
			place = index_place_bytes(&index, x, (size_t)d * sizeof *x, place);
		rows->of[k] = (ptrdiff_t)place;
		if (place == (size_t)rows->n)
			rows->size[rows->n++] = length;
	}
	arena_release(&scratch);
}

static struct distinct make(const struct problem *problem, bool each, struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct distinct rows = {.n = n, .d = d};

	rows.X = ARENA_ARRAY(arena, double, (n + 1) * d);
	rows.of = ARENA_ARRAY(arena, ptrdiff_t, n);
	rows.size = ARENA_ARRAY(arena, double, n);
	if (!arena_counts(arena))
		find_rows(&rows, problem, each);
	return rows;
}

struct distinct distinct_new(const struct problem *problem, struct arena *arena)
{
	return make(problem, false, arena);
}

struct distinct distinct_samples(const struct problem *problem, struct arena *arena)
{
	return make(problem, true, arena);
}

double distinct_gather(const struct distinct *rows, const struct problem *problem,
		       const real *alpha, double *nu)
{
	double total = 0;

	memset(nu, 0, (size_t)rows->n * sizeof *nu);
	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		if (rows->of[k] >= 0) {
			nu[rows->of[k]] += (double)alpha[k];
			total += fabs((double)alpha[k]) * rows->size[rows->of[k]];
		}
	/* a sum of n numbers is wrong by n eps of their sizes (Higham 2002, section 4.2) */
	return (double)problem->X.rows * DBL_EPSILON * total;
}

static double product(const struct distinct *rows, ptrdiff_t i, const double *u)
{
	const double *x = distinct_at(rows, i);
	double t = 0;

	for (ptrdiff_t k = 0; k < rows->d; k++)
		t += x[k] * u[k];
	return t;
}

static double length_of(const double *u, ptrdiff_t d)
{
	double square = 0;

	for (ptrdiff_t k = 0; k < d; k++)
		square += u[k] * u[k];
	return sqrt(square);
}

/* sum_i nu_i relu(x_i'u) / |u| */
static double value_at(const struct distinct *rows, const double *nu, const double *u)
{
	double sum = 0, length = length_of(u, rows->d);

	for (ptrdiff_t i = 0; i < rows->n; i++)
		sum += nu[i] * fmax(0, product(rows, i, u));
	return length > 0 ? sum / length : 0;
}

double distinct_ascend(const struct distinct *rows, const double *nu, double *u, double *work)
{
	double best = value_at(rows, nu, u), sign = best < 0 ? -1 : 1;

	for (int step = 0; step < ASCENT; step++) {
		double value;

		memset(work, 0, (size_t)rows->d * sizeof *work);
		for (ptrdiff_t i = 0; i < rows->n; i++)
			for (ptrdiff_t k = 0; product(rows, i, u) > 0 && k < rows->d; k++)
				work[k] += sign * nu[i] * distinct_at(rows, i)[k];
		value = value_at(rows, nu, work);
		if (!(sign * value > sign * best))
			break;
		best = value;
		memcpy(u, work, (size_t)rows->d * sizeof *u);
	}
	return best;
}
