/* zip: {rho: [0.1, 1], u_update.pcg.rank: [10, 50]} in an entry of `data` or `train`: options that
 * are swept together, the n-th value of one with the n-th value of every other. */
#ifndef SPEC_ZIP_H
#define SPEC_ZIP_H

#include "harness/spec/bind/bind.h"

extern const char zip_key[];

/* An entry without its zip, whose lists stand where their paths say, marked as zipped. `trail`
 * leads to the entry. */
const struct node *zip_graft(const struct bind *bind, const struct node *entry,
			     const struct trail *trail);

/* The first index whose text occurs before; `count` if there is none. NULL texts are skipped. */
size_t zip_repeated(struct arena *arena, const char *const *texts, size_t count);

#endif
