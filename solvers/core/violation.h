/* A-posteriori quality of a sample (Bai, Gautam, Sojoudi 2023, section 2): how many patterns or
 * neurons drawn anew have a dual constraint that the dual feasible point s alpha breaks. Only those
 * can lower the optimum below -L*(-s alpha). For patterns: cvx_violation. */
#ifndef CORE_VIOLATION_H
#define CORE_VIOLATION_H

#include "solvers/core/trainer.h"

/* Neurons u uniform on the unit sphere, in a stream of their own: s |alpha'(X u)_+| > beta; s is
 * `scale`, alpha (n). */
void violation_neurons(const struct problem *problem, const real *alpha, double scale, long draws,
		       struct violation *out);

/* beta / s, and room for rounding: a constraint beyond it is broken. */
double violation_limit(const struct problem *problem, double scale);

#endif
