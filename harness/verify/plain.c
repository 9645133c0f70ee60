/* Outputs, and what they decide. */
#include "harness/verify/plain.h"

#include <math.h>

double plain_outputs(const struct model *model, struct mat X, ptrdiff_t row, double *f)
{
	double size;

	model->kind->sample(model, X, row, f, &size);
	return 2 * (double)(X.cols + model_width(model) + 8) * size;
}

bool plain_on_kink(const struct model *model, struct mat X, ptrdiff_t row, double epsilon)
{
	struct mat U;

	if (!model->kind->relu)
		return false;
	U = model->kind->relu(model).U;
	for (ptrdiff_t j = 0; j < U.cols; j++) {
		double z = 0, size = 0;

		for (ptrdiff_t i = 0; i < X.cols; i++) {
			double product = (double)mat_get(X, row, i) * (double)mat_get(U, i, j);

			z += product;
			size += fabs(product);
		}
		if (size > 0 && fabs(z) <= 2 * (double)(X.cols + 8) * epsilon * size)
			return true;
	}
	return false;
}

double plain_margin(const struct part *part, ptrdiff_t row, const double *f, ptrdiff_t k)
{
	double rival = -HUGE_VAL;

	if (!part->label)
		return (double)part->y[row] * f[0];
	for (ptrdiff_t c = 0; c < k; c++)
		rival = c != part->label[row] ? fmax(rival, f[c]) : rival;
	return f[part->label[row]] - rival;
}
