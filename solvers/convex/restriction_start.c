/* Start networks of the convex restriction. See restriction_start.h. */
#include "solvers/convex/restriction_start.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <string.h>

const struct trainer *restriction_starter(const struct restriction_options *o)
{
	return (const struct trainer *)(const void *)o->start.item;
}

static bool takes_loss(const struct trainer *trainer, struct loss_term loss)
{
	bool listed = !trainer->losses;

	for (const char *const *name = trainer->losses; name && *name; name++)
		listed |= strcmp(*name, loss.loss->base.name) == 0;
	return listed && !(trainer->needs_curvature && isinf(loss_curvature(loss)));
}

/* Train with another method first, to its own end or `start_steps` steps. */
static enum status train(const struct problem *problem, const struct restriction_options *o,
			 struct arena *arena, struct restriction_start *out, struct err *err)
{
	const struct trainer *trainer = restriction_starter(o);
	struct progress progress = {.end = OUTCOME_RUNNING};
	void *state;
	long steps = 0;

	if (!takes_loss(trainer, problem->loss))
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver that takes the loss %s, got \"%s\"",
			       problem->loss.loss->base.name, trainer->base.name);
	TRY(trainer->setup(problem, o->start.options, arena, &state, err));
	while (steps < o->start_steps && progress.end == OUTCOME_RUNNING) {
		trainer->step(state, &progress);
		steps++;
	}
	out->net = net_new(arena, problem->X.cols, trainer->width(state));
	trainer->network(state, &out->net);
	out->note = arena_format(arena, "start %s, %ld steps", trainer->base.name, steps);
	return STATUS_OK;
}

/* Uniform directions, signs in turn: column i depends on (seed, i) alone. */
static void sample(const struct problem *problem, long width, struct arena *arena,
		   struct restriction_start *out)
{
	size_t d = (size_t)problem->X.cols;

	out->net = net_new(arena, problem->X.cols, width);
	for (ptrdiff_t i = 0; i < width; i++) {
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
	*out = (struct restriction_start){.sampled = false};
	if (o->start.item && o->start_file)
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver or start_file, got both \"%s\" and \"%s\"",
			       o->start.item->name, o->start_file);
	if (o->start.item)
		return train(problem, o, arena, out, err);
	if (problem->start) {
		out->net = *problem->start;
		out->note = "start from a model file";
		return STATUS_OK;
	}
	sample(problem, o->width, arena, out);
	return STATUS_OK;
}
