/* Networks to start from. See start.h. */
#include "solvers/gates/start.h"

#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

static const struct trainer *trainer_of(const struct start_options *o)
{
	return (const struct trainer *)(const void *)o->trainer.item;
}

static bool takes_loss(const struct trainer *trainer, struct loss_term loss)
{
	bool listed = !trainer->losses;

	for (const char *const *name = trainer->losses; name && *name; name++)
		listed |= strcmp(*name, loss.loss->base.name) == 0;
	return listed && !(trainer->needs_curvature && isinf(loss_curvature(loss)));
}

static enum status train(const struct problem *problem, const struct start_options *o,
			 struct arena *arena, struct start *out, struct err *err)
{
	const struct trainer *trainer = trainer_of(o);
	struct progress progress = {.end = OUTCOME_RUNNING};
	void *state;
	double others;
	long steps = 0;

	if (!takes_loss(trainer, problem->loss))
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver that takes the loss %s, got \"%s\"",
			       problem->loss.loss->base.name, trainer->base.name);
	others = arena_expect_steps(arena, (double)o->steps);
	TRY(trainer->setup(problem, o->trainer.options, arena, &state, err));
	arena_expect_steps(arena, others);
	while (!arena_counts(arena) && steps < o->steps && progress.end == OUTCOME_RUNNING) {
		trainer->step(state, &progress);
		steps++;
	}
	out->net = net_new(arena, problem->X.cols, trainer->width(state));
	if (!arena_counts(arena))
		trainer->network(state, &out->net);
	out->note = arena_format(arena, "start %s, %ld steps", trainer->base.name, steps);
	return STATUS_OK;
}

enum status start_network(const struct problem *problem, const struct start_options *o,
			  struct arena *arena, struct start *out, struct err *err)
{
	*out = (struct start){.note = NULL};
	if (o->trainer.item && o->file)
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver or a model file, got both \"%s\" and "
			       "\"%s\"",
			       o->trainer.item->name, o->file);
	if (o->trainer.item)
		return train(problem, o, arena, out, err);
	if (o->file && problem->start) {
		out->net = *problem->start;
		out->note = "start from a model file";
	}
	return STATUS_OK;
}

const char *start_model(const struct start_options *o)
{
	const struct trainer *trainer = trainer_of(o);

	return trainer ? pattern_start_file(trainer, o->trainer.options) : o->file;
}

const struct pattern_options *start_patterns(const struct start_options *o)
{
	const struct trainer *trainer = trainer_of(o);

	return trainer && trainer->patterns ? trainer->patterns(o->trainer.options) : NULL;
}

void start_forecast(const struct start_options *o, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	const struct trainer *trainer = trainer_of(o);
	struct forecast first = {0};

	if (!trainer)
		return;
	trainer->forecast(o->trainer.options, n, d, &first);
	out->setup_flops += first.setup_flops + first.iteration_flops * (double)o->steps;
}
