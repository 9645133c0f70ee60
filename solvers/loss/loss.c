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

static void weigh(struct loss_term l, struct mat G)
{
	for (ptrdiff_t c = 0; c < G.cols; c++)
		apply_weight(l, (size_t)G.rows, mat_col(G, c));
}

double loss_against_all(struct loss_term l, struct mat F, struct targets y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < F.cols; c++)
		for (ptrdiff_t k = 0; k < F.rows; k++)
			sum += l.loss->sample(l.options, (double)mat_get(F, k, c),
					      y.label[k] == c ? 1 : -1);
	return l.weight * sum;
}

double loss_outputs_value(struct loss_term l, struct mat F, struct targets y)
{
	if (y.k == 1)
		return loss_value(l, (size_t)y.n, F.at, y.at);
	return l.weight * l.loss->outputs->value(l.options, F, y);
}

void loss_outputs_gradient(struct loss_term l, struct mat F, struct targets y, struct mat G)
{
	if (y.k == 1) {
		loss_gradient(l, (size_t)y.n, F.at, y.at, G.at);
		return;
	}
	l.loss->outputs->gradient(l.options, F, y, G);
	weigh(l, G);
}

void loss_outputs_hessian_product(struct loss_term l, struct mat F, struct targets y, struct mat V,
				  struct mat H)
{
	if (y.k == 1) {
		loss_hessian(l, (size_t)y.n, F.at, y.at, H.at);
		for (ptrdiff_t r = 0; r < y.n; r++)
			H.at[r] *= V.at[r];
		return;
	}
	l.loss->outputs->hessian_product(l.options, F, y, V, H);
	weigh(l, H);
}

void loss_outputs_prox(struct loss_term l, double t, struct mat V, struct targets y, struct mat Z)
{
	if (y.k == 1)
		loss_prox(l, (size_t)y.n, t, V.at, y.at, Z.at);
	else
		l.loss->outputs->prox(l.options, t * l.weight, V, y, Z);
}

double loss_outputs_conjugate(struct loss_term l, double scale, struct mat A, struct targets y)
{
	if (y.k == 1)
		return loss_conjugate(l, (size_t)y.n, scale, A.at, y.at);
	return l.weight * l.loss->outputs->conjugate(l.options, scale / l.weight, A, y);
}

double loss_outputs_curvature(struct loss_term l, ptrdiff_t k)
{
	return k == 1 ? loss_curvature(l) : l.weight * l.loss->outputs->curvature(l.options);
}
