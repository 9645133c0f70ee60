/* Clean points as columns, with the regions around them and the range of every neuron there. */
#ifndef CERTIFY_POINTS_H
#define CERTIFY_POINTS_H

#include "solvers/certify/region.h"
#include "solvers/model/certify.h"

struct points {
	const struct certify_job *job;
	struct threat threat;         /* of the job */
	ptrdiff_t first, count, room; /* samples first .. first + count - 1 of the job */
	struct mat X;                 /* d x room */
	struct mat low, high;    /* d x room: box of delta; one column for all if nothing clips */
	struct mat C, Z;         /* m x room: y alpha_j, u_j'x */
	struct mat below, above; /* m x room: every u_j'(x + delta) is between them */
	struct region *region;   /* room */
	double *reach;           /* room: |x|_2 + radius */
	double *value;           /* room: y f(x) */
	real *swing;             /* m: eps |u_j|_q over free coordinates, 1/p + 1/q = 1 */
	real *length;            /* m: |u_j|_2 */
	double gain, radius;     /* certify_gain; of an l_2 ball around the threat */
	struct mat absolute;     /* d x m: |U|; only with a box, as the next two */
	struct mat middle, reach_of_box; /* d x room: centre and half width of the box */
	struct mat spread;               /* m x room */
};

/* How many samples at a time. */
ptrdiff_t points_room(ptrdiff_t n, int threads);

void points_new(struct points *points, const struct certify_job *job, ptrdiff_t room,
		struct arena *arena);

void points_load(struct points *points, ptrdiff_t first, ptrdiff_t count);

/* Interval bound of min y f, twice the rounding below. */
double points_interval(const struct points *points, ptrdiff_t k);

#endif
