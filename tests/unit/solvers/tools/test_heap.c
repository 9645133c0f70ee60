/* A heap against a list that is searched whole, over random pushes and pops, with equal and
 * infinite keys. */
#include "solvers/core/rng.h"
#include "solvers/tools/heap.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 100, SEEDS = 50, STEPS = 1000 };

/* The least key of the items there. */
static double least(const double *key, const int *there)
{
	double value = HUGE_VAL;

	for (int i = 0; i < ROOM; i++)
		if (there[i] && key[i] < value)
			value = key[i];
	return value;
}

struct list {
	struct heap heap;
	double key[ROOM];
	int there[ROOM];
};

static void pop(struct list *l)
{
	double want = least(l->key, l->there);
	ptrdiff_t i;

	check_equal(l->heap.key[0], want);
	i = heap_pop(&l->heap);
	check_equal(l->there[i], 1);
	check_equal(l->key[i], want);
	l->there[i] = 0;
}

/* An item that is not there comes, else the first goes. */
static void change(struct list *l, struct rng *rng, bool ties)
{
	ptrdiff_t i = (ptrdiff_t)rng_below(rng, ROOM);

	if (l->there[i]) {
		pop(l);
		return;
	}
	l->key[i] = ties ? (double)rng_below(rng, 5) : rng_normal(rng);
	if (rng_below(rng, 20) == 0)
		l->key[i] = HUGE_VAL;
	l->there[i] = 1;
	heap_push(&l->heap, i, l->key[i]);
}

static void the_least_key_comes_first(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct rng rng = rng_stream(seed, "test_heap", 0);
		struct arena arena = {0};
		struct list l = {.heap = heap_new(ROOM, &arena)};

		for (int step = 0; step < STEPS; step++)
			change(&l, &rng, seed % 2);
		while (l.heap.count > 0)
			pop(&l);
		for (int i = 0; i < ROOM; i++)
			check_equal(l.there[i], 0); /* each came out once */
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_key_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
