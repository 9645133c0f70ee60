/* Start networks of the convex restriction. See restriction_start.h. */
#include "solvers/restriction/restriction_start.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

/* Uniform directions, signs in turn: column i depends on (seed, i) alone. */
static void sample(const struct problem *problem, long width, struct arena *arena,
		   struct restriction_start *out)
{
	size_t d = (size_t)problem->X.cols;

	out->net = net_new(arena, problem->X.cols, width);
	for (ptrdiff_t i = 0; i < width && !arena_counts(arena); i++) {
		struct rng rng = rng_stream(problem->seed, "directions", (uint64_t)i);
		real *u = mat_col(out->net.U, i);

		for (size_t l = 0; l < d; l++)
			u[l] = (real)rng_normal(&rng);
		blas_scale(d, 1 / blas_norm(d, u), u);
		out->net.alpha[i] = i % 2 ? -1 : 1;
	}
	out->sampled = true;
	out->note = "start sampled directions";
}

enum status restriction_start(const struct problem *problem, const struct restriction_options *o,
			      struct arena *arena, struct restriction_start *out, struct err *err)
{
	struct start start;

	*out = (struct restriction_start){.sampled = false};
	TRY(start_network(problem, &o->start, arena, &start, err));
	out->net = start.net;
	out->note = start.note;
	if (!start.note)
		sample(problem, o->width, arena, out);
	return STATUS_OK;
}
