/* Forward and back substitution with a few right-hand sides at once: the factor is read twice and
 * never copied, where a product of BLAS packs all of it for a handful of columns. */
#ifndef CORE_SUBSTITUTION_H
#define CORE_SUBSTITUTION_H

#include "solvers/core/mat.h"

/* B (n x k) = (L L')^-1 B, L lower triangular. Meant for k from 2 to about 30: with more, a block
 * of B outgrows the cache, and blas_cholesky_solve is as fast. */
void substitution_solve(struct mat L, struct mat B);

#endif
