/* The Newton system of the interior-point method in twice the digits of double. */
#ifndef IPM_IPM_EXTENDED_H
#define IPM_IPM_EXTENDED_H

#include "solvers/ipm/ipm_state.h"

/* Operations of one factorisation. */
double ipm_extended_flops(double n, double d, double P);

struct ipm_extended *ipm_extended_new(const struct ipm *s, struct arena *arena);

/* Factor at the current point and W; false if that fails. */
bool ipm_extended_factor(struct ipm *s);

/* From R: `added` of both halves, and da += u. */
void ipm_extended_solve(struct ipm *s);

/* Q = X added of a half, after ipm_extended_solve. */
void ipm_extended_products(struct ipm *s, int half);

#endif
