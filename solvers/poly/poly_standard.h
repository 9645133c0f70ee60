/* The standard program by an interior point method. See poly_program.h. */
#ifndef POLY_POLY_STANDARD_H
#define POLY_POLY_STANDARD_H

#include "solvers/poly/poly_program.h"

struct poly_solver poly_standard(const struct poly_program *program, struct arena *arena);

#endif
