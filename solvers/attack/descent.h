/* Projected descent on the margin y f: what FGSM (one step) and PGD (many, restarted) have in
 * common. */
#ifndef ATTACK_DESCENT_H
#define ATTACK_DESCENT_H

#include "solvers/core/attack.h"

struct descent {
	const char *purpose;   /* of the random starts */
	long steps;            /* per restart */
	long restarts;         /* the first one starts from the clean point */
	double step;           /* length of a step */
	bool stop_when_broken; /* leave a sample alone as soon as its margin is <= 0 */
};

void descent_run(const struct descent *descent, struct attack_job *job, struct arena *arena);

#endif
