/* The standard program with the squared loss by operator splitting, for features whose many pairs
 * are beyond an interior point method. See poly_program.h. */
#ifndef POLY_POLY_SPLITTING_H
#define POLY_POLY_SPLITTING_H

#include "solvers/poly/poly_program.h"

struct poly_solver poly_splitting(const struct poly_program *program, struct arena *arena);

#endif
