/* Fast gradient sign method (Goodfellow et al. 2015): one step of length eps from the clean point.
 *
 * l_inf: x - eps y sign(grad f); l_2: x - eps y grad f / |grad f|; then the box. */
#include "solvers/attack/descent.h"

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	struct descent descent = {.purpose = "fgsm",
				  .steps = 1,
				  .restarts = 1,
				  .step = job->threat.eps,
				  .stop_when_broken = false};

	(void)options;
	descent_run(&descent, job, arena);
}

static void effort(const void *options, long *steps, long *restarts)
{
	(void)options;
	*steps = 1;
	*restarts = 1;
}

const struct attack attack_fgsm = {
	.base = {.name = "fgsm",
		 .doc = "one signed (l_inf) or normalised (l_2) gradient step of length eps",
		 .cite = "goodfellow2015"},
	.run = run,
	.effort = effort,
};
