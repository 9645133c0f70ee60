/* The relaxation by operator splitting: see lift_splitting.c. */
#ifndef LIFT_LIFT_SPLITTING_H
#define LIFT_LIFT_SPLITTING_H

#include "solvers/lift/lift_method.h"

struct lift_method lift_splitting_new(const struct lift *lift, struct arena *arena);

#endif
