/* The solver of conic_lasso.h: Newton steps on the faces of all halves together. */
#ifndef GATED_CONIC_NEWTON_H
#define GATED_CONIC_NEWTON_H

#include "solvers/gated/conic_lasso.h"

/* The point moves on from where it was evaluated: one half after the other, then by steps that are
 * bent where a half is stopped by a row, which joins its face, until no row of a face is left that
 * the objective falls away from. */
void conic_newton_pass(struct conic_lasso *s);

#endif
