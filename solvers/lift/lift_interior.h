/* The relaxation by an interior point method: see lift_interior.c. */
#ifndef LIFT_LIFT_INTERIOR_H
#define LIFT_LIFT_INTERIOR_H

#include "solvers/lift/lift_method.h"

/* Unknowns of the relaxation of this order with n directions. */
double lift_interior_unknowns(ptrdiff_t order, ptrdiff_t n);

struct lift_method lift_interior_new(const struct lift *lift, struct arena *arena);

#endif
