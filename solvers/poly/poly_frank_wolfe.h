/* The program of polynomial networks in its oracle form by fully corrective Frank-Wolfe steps over
 * neurons. See poly_program.h. */
#ifndef POLY_POLY_FRANK_WOLFE_H
#define POLY_POLY_FRANK_WOLFE_H

#include "solvers/poly/poly_program.h"

struct poly_solver poly_frank_wolfe(const struct poly_program *program, struct arena *arena);

#endif
