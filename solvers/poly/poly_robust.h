/* The program of the worst case by an interior point method. See poly_program.h. */
#ifndef POLY_POLY_ROBUST_H
#define POLY_POLY_ROBUST_H

#include "solvers/poly/poly_program.h"

struct poly_solver poly_robust(const struct poly_program *program, struct arena *arena);

#endif
