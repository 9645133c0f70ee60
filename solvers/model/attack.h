/* Attacks on a trained network: inner minimisation of the margin at x + delta within a ball (and a
 * box): of y f, or with several outputs of f_y - max_{c != y} f_c.
 *
 * An attack returns the worst point it has seen, the clean point included, so that its margin is
 * never above the clean one. It works in the coordinates of the X it is given; the harness rescales
 * network and data when a ball is meant in other units. */
#ifndef MODEL_ATTACK_H
#define MODEL_ATTACK_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/model/model.h"
#include "solvers/model/threat.h"

#include <stdint.h>

struct attack_job {
	const struct model *model;
	struct mat X;         /* n x d, clean points */
	const real *y;        /* n, -1 or +1, of one output */
	const int *label;     /* n: class numbers of several outputs; NULL: one */
	struct threat threat; /* X and model are in its units: scale is NULL */
	uint64_t seed;
	/* Random numbers of sample k are those of `first` + k: the samples may be some of many. */
	ptrdiff_t first;
	/* n x d. On entry a point inside ball and box for each sample: the clean one, or the worst
	 * of a weaker attack; on return the worst point found. */
	struct mat worst;
	real *margin; /* n: at `worst`, on entry and on return; never rises */
};

struct attack {
	struct desc base;
	/* Scratch comes from `arena`. */
	void (*run)(const void *options, struct attack_job *job, struct arena *arena);
	/* For attack.csv: gradient steps per restart and number of restarts. */
	void (*effort)(const void *options, long *steps, long *restarts);
	/* The margin above which the attack's loss is flat, so that its gradient says nothing;
	 * HUGE_VAL or a NULL function: nowhere. */
	double (*flat)(const void *options);
	/* Worst case over attacks: starts from the worst points that all other attacks within the
	 * same threat have found, so that it is never above them. */
	bool pools;
	/* It looks for the nearest point whose margin is not above 0: what it breaks is kept there,
	 * not where the margin is lowest. */
	bool nearest;
};

#endif
