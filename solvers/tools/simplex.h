/* Projection on the unit simplex {x >= 0, sum x = 1}. */
#ifndef TOOLS_SIMPLEX_H
#define TOOLS_SIMPLEX_H

#include "solvers/core/real.h"

#include <stddef.h>

/* x (n) becomes its projection on the simplex (Michelot 1986). */
void simplex_project(ptrdiff_t n, real *x);

#endif
