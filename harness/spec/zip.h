/* zip: {rho: [0.1, 1], u_update.pcg.rank: [10, 50]} in an entry of `data` or `train`: options that
 * are swept together, the n-th value of one with the n-th value of every other. */
#ifndef SPEC_ZIP_H
#define SPEC_ZIP_H

#include "harness/spec/bind.h"

extern const char zip_key[];

/* Put the lists of each entry's zip where their paths say, marked as zipped. `list` holds the
 * entries of the spec's list `key`; those with a zip are replaced by copies. */
void zip_graft(struct bind *bind, const char *key, struct groups *list);

/* The zipped options noted on the axes of `bind` take different values together each time; else a
 * problem. */
bool zip_distinct(struct bind *bind, const struct trail *trail);

#endif
