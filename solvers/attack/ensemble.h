/* Several attacks in a row, per sample the worst of all (AutoAttack: Croce & Hein 2020). */
#ifndef ATTACK_ENSEMBLE_H
#define ATTACK_ENSEMBLE_H

#include "solvers/model/attack.h"

struct ensemble_options {
	struct choices of; /* struct attack, at least one */
};

/* What an attack of this kind declares; `initial_` is its default list as a spec writes it. */
#define ENSEMBLE_ROW(initial_)                                                                  \
	{                                                                                       \
		OPTION_FIELD(struct ensemble_options, of),                                      \
			.initial = (initial_), .kind = KIND_ATTACK,                             \
			.doc = "attacks in this order, each with options of its own; a sample " \
			       "that "                                                          \
			       "one has broken is left alone by the others"                     \
	}

/* struct attack.run, .effort and .flat: the effort is the steps of all members over all their
 * restarts; the loss is flat where it is flat for every member. */
void ensemble_run(const void *options, struct attack_job *job, struct arena *arena);
void ensemble_effort(const void *options, long *steps, long *restarts);
double ensemble_flat(const void *options);

#endif
