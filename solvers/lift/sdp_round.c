/* A ReLU network from the semidefinite relaxation (lift.h): rounded by three-operator splitting as
 * published, its second layer fitted by ridge regression, and descent from there. The bound is that
 * of the relaxation, for networks of any width. */
#include "solvers/lift/lift_network.h"
#include "solvers/lift/lift_round.h"
#include "solvers/lift/relaxation.h"

#include <math.h>

enum { CHUNK = 10 }; /* steps of the rounding in one of the trainer */

struct sdp_round_options {
	struct relaxation_options relaxation;
	long relaxation_steps, columns, rounding_steps, descent_steps;
	double step;
};

enum phase { RELAX, ROUND, DESCEND };

struct state {
	const struct sdp_round_options *options;
	struct relaxation relaxation;
	struct lift_round round;
	struct lift_network net;
	enum phase phase;
	long steps;               /* of this phase */
	double rounded, unfitted; /* objectives of the rounded network, fitted and as it was */
};

static const struct option rows[] = {
	RELAXATION_OPTIONS(struct sdp_round_options),
	{OPTION_FIELD(struct sdp_round_options, relaxation_steps), .initial = "3000",
	 .range = RANGE_FROM(1), .doc = "iterations of the relaxation at most"},
	{OPTION_FIELD(struct sdp_round_options, columns), .initial = "300", .range = RANGE_FROM(1),
	 .doc = "neurons of the rounded network at most"},
	{OPTION_FIELD(struct sdp_round_options, rounding_steps), .initial = "1000",
	 .range = RANGE_FROM(10), .doc = "iterations of three-operator splitting"},
	{OPTION_FIELD(struct sdp_round_options, step), .initial = "0.75", .range = RANGE_ABOVE(0),
	 .doc = "their step length over the norm of the matrix that is rounded"},
	{OPTION_FIELD(struct sdp_round_options, descent_steps), .initial = "0",
	 .range = RANGE_FROM(0), .doc = "iterations of L-BFGS on both layers afterwards, at most"},
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
	struct state *s = ARENA_NEW(arena, struct state);

	(void)err;
	s->options = options;
	relaxation_new(problem, options, arena, &s->relaxation);
	s->round = lift_round_new(s->relaxation.lift, problem->X, s->options->columns, arena);
	s->net = lift_network_new(problem, s->round.columns, arena);
	s->rounded = s->unfitted = NAN;
	if (!arena_counts(arena)) /* of no neurons */
		lift_network_fit(&s->net, lift_round_first(&s->round),
				 lift_round_second(&s->round));
	*state = s;
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	return ((const struct state *)state)->round.columns;
}

static void network(const void *state, struct model *model)
{
	lift_network_copy(&((const struct state *)state)->net, model);
}

static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;

	if (s->phase == RELAX)
		relaxation_certify(&s->relaxation);
	*certificate = (struct certificate){.objective = s->net.objective,
					    .feasibility = NAN,
					    .upper = s->net.objective,
					    .lower_bound = s->relaxation.lower,
					    .scope = "all networks"};
}

static void enter(struct state *s, enum phase phase)
{
	s->phase = phase;
	s->steps = 0;
}

static void relax(struct state *s, struct progress *progress)
{
	struct relaxation *r = &s->relaxation;

	relaxation_step(r, progress);
	progress->objective = progress->primal_residual = progress->dual_residual = NAN;
	if (r->chosen == RELAXATION_INTERIOR || r->stuck ||
	    s->steps >= s->options->relaxation_steps)
		relaxation_certify(r);
	if (!relaxation_solved(r) && !r->stuck && s->steps < s->options->relaxation_steps)
		return;
	if (!lift_round_start(&s->round, r->method.S, s->options->step))
		progress->failure = "the matrix of the relaxation has no decomposition";
	enter(s, ROUND);
}

static void round_on(struct state *s)
{
	for (int k = 0; k < CHUNK; k++)
		lift_round_step(&s->round);
	s->unfitted = lift_network_fit(&s->net, lift_round_first(&s->round),
				       lift_round_second(&s->round));
	s->rounded = s->net.objective;
	if (s->steps * CHUNK >= s->options->rounding_steps)
		enter(s, DESCEND);
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	bool lower = true;

	progress->objective = progress->primal_residual = progress->dual_residual = NAN;
	s->steps++;
	if (s->phase == RELAX)
		relax(s, progress);
	else if (s->phase == ROUND)
		round_on(s);
	else
		lower = lift_network_descend(&s->net);
	progress->end = s->phase == DESCEND && (!lower || s->steps >= s->options->descent_steps)
				? OUTCOME_STALLED
				: OUTCOME_RUNNING;
}

static void facts(const void *state, struct facts *facts)
{
	const struct state *s = state;

	relaxation_facts(&s->relaxation, facts);
	facts_number(facts, "unfitted_objective", s->unfitted);
	facts_number(facts, "rounded_objective", s->rounded);
}

const struct trainer trainer_sdp_round = {
	.base = {.name = "sdp_round",
		 .doc = "ReLU network from the semidefinite relaxation by three-operator "
			"splitting, "
			"its second layer fitted again, and descent from there",
		 .cite = "prakhya2025",
		 .options = rows,
		 .size = sizeof(struct sdp_round_options)},
	.makes = &model_relu,
	.multi_output = true,
	.sample_weights = true,
	.takes = relaxation_takes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
