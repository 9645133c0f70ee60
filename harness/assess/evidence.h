/* What attacks and certificates have found about each point of a cell, and whether it agrees: no
 * lower bound may be above a value that was found in a ball inside its own.
 *
 * Lower bounds have the rounding of both sides subtracted (core/certify.h), so that the comparison
 * needs no slack. */
#ifndef ASSESS_EVIDENCE_H
#define ASSESS_EVIDENCE_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"
#include "solvers/core/real.h"
#include "solvers/core/status.h"
#include "solvers/model/attack.h"

struct aim; /* harness/assess/target.h */

struct finding {
	const struct aim *aim; /* norm, units, clip, part */
	double eps;
	const double *lower, *upper; /* n each, of y f; NULL: not known */
	/* n: of the nearest point found with y f <= 0, HUGE_VAL: none; NULL: not looked for */
	const double *distance;
};

struct evidence {
	/* Called, unless NULL, with each attack that has been run, while its points are at hand. */
	void (*look)(void *context, const struct aim *aim, const struct attack_job *job);
	void *context;
	struct arena *arena;
	size_t count, room;
	struct finding *at;
};

/* Room for `room` findings. */
struct evidence evidence_new(struct arena *arena, size_t room);

/* Margins found by an attack; copied, as is the aim. `distance`: n, of the evidence's arena, or
 * NULL. */
void evidence_attack(struct evidence *evidence, const struct aim *aim, const struct attack_job *job,
		     const double *distance);

/* Bounds of a certificate, n each; copied. `lower` NULL: of an attack, whose distances may be added
 * to what is returned. */
struct finding *evidence_bounds(struct evidence *evidence, const struct aim *aim, double eps,
				const double *lower, const double *upper, ptrdiff_t n);

/* STATUS_FAILED if a lower bound is above a value in its ball, or above 0 in a ball that a point
 * found with y f <= 0 is in. */
enum status evidence_check(const struct evidence *evidence, struct err *err);

#endif
