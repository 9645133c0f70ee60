/* Outputs. */
#include "harness/verify/plain.h"

double plain_output(const struct model *model, struct mat X, ptrdiff_t k)
{
	double size;

	return model->kind->sample(model, X, k, &size);
}

double plain_noise(const struct model *model, struct mat X, ptrdiff_t k, double epsilon)
{
	double size;

	model->kind->sample(model, X, k, &size);
	return 2 * epsilon * (double)(X.cols + model_width(model) + 8) * size;
}
