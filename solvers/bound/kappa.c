/* Best-first search over boxes. See kappa.h. */
#include "solvers/bound/kappa.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

enum { BATCH = 32, DEEPEST = 50 };

/* Boxes below the best value by less than this share are not looked at. */
static const double close_share = 1e-5;

/* Words of signs at most: 512 MiB. */
static const ptrdiff_t most_words = (ptrdiff_t)1 << 26;

struct kappa kappa_new(const struct distinct *rows, ptrdiff_t room, struct arena *arena)
{
	ptrdiff_t d = rows->d;
	struct kappa k = {.rows = rows, .plan = plan_new(rows, arena)};

	k.threads = omp_get_max_threads();
	k.words = 1 + k.plan.room / 64;
	k.room = (room < most_words / k.words ? room : most_words / k.words) + 4 * d + BATCH;
	k.A = ARENA_ARRAY(arena, double, k.plan.room *d);
	k.B = ARENA_ARRAY(arena, double, k.plan.room *d);
	k.w = k.plan.w;
	k.node = ARENA_ARRAY(arena, struct kappa_node, k.room);
	k.open = ARENA_ARRAY(arena, uint64_t, k.room * k.words);
	k.heap = ARENA_ARRAY(arena, ptrdiff_t, k.room);
	k.spare = ARENA_ARRAY(arena, ptrdiff_t, k.room);
	k.u = ARENA_ARRAY(arena, double, d);
	k.found = ARENA_ARRAY(arena, struct kappa_found, 4 * d);
	k.work = ARENA_ARRAY(arena, double, d);
	k.nu = ARENA_ARRAY(arena, double, rows->n);
	k.scratch = kappa_scratch_new(k.plan.room, d, k.threads, arena);
	return k;
}

/* --- open boxes, a heap, the largest bound first -------------------------------------------------
 */

static bool before(const struct kappa *k, ptrdiff_t a, ptrdiff_t b)
{
	return k->node[k->heap[a]].bound > k->node[k->heap[b]].bound;
}

static void exchange(struct kappa *k, ptrdiff_t a, ptrdiff_t b)
{
	ptrdiff_t kept = k->heap[a];

	k->heap[a] = k->heap[b];
	k->heap[b] = kept;
}

static void push(struct kappa *k, ptrdiff_t node)
{
	ptrdiff_t at = k->count++;

	k->heap[at] = node;
	for (; at > 0 && before(k, at, (at - 1) / 2); at = (at - 1) / 2)
		exchange(k, at, (at - 1) / 2);
}

static ptrdiff_t pop(struct kappa *k)
{
	ptrdiff_t node = k->heap[0], at = 0;

	k->heap[0] = k->heap[--k->count];
	for (ptrdiff_t child = 1; child < k->count; child = 2 * at + 1) {
		child += child + 1 < k->count && before(k, child + 1, child);
		if (!before(k, child, at))
			break;
		exchange(k, at, child);
		at = child;
	}
	return node;
}

static ptrdiff_t take(struct kappa *k)
{
	return k->spares > 0 ? k->spare[--k->spares] : k->used++;
}

/* --- boxes ---------------------------------------------------------------------------------------
 */

/* Take over the value at the centre of a box. Where it is the best of its face it ascends. */
static void notice(struct kappa *k, const struct kappa_node *node)
{
	size_t bytes = (size_t)k->rows->d * sizeof(double);
	struct kappa_found *found =
		&k->found[4 * node->face + 2 * (node->middle[node->face] > 0) + (node->sign > 0)];

	if (!(node->value > found->value))
		return;
	memcpy(found->u, node->middle, bytes);
	found->value =
		fmax(node->value, node->sign * distinct_ascend(k->rows, k->nu, found->u, k->work));
	if (!(found->value > k->best))
		return;
	k->best = found->value;
	memcpy(k->u, found->u, bytes);
	k->floor = fmax(k->floor, k->best * (1 + close_share));
}

static void bound_all(struct kappa *k, const ptrdiff_t *list, ptrdiff_t count)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(k->threads) if (count > 1)
	for (ptrdiff_t i = 0; i < count; i++)
		kappa_node_bound(k, omp_get_thread_num(), list[i]);
	k->evaluated += count;
	for (ptrdiff_t i = 0; i < count; i++)
		notice(k, &k->node[list[i]]);
	for (ptrdiff_t i = 0; i < count; i++)
		if (k->node[list[i]].bound > k->floor)
			push(k, list[i]);
		else
			k->spare[k->spares++] = list[i];
}

static void lay_out(struct kappa *k)
{
	const struct plan *p = &k->plan;
	const struct distinct *rows = k->rows;

	for (ptrdiff_t t = 0; t < p->count; t++)
		for (ptrdiff_t j = 0; j < rows->d; j++) {
			k->A[j * p->count + t] = p->a[t] < 0 ? 0 : distinct_at(rows, p->a[t])[j];
			k->B[j * p->count + t] = p->b[t] < 0 ? 0 : distinct_at(rows, p->b[t])[j];
		}
	k->words = (p->count + 63) / 64;
}

void kappa_pose(struct kappa *k, const struct problem *problem, const real *alpha, double floor)
{
	ptrdiff_t roots[4 * KAPPA_MOST], count = 0, d = k->rows->d;
	double rounding = distinct_gather(k->rows, problem, alpha, k->nu);

	rounding += plan_make(&k->plan, k->rows, k->nu);
	lay_out(k);
	k->used = k->count = k->spares = 0;
	k->evaluated = 0;
	k->floor = floor;
	k->best = 0;
	memset(k->found, 0, (size_t)(4 * d) * sizeof *k->found);
	/* c and c0 are sums of at most `count` terms, changed at most PASSES times each */
	k->margin = rounding + 16 * (double)(k->plan.count + 64) * DBL_EPSILON * k->plan.size;
	for (ptrdiff_t side = 0; side < 4 * d; side++) {
		struct kappa_node node = {.bound = 2 * k->plan.size + k->margin};
		uint64_t *open = k->open + count * k->words;

		node.sign = side & 1 ? 1 : -1;
		node.face = (unsigned char)(side / 4);
		node.middle[node.face] = side & 2 ? 1 : -1;
		k->node[count] = node;
		memset(open, 0, (size_t)k->words * sizeof *open);
		for (ptrdiff_t t = 0; t < k->plan.count; t++)
			open[t / 64] |= (uint64_t)1 << t % 64;
		roots[count] = take(k);
		count++;
	}
	bound_all(k, roots, count);
}

/* Both halves of a box that is at `first`, which becomes one of them. */
static void halve(struct kappa *k, ptrdiff_t first, ptrdiff_t second)
{
	struct kappa_node *a = &k->node[first], *b = &k->node[second];
	ptrdiff_t at = a->split;
	double quarter;

	a->depth[at]++;
	quarter = ldexp(1, -a->depth[at]);
	*b = *a;
	a->middle[at] -= quarter;
	b->middle[at] += quarter;
	memcpy(k->open + second * k->words, k->open + first * k->words,
	       (size_t)k->words * sizeof *k->open);
}

bool kappa_run(struct kappa *k, long boxes)
{
	long end = k->evaluated + boxes;

	while (k->evaluated < end) {
		ptrdiff_t list[2 * BATCH], count = 0;

		while (k->count > 0 && count < 2 * BATCH && k->count + count + 2 < k->room) {
			ptrdiff_t first = pop(k), second;

			if (!(k->node[first].bound > k->floor)) {
				k->spare[k->spares++] = first;
				continue;
			}
			if (k->node[first].depth[k->node[first].split] >= DEEPEST) {
				push(k, first);
				break;
			}
			second = take(k);
			halve(k, first, second);
			list[count++] = first;
			list[count++] = second;
		}
		if (count == 0)
			return false;
		bound_all(k, list, count);
	}
	return true;
}

double kappa_bound(const struct kappa *k)
{
	return k->count > 0 ? fmax(k->floor, k->node[k->heap[0]].bound) : k->floor;
}
