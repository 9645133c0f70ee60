/* Attacks on the final network: every entry of `attack`, eps by eps, on its part of the data. */
#ifndef ASSESS_ASSAULT_H
#define ASSESS_ASSAULT_H

#include "harness/assess/assessed.h"
#include "harness/assess/target.h"

/* Whether the attacks can be run on data prepared like this; asked before training. */
enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* Attack by all entries of order->cell->attack; out[i] is of entry i, its rows in `arena`.
 *
 * The worst point found at a smaller eps starts the search at the next one, so that robust accuracy
 * never rises with eps; a worst case over attacks starts from what the other entries have found.
 * zero_gradient is the share of samples at which the gradient of the attack's loss is zero:
 * where it is large, a robust accuracy by gradients means little. A network without neurons
 * classifies nothing: all accuracies are 0. The margins are added to the evidence. A kept entry is
 * attacked again only where another one starts from its points. Error: what an attack gave back
 * cannot be true (a fault of the program). */
enum status assault_run(const struct assess_order *order, struct arena *arena, struct assessed *out,
			struct err *err);

/* Where an entry of `attack` aims. */
struct aim assault_aim(const struct attack_options *o, const struct dataset *data);

/* Whether it looks for the nearest point across the boundary, so that it has distances. */
bool assault_nearest(const struct attack_options *o);

/* Whether the rows of `a` depend on `b`, of the same list: b is part of a by definition, within
 * the same threat. */
bool assault_contains(const struct attack_options *a, const struct attack_options *b);

#endif
