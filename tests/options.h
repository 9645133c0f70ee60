/* Options of a descriptor for tests: scalars only, without the spec reader. */
#ifndef TESTS_OPTIONS_H
#define TESTS_OPTIONS_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"

/* The defaults of `desc`: numbers, truth values and names. Other types stay zero. */
void *options_default(const struct desc *desc, struct arena *arena);

/* Set a number, a truth value or the index of a name. An unknown name fails an assertion. */
void options_set(const struct desc *desc, void *options, const char *name, double value);

#endif
