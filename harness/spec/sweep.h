/* Sweep axes: a list, or {log: [a, b, n]} or {linear: [a, b, n]}, in the place of a single value.
 * The options of a zip (zip.h) share one axis, which is met with the first of them.
 *
 * Axes are met while a tree is bound. The odometer knows the index chosen on the axes met so far;
 * an axis met for the first time starts at 0. Since the last axis turns fastest and an axis met
 * behind a changed one is met anew, an axis may lie within one value of another (u_update: [dual,
 * {pcg: {rank: [10, 50]}}]). */
#ifndef SPEC_SWEEP_H
#define SPEC_SWEEP_H

#include "harness/spec/node.h"
#include "harness/spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SWEEP_MAX_AXES = 32,
	SWEEP_MAX_VALUES = 10000 /* on one axis */
};

struct axis {
	size_t index, count;
};

struct zipped { /* an option of a zip */
	const struct node *node;
	size_t count;
	const char *const *texts; /* of its values; NULL where there is a problem */
};

struct axes {
	bool all;                  /* bind every value of each axis in turn, to find all problems */
	const struct trail *entry; /* paths of axes are relative to it */
	const char *prefix;        /* and start with this */
	size_t known, met;
	struct axis at[SWEEP_MAX_AXES];
	struct axis *zip; /* that of the zipped options, once the first of them is met */
	size_t shown_count;
	struct swept shown[SWEEP_MAX_AXES]; /* path and current value of each swept option */
	size_t zipped_count;
	struct zipped zipped[SWEEP_MAX_AXES]; /* found while all values are bound */
};

/* The node stands for several values of the row, well-formed or not. */
bool sweep_is_axis(const struct option *row, const struct node *node);

/* {log: ...} or {linear: ...} */
bool sweep_is_generator(const struct node *node);

/* Number of values; 0 if there are none or the generator is malformed. */
size_t sweep_count(const struct option *row, const struct node *node);

/* The index-th value. Inner values of a log axis are rounded to 6 significant digits, of a linear
 * one to 12; those of a whole number to the nearest one. */
const struct node *sweep_value(const struct option *row, const struct node *node, size_t index,
			       struct arena *arena);

/* What a generator must look like. */
extern const char sweep_generator_form[];

/* Begin with the first combination. */
void sweep_start(struct axes *axes);

/* The next axis of this pass; there are never more axes than swept options. */
struct axis *sweep_meet(struct axes *axes, size_t count);

/* Turn the odometer; false when every combination has been seen. */
bool sweep_next(struct axes *axes);

#endif
