/* What attacks and certificates have found about each sample of a record: findings.npz with the
 * radii of attack.csv and certify.csv, and what shapes the balls. */
#ifndef REPORT_MARGINS_H
#define REPORT_MARGINS_H

#include "harness/report/records/records.h"

#include <stddef.h>

/* One entry at one radius. */
struct margins {
	const char *name; /* of the attack or certificate */
	const char *part; /* "test", "train" */
	const char *ball; /* "linf, prepared features, clip [0,1]": all of it but the radius */
	double eps;
	double accuracy; /* share of the samples that are correct without perturbation */
	size_t n;        /* samples */
	/* n each, bounds of the lowest y f within the ball; NULL: none from below, of an attack */
	const double *lower, *upper;
	/* n: how far the point is that a search for the nearest one found, the largest number there
	 * is where it found none; NULL: it was not looked for */
	const double *distance;
};

struct margins_list {
	size_t count;
	const struct margins *at;
};

/* Of what the plan asks for; empty for a record without findings, or whose files do not agree. */
struct margins_list margins_of(const struct record *record, struct arena *arena);

/* Samples before and after an attack at its largest radius (harness/assess/examples.h). */
struct margins_example {
	const char *name; /* of the attack */
	const char *part; /* "test" */
	const char *norm, *units;
	double eps;
	size_t count, features;
	const double *clean,
		*attacked;     /* count x features, raw, in the order of prepared columns */
	const double *outputs; /* count x 3: y, f before and after */
};

/* Of the attacks that the plan asks for the first one that has them; false: there is none. */
bool margins_example(const struct record *record, struct arena *arena, struct margins_example *out);

#endif
