/* How trainer `admm` ends where ADMM is stuck (option `finish`): it hands over to the interior
 * point (trainer `ipm`) on the same program. ADMM first has its chance: from the iteration on at
 * which it has cost as much as `FINISH_WORTH` steps of the interior point, and at every doubling,
 * it goes on if the certified gap has at least halved since half of the iterations. Iterations and
 * operations are counted, so that the same iterations are made in every run. Should the interior
 * point end without a solution, ADMM goes on where it was. */
#ifndef ADMM_ADMM_FINISH_H
#define ADMM_ADMM_FINISH_H

#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>

/* Values of the option, in the order of finish_names. */
enum { FINISH_AUTO, FINISH_NONE, FINISH_IPM };
extern const char *const finish_names[];

struct finish {
	void *state;       /* of the interior point; NULL: no hand-over */
	long next;         /* iteration of the next look at the gap */
	double gap;        /* at the last one; HUGE_VAL: none */
	bool at_work;      /* the interior point */
	long since, steps; /* iteration of the hand-over; steps of the interior point */
	bool given_up;
	char note[96];
};

/* What is asked for: the option, patterns, and the flops of an iteration of ADMM. */
struct finish_plan {
	long choice;
	const struct pattern_options *patterns;
	double iteration_flops;
};

/* Add what the interior point needs to the forecast of ADMM, where it may be needed. */
void finish_forecast(struct finish_plan plan, struct trainer_shape shape, struct forecast *out);

enum status finish_setup(struct finish *finish, struct finish_plan plan,
			 const struct problem *problem, struct arena *arena, struct err *err);

/* Whether the gap is looked at after this iteration; and what it is: true if ADMM hands over. */
bool finish_looks(const struct finish *finish, long iteration);
bool finish_decide(struct finish *finish, long iteration, const struct certificate *certificate);

/* A step of the interior point, which is at work. */
void finish_step(struct finish *finish, struct progress *progress);

#endif
