/* Projected gradient descent on the margin (Madry et al. 2018), worst point along all paths.
 *
 * The margin y f is the loss: unlike the hinge or the logistic loss it has no flat part, so a
 * confident network does not hide its gradient. */
#include "solvers/attack/descent.h"

struct pgd_options {
	long steps, restarts;
	double step, slope;
	bool stop_when_broken;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct pgd_options, steps), .initial = "40", .range = RANGE_FROM(1),
	 .doc = "gradient steps per restart"},
	{OPTION_FIELD(struct pgd_options, restarts), .initial = "5", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the clean point, the others are uniform in the ball"},
	{OPTION_FIELD(struct pgd_options, step), .initial = "2.5", .range = RANGE_ABOVE(0),
	 .doc = "length of the whole path in units of eps: one step is step * eps / steps (2.5: "
		"Madry et al.)"},
	DESCENT_SLOPE_ROW(struct pgd_options),
	{OPTION_FIELD(struct pgd_options, stop_when_broken), .initial = "true",
	 .doc = "leave a sample alone once it is misclassified; false goes on to lower its margin"},
	{0},
};

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct pgd_options *o = options;
	struct descent descent = {
		.purpose = "pgd",
		.steps = o->steps,
		.restarts = o->restarts,
		.step = o->step * job->threat.eps / (double)o->steps,
		.stop_when_broken = o->stop_when_broken,
		.flat = o->slope <= 0,
	};

	descent_run(&descent, job, arena);
}

static void effort(const void *options, long *steps, long *restarts)
{
	const struct pgd_options *o = options;

	*steps = o->steps;
	*restarts = o->restarts;
}

static double flat(const void *options)
{
	return descent_flat(((const struct pgd_options *)options)->slope);
}

const struct attack attack_pgd = {
	.base = {.name = "pgd",
		 .doc = "projected gradient descent on the margin with random restarts",
		 .cite = "madry2018",
		 .options = rows,
		 .size = sizeof(struct pgd_options)},
	.run = run,
	.effort = effort,
	.flat = flat,
};
