/* What a network is, by plain loops in double that share no code with the solvers: for `verify`. */
#ifndef VERIFY_PLAIN_H
#define VERIFY_PLAIN_H

#include "solvers/model/net.h"

/* sum_j alpha_j max(0, u_j'x_k), x_k row k of X. `noise`, unless NULL: what rounding in the
 * precision of epsilon can have changed of it. */
double plain_output(const struct net *net, struct mat X, ptrdiff_t k);
double plain_noise(const struct net *net, struct mat X, ptrdiff_t k, double epsilon);

/* |U|^2 + |alpha|^2 */
double plain_squares(const struct net *net);

#endif
