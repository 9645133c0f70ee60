/* Shuffled passes of Adam. See restriction_epochs.h. */
#include "solvers/restriction/restriction_epochs.h"

#include "solvers/core/rng.h"

static ptrdiff_t batch_of(const struct restriction_epochs_options *options, ptrdiff_t n)
{
	return options->batch > 0 && options->batch < n ? options->batch : n;
}

void restriction_epochs_setup(struct restriction_epochs *e, const struct restriction *r,
			      const struct restriction_epochs_options *options, struct arena *arena)
{
	const struct problem *problem = r->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;

	*e = (struct restriction_epochs){
		.problem = problem,
		.options = options,
		.batch = *problem,
		.adam = adam_new(),
		.X = mat_new(arena, n, d),
		.y = ARENA_ARRAY(arena, real, r->k > 1 ? 0 : n),
		.label = ARENA_ARRAY(arena, int, r->k > 1 ? n : 0),
		.weight = problem->y.weight ? ARENA_ARRAY(arena, real, n) : NULL,
		.order = ARENA_ARRAY(arena, size_t, n),
		.A = mat_new(arena, d, r->m),
		.G = mat_new(arena, d, r->m),
		.mean = ARENA_ARRAY(arena, real, d * r->m),
		.square = ARENA_ARRAY(arena, real, d * r->m),
	};
	for (size_t k = 0; k < (size_t)n && !arena_counts(arena); k++)
		e->order[k] = k;
	e->batch.X = mat_rows(problem->X, 0, batch_of(options, n));
	e->r = restriction_new(&e->batch, &r->threat, r->sigma, r->m, arena);
}

void restriction_epochs_run(struct restriction_epochs *e, double blur)
{
	ptrdiff_t n = e->X.rows, size = batch_of(e->options, n);
	double weight = e->problem->loss.weight;
	struct rng rng = rng_stream(e->problem->seed, "restriction", (uint64_t)e->epoch);
	const size_t *restrict order = e->order;

	rng_shuffle(&rng, (size_t)n, e->order);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t j = 0; j < e->X.cols; j++) { /* each column stays in the cache */
		const real *restrict from = mat_col(e->problem->X, j);
		real *restrict to = mat_col(e->X, j);

		for (ptrdiff_t k = 0; k < n; k++)
			to[k] = from[order[k]];
	}
	for (ptrdiff_t k = 0; k < n && e->r.k == 1; k++)
		e->y[k] = e->problem->y.at[order[k]];
	for (ptrdiff_t k = 0; k < n && e->r.k > 1; k++)
		e->label[k] = e->problem->y.label[order[k]];
	for (ptrdiff_t k = 0; k < n && e->weight; k++)
		e->weight[k] = e->problem->y.weight[order[k]];
	for (ptrdiff_t first = 0; first < n; first += size) {
		ptrdiff_t count = first + size < n ? size : n - first;

		e->batch.X = mat_rows(e->X, first, count);
		e->batch.y = e->r.k > 1 ? (struct targets){.n = count,
							   .k = e->r.k,
							   .label = e->label + first}
					: targets_of(e->y + first, count);
		e->batch.y.weight = e->weight ? e->weight + first : NULL;
		e->batch.beta = e->problem->beta * (double)count / (double)n;
		restriction_follow(&e->r, e->A, blur, e->G);

		size_t d = (size_t)e->A.rows;
		double fall = 1 - (double)e->epoch / (double)e->options->count;

		adam_begin(&e->adam, e->options->learning_rate * fall);
		e->adam.scale = (real)(1 / (weight * (double)count));
#pragma omp parallel for schedule(static)
		for (ptrdiff_t i = 0; i < e->A.cols; i++)
			adam_update(&e->adam, d, mat_col(e->G, i), mat_col(e->A, i),
				    e->mean + d * (size_t)i, e->square + d * (size_t)i);
	}
	e->epoch++;
}
