/* Binding a plain tree, one without sweeps, to structs through option rows, with every problem
 * reported. */
#ifndef SPEC_BIND_H
#define SPEC_BIND_H

#include "harness/spec/bind/canon.h"
#include "harness/spec/bind/expect.h"
#include "harness/spec/bind/generator.h"
#include "harness/spec/bind/scalar.h"
#include "harness/spec/tree/tree.h"
#include "solvers/core/desc.h"

#include <stdbool.h>

struct bind {
	struct arena *arena;
	struct problems *problems;
	const char
		*folder; /* paths are relative to it; NULL: paths are final and stay as they are */
	/* what binds each option in the place of bind_value, or NULL: a sweep looks for axes */
	bool (*meet)(struct bind *bind, const struct option *row, const struct node *node,
		     const struct trail *trail, void *field);
	void *context;
	const struct trail *entry; /* the map here may hold these keys too: they are gone by now */
	const char *const *entry_keys; /* ends with NULL */
};

/* Fill the struct at `base` from a map: given keys in the order of the document, then the defaults
 * of the others. An OPTION_GROUPS row without rows keeps its elements as `const struct node *`.
 * False after a problem. */
bool bind_rows(struct bind *bind, const struct option *rows, const struct node *map,
	       const struct trail *trail, void *base);

/* Fill one field from a value. */
bool bind_value(struct bind *bind, const struct option *row, const struct node *node,
		const struct trail *trail, void *field);

/* Bytes of the field of a row. */
size_t bind_size(const struct option *row);

/* "expected ..., got nothing" for a required key that `map` lacks. Returns false. */
bool bind_missing(struct bind *bind, const struct option *row, const struct node *map,
		  const struct trail *trail);

#endif
