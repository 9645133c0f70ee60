/* Second-order cones (u0, u1), u0 >= |u1|, side by side as the columns of (d + 1) x P matrices, in
 * the scaling of Nesterov and Todd as Vandenberghe 2010 gives it.
 *
 * For s, z inside the cone, with det u = u0^2 - |u1|^2, J = diag(1, -I) and u' = u / sqrt(det u):
 *
 *     w = (s' + J z') / (2 g),  g = sqrt((1 + s''z') / 2),  eta = (det s / det z)^(1/4),
 *     W u = eta (w0 u0 + w1'u1, u1 + (u0 + w1'u1 / (1 + w0)) w1),   W z = W^-1 s = lambda.
 *
 * W^-2 = eta^-2 (2 (J w)(J w)' - J). The product is u o v = (u'v, u0 v1 + v0 u1), its unit (1, 0).
 */
#ifndef TOOLS_CONE_H
#define TOOLS_CONE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stddef.h>

struct cones {
	struct mat s, ds, z, dz; /* (d + 1) x P: primal and dual points and their steps */
	struct mat w, lambda;    /* (d + 1) x P: scaling points, scaled points */
	struct mat k;            /* (d + 1) x P: second-order terms in scaled coordinates */
	real *eta;               /* P */
};

struct cones cones_new(struct arena *arena, ptrdiff_t d, ptrdiff_t P);

/* w, eta and lambda at the current points; k = 0. */
void cones_scale(struct cones *c);

/* out (d + 1) = W^-1 (lambda \ (mu (1, 0) - k)) of cone i: what z + dz + W^-2 ds has to be. */
void cones_target(const struct cones *c, ptrdiff_t i, double mu, real *out);

/* k = (W^-1 ds) o (W dz) from the current direction. */
void cones_second_order(struct cones *c);

/* Largest step that keeps s + step ds and z + step dz in their cones; HUGE_VAL if all do. */
double cones_longest(const struct cones *c);

/* sum_i (s + step ds)_i'(z + step dz)_i */
double cones_products(const struct cones *c, double step);

#endif
