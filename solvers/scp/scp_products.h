/* Products of the features with vectors in double, also where the features are single: what the
 * residuals of an interior point and the bounds need. */
#ifndef SCP_SCP_PRODUCTS_H
#define SCP_SCP_PRODUCTS_H

#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"

/* f (rows) = Phi x (cols) */
void scp_products_plain(struct mat Phi, const double *x, double *f);

/* slope (cols) = Phi' g of the rows on all ranks */
void scp_products_transposed(struct ranks *ranks, struct mat Phi, const double *g, double *slope);

#endif
