/* Options of trainer `ipm`, for a method that hands over to it; all zero but for the patterns is
 * its default. */
#ifndef IPM_IPM_OPTIONS_H
#define IPM_IPM_OPTIONS_H

#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

struct ipm_options {
	struct pattern_options patterns;
	long system;
};

extern const struct trainer trainer_ipm;

#endif
