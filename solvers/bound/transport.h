/* kappa(nu) from above for any number of rows and features, with nu chosen for it; rows are samples
 * unless the loss is squared.
 *
 * nu is the divergence of a flow pi >= 0 over pairs of rows (i -> j), or of a row and 0. With
 * relu(s) - relu(t) <= relu(s - t), delta = x_i - x_j, b = X'nu = sum pi delta, and any g > 0
 *
 *     nu'relu(X u) <= sum pi relu(delta'u) = b'u / 2 + sum pi |delta'u| / 2
 *                  <= b'u / 2 + sum (pi^2 / g) / 4 + u'G u / 4,   G = sum g delta delta'
 *
 * so that for |u| <= 1 and l > lmax(G) / 4
 *
 *     kappa(nu) <= sum (pi^2 / g) / 4 + l + b'(l I - G / 4)^-1 b / 16
 *
 * and as the reversed flow has the same G and -b, also kappa(-nu). pi rises where the dual
 * objective gains more by it than it costs. The best g is pi / |V'delta|, where the metric V V' of
 * trace 1 maximises the concave dual of this minimum: V <- normalised G V + b e_1'. */
#ifndef BOUND_TRANSPORT_H
#define BOUND_TRANSPORT_H

#include "solvers/bound/transport_bound.h"

struct transport transport_new(struct dual *dual, struct arena *arena);
void transport_start(struct transport *t);
/* Some steps and a bound; false: nothing more is to be expected. */
bool transport_round(struct transport *t);

#endif
