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

/* Room for so many patterns behind those that there are. */
void robust_patterns_reserve(struct robust *r, ptrdiff_t more, struct arena *arena);

/* Those of D (n x count) that admit a robust neuron join, as far as there is room; how many.
 * `source`: who proposed them. */
ptrdiff_t robust_patterns_add(struct robust *r, struct mat D, const char *source);

/* The columns of the patterns that `kept` marks, copied: those of a file belong to the caller. */
void robust_patterns_keep(struct robust *r, const bool *keep, struct arena *arena);

#endif
