/* Hash table of texts: open addressing, FNV-1a. */
#include "harness/report/records/index.h"

#include <stdint.h>
#include <string.h>

struct index_slot {
	const char *text; /* NULL: free */
	size_t place;
};

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037u; /* offset and prime of FNV-1a, 64 bits */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash ^ hash >> 32;
}

struct index index_new(size_t count, struct arena *arena)
{
	struct index index = {.room = 8};

	while (index.room < 2 * count)
		index.room *= 2;
	index.slot = ARENA_ARRAY(arena, struct index_slot, index.room);
	return index;
}

/* The slot of the text, or the free one where it belongs. */
static struct index_slot *slot_of(const struct index *index, const char *text)
{
	size_t i = (size_t)hash_of(text) & (index->room - 1);

	while (index->slot[i].text && strcmp(index->slot[i].text, text) != 0)
		i = (i + 1) & (index->room - 1);
	return &index->slot[i];
}

size_t index_place(struct index *index, const char *text, size_t next)
{
	struct index_slot *slot = slot_of(index, text);

	if (!slot->text)
		*slot = (struct index_slot){text, next};
	return slot->place;
}

ptrdiff_t index_find(const struct index *index, const char *text)
{
	const struct index_slot *slot = slot_of(index, text);

	return slot->text ? (ptrdiff_t)slot->place : INDEX_NONE;
}
