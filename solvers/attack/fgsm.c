/* Fast gradient sign method (Goodfellow et al. 2015): one step of length eps from the clean point.
 *
 * l_inf: x - eps y sign(grad f); l_2: x - eps y grad f / |grad f|; then the box. l_1: eps along the
 * steepest coordinate, beyond its end of the box along the next: the lowest point of the linear
 * function in ball and box. */
#include "solvers/attack/descent.h"

struct fgsm_options {
	double slope;
};

static const struct option rows[] = {DESCENT_SLOPE_ROW(struct fgsm_options), {0}};

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct fgsm_options *o = options;
	struct descent descent = {.purpose = "fgsm",
				  .steps = 1,
				  .restarts = 1,
				  .step = job->threat.eps,
				  .stop_when_broken = false,
				  .flat = o->slope <= 0};

	descent_run(&descent, job, arena);
}

static void effort(const void *options, long *steps, long *restarts)
{
	(void)options;
	*steps = 1;
	*restarts = 1;
}

static double flat(const void *options)
{
	return descent_flat(((const struct fgsm_options *)options)->slope);
}

const struct attack attack_fgsm = {
	.base = {.name = "fgsm",
		 .doc = "one signed (l_inf) or normalised (l_2) gradient step of length eps",
		 .cite = "goodfellow2015",
		 .options = rows,
		 .size = sizeof(struct fgsm_options)},
	.run = run,
	.effort = effort,
	.flat = flat,
};
