/* Open nodes of a search, the one with the lowest bound first. */
#ifndef CERTIFY_TREE_OPEN_H
#define CERTIFY_TREE_OPEN_H

#include "solvers/certify/tree.h"

void tree_push(struct tree *tree, ptrdiff_t node);
ptrdiff_t tree_pop(struct tree *tree);

#endif
