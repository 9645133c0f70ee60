/* See kappa_boxes.h. */
#include "solvers/bound/kappa_boxes.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct kappa_boxes kappa_boxes_new(ptrdiff_t room, ptrdiff_t words, struct arena *arena)
{
	struct kappa_boxes b = {.words = words, .room = room};

	b.node = ARENA_ARRAY(arena, struct kappa_node, room);
	b.open = ARENA_ARRAY(arena, uint64_t, room * words);
	b.heap = ARENA_ARRAY(arena, ptrdiff_t, room);
	b.spare = ARENA_ARRAY(arena, ptrdiff_t, room);
	return b;
}

void kappa_boxes_clear(struct kappa_boxes *b, ptrdiff_t words)
{
	b->words = words;
	b->used = b->count = b->spares = 0;
}

static bool before(const struct kappa_boxes *b, ptrdiff_t x, ptrdiff_t y)
{
	return b->node[b->heap[x]].bound > b->node[b->heap[y]].bound;
}

static void exchange(struct kappa_boxes *b, ptrdiff_t x, ptrdiff_t y)
{
	ptrdiff_t kept = b->heap[x];

	b->heap[x] = b->heap[y];
	b->heap[y] = kept;
}

void kappa_boxes_push(struct kappa_boxes *b, ptrdiff_t node)
{
	ptrdiff_t at = b->count++;

	b->heap[at] = node;
	for (; at > 0 && before(b, at, (at - 1) / 2); at = (at - 1) / 2)
		exchange(b, at, (at - 1) / 2);
}

ptrdiff_t kappa_boxes_pop(struct kappa_boxes *b)
{
	ptrdiff_t node = b->heap[0], at = 0;

	b->heap[0] = b->heap[--b->count];
	for (ptrdiff_t child = 1; child < b->count; child = 2 * at + 1) {
		child += child + 1 < b->count && before(b, child + 1, child);
		if (!before(b, child, at))
			break;
		exchange(b, at, child);
		at = child;
	}
	return node;
}

ptrdiff_t kappa_boxes_halve(struct kappa_boxes *b, ptrdiff_t at)
{
	ptrdiff_t second = kappa_boxes_take(b), split = b->node[at].split;
	struct kappa_node *x = &b->node[at], *y = &b->node[second];
	double quarter;

	x->depth[split]++;
	quarter = ldexp(1, -x->depth[split]);
	*y = *x;
	x->middle[split] -= quarter;
	y->middle[split] += quarter;
	memcpy(kappa_boxes_open(b, second), kappa_boxes_open(b, at),
	       (size_t)b->words * sizeof *b->open);
	return second;
}
