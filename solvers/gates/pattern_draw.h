/* Drawing patterns from their sources; only pattern.c needs it. */
#ifndef GATES_PATTERN_DRAW_H
#define GATES_PATTERN_DRAW_H

#include "solvers/gates/pattern.h"

/* D, H and source of `options->count` distinct patterns, or of as many as are found; H are the
 * directions as proposed. STATUS_SPEC if a source that never ends is not the last or two model
 * files are named; STATUS_ENV if no pattern is found; whatever opening a source reports. */
enum status pattern_draw(const struct pattern_options *options, const struct problem *problem,
			 const struct threat *threat, struct arena *arena, struct patterns *out,
			 struct err *err);

#endif
