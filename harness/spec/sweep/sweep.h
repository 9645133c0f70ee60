/* Variants of one entry of `data` or `train`: one for each combination of its swept values, which
 * take the place of their lists, so that plain trees are bound. */
#ifndef SPEC_SWEEP_H
#define SPEC_SWEEP_H

#include "harness/spec/bind/bind.h"

#include <stddef.h>

struct variant {
	size_t entry;  /* index in the list */
	void *options; /* bound struct of the entry */
	size_t swept_count;
	const struct swept *swept;
};

struct variants {
	size_t count, room;
	struct variant *at;
};

struct sweep_list {          /* a list of the spec whose entries may be swept */
	const char *key;     /* "data", "train" */
	const char *prefix;  /* of the paths of its axes */
	struct groups *list; /* const struct node * */
	const struct option *rows;
};

enum {
	SWEEP_MAX_CELLS = 100000,
	SWEEP_MAX_AXES = 32 /* of one entry */
};

/* Check every value of every entry, then append the variants of the entries without problems. The
 * entries of the list are replaced by what their zips make of them (zip.h). */
void sweep_entries(const struct bind *bind, const struct sweep_list *list, struct variants *out);

#endif
