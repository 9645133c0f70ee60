/* Open addressing, FNV-1a, at most half full. */
#include "solvers/core/index.h"

#include <stdint.h>
#include <string.h>

struct index_slot {
	const void *key; /* NULL: free */
	size_t place;
	uint32_t length, hash;
};

static uint32_t hash_of(const unsigned char *key, size_t length)
{
	uint64_t hash = 14695981039346656037u; /* offset and prime of FNV-1a, 64 bits */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ key[i]) * 1099511628211u;
	return (uint32_t)(hash ^ hash >> 32);
}

struct index index_new(size_t count, struct arena *arena)
{
	struct index index = {.arena = arena, .room = 8};

	while (index.room < 2 * count)
		index.room *= 2;
	index.slot = ARENA_ARRAY(arena, struct index_slot, index.room);
	return index;
}

/* The slot of the key, or the free one where it belongs. */
static struct index_slot *slot_of(const struct index *index, const void *key, size_t length,
				  uint32_t hash)
{
	size_t i = hash & (index->room - 1);
	struct index_slot *slot;

	for (; (slot = &index->slot[i])->key; i = (i + 1) & (index->room - 1))
		if (slot->hash == hash && slot->length == length &&
		    memcmp(slot->key, key, length) == 0)
			break;
	return slot;
}

size_t index_place_bytes(struct index *index, const void *key, size_t length, size_t next)
{
	uint32_t hash = hash_of(key, length);
	struct index_slot *slot = slot_of(index, key, length, hash);

	if (slot->key)
		return slot->place;
	if (2 * (index->count + 1) > index->room) {
		struct index larger = index_new(index->room, index->arena);

		larger.count = index->count;
		for (size_t i = 0; i < index->room; i++) {
			const struct index_slot *old = &index->slot[i];

			if (old->key)
				*slot_of(&larger, old->key, old->length, old->hash) = *old;
		}
		*index = larger;
		slot = slot_of(index, key, length, hash);
	}
	index->count++;
	*slot = (struct index_slot){key, next, (uint32_t)length, hash};
	return next;
}

size_t index_place(struct index *index, const char *text, size_t next)
{
	return index_place_bytes(index, text, strlen(text), next);
}

ptrdiff_t index_find_bytes(const struct index *index, const void *key, size_t length)
{
	const struct index_slot *slot = slot_of(index, key, length, hash_of(key, length));

	return slot->key ? (ptrdiff_t)slot->place : INDEX_NONE;
}

ptrdiff_t index_find(const struct index *index, const char *text)
{
	return index_find_bytes(index, text, strlen(text));
}
