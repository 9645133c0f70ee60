/* Products of one sample with the output weights A (m x k) of a network of several outputs. A is
 * narrow beside the first layer: loops over neurons do. */
#ifndef BASELINES_HEAD_H
#define BASELINES_HEAD_H

#include "solvers/core/mat.h"

/* f_c = A_c'h for neurons h (m); those of f are `stride` apart. */
void head_outputs(struct mat A, const real *h, real *f, ptrdiff_t stride);

/* s = [h > 0] o (A g), m numbers, for slopes g `stride` apart; s may be h. */
void head_slopes(struct mat A, const real *h, const real *g, ptrdiff_t stride, real *s);

#endif
