/* Naive twins of robust training: worst cases of networks and of linear functions in double. */
#ifndef TESTS_ROBUST_H
#define TESTS_ROBUST_H

#include "solvers/model/attack.h"
#include "solvers/model/net.h"

/* sum over free coordinates of |v_i|^q, to the 1/q: q dual to the norm of the ball. */
double robust_dual_norm(const real *v, ptrdiff_t d, const bool *frozen, enum norm norm);

/* KL of two Bernoulli variables with logits f and g, by the definition. */
double robust_divergence(double f, double g);

/* y sum_j a_j relu(z_j +- eps |u_j|_q) with the worse sign for every neuron. */
double robust_interval_margin(const struct net *net, struct mat X, ptrdiff_t k, double y,
			      const struct threat *threat);

#endif
