/* Options of trainer `ipm`, for a method that hands over to it; all zero but for the patterns is
 * its default. */
#ifndef CONVEX_IPM_OPTIONS_H
#define CONVEX_IPM_OPTIONS_H

#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

struct ipm_options {
	struct pattern_options patterns;
	long system;
};

extern const struct trainer trainer_ipm;

#endif
