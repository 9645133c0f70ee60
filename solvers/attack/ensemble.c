/* The worst points travel from member to member in the job, and with them what is broken: a member
 * that stops at broken samples has only the others to work on. */
#include "solvers/attack/ensemble.h"

#include <math.h>

static const struct attack *member(const struct ensemble_options *o, size_t i)
{
	return (const struct attack *)(const void *)o->of.at[i].item;
}

void ensemble_run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct ensemble_options *o = options;

	for (size_t i = 0; i < o->of.count; i++) {
		struct arena scratch = arena_beside(arena); /* one after the other */

		member(o, i)->run(o->of.at[i].options, job, &scratch);
		arena_release(&scratch);
	}
}

void ensemble_effort(const void *options, long *steps, long *restarts)
{
	const struct ensemble_options *o = options;

	*steps = 0;
	*restarts = 1;
	for (size_t i = 0; i < o->of.count; i++) {
		long of, times;

		member(o, i)->effort(o->of.at[i].options, &of, &times);
		*steps += of * times;
	}
}

double ensemble_flat(const void *options)
{
	const struct ensemble_options *o = options;
	double flat = 0;

	for (size_t i = 0; i < o->of.count; i++) {
		const struct attack *of = member(o, i);

		flat = fmax(flat, of->flat ? of->flat(o->of.at[i].options) : HUGE_VAL);
	}
	return flat;
}
