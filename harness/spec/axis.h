/* One axis while it is bound: its values, its label, its place in the odometer. */
#ifndef SPEC_AXIS_H
#define SPEC_AXIS_H

#include "harness/spec/bind.h"

struct alternatives { /* the values of an axis */
	const struct option *row;
	const struct node *node;
	const struct trail *trail;
	size_t count;
};

/* False, with a problem, if there are no values. */
bool axis_open(struct bind *b, const struct option *row, const struct node *node,
	       const struct trail *trail, struct alternatives *out);

/* The value that the odometer points at, and a place for axis_show; NULL after a problem. */
const struct node *axis_current(struct bind *b, const struct alternatives *a, struct swept **shown);

/* Canonical short text of a value that has been bound to `field`. A choice is shown by its name
 * where that tells the values apart, else with its options. */
const char *axis_text(struct bind *b, const struct alternatives *a, const struct node *value,
		      const void *field);

/* Note path and text of the current value. */
void axis_show(struct bind *b, const struct alternatives *a, struct swept *shown, const char *text);

/* Values must differ, or cells would be computed twice; those of a zip are noted, since only all of
 * its options together must (zip_distinct). NULL texts are skipped. */
bool axis_distinct(struct bind *b, const struct alternatives *a, const char *const *texts);

/* The first index whose text occurs before; `count` if there is none. NULL texts are skipped. */
size_t axis_repeated(struct arena *arena, const char *const *texts, size_t count);

#endif
