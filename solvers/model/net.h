/* Two-layer ReLU networks f(x) = sum_j alpha_j relu(u_j' x): the models of the kind `relu`. */
#ifndef MODEL_NET_H
#define MODEL_NET_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/rng.h"
#include "solvers/model/model.h"

#include <stddef.h>

struct net {
	struct model base;
	struct mat U; /* d x m, columns u_j */
	real *alpha;  /* m */
};

/* The network that a model of the kind `relu` is. */
struct net *net_of(const struct model *model);

/* Room for d x m weights, all zero. The width of a net in use is U.cols; it may be set below m. */
struct net net_new(struct arena *arena, ptrdiff_t d, ptrdiff_t m);

/* Output c of a network as one: a view. */
struct net net_output(struct model_layers layers, ptrdiff_t c);

/* The same of f_c - f_rival, with alpha = A(:, c) - A(:, rival) written to `alpha` (m). */
struct net net_difference(struct model_layers layers, ptrdiff_t c, ptrdiff_t rival, real *alpha);

/* u (d) is uniform on the unit sphere: a sampled direction of the first layer. */
void net_direction(struct rng *rng, ptrdiff_t d, real *u);

/* model_work_new and model_work_serial for networks. */
struct model_work net_work_new(struct arena *arena, ptrdiff_t m);
struct model_work net_work_serial(struct arena *arena, ptrdiff_t m);

/* f = relu(X U) alpha, X n x d, f (n). */
void net_forward(const struct net *net, struct mat X, real *f, struct model_work *work);

/* G_k = df(x_k)/dx, n x d, and f (n): G = ((X U > 0) o alpha') U'. G may not overlap X. */
void net_input_gradient(const struct net *net, struct mat X, real *f, struct mat G,
			struct model_work *work);

/* Gradient in the weights of sum_k g_k f(x_k) for given slopes g (n): gU (d x m), galpha (m). */
void net_weight_gradient(const struct net *net, struct mat X, const real *g, struct net *gradient,
			 struct model_work *work);

/* (1/2) (|U|_F^2 + |alpha|^2): times beta it is the weight decay of the network objective. */
double net_decay(const struct net *net);

#endif
