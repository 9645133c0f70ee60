/* Two-layer ReLU network f(x) = sum_j alpha_j relu(u_j' x), scalar output.
 *
 * A bias is a constant column of X. The batch kernels work in row blocks, so that the hidden layer
 * of a block stays in cache; their scratch comes from a `struct net_work` made once. */
#ifndef MODEL_NET_H
#define MODEL_NET_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stddef.h>

struct net {
	struct mat U; /* d x m, columns u_j */
	real *alpha;  /* m */
};

/* Room for d x m weights, all zero. The width of a net in use is U.cols; it may be set below m. */
struct net net_new(struct arena *arena, ptrdiff_t d, ptrdiff_t m);

struct net_work {
	int parts;    /* threads that share the work, each on rows or neurons of its own */
	struct mat H; /* block x (m parts), m columns for each part */
};

/* Scratch for any number of rows and up to m neurons, for as many threads as OpenMP may use. The
 * result of a kernel depends on that number only through the shape of the blocks. */
struct net_work net_work_new(struct arena *arena, ptrdiff_t m);

/* The same for a caller that is itself one of several threads: kernels stay in its thread. */
struct net_work net_work_serial(struct arena *arena, ptrdiff_t m);

/* f = relu(X U) alpha, X n x d, f (n). */
void net_forward(const struct net *net, struct mat X, real *f, struct net_work *work);

/* G_k = df(x_k)/dx, n x d, and f (n): G = ((X U > 0) o alpha') U'. G may not overlap X. */
void net_input_gradient(const struct net *net, struct mat X, real *f, struct mat G,
			struct net_work *work);

/* Gradient in the weights of sum_k g_k f(x_k) for given slopes g (n): gU (d x m), galpha (m). */
void net_weight_gradient(const struct net *net, struct mat X, const real *g, struct net *gradient,
			 struct net_work *work);

/* (1/2) (|U|_F^2 + |alpha|^2): times beta it is the weight decay of the network objective. */
double net_decay(const struct net *net);

#endif
