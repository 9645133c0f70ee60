/* A binary heap. */
#include "solvers/certify/tree_open.h"

static void exchange(struct tree *t, ptrdiff_t a, ptrdiff_t b)
{
	ptrdiff_t kept = t->heap[a];

	t->heap[a] = t->heap[b];
	t->heap[b] = kept;
}

static bool before(const struct tree *t, ptrdiff_t a, ptrdiff_t b)
{
	return t->bound[t->heap[a]] < t->bound[t->heap[b]];
}

void tree_push(struct tree *t, ptrdiff_t node)
{
	ptrdiff_t at = t->open++;

	t->heap[at] = node;
	for (; at > 0 && before(t, at, (at - 1) / 2); at = (at - 1) / 2)
		exchange(t, at, (at - 1) / 2);
}

ptrdiff_t tree_pop(struct tree *t)
{
	ptrdiff_t node = t->heap[0], at = 0;

	t->heap[0] = t->heap[--t->open];
	for (ptrdiff_t child = 1; child < t->open; child = 2 * at + 1) {
		child += child + 1 < t->open && before(t, child + 1, child);
		if (!before(t, child, at))
			break;
		exchange(t, at, child);
		at = child;
	}
	return node;
}
