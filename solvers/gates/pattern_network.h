/* Patterns of the neurons of a network, of the source `network` and of those that say which. */
#ifndef GATES_PATTERN_NETWORK_H
#define GATES_PATTERN_NETWORK_H

#include "solvers/gates/pattern.h"

/* Of the options, a struct start_options. */
const struct start_options *pattern_network_start(const void *options);

/* The neurons with weights, in `arena`; then their directions in turn. */
enum status pattern_network_open(struct pattern_stream *stream, struct arena *arena,
				 struct err *err);
void pattern_network_direction(const struct pattern_stream *stream, uint64_t index, real *h);

#endif
