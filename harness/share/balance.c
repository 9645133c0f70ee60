/* Longest processing time first, with the parts in a heap. */
#include "harness/share/balance.h"
#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stdlib.h>

struct bin {
	double load;
	size_t part;
};

static int by_load(const void *a, const void *b, void *context)
{
	const double *load = context;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;

	if (load[i] != load[k])
		return load[i] > load[k] ? -1 : 1;
	return i < k ? -1 : i > k;
}

void balance_order(const double *load, size_t count, size_t *order)
{
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof *order, by_load, (void *)(size_t)load);
}

static bool is_before(const struct bin *a, const struct bin *b)
{
	return a->load < b->load || (a->load == b->load && a->part < b->part);
}

/* The first bin has become larger: down to its place. */
static void sift(struct bin *bin, size_t count)
{
	size_t at = 0, next;

	for (; (next = 2 * at + 1) < count; at = next) {
		struct bin held = bin[at];

		if (next + 1 < count && is_before(&bin[next + 1], &bin[next]))
			next++;
		if (!is_before(&bin[next], &held))
			return;
		bin[at] = bin[next];
		bin[next] = held;
	}
}

void balance_split(const double *load, size_t count, size_t parts, size_t *part)
{
	struct arena arena = {0};
	struct bin *bin = ARENA_ARRAY(&arena, struct bin, parts);
	size_t *order = ARENA_ARRAY(&arena, size_t, count);

	balance_order(load, count, order);
	for (size_t i = 0; i < parts; i++)
		bin[i].part = i;
	for (size_t i = 0; i < count; i++) {
		part[order[i]] = bin[0].part;
		bin[0].load += load[order[i]];
		sift(bin, parts);
	}
	arena_release(&arena);
}
