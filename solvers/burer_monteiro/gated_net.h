/* Gated networks f(x) = sum_j 1[g_j'x >= 0] (u_j'x) r_j with fixed gates: the models of the kind
 * `gated_net`. The decay is that of a network, (|U|^2 + |R|^2) / 2: of all networks that have the
 * W_p = sum_j u_j r_j' over the units of a gate g_p, the least is sum_p |W_p|_*, the nuclear norms.
 */
#ifndef BURER_MONTEIRO_GATED_NET_H
#define BURER_MONTEIRO_GATED_NET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

struct gated_net {
	struct model base;
	struct mat U, G; /* d x m: weights, and the gate of each unit */
	struct mat R;    /* m x k; the width in use is U.cols */
};

extern const struct model_kind model_gated_net;

struct gated_net *gated_net_of(const struct model *model);

#endif
