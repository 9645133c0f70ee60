/* Definitions. */
#include "harness/verify/plain.h"

#include <math.h>
#include <string.h>

static double squared(double o, double f, double y)
{
	return 0 * o + (f - y) * (f - y) / 2;
}

static double logistic(double o, double f, double y)
{
	double m = -o * y * f;

	return m > 0 ? m + log1p(exp(-m)) : log1p(exp(m));
}

static double hinge(double o, double f, double y)
{
	return 0 * o + fmax(0, 1 - y * f);
}

static double squared_hinge(double o, double f, double y)
{
	return hinge(o, f, y) * hinge(o, f, y) / 2;
}

static double huber(double o, double f, double y)
{
	double r = fabs(f - y);

	return r <= o ? r * r / 2 : o * (r - o / 2);
}

static const struct {
	const char *name;
	plain_loss loss;
} definitions[] = {{"squared", squared},
		   {"logistic", logistic},
		   {"hinge", hinge},
		   {"squared_hinge", squared_hinge},
		   {"huber", huber}};

plain_loss plain_loss_of(const char *name)
{
	for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++)
		if (strcmp(definitions[i].name, name) == 0)
			return definitions[i].loss;
	return NULL;
}

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
