/* Two-layer networks with a quadratic activation and k outputs, f(x) = A' s(U'x), s(t) = a t^2 +
 * b t + c (Bartan & Pilanci 2021): the models of the kind `polynomial`.
 *
 * Every output is a quadratic function of x. With the symmetric matrix Z = sum_j A_jc [u_j; 1][u_j;
 * 1]' of order d + 1, blocks Z1, z2, Z4,
 *
 *     f_c(x) = a x'Z1 x + b x'z2 + c Z4 = [x; 1]' Q [x; 1],   Q = [[a Z1, (b/2) z2], [., c Z4]]. */
#ifndef MODEL_POLYNET_H
#define MODEL_POLYNET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

/* The width in use is U.cols; A may have room for more units. */
struct polynet {
	struct model base;
	struct mat U;    /* d x m, columns u_j of length 1, as trained */
	struct mat A;    /* m x k: row j is what neuron j adds to the outputs */
	real *a, *b, *c; /* one each: the activation */
};

extern const struct model_kind model_polynomial;

/* The network that a model of the kind `polynomial` is. */
struct polynet *polynet_of(const struct model *model);

/* Q (d + 1 x d + 1) of output c; rival >= 0: of its difference to that of the output `rival`. */
void polynet_form(const struct polynet *net, ptrdiff_t c, ptrdiff_t rival, struct mat Q);

#endif
