/* Problems of several classes. See classes.h. */
#include "tests/classes.h"

#include <math.h>
#include <string.h>

struct toy classes_make(ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, const char *loss, double beta,
			int turn)
{
	struct toy toy = {0};
	struct mat X = mat_new(&toy.arena, n, d);
	real *at = ARENA_ARRAY(&toy.arena, real, n * k);
	int *label = ARENA_ARRAY(&toy.arena, int, n);
	bool *frozen = ARENA_ARRAY(&toy.arena, bool, d);

	frozen[d - 1] = true;
	for (ptrdiff_t i = 0; i < n; i++) {
		int c;

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(X, i, j,
				j == d - 1 ? 1
					   : (real)(1.5 * sin(1.3 * (double)((i + 1) * (j + 1)) +
							      0.7 * (double)j)));
		c = (mat_get(X, i, 0) > 0) + (k > 2 ? 2 * (mat_get(X, i, 1) > 0) : 0);
		c = c < k ? c : (int)k - 1;
		label[i] = (int)((c + (i % 7 == 0) + turn) % k);
		at[label[i] * n + i] = 1;
	}
	toy.problem = (struct problem){.X = X, .beta = beta, .seed = 5, .frozen = frozen};
	toy.problem.y = (struct targets){.n = n, .k = k, .at = at, .label = label};
	toy.problem.loss = toy_loss_term(loss, &toy.arena);
	return toy;
}

double classes_loss(const struct problem *problem, const double *F)
{
	const struct targets *y = &problem->y;
	double target[16] = {0}, sum = 0;

	for (ptrdiff_t i = 0; i < y->n; i++) {
		for (ptrdiff_t c = 0; c < y->k; c++)
			target[c] = c == y->label[i] ? 1 : 0;
		sum += problem->loss.loss->outputs->sample(problem->loss.options, y->k,
							   F + i * y->k, target);
	}
	return problem->loss.weight * sum;
}

void classes_leads(const struct multinet *net, const struct problem *problem, ptrdiff_t i,
		   const double *delta, double *lead)
{
	ptrdiff_t k = problem->y.k;
	double own;

	memset(lead, 0, (size_t)k * sizeof *lead);
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double h = 0;

		for (ptrdiff_t e = 0; e < net->U.rows; e++)
			h += ((double)mat_get(problem->X, i, e) + delta[e]) *
			     (double)mat_get(net->U, e, j);
		for (ptrdiff_t c = 0; c < k && h > 0; c++)
			lead[c] += h * (double)mat_get(net->A, j, c);
	}
	own = lead[problem->y.label[i]];
	for (ptrdiff_t c = 0; c < k; c++)
		lead[c] -= own;
}

/* The last of the d coordinates stays. */
static void draw(struct rng *rng, enum norm norm, double eps, ptrdiff_t d, double *delta)
{
	double square = 0;
	ptrdiff_t at = (ptrdiff_t)(rng_uniform(rng) * (double)(d - 1));

	delta[d - 1] = 0;
	for (ptrdiff_t e = 0; e < d - 1; e++) {
		double sign = rng_uniform(rng) < 0.5 ? -eps : eps;

		delta[e] = norm == NORM_LINF ? sign
			   : norm == NORM_L2 ? rng_normal(rng)
			   : e == at         ? sign
					     : 0;
		square += delta[e] * delta[e];
	}
	for (ptrdiff_t e = 0; e < d - 1 && norm == NORM_L2; e++)
		delta[e] *= eps / sqrt(square);
}

double classes_attacked(const struct multinet *net, const struct problem *problem, enum norm norm,
			double eps, int draws)
{
	const struct targets *y = &problem->y;
	struct rng rng = rng_stream(8, "classes", 0);
	double target[16] = {0}, lead[16], delta[16] = {0}, sum = 0;

	for (ptrdiff_t i = 0; i < y->n; i++) {
		double worst = 0;

		for (ptrdiff_t c = 0; c < y->k; c++)
			target[c] = c == y->label[i] ? 1 : 0;
		for (int at = 0; at < draws; at++) {
			draw(&rng, norm, at == 0 ? 0 : eps, net->U.rows, delta);
			classes_leads(net, problem, i, delta, lead);
			worst = fmax(worst, problem->loss.loss->outputs->sample(
						    problem->loss.options, y->k, lead, target));
		}
		sum += worst;
	}
	return problem->loss.weight * sum + problem->beta * net->base.kind->decay(&net->base);
}
