/* Balanced penalties. See penalty.h. */
#include "solvers/tools/penalty.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	FIRST_CHANGE = 20 /* after so many iterations: the first ones tell nothing */
};

/* Change that is worth a restart of an acceleration, and the most at once. */
static const double least_change = 2, most_change = 10;

/* rho stays within this factor of where it began: balance alone can drive it to zero. */
static const double farthest = 1e6;

double penalty_unit(struct mat X, struct ranks *ranks)
{
	double norm = ranks_mat_norm(ranks, X);
	double square = norm * norm / ((double)ranks_total(ranks, X.rows) * (double)X.cols);

	return square > 0 && isfinite(square) ? square : 1;
}

double penalty_relative(double square, double size)
{
	return size > 0 ? sqrt(square / size) : NAN;
}

double penalty_size(double size, double objective, double zero)
{
	double shrink = objective > zero ? zero / objective : 1;

	return isfinite(objective) ? shrink * shrink * size : NAN;
}

double penalty_dual(double cones, double others, double blocks)
{
	return others + fmin(cones, blocks * others);
}

struct penalty penalty_new(double rho, bool adapt)
{
	return (struct penalty){.rho = rho,
				.least = rho / farthest,
				.most = rho * farthest,
				.next = FIRST_CHANGE,
				.adapt = adapt};
}

double penalty_change(struct penalty *p, long iteration, double primal, double dual)
{
	double ratio = sqrt(primal / dual);

	if (!p->adapt || iteration < p->next || !isfinite(ratio) || ratio <= 0)
		return 1;
	p->next = 2 * iteration;
	ratio = fmin(most_change, fmax(1 / most_change, ratio));
	ratio = fmin(p->most, fmax(p->least, ratio * p->rho)) / p->rho;
	if (ratio < least_change && ratio > 1 / least_change)
		return 1;
	p->rho *= ratio;
	return ratio;
}

void penalty_rescale(size_t n, double ratio, const real *split, real *x)
{
	real inverse = (real)(1 / ratio);

	for (size_t j = 0; j < n; j++)
		x[j] = split[j] + inverse * (x[j] - split[j]);
}

double penalty_threshold(double norm, double beta, double rho)
{
	return norm > 0 ? fmax(0, 1 - beta / (rho * norm)) : 0;
}

void penalty_add(struct penalty_sums *to, double weight, struct penalty_sums part)
{
	to->primal += weight * part.primal;
	to->change += weight * part.change;
	to->size += weight * part.size;
	to->dual += weight * part.dual;
}

void penalty_sum(struct ranks *ranks, struct penalty_sums *sums)
{
	double all[] = {sums->primal, sums->change, sums->size, sums->dual};

	ranks_sum_all(ranks, all, sizeof all / sizeof all[0]);
	*sums = (struct penalty_sums){all[0], all[1], all[2], all[3]};
}
