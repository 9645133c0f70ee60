/* Outputs, and what they decide. */
#include "harness/verify/plain.h"

#include <math.h>

double plain_outputs(const struct model *model, struct mat X, ptrdiff_t row, double *f)
{
	double size;

	model->kind->sample(model, X, row, f, &size);
	return 2 * (double)(X.cols + model_width(model) + 8) * size;
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
