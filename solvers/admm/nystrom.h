/* Randomised Nystrom approximation of a positive semidefinite operator and the preconditioner made
 * of it (Frangella, Tropp, Udell 2023, algorithms 2.1 and section 5). */
#ifndef ADMM_NYSTROM_H
#define ADMM_NYSTROM_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>

struct nystrom {
	struct mat U; /* n x rank, orthonormal columns */
	real *lambda; /* rank: eigenvalues, ascending */
	real *c;      /* rank scratch */
};

/* H ~ U diag(lambda) U' from `rank` products h = H g (at most n). False if a factorisation fails.
 */
bool nystrom_new(struct nystrom *self, ptrdiff_t n, long rank,
		 void (*product)(void *context, const real *g, real *h), void *context,
		 struct arena *arena);

/* x = (lambda_1 + mu) U (diag(lambda) + mu)^-1 U'x + x - U U'x, lambda_1 the smallest: the
 * preconditioner of H + mu I. */
void nystrom_solve(const struct nystrom *self, double mu, real *x);

#endif
