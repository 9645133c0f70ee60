/* Weighted losses: w l has gradient w l', prox with step t w, conjugate w l*(a / w). */
#include "solvers/loss/loss.h"

static void apply_weight(struct loss_term l, size_t n, real *g)
{
	if (l.weight < 1 || l.weight > 1)
		for (size_t k = 0; k < n; k++)
			g[k] *= (real)l.weight;
	for (size_t k = 0; l.sample && k < n; k++)
		g[k] *= l.sample[k];
}

static double value(struct loss_term l, size_t n, const real *f, const real *y)
{
	double sum = 0;

	if (!l.sample)
		return l.weight * l.loss->value(l.options, n, f, y);
	for (size_t k = 0; k < n; k++)
		sum += (double)l.sample[k] * l.loss->value(l.options, 1, f + k, y + k);
	return l.weight * sum;
}

double loss_value(struct loss_term l, size_t n, const real *f, const real *y)
{
	return ranks_sum(l.ranks, value(l, n, f, y));
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
	if (!l.sample)
		l.loss->prox(l.options, n, t * l.weight, v, y, z);
	/* samples of one class have one factor and often stand together */
	for (size_t k = 0, end; l.sample && k < n; k = end) {
		for (end = k + 1;
		     end < n && !(l.sample[end] < l.sample[k]) && !(l.sample[end] > l.sample[k]);)
			end++;
		l.loss->prox(l.options, end - k, t * l.weight * (double)l.sample[k], v + k, y + k,
			     z + k);
	}
}

static double conjugate(struct loss_term l, size_t n, double scale, const real *a, const real *y)
{
	double sum = 0;

	if (!l.sample)
		return l.weight * l.loss->conjugate(l.options, n, scale / l.weight, a, y);
	for (size_t k = 0; k < n; k++) {
		double weight = l.weight * (double)l.sample[k];

		sum += weight * l.loss->conjugate(l.options, 1, scale / weight, a + k, y + k);
	}
	return sum;
}

double loss_conjugate(struct loss_term l, size_t n, double scale, const real *a, const real *y)
{
	return ranks_sum(l.ranks, conjugate(l, n, scale, a, y));
}

double loss_curvature(struct loss_term l)
{
	return (l.sample ? l.most : 1) * l.weight * l.loss->curvature(l.options);
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

/* Weights of samples are those of the targets. Of several outputs the quadratic loss is a sum over
 * the outputs; losses of classes read the labels alone, and take rows of one weight together. */

static bool by_outputs(struct loss_term l, struct targets y)
{
	return y.k == 1 || (y.weight && l.loss->quadratic);
}

/* Rows of one weight in a row, from `first` on; all of them without weights. */
struct run {
	struct loss_term loss;
	struct targets y;
};

static struct run run_from(struct loss_term l, struct targets y, ptrdiff_t first)
{
	struct run run = {loss_of(loss_with(l, y.weight), first), y};
	ptrdiff_t end = y.weight ? first + 1 : y.n;

	if (!y.weight)
		return run;
	while (end < y.n && !(y.weight[end] < y.weight[first]) &&
	       !(y.weight[end] > y.weight[first]))
		end++;
	run.y = (struct targets){.n = end - first, .k = y.k, .label = y.label + first};
	return run;
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
	return ranks_sum(l.ranks, l.weight * sum);
}

double loss_outputs_value(struct loss_term l, struct mat F, struct targets y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < y.k && by_outputs(l, y); c++)
		sum += value(loss_with(l, y.weight), (size_t)y.n, mat_col(F, c), y.at + c * y.n);
	for (ptrdiff_t first = 0; first < y.n && !by_outputs(l, y);) {
		struct run run = run_from(l, y, first);

		sum += run.loss.weight *
		       l.loss->outputs->value(l.options, mat_rows(F, first, run.y.n), run.y);
		first += run.y.n;
	}
	return ranks_sum(l.ranks, sum);
}

void loss_outputs_gradient(struct loss_term l, struct mat F, struct targets y, struct mat G)
{
	l = loss_with(l, y.weight);
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
	l = loss_with(l, y.weight);
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
	for (ptrdiff_t c = 0; c < y.k && by_outputs(l, y); c++)
		loss_prox(loss_with(l, y.weight), (size_t)y.n, t, mat_col(V, c), y.at + c * y.n,
			  mat_col(Z, c));
	for (ptrdiff_t first = 0; first < y.n && !by_outputs(l, y);) {
		struct run run = run_from(l, y, first);

		l.loss->outputs->prox(l.options, t * run.loss.weight, mat_rows(V, first, run.y.n),
				      run.y, mat_rows(Z, first, run.y.n));
		first += run.y.n;
	}
}

double loss_outputs_conjugate(struct loss_term l, double scale, struct mat A, struct targets y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < y.k && by_outputs(l, y); c++)
		sum += conjugate(loss_with(l, y.weight), (size_t)y.n, scale, mat_col(A, c),
				 y.at + c * y.n);
	for (ptrdiff_t first = 0; first < y.n && !by_outputs(l, y);) {
		struct run run = run_from(l, y, first);

		sum += run.loss.weight *
		       l.loss->outputs->conjugate(l.options, scale / run.loss.weight,
						  mat_rows(A, first, run.y.n), run.y);
		first += run.y.n;
	}
	return ranks_sum(l.ranks, sum);
}

double loss_outputs_curvature(struct loss_term l, ptrdiff_t k)
{
	return k == 1 ? loss_curvature(l)
		      : (l.sample ? l.most : 1) * l.weight * l.loss->outputs->curvature(l.options);
}
