/* The patterns of the robust program: those that admit a robust neuron, with its direction. */
#ifndef ROBUST_ROBUST_PATTERNS_H
#define ROBUST_ROBUST_PATTERNS_H

#include "solvers/robust/robust.h"

/* Sample patterns, find for each the direction of the largest margin and drop those without a
 * positive one. With `screen` > 1 so many times as many are drawn and those that admit a neuron up
 * to the largest radius are kept, in the order they were drawn; STATUS_SPEC unless they are drawn
 * to a count. */
enum status robust_patterns(struct robust *r, const struct pattern_options *options, long screen,
			    struct arena *arena, struct err *err);

#endif
