/* Random and degenerate outputs. See outputs.h. */
#include "tests/outputs.h"

#include <math.h>
#include <string.h>

const struct loss *const outputs_losses[OUTPUTS_LOSSES] = {&loss_squared, &loss_logistic,
							   &loss_hinge};
const double outputs_options[1] = {1.7};

/* Outputs of these sizes; ties where rounded to whole numbers. */
static const double sizes[] = {1, 0, 5, 40, 1e3, 1e8, 1e-7};

enum { SIZES = sizeof sizes / sizeof *sizes };

void outputs_make(struct outputs *t, int seed, ptrdiff_t n, ptrdiff_t k)
{
	memset(t, 0, sizeof *t);
	t->rng = rng_stream(20, "outputs", (uint64_t)seed);
	t->n = n;
	t->k = k;
	t->size = sizes[seed % SIZES];
	for (ptrdiff_t i = 0; i < n * k; i++) {
		double f = t->size * rng_normal(&t->rng);

		t->f[i] = (real)(seed % 3 ? f : round(f));
		t->v[i] = (real)rng_normal(&t->rng);
	}
	for (ptrdiff_t r = 0; r < n; r++) {
		t->label[r] = (int)(rng_uniform(&t->rng) * (double)k);
		t->y[r + t->label[r] * n] = 1;
	}
}

struct mat outputs_view(const struct outputs *t, real *at)
{
	return (struct mat){t->n, t->k, t->n, at};
}

struct targets outputs_targets(const struct outputs *t)
{
	return (struct targets){.n = t->n, .k = t->k, .at = t->y, .label = t->label};
}

double outputs_dot(const struct outputs *t, const real *a, const real *b)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

double outputs_largest(const struct outputs *t, const real *a)
{
	double most = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		most = fmax(most, fabs((double)a[i]));
	return most;
}

void outputs_make_small(struct outputs *t, int seed)
{
	outputs_make(t, seed, 1 + seed % OUTPUTS_ROWS,
		     2 + seed / OUTPUTS_ROWS % (OUTPUTS_MOST - 1));
}

double outputs_value(const struct loss *loss, const struct outputs *t, real *f)
{
	return loss->outputs->value(outputs_options, outputs_view(t, f), outputs_targets(t));
}
