/* Gated ReLU: f_c(x) = sum_p 1[g_p'x >= 0] x'W_pc, W_p d x k. The decay is sum_p |W_p|_F, the norm
 * of the convex program over gates. */
#ifndef GATED_GATED_RELU_H
#define GATED_GATED_RELU_H

#include "solvers/model/model.h"

struct gated_relu {
	struct model base;
	struct mat G; /* d x P */
	struct mat W; /* (d P) x k, W_p one below the other */
};

extern const struct model_kind model_gated_relu;

struct gated_relu *gated_relu_of(const struct model *model);

#endif
