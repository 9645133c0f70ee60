/* The door of the folder: trees with positions, their problems, --set. */
#ifndef SPEC_TREE_H
#define SPEC_TREE_H

#include "harness/spec/tree/node.h"
#include "harness/spec/tree/override.h"
#include "harness/spec/tree/problem.h"

#endif
