/* beta: {path: [first, last, count]} in an entry of `train`: one cell that goes through penalties
 * in geometric steps, where {log: [first, last, count]} is a cell for each. */
#ifndef SPEC_PENALTIES_H
#define SPEC_PENALTIES_H

#include "harness/spec/bind/bind.h"

/* An entry with the options that its path stands for, `beta`, `penalties` and `first_penalty`, if
 * `rows` have these; `trail` leads to the entry. */
const struct node *penalties_graft(const struct bind *bind, const struct option *rows,
				   const struct node *entry, const struct trail *trail);

#endif
