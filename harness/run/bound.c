/* Bounds behind training. See bound.h. */
#include "harness/run/bound.h"

#include "harness/machine/clock.h"
#include "harness/run/interrupt.h"

#include <math.h>

/* Steps until it ends by itself, or time is up. */
static enum outcome go(const struct trainer *trainer, void *state, double seconds)
{
	enum outcome end = OUTCOME_RUNNING;
	double begun = clock_seconds();

	while (end == OUTCOME_RUNNING) {
		struct progress progress = {NAN, NAN, NAN, .end = OUTCOME_RUNNING};

		trainer->step(state, &progress);
		end = progress.failure ? OUTCOME_STALLED : progress.end;
		if (end == OUTCOME_RUNNING &&
		    (interrupt_requested() || clock_seconds() - begun >= seconds))
			end = OUTCOME_TIME_LIMIT;
	}
	return end;
}

const char *bound_find(const struct train_options *train, struct evaluator *e, struct arena *arena,
		       struct evaluation *out)
{
	const struct trainer *trainer = (const struct trainer *)(const void *)train->bound.item;
	struct problem *problem = ARENA_NEW(arena, struct problem);
	struct certificate found = {NAN, NAN, NAN, NAN, NULL};
	struct clock_mark start = clock_now();
	double begun = e->certificate_s;
	struct err err = {0};
	enum outcome end;
	void *state;

	*problem = *e->problem;
	problem->known = e->delivered;
	problem->seconds = train->bound_seconds;
	problem->penalties.count = 1;
	if (trainer_check(trainer, problem, train->bound.options, &err) != STATUS_OK ||
	    trainer->setup(problem, train->bound.options, arena, &state, &err) != STATUS_OK)
		return arena_format(arena, "no bound over all networks: %s", err.text);
	end = go(trainer, state, train->bound_seconds);
	trainer->certify(state, &found);
	if (trainer->release)
		trainer->release(state);
	clock_add(start, &e->certificate_s, &e->certificate_cpu_s);
	if (!isfinite(found.lower_bound))
		return "no bound over all networks was found";
	evaluate_bound(e, &found, out);
	return arena_format(arena, "bound by %s: %s after %.3g s", trainer->base.name,
			    outcome_name(end), e->certificate_s - begun);
}
