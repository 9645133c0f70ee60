/* Definitions. */
#include "harness/verify/plain.h"

#include <math.h>

double plain_output(const struct net *net, struct mat X, ptrdiff_t k)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < X.cols; i++)
			z += (double)mat_get(X, k, i) * (double)mat_get(net->U, i, j);
		f += fmax(0, z) * (double)net->alpha[j];
	}
	return f;
}

double plain_noise(const struct net *net, struct mat X, ptrdiff_t k, double epsilon)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		for (ptrdiff_t i = 0; i < X.cols; i++)
			sum += fabs((double)net->alpha[j] * (double)mat_get(net->U, i, j) *
				    (double)mat_get(X, k, i));
	return 2 * epsilon * (double)(X.cols + net->U.cols + 8) * sum;
}

double plain_squares(const struct net *net)
{
	double squares = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		squares += (double)net->alpha[j] * (double)net->alpha[j];
		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			squares += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
	}
	return squares;
}
