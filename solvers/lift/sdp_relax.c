/* The semidefinite relaxation of training a two-layer ReLU network of any width with the squared
 * loss: a lower bound on all of them, and no network. See lift.h. */
#include "solvers/lift/relaxation.h"

#include <math.h>

struct sdp_relax_options {
	struct relaxation_options relaxation;
};

static const struct option rows[] = {
	RELAXATION_OPTIONS(struct sdp_relax_options),
	{0},
};

static enum freedom freedom(const void *options)
{
	(void)options;
	return FREEDOM_ROTATIONS;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	relaxation_forecast(options, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct relaxation *r = ARENA_NEW(arena, struct relaxation);

	(void)err;
	relaxation_new(problem, options, arena, r);
	*state = r;
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 0;
}

static void certify(void *state, struct certificate *certificate)
{
	struct relaxation *r = state;

	relaxation_certify(r);
	*certificate = (struct certificate){.objective = NAN,
					    .feasibility = NAN,
					    .upper = r->upper,
					    .lower_bound = r->lower,
					    .scope = "all networks"};
}

static void step(void *state, struct progress *progress)
{
	struct relaxation *r = state;

	relaxation_step(r, progress);
	if (r->chosen == RELAXATION_INTERIOR || r->stuck)
		relaxation_certify(r);
	progress->end = relaxation_solved(r) ? OUTCOME_CONVERGED
			: r->stuck           ? OUTCOME_STALLED
					     : OUTCOME_RUNNING;
}

static void facts(const void *state, struct facts *facts)
{
	relaxation_facts(state, facts);
}

const struct trainer trainer_sdp_relax = {
	.base = {.name = "sdp_relax",
		 .doc = "semidefinite relaxation of the completely positive program: a lower bound "
			"on the objective of ReLU networks of any width, and no network",
		 .cite = "prakhya2025",
		 .options = rows,
		 .size = sizeof(struct sdp_relax_options)},
	.multi_output = true,
	.sample_weights = true,
	.takes = relaxation_takes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.certify = certify,
	.facts = facts,
};
