/* Lists of numbers by rule: {log: [first, last, count]} or {linear: [first, last, count]}. */
#ifndef SPEC_GENERATOR_H
#define SPEC_GENERATOR_H

#include "harness/spec/tree/tree.h"
#include "solvers/core/option.h"

#include <stdbool.h>
#include <stddef.h>

enum { GENERATOR_MAX_VALUES = 10000 };

/* What a generator must look like. */
extern const char generator_form[];

/* A map of the key `log` or `linear` alone, well-formed or not. */
bool generator_is(const struct node *node);

/* Number of values of a list or a generator for a row of numbers; 0 if there are none, too many, or
 * the generator is malformed. */
size_t generator_count(const struct option *row, const struct node *node);

/* The index-th value of a list or a generator. Inner values of a logarithmic one are rounded to 6
 * significant digits, of a linear one to 12; those of a whole number to the nearest one. */
const struct node *generator_value(const struct option *row, const struct node *node, size_t index,
				   struct arena *arena);

#endif
