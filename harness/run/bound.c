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

/* What is bounded, and how it went. */
struct search {
	double beta, seconds;
	const struct model *known; /* a network */
	struct certificate found;
	enum outcome end;
};

static enum status search(const struct train_options *train, const struct evaluator *e,
			  struct search *s, struct arena *arena, struct err *err)
{
	const struct trainer *trainer = (const struct trainer *)(const void *)train->bound.item;
	struct problem *problem = ARENA_NEW(arena, struct problem);
	void *state;

	*problem = *e->problem;
	problem->beta = s->beta;
	problem->known = s->known;
	problem->seconds = s->seconds;
	problem->penalties.count = 1;
	s->found = (struct certificate){NAN, NAN, NAN, NAN, NULL};
	TRY(trainer_check(trainer, problem, train->bound.options, err));
	TRY(trainer->setup(problem, train->bound.options, arena, &state, err));
	s->end = go(trainer, state, s->seconds);
	trainer->certify(state, &s->found);
	if (trainer->release)
		trainer->release(state);
	return STATUS_OK;
}

/* The penalties of a path but the last one. Returns how many have no bound. */
static size_t bound_path(const struct train_options *train, const struct evaluator *e,
			 double seconds, struct path_file *path)
{
	size_t without = 0;

	for (size_t i = 0; i < path->count; i++) {
		struct search s = {
			.beta = path->row[i].beta, .seconds = seconds, .known = path->model[i]};
		struct arena scratch = {0};
		struct err ignored = {0};

		if (!(s.beta > e->problem->beta))
			continue;
		if (!interrupt_requested() &&
		    search(train, e, &s, &scratch, &ignored) == STATUS_OK &&
		    isfinite(s.found.lower_bound))
			path_bound(path, i, s.found.lower_bound);
		else
			without++;
		arena_release(&scratch);
	}
	return without;
}

const char *bound_find(const struct train_options *train, struct evaluator *e,
		       struct path_file *path, struct arena *arena, struct evaluation *out)
{
	size_t points = path->count > 1 ? path->count : 1, without;
	struct search s = {.beta = e->problem->beta,
			   .seconds = train->bound_seconds / (double)points,
			   .known = e->delivered};
	struct clock_mark start = clock_now();
	double begun = e->certificate_s;
	struct err err = {0};
	enum status status;
	const char *said;

	without = bound_path(train, e, s.seconds, path);
	status = search(train, e, &s, arena, &err);
	clock_add(start, &e->certificate_s, &e->certificate_cpu_s);
	if (status != STATUS_OK)
		return arena_format(arena, "no bound over all networks: %s", err.text);
	if (!isfinite(s.found.lower_bound))
		return "no bound over all networks was found";
	evaluate_bound(e, &s.found, out);
	if (path_is_whole(path, s.beta))
		path_bound(path, path->count - 1, s.found.lower_bound);
	said = arena_format(arena, "bound by %s: %s after %.3g s", train->bound.item->name,
			    outcome_name(s.end), e->certificate_s - begun);
	return without == 0 ? said
			    : arena_format(arena, "%s; none at %zu penalties of the path", said,
					   without);
}
