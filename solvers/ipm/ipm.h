/* Trainer `ipm`, for a method that hands over to it: options all zero but for the patterns are its
 * default. */
#ifndef IPM_IPM_H
#define IPM_IPM_H

#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

struct ipm_options {
	struct pattern_options patterns;
	long system, output;
};

extern const struct trainer trainer_ipm;

#endif
