/* Texts and where each one first occurred: a hash table, so that thousands of cells are grouped and
 * matched in linear time. */
#ifndef REPORT_INDEX_H
#define REPORT_INDEX_H

#include "solvers/core/arena.h"

#include <stddef.h>

enum { INDEX_NONE = -1 };

struct index {
	size_t room; /* slots, a power of two */
	struct index_slot *slot;
};

/* Room for at most `count` texts. */
struct index index_new(size_t count, struct arena *arena);

/* The place of `text`, which must outlive the index; a new text gets the place `next`. */
size_t index_place(struct index *index, const char *text, size_t next);

/* Its place, or INDEX_NONE. */
ptrdiff_t index_find(const struct index *index, const char *text);

#endif
