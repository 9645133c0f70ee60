/* The Newton system of the interior point for SCP (scp_interior.h), curvatures v (n) and S (N): in
 * the samples or in the neurons, whichever are fewer, or in both once one is no longer accurate:
 *
 *     (v + Phi S Phi') da = b,   (I + T'T) S^(-1/2) dx = b,   T = v^(-1/2) Phi S^(1/2),
 *
 * by a Cholesky factor and by conjugate gradients on the exact residual that it preconditions. All
 * vectors are double; the features and the factor are `real`. */
#ifndef SCP_SCP_SYSTEM_H
#define SCP_SCP_SYSTEM_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"

#include <stdbool.h>

enum scp_system_kind { SCP_IN_SAMPLES, SCP_IN_NEURONS };

struct scp_system {
	struct ranks *ranks;   /* that hold the samples; NULL: this process alone */
	struct mat Phi;        /* n x N: columns in use, borrowed; set by the caller */
	double *v, *s;         /* n, N: curvatures; set by the caller */
	bool late;             /* one system is no longer accurate: both are used */
	double left[2];        /* shares of right-hand sides that the last solves left */
	double *work[4];       /* max(n, N): right-hand side and conjugate gradients */
	real *rounded;         /* max(n, N): a vector as the factor takes it */
	struct mat in_samples; /* n: factor of v + Phi S Phi', empty if it is never used */
	struct mat in_neurons; /* most: factor of I + T'T */
	struct mat T;          /* columns or rows of T */
};

/* For n samples and up to `most` neurons. Of samples on several ranks only in the neurons. */
struct scp_system scp_system_new(ptrdiff_t n, ptrdiff_t most, struct ranks *ranks,
				 struct arena *arena);

bool scp_system_uses(const struct scp_system *s, enum scp_system_kind which);

/* Factor what is used; false if that fails. */
bool scp_system_factor(struct scp_system *s);

/* x = system^-1 b by conjugate gradients from 0; b becomes the residual, whose share is kept in
 * `left`. t (of the other order) is scratch. */
void scp_system_solve(struct scp_system *s, enum scp_system_kind which, double *b, double *t,
		      double *x);

/* Whether this system was solved and the other one was not. */
bool scp_system_better(const struct scp_system *s, enum scp_system_kind which);

#endif
