/* Naive twins of robust training. */
#include "tests/robust.h"

#include <math.h>

double robust_dual_norm(const real *v, ptrdiff_t d, const bool *frozen, enum norm norm)
{
	double sum = 0, square = 0, largest = 0;

	for (ptrdiff_t i = 0; i < d; i++) {
		double x = frozen && frozen[i] ? 0 : (double)v[i];

		sum += fabs(x);
		square += x * x;
		largest = fmax(largest, fabs(x));
	}
	return norm == NORM_LINF ? sum : norm == NORM_L2 ? sqrt(square) : largest;
}

double robust_interval_margin(const struct net *net, struct mat X, ptrdiff_t k, double y,
			      const struct threat *threat)
{
	double margin = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		const real *u = mat_col(net->U, j);
		double r = threat->eps *
			   robust_dual_norm(u, net->U.rows, threat->frozen, threat->norm);
		double z = 0, a = y * (double)net->alpha[j];

		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			z += (double)mat_get(X, k, i) * (double)u[i];
		margin += fmin(a * fmax(0, z - r), a * fmax(0, z + r));
	}
	return margin;
}

double robust_divergence(double f, double g)
{
	double p = 1 / (1 + exp(-f)), q = 1 / (1 + exp(-g));

	return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q));
}
