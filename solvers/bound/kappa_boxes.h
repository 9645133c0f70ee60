/* Open boxes of a search, in a heap, the largest bound first, and the terms whose sign is not fixed
 * in each. A bound changes outside of the heap only. */
#ifndef BOUND_KAPPA_BOXES_H
#define BOUND_KAPPA_BOXES_H

#include "solvers/core/arena.h"
#include "solvers/tools/heap.h"

#include <stddef.h>
#include <stdint.h>

enum { KAPPA_MOST = 8 }; /* features */

/* A box, its bound and the sum of the terms of fixed sign. */
struct kappa_node {
	double bound, value; /* value: of the sum over |u| at the centre */
	double C[KAPPA_MOST], middle[KAPPA_MOST];
	unsigned char depth[KAPPA_MOST]; /* half a side is 2^-depth */
	signed char sign;                /* of nu */
	unsigned char face, split;       /* the fixed coordinate; the one to halve */
};

struct kappa_boxes {
	struct kappa_node *node;
	uint64_t *open; /* words of each node: terms whose sign is not fixed */
	ptrdiff_t words, room, used, spares, *spare;
	struct heap heap; /* by -bound */
};

/* Room for so many boxes with so many words. */
struct kappa_boxes kappa_boxes_new(ptrdiff_t room, ptrdiff_t words, struct arena *arena);
/* None, of so many words from now on. */
void kappa_boxes_clear(struct kappa_boxes *boxes, ptrdiff_t words);

/* A place for a box, not in the heap; there must be room. */
static inline ptrdiff_t kappa_boxes_take(struct kappa_boxes *boxes)
{
	return boxes->spares > 0 ? boxes->spare[--boxes->spares] : boxes->used++;
}

static inline void kappa_boxes_drop(struct kappa_boxes *boxes, ptrdiff_t at)
{
	boxes->spare[boxes->spares++] = at;
}

static inline void kappa_boxes_push(struct kappa_boxes *boxes, ptrdiff_t at)
{
	heap_push(&boxes->heap, at, -boxes->node[at].bound);
}

static inline ptrdiff_t kappa_boxes_pop(struct kappa_boxes *boxes)
{
	return heap_pop(&boxes->heap);
}

/* Both halves of a box, which becomes one of them: the place of the other. */
ptrdiff_t kappa_boxes_halve(struct kappa_boxes *boxes, ptrdiff_t at);

static inline uint64_t *kappa_boxes_open(const struct kappa_boxes *boxes, ptrdiff_t at)
{
	return boxes->open + at * boxes->words;
}

/* The largest bound; there must be a box. */
static inline double kappa_boxes_top(const struct kappa_boxes *boxes)
{
	return -boxes->heap.key[0];
}

#endif
