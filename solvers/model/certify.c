/* Rounding allowance of certificates (Higham 2002, Accuracy and Stability, section 3.1). */
#include "solvers/model/certify.h"

#include "solvers/core/blas.h"

#include <math.h>

double certify_gain(const struct net *net)
{
	double gain = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		gain += fabs((double)net->alpha[j]) *
			blas_norm((size_t)net->U.rows, mat_col(net->U, j));
	return gain;
}

double certify_noise(ptrdiff_t d, ptrdiff_t m, double gain, double reach)
{
	return REAL_EPSILON * (double)(d + m + 8) * gain * reach;
}
