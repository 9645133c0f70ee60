/* Two-layer ReLU networks with k outputs, f(x) = A' relu(U'x): the models of the kind
 * `relu_outputs`. */
#ifndef MODEL_MULTINET_H
#define MODEL_MULTINET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

/* The width in use is U.cols; A may have room for more units. */
struct multinet {
	struct model base;
	struct mat U; /* d x m, columns u_j */
	struct mat A; /* m x k: row j is what neuron j adds to the outputs */
};

/* The network that a model of the kind `relu_outputs` is. */
struct multinet *multinet_of(const struct model *model);

/* Gradient in the weights of sum_{k,c} G(k, c) f_c(x_k) for given slopes G (n x k). */
void multinet_weight_gradient(const struct multinet *net, struct mat X, struct mat G,
			      struct multinet *gradient, struct model_work *work);

#endif
