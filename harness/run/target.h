/* The test part as an attack sees it: network and points in the units of the ball, box and frozen
 * coordinates. */
#ifndef RUN_TARGET_H
#define RUN_TARGET_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/attack.h"

struct target {
	struct net net;
	struct mat X;             /* n x d, clean points */
	const real *y;            /* n, -1 or +1 */
	real *margin;             /* n: y f at the clean points */
	bool *still;              /* n: df/dx is zero in every coordinate that may be attacked */
	double accuracy;          /* share of margins above zero */
	struct threat threat;     /* eps = 0 */
	struct stage_columns raw; /* used in raw units only */
};

/* Units, norm and box of `o`, whose other options do not matter. Error: a box that excludes the
 * data. */
enum status target_new(const struct dataset *data, const struct attack_options *o,
		       const struct net *net, struct arena *arena, struct target *out,
		       struct err *err);

/* Do both ask for the same target? */
bool target_same(const struct attack_options *a, const struct attack_options *b);

/* Do the eps and clip of `o` refer to features before `prepare`? */
bool target_is_raw(const struct attack_options *o);

#endif
