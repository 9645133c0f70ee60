/* Keys of what is computed from a trained network.
 *
 * A key is made of what the rows of an entry depend on: its resolved options, and the entries of
 * the same list that it starts from (a worst case over attacks, more restarts of the same). Names,
 * places in the list and other entries are no part of it. The radii of an entry share one key: the
 * worst points at a radius start the search at the next one, and bounds at a radius tighten those
 * at others. Data, seed and network are those of the cell. */
#ifndef ASSESS_KEYS_H
#define ASSESS_KEYS_H

#include "harness/spec/spec.h"
#include "harness/store/entries.h"

/* What the cell asks for: key and name of each entry, and one key of all. */
void keys_of(const struct cell *cell, struct arena *arena, struct entries *out);

/* The key of an entry of `selects`. */
const char *keys_select(const struct attack_options *o, struct arena *arena);

#endif
