/* The bound of one box. */
#ifndef BOUND_KAPPA_NODE_H
#define BOUND_KAPPA_NODE_H

#include "solvers/bound/kappa.h"

struct kappa_scratch *kappa_scratch_new(ptrdiff_t room, ptrdiff_t d, int threads,
					struct arena *arena);

/* Lowers the bound of the node, fixes signs of its terms, and tells where to halve it. */
void kappa_node_bound(const struct kappa *kappa, int thread, ptrdiff_t node);

#endif
