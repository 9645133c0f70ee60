/* The norm that is dual to a perturbation's, over the coordinates that an attacker can touch.
 *
 * A perturbation |delta|_p <= eps of x changes x'c by at most eps |c|_q, 1/p + 1/q = 1; a frozen
 * coordinate (a bias column) is left out of |c|_q and of everything below. */
#ifndef MODEL_DUALNORM_H
#define MODEL_DUALNORM_H

#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

enum perturbation { PERTURBATION_LINF, PERTURBATION_L2, PERTURBATION_L1 };

extern const char *const perturbation_names[]; /* "linf", "l2", "l1", NULL */

struct dualnorm {
	long p; /* enum perturbation */
	ptrdiff_t d;
	const bool *frozen; /* d */
};

/* |c|_q */
double dualnorm_value(const struct dualnorm *norm, const real *c);

/* out = argmin_c t |c|_q + |c - v|^2 / 2, t >= 0; out may be v. |out|_q. */
double dualnorm_prox(const struct dualnorm *norm, double t, const real *v, real *out);

/* Moreau envelope min_p |p|_q + |c - p|_2^2 / (2 mu), mu > 0; c becomes its gradient (c - p) / mu.
 * `spare` (d) is scratch. *value = |c|_q. */
double dualnorm_envelope(const struct dualnorm *norm, double mu, real *c, real *spare,
			 double *value);

/* min |v - g|_2 over |g|_p <= radius, g zero where frozen; by Moreau the norm of dualnorm_prox with
 * t = radius. `scratch` (d) returns v - g. */
double dualnorm_distance(const struct dualnorm *norm, double radius, const real *v, real *scratch);

#endif
