/* Keys and where each one first occurred: a hash table, so that thousands of things are grouped and
 * matched in linear time. A key is a text or some bytes, less than 4 GiB; it is not copied and must
 * outlive the index. Texts and bytes are not mixed in one index. */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include "solvers/core/arena.h"

#include <stddef.h>

enum { INDEX_NONE = -1 };

struct index {
	struct arena *arena;
	size_t count, room; /* keys; slots, a power of two */
	struct index_slot *slot;
};

/* With room for `count` keys; it grows beyond, and what it was stays in the arena. */
struct index index_new(size_t count, struct arena *arena);

/* The place of a key; a new one gets the place `next`. */
size_t index_place(struct index *index, const char *text, size_t next);
size_t index_place_bytes(struct index *index, const void *key, size_t length, size_t next);

/* Its place, or INDEX_NONE. */
ptrdiff_t index_find(const struct index *index, const char *text);
ptrdiff_t index_find_bytes(const struct index *index, const void *key, size_t length);

#endif
