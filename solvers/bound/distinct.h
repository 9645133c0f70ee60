/* The distinct rows of a problem and what belongs to each: samples with equal features have equal
 * outputs, so that only the sum of their dual variables counts. Numbers are double whatever `real`
 * is, so that bounds lose nothing. */
#ifndef BOUND_DISTINCT_H
#define BOUND_DISTINCT_H

#include "solvers/model/trainer.h"

struct distinct {
	ptrdiff_t n, d; /* distinct rows that are not zero; features */
	double *X;      /* d x n, a row behind the other */
	ptrdiff_t *of;  /* of each sample: its row; -1: it is zero */
	double *size;   /* n: |x|_1 */
};

/* Room for every sample to be distinct. */
struct distinct distinct_new(const struct problem *problem, struct arena *arena);

/* Every sample that is not zero as a row of its own. */
struct distinct distinct_samples(const struct problem *problem, struct arena *arena);

static inline const double *distinct_at(const struct distinct *rows, ptrdiff_t i)
{
	return rows->X + i * rows->d;
}

/* nu (rows) = sum of alpha over the samples of each row. Returns a bound of the rounding of
 * sum_i nu_i relu(x_i'u) for |u|_inf <= 1 that comes of it. */
double distinct_gather(const struct distinct *rows, const struct problem *problem,
		       const real *alpha, double *nu);

/* Ascent of |sum_i nu_i relu(x_i'u)| / |u| by u <- the sum of nu_i x_i over the active rows, up to
 * 30 times, from u (d), which becomes the best one: its value, with the sign of the start. work: d.
 */
double distinct_ascend(const struct distinct *rows, const double *nu, double *u, double *work);

#endif
