/* Dual norms, their proximal maps and distances to balls. See dualnorm.h. */
#include "solvers/model/dualnorm.h"

#include <string.h>
#include <tgmath.h>

const char *const perturbation_names[] = {"linf", "l2", "l1", NULL};

static bool attacked(const struct dualnorm *norm, ptrdiff_t j)
{
	return !norm->frozen[j];
}

/* The end of the attacked coordinates that begin at `first`: loops over such runs have no mask. */
static ptrdiff_t run_end(const struct dualnorm *norm, ptrdiff_t first)
{
	const bool *stop = memchr(norm->frozen + first, 1, (size_t)(norm->d - first));

	return stop ? stop - norm->frozen : norm->d;
}

static double sum_of(const struct dualnorm *norm, const real *c)
{
	double sum = 0;

	for (ptrdiff_t first = 0, end; first < norm->d; first = end + 1) {
		end = run_end(norm, first);
#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t j = first; j < end; j++)
			sum += (double)fabs(c[j]);
	}
	return sum;
}

static double length_of(const struct dualnorm *norm, const real *c)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < norm->d; j++)
		square += attacked(norm, j) ? (double)c[j] * (double)c[j] : 0;
	return sqrt(square);
}

static double largest_of(const struct dualnorm *norm, const real *c)
{
	double largest = 0;

	for (ptrdiff_t j = 0; j < norm->d; j++)
		largest = attacked(norm, j) ? fmax(largest, fabs((double)c[j])) : largest;
	return largest;
}

double dualnorm_value(const struct dualnorm *norm, const real *c)
{
	static double (*const values[])(const struct dualnorm *,
					const real *) = {[PERTURBATION_LINF] = sum_of,
							 [PERTURBATION_L2] = length_of,
							 [PERTURBATION_L1] = largest_of};

	return values[norm->p](norm, c);
}

/* out = soft threshold of v by t; |out|_1 */
static double soften(ptrdiff_t count, real t, const real *v, real *out)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < count; j++) {
		real rest = fabs(v[j]) - t;

		rest = rest > 0 ? rest : 0;
		sum += (double)rest;
		out[j] = copysign(rest, v[j]);
	}
	return sum;
}

/* Soft threshold; |out|_1. */
static double prox_sum(const struct dualnorm *norm, double t, const real *v, real *out)
{
	double sum = 0;

	for (ptrdiff_t first = 0, end; first < norm->d; first = end + 1) {
		end = run_end(norm, first);
		sum += soften(end - first, (real)t, v + first, out + first);
		if (end < norm->d)
			out[end] = v[end];
	}
	return sum;
}

/* Shrink towards zero; |out|_2. */
static double prox_length(const struct dualnorm *norm, double t, const real *v, real *out)
{
	double length = length_of(norm, v), scale = length > t ? 1 - t / length : 0;

	for (ptrdiff_t j = 0; j < norm->d; j++)
		out[j] = attacked(norm, j) ? (real)(scale * (double)v[j]) : v[j];
	return scale * length;
}

/* The level >= 0 above which the parts of |v| add up to t, 0 if all of it is less: from below,
 * exact once no coordinate falls under it any more (Michelot 1986). */
static double level_of(const struct dualnorm *norm, double t, const real *v)
{
	double level = 0, next = 0;

	do {
		double sum = -t, count = 0;

		level = next;
		for (ptrdiff_t j = 0; j < norm->d; j++) {
			double size = attacked(norm, j) ? fabs((double)v[j]) : 0;

			sum += size > level ? size : 0;
			count += size > level ? 1 : 0;
		}
		next = count > 0 ? sum / count : 0;
	} while (next > level);
	return level;
}

/* Clip at the level where the clipped part adds up to t; |out|_inf. */
static double prox_largest(const struct dualnorm *norm, double t, const real *v, real *out)
{
	double level = level_of(norm, t, v);
	real top = (real)level;

	for (ptrdiff_t j = 0; j < norm->d; j++) {
		real low = v[j] > top ? top : v[j], clipped = low < -top ? -top : low;

		out[j] = attacked(norm, j) ? clipped : v[j];
	}
	return level;
}

double dualnorm_prox(const struct dualnorm *norm, double t, const real *v, real *out)
{
	static double (*const maps[])(const struct dualnorm *, double, const real *,
				      real *) = {[PERTURBATION_LINF] = prox_sum,
						 [PERTURBATION_L2] = prox_length,
						 [PERTURBATION_L1] = prox_largest};

	return maps[norm->p](norm, t, v, out);
}

/* Of |c|_1 over `count` attacked coordinates: the gradient is c / mu clipped to [-1, 1]. */
static double envelope_run(double mu, ptrdiff_t count, real *restrict c, double *value)
{
	real width = (real)mu, scale = (real)(1 / mu), sum = 0, smooth = 0;

#pragma omp simd reduction(+ : sum, smooth)
	for (ptrdiff_t j = 0; j < count; j++) {
		real floored = c[j] > -width ? c[j] : -width;
		real gap = floored < width ? floored : width, size = fabs(c[j]);

		sum += size;
		smooth += size - fabs(gap) + gap * gap * scale / 2;
		c[j] = gap * scale;
	}
	*value += (double)sum;
	return (double)smooth;
}

/* Run by run between frozen coordinates, so that the passes have no mask. */
static double envelope_sum(const struct dualnorm *norm, double mu, real *c, double *value)
{
	double smooth = 0;

	*value = 0;
	for (ptrdiff_t first = 0, end; first < norm->d; first = end + 1) {
		end = run_end(norm, first);
		smooth += envelope_run(mu, end - first, c + first, value);
		if (end < norm->d)
			c[end] = 0;
	}
	return smooth;
}

double dualnorm_envelope(const struct dualnorm *norm, double mu, real *c, real *spare,
			 double *value)
{
	real scale = (real)(1 / mu);
	double size, square = 0;

	if (norm->p == PERTURBATION_LINF)
		return envelope_sum(norm, mu, c, value);
	*value = dualnorm_value(norm, c);
	size = dualnorm_prox(norm, mu, c, spare);
	for (ptrdiff_t j = 0; j < norm->d; j++) {
		real gap = c[j] - spare[j];

		square += (double)gap * (double)gap;
		c[j] = gap * scale;
	}
	return size + square / (2 * mu);
}

double dualnorm_distance(const struct dualnorm *norm, double radius, const real *v, real *scratch)
{
	double square = 0;

	dualnorm_prox(norm, radius, v, scratch);
	for (ptrdiff_t j = 0; j < norm->d; j++)
		square += (double)scratch[j] * (double)scratch[j];
	return sqrt(square);
}
