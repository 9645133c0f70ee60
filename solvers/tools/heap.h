/* Items in a binary heap, the one of the least key first (Williams 1964). */
#ifndef TOOLS_HEAP_H
#define TOOLS_HEAP_H

#include "solvers/core/arena.h"

#include <stddef.h>

struct heap {
	ptrdiff_t *item; /* room: the first of the least key */
	double *key;     /* room: of each item there */
	ptrdiff_t count;
};

struct heap heap_new(ptrdiff_t room, struct arena *arena);

/* There must be room. */
void heap_push(struct heap *heap, ptrdiff_t item, double key);

/* Removes and returns the item of the least key; there must be one. */
ptrdiff_t heap_pop(struct heap *heap);

#endif
