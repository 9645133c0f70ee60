/* The robust linear classifier of several classes: see linear_outputs.c. */
#ifndef ROBUST_LINEAR_OUTPUTS_H
#define ROBUST_LINEAR_OUTPUTS_H

#include "solvers/robust/linear_path.h"

/* For problem->y.k > 1. */
extern const struct linear_path_program linear_outputs_program;

#endif
