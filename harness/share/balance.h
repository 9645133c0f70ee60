/* Work for several at once, shared out evenly. */
#ifndef SHARE_BALANCE_H
#define SHARE_BALANCE_H

#include <stddef.h>

/* The part of each of `count` loads (finite, >= 0): the largest first, each to the part that has
 * least by then. The largest part is at most 4/3 - 1/(3 parts) times the best possible one.
 * Of equal loads and parts the first comes first, so that the same loads give the same parts.
 *
 * Source: Graham 1969, Bounds on multiprocessing timing anomalies, theorem 2. */
void balance_split(const double *load, size_t count, size_t parts, size_t *part);

/* The order of the loads, the largest first. */
void balance_order(const double *load, size_t count, size_t *order);

#endif
