/* Outputs. */
#include "harness/verify/plain.h"

double plain_output(const struct model *model, struct mat X, ptrdiff_t k)
{
	double f, size;

	model->kind->sample(model, X, k, &f, &size);
	return f;
}

double plain_noise(const struct model *model, struct mat X, ptrdiff_t k, double epsilon)
{
	double f, size;

	model->kind->sample(model, X, k, &f, &size);
	return 2 * epsilon * (double)(X.cols + model_width(model) + 8) * size;
}
