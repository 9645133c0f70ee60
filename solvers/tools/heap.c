/* See heap.h. */
#include "solvers/tools/heap.h"

struct heap heap_new(ptrdiff_t room, struct arena *arena)
{
	return (struct heap){.item = ARENA_ARRAY(arena, ptrdiff_t, room),
			     .key = ARENA_ARRAY(arena, double, room)};
}

static void exchange(struct heap *h, ptrdiff_t a, ptrdiff_t b)
{
	ptrdiff_t item = h->item[a];
	double key = h->key[a];

	h->item[a] = h->item[b];
	h->key[a] = h->key[b];
	h->item[b] = item;
	h->key[b] = key;
}

void heap_push(struct heap *h, ptrdiff_t item, double key)
{
	ptrdiff_t at = h->count++;

	h->item[at] = item;
	h->key[at] = key;
	for (; at > 0 && key < h->key[(at - 1) / 2]; at = (at - 1) / 2)
		exchange(h, at, (at - 1) / 2);
}

ptrdiff_t heap_pop(struct heap *h)
{
	ptrdiff_t first = h->item[0], at = 0;

	exchange(h, 0, --h->count);
	for (ptrdiff_t child = 1; child < h->count; child = 2 * at + 1) {
		child += child + 1 < h->count && h->key[child + 1] < h->key[child];
		if (!(h->key[child] < h->key[at]))
			break;
		exchange(h, at, child);
		at = child;
	}
	return first;
}
