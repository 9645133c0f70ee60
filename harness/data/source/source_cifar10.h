/* Options of the source `cifar10`. */
#ifndef SOURCE_SOURCE_CIFAR10_H
#define SOURCE_SOURCE_CIFAR10_H

#include "solvers/core/option.h"

struct cifar10_options {
	struct texts train, test; /* files; test: empty = no test part */
};

#endif
