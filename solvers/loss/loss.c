/* Weighted losses: w l has gradient w l', prox with step t w, conjugate w l*(a / w). */
#include "solvers/loss/loss.h"

static void apply_weight(struct loss_term l, size_t n, real *g)
{
	if (l.weight < 1 || l.weight > 1)
		for (size_t k = 0; k < n; k++)
			g[k] *= (real)l.weight;
}

double loss_value(struct loss_term l, size_t n, const real *f, const real *y)
{
	return l.weight * l.loss->value(l.options, n, f, y);
}

void loss_gradient(struct loss_term l, size_t n, const real *f, const real *y, real *g)
{
	l.loss->gradient(l.options, n, f, y, g);
	apply_weight(l, n, g);
}

void loss_hessian(struct loss_term l, size_t n, const real *f, const real *y, real *h)
{
	l.loss->hessian(l.options, n, f, y, h);
	apply_weight(l, n, h);
}

void loss_prox(struct loss_term l, size_t n, double t, const real *v, const real *y, real *z)
{
	l.loss->prox(l.options, n, t * l.weight, v, y, z);
}

double loss_conjugate(struct loss_term l, size_t n, double scale, const real *a, const real *y)
{
	return l.weight * l.loss->conjugate(l.options, n, scale / l.weight, a, y);
}

double loss_curvature(struct loss_term l)
{
	return l.weight * l.loss->curvature(l.options);
}

struct loss_box loss_box(struct loss_term l, double y)
{
	struct loss_box box = l.loss->box(l.options, y);

	return (struct loss_box){box.quadratic / l.weight, box.low * l.weight, box.high * l.weight};
}

struct loss_entropy loss_entropy(struct loss_term l, double y)
{
	struct loss_entropy e = l.loss->entropy(l.options, y);

	return (struct loss_entropy){e.factor, e.low * l.weight, e.high * l.weight};
}

struct loss_box loss_range(struct loss_term l, double y)
{
	struct loss_entropy e;

	if (l.loss->box)
		return loss_box(l, y);
	e = loss_entropy(l, y);
	return (struct loss_box){0, e.low, e.high};
}
