/* Conditional gradients over neurons. See generated_published.h. */
#include "solvers/generated/generated_published.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	SEARCHES = 50, /* steps of the best length where t is not given: it is to become small */
	HALVINGS = 50  /* of the interval of a best length */
};

struct published published_new(struct neurons *neurons, struct price *price, double norms,
			       struct arena *arena)
{
	ptrdiff_t n = neurons->F.rows;

	return (struct published){.neurons = neurons,
				  .price = price,
				  .norms = norms,
				  .least = HUGE_VAL,
				  .nu = mat_new(arena, n, 1),
				  .phi = ARENA_ARRAY(arena, real, n),
				  .f = ARENA_ARRAY(arena, real, n)};
}

static void find_slopes(struct published *s, const real *f)
{
	const struct problem *problem = s->neurons->problem;

	loss_gradient(problem->loss, (size_t)s->nu.rows, f, problem->y.at, s->nu.at);
	blas_scale((size_t)s->nu.rows, -1, s->nu.at);
}

/* The neuron of the largest value, new or in use, and its value; -1: none lowers the objective. */
static ptrdiff_t best_neuron(struct published *s, double *value)
{
	struct neurons *neurons = s->neurons;
	double beta = neurons->problem->beta;
	ptrdiff_t best = -1, added;

	price_search(s->price, neurons, s->nu, 1);
	added = price_add(s->price, neurons, s->nu,
			  (struct price_wish){.most = 1, .least = beta, .apart = -1});
	neurons_activate(neurons, neurons->count - added);
	*value = 0;
	for (ptrdiff_t j = 0; j < neurons->count; j++) {
		double slope = blas_dot((size_t)s->nu.rows, s->nu.at, mat_col(neurons->Phi, j));

		if (fabs(slope) <= fabs(*value))
			continue;
		*value = slope;
		best = j;
	}
	return fabs(*value) > beta ? best : -1;
}

/* The share of the way to phi, of the penalty beta `size`, at which the objective is least. */
static double best_share(struct published *s, double size, double now)
{
	size_t n = (size_t)s->nu.rows;
	double low = 0, high = 1;
	const real *f = s->neurons->F.at;

	for (int i = 0; i < HALVINGS; i++) {
		double share = (low + high) / 2;
		double rate = s->neurons->problem->beta * (size - now);

		for (size_t k = 0; k < n; k++)
			s->f[k] = (real)((1 - share) * (double)f[k] + share * (double)s->phi[k]);
		find_slopes(s, s->f);
		rate += blas_dot(n, s->nu.at, f) - blas_dot(n, s->nu.at, s->phi);
		if (rate > 0)
			high = share;
		else
			low = share;
	}
	return low;
}

double published_step(struct published *s, double *found)
{
	struct neurons *neurons = s->neurons;
	size_t n = (size_t)s->nu.rows;
	double beta = neurons->problem->beta, size, share = 2 / (2 + (double)s->k), value, sum = 0;
	ptrdiff_t best;

	s->least = fmin(s->least, neurons_objective(neurons));
	size = isnan(s->norms) ? s->least / beta : s->norms;
	find_slopes(s, neurons->F.at);
	best = best_neuron(s, &value);
	*found = fabs(value);
	memset(s->phi, 0, n * sizeof *s->phi);
	if (best >= 0)
		blas_axpy(n, value > 0 ? size : -size, mat_col(neurons->Phi, best), s->phi);
	for (ptrdiff_t j = 0; j < neurons->count; j++)
		sum += neurons_size(neurons, j);
	if (isnan(s->norms) && s->k < SEARCHES)
		share = best_share(s, best < 0 ? 0 : size, sum);
	blas_scale((size_t)neurons->count, 1 - share, neurons->A.at);
	if (best >= 0)
		neurons->A.at[best] += (real)(value > 0 ? share * size : -share * size);
	s->k++;
	neurons_prune(neurons);
	neurons_output(neurons);
	value = neurons_objective(neurons);
	s->least = fmin(s->least, value);
	return value;
}
