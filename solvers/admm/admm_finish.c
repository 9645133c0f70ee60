/* Hand-over of ADMM to the interior point. See admm_finish.h. */
#include "solvers/admm/admm_finish.h"

#include "solvers/cvx/separate.h"
#include "solvers/ipm/ipm.h"
#include "solvers/model/interior_loss.h"

#include <math.h>
#include <stdio.h>

const char *const finish_names[] = {"auto", "none", "ipm", NULL};

enum {
	LEAST = 256, /* iterations that are no stand-still yet */
	STEPS = 60   /* of the interior point to the end, at tiny beta */
};

/* Steps of the interior point that ADMM may cost before it is asked; what the former may take for
 * `auto` to consider it: 10 to 20 s of a core, and bytes. */
static const double worth = 5, most_flops = 2e11, most_bytes = 2e9;

/* A gap that nobody has asked to lower yet, and its least fall from half of the iterations on. */
static const double solved = 1e-9, least_fall = 2;

/* Whether the work allows a hand-over; *ipm is the forecast of the interior point then. */
static bool considered(struct finish_plan plan, struct trainer_shape shape, bool narrow,
		       struct forecast *ipm)
{
	const struct ipm_options options = {.patterns = *plan.patterns};

	if (plan.choice == FINISH_NONE)
		return false;
	*ipm = (struct forecast){0};
	trainer_ipm.forecast(&options, shape, ipm);
	/* sources that train a network for their patterns are not run twice unasked */
	return plan.choice == FINISH_IPM || (!narrow && !pattern_trains(plan.patterns) &&
					     STEPS * ipm->iteration_flops <= most_flops);
}

/* Whether the memory does, if nobody has asked for it. */
static bool fits(const struct ipm_options *options, const struct problem *problem)
{
	struct arena_tally tally = {.real_size = sizeof(double), .steps = HUGE_VAL};
	struct arena arena = arena_counting(&tally);
	struct err ignored = {0};
	void *state;

	(void)trainer_ipm.setup(problem, options, &arena, &state, &ignored);
	arena_settle(&arena);
	arena_release(&arena);
	return (double)tally.peak <= most_bytes;
}

void finish_forecast(struct finish_plan plan, struct trainer_shape shape, struct forecast *out)
{
	struct forecast ipm;

	if (considered(plan, shape, sizeof(real) < sizeof(double), &ipm))
		out->setup_flops += ipm.setup_flops;
}

enum status finish_setup(struct finish *finish, struct finish_plan plan,
			 const struct problem *problem, struct arena *arena, struct err *err)
{
	struct ipm_options *options = ARENA_NEW(arena, struct ipm_options);
	struct trainer_shape shape = {problem->X.rows, problem->X.cols, problem->y.k,
				      problem->loss.loss};
	struct forecast ipm;
	enum status status;
	const char *wanted;
	double steps;

	*finish = (struct finish){.gap = HUGE_VAL};
	options->patterns = *plan.patterns;
	if (!considered(plan, shape, arena_narrow(arena), &ipm) ||
	    (plan.choice == FINISH_AUTO &&
	     !(separate_takes(problem, &wanted) && interior_loss_takes(problem->loss) &&
	       fits(options, problem))))
		return STATUS_OK;
	finish->next = (long)fmax(LEAST, worth * ipm.iteration_flops / plan.iteration_flops) / 2;
	steps = arena_expect_steps(arena, HUGE_VAL); /* at the second look at the earliest */
	arena_expect_steps(arena, steps - 2 * (double)finish->next);
	status = trainer_ipm.setup(problem, options, arena, &finish->state, err);
	arena_expect_steps(arena, steps);
	return status;
}

bool finish_looks(const struct finish *finish, long iteration)
{
	return finish->state && !finish->given_up && iteration == finish->next;
}

bool finish_decide(struct finish *finish, long iteration, const struct certificate *c)
{
	double gap = c->upper > 0 ? (c->upper - c->lower_bound) / c->upper : 0;

	finish->next = 2 * iteration;
	finish->at_work = isfinite(finish->gap) && gap > solved && gap * least_fall > finish->gap;
	finish->gap = gap;
	if (!finish->at_work)
		return false;
	finish->since = iteration;
	snprintf(finish->note, sizeof finish->note,
		 "ADMM handed over to the interior point after %ld iterations at a gap of %.1e",
		 iteration, gap);
	return true;
}

void finish_step(struct finish *finish, struct progress *progress)
{
	trainer_ipm.step(finish->state, progress);
	finish->steps++;
	if (progress->end == OUTCOME_RUNNING || progress->end == OUTCOME_CONVERGED)
		return;
	progress->end = OUTCOME_RUNNING;
	finish->at_work = false;
	finish->given_up = true;
	snprintf(finish->note, sizeof finish->note,
		 "ADMM handed over to the interior point from iteration %ld to %ld, where that was "
		 "stuck",
		 finish->since, finish->since + finish->steps);
}
