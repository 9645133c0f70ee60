/* Functions of the kernels of wide networks with one hidden layer of ReLUs: the models of the kind
 * `kernel`, f_c(x) = sum_i A_ic k(x, z_i).
 *
 * Both layers have Gaussian weights of variance 1 over their number of inputs and no bias. With the
 * angle t between x and z, over d features,
 *
 *     NNGP  k(x, z) = |x| |z| / (2 pi d) (sin t + (pi - t) cos t)
 *     NTK   that + |x| |z| / (2 pi d) (pi - t) cos t
 *
 * which are the covariance of the outputs at the start and the product of their gradients in the
 * weights (Cho & Saul 2009; Jacot, Gabriel & Hongler 2018). */
#ifndef KERNEL_KERNEL_NET_H
#define KERNEL_KERNEL_NET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

/* In coordinates x / scale of the features that it was trained on: Z = scale o (their points). */
struct kernel_net {
	struct model base;
	struct mat Z;  /* d x m */
	real *scale;   /* d */
	struct mat A;  /* m x k; the width in use is Z.cols */
	real *tangent; /* one: 1 for NTK, 0 for NNGP */
};

extern const struct model_kind model_kernel;

/* The function that a model of the kind `kernel` is. */
struct kernel_net *kernel_net_of(const struct model *model);

/* Lower triangle of K (m x m), the kernel among the points, whose rows are X. */
void kernel_net_gram(const struct kernel_net *net, struct mat X, struct mat K);

#endif
