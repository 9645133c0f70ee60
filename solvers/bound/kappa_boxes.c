/* See kappa_boxes.h. */
#include "solvers/bound/kappa_boxes.h"

#include <math.h>
#include <string.h>

struct kappa_boxes kappa_boxes_new(ptrdiff_t room, ptrdiff_t words, struct arena *arena)
{
	struct kappa_boxes b = {.words = words, .room = room};

	b.node = ARENA_ARRAY(arena, struct kappa_node, room);
	b.open = ARENA_ARRAY(arena, uint64_t, room * words);
	b.heap = heap_new(room, arena);
	b.spare = ARENA_ARRAY(arena, ptrdiff_t, room);
	return b;
}

void kappa_boxes_clear(struct kappa_boxes *b, ptrdiff_t words)
{
	b->words = words;
	b->used = b->spares = b->heap.count = 0;
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
