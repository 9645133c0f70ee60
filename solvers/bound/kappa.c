/* Best-first search over boxes. See kappa.h. */
#include "solvers/bound/kappa.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

enum { BATCH = 32, DEEPEST = 50, BELOW = 4096 };

/* Boxes below the best value by less than this share are not looked at. */
static const double close_share = 1e-7;

/* Bounds that have reached an aim are at most this times it. */
static const double rounded = 1 + 32 * DBL_EPSILON;

/* Of the way from the bound to the floor, the next aim. */
static const double aim_share = 0.5;

/* Words of signs at most: 512 MiB. */
static const ptrdiff_t most_words = (ptrdiff_t)1 << 26;

struct kappa kappa_new(const struct distinct *rows, ptrdiff_t room, struct arena *arena)
{
	ptrdiff_t d = rows->d, words, fits;
	struct kappa k = {.rows = rows, .plan = plan_new(rows, arena)};

	k.threads = omp_get_max_threads();
	words = 1 + k.plan.room / 64;
	fits = room < most_words / words ? room : most_words / words;
	k.boxes = kappa_boxes_new(fits + 4 * d + BATCH, words, arena);
	k.A = ARENA_ARRAY(arena, double, k.plan.room *d);
	k.B = ARENA_ARRAY(arena, double, k.plan.room *d);
	k.w = k.plan.w;
	k.u = ARENA_ARRAY(arena, double, d);
	k.found = ARENA_ARRAY(arena, struct kappa_found, 4 * d);
	k.work = ARENA_ARRAY(arena, double, d);
	k.nu = ARENA_ARRAY(arena, double, rows->n);
	k.scratch = kappa_scratch_new(k.plan.room, d, k.threads, arena);
	k.below = ARENA_ARRAY(arena, struct kappa_boxes, k.threads);
	for (int t = 0; t < k.threads; t++)
		k.below[t] = kappa_boxes_new(BELOW, words, arena);
	return k;
}

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

/* Back to the open boxes, unless it is of no interest any more. */
static void put_back(struct kappa *k, ptrdiff_t at)
{
	if (k->boxes.node[at].bound > k->floor)
		kappa_boxes_push(&k->boxes, at);
	else
		kappa_boxes_drop(&k->boxes, at);
}

static void bound_all(struct kappa *k, const ptrdiff_t *list, ptrdiff_t count)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(k->threads) if (count > 1)
	for (ptrdiff_t i = 0; i < count; i++)
		kappa_node_bound(k, omp_get_thread_num(), k->floor, &k->boxes, list[i]);
	k->evaluated += count;
	for (ptrdiff_t i = 0; i < count; i++)
		notice(k, &k->boxes.node[list[i]]);
	for (ptrdiff_t i = 0; i < count; i++)
		put_back(k, list[i]);
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
	kappa_boxes_clear(&k->boxes, (p->count + 63) / 64);
}

void kappa_pose(struct kappa *k, const struct problem *problem, const real *alpha, double floor)
{
	ptrdiff_t roots[4 * KAPPA_MOST], count = 0, d = k->rows->d;
	double rounding = distinct_gather(k->rows, problem, alpha, k->nu);

	rounding += plan_make(&k->plan, k->rows, k->nu);
	lay_out(k);
	k->evaluated = 0;
	k->floor = floor;
	k->aim = HUGE_VAL;
	k->best = 0;
	memset(k->found, 0, (size_t)(4 * d) * sizeof *k->found);
	/* c and c0 are sums of at most `count` terms, changed at most PASSES times each */
	k->margin = rounding + 16 * (double)(k->plan.count + 64) * DBL_EPSILON * k->plan.size;
	for (ptrdiff_t side = 0; side < 4 * d; side++) {
		struct kappa_node node = {.bound = 2 * k->plan.size + k->margin};
		ptrdiff_t at = kappa_boxes_take(&k->boxes);
		uint64_t *open = kappa_boxes_open(&k->boxes, at);

		node.sign = side & 1 ? 1 : -1;
		node.face = (unsigned char)(side / 4);
		node.middle[node.face] = side & 2 ? 1 : -1;
		k->boxes.node[at] = node;
		memset(open, 0, (size_t)k->boxes.words * sizeof *open);
		for (ptrdiff_t t = 0; t < k->plan.count; t++)
			open[t / 64] |= (uint64_t)1 << t % 64;
		roots[count++] = at;
	}
	bound_all(k, roots, count);
}

static bool splits(const struct kappa_node *node)
{
	return node->depth[node->split] < DEEPEST;
}

/* Halves of the boxes with the largest bounds. 0: there is none, or no room. */
static ptrdiff_t halve_some(struct kappa *k, ptrdiff_t *list)
{
	struct kappa_boxes *b = &k->boxes;
	ptrdiff_t count = 0;

	while (b->heap.count > 0 && count < 2 * BATCH && b->heap.count + count + 2 < b->room) {
		ptrdiff_t first = kappa_boxes_pop(b);

		if (!(b->node[first].bound > k->floor)) {
			kappa_boxes_drop(b, first);
			continue;
		}
		if (!splits(&b->node[first])) {
			kappa_boxes_push(b, first);
			break;
		}
		list[count++] = first;
		list[count++] = kappa_boxes_halve(b, first);
	}
	return count;
}

/* --- within boxes --------------------------------------------------------------------------------
 */

struct within {
	struct kappa_node best; /* the largest value at a centre */
	long evaluated;
};

/* The bound of a box by those within it, down to the aim or until there is no room. */
static struct within look_within(struct kappa *k, int thread, ptrdiff_t at)
{
	struct kappa_boxes *b = &k->below[thread];
	struct kappa_node *node = &k->boxes.node[at];
	struct within w = {.best = *node};

	kappa_boxes_clear(b, k->boxes.words);
	kappa_boxes_push(b, kappa_boxes_take(b));
	b->node[0] = *node;
	memcpy(b->open, kappa_boxes_open(&k->boxes, at), (size_t)b->words * sizeof *b->open);
	while (b->heap.count > 0 && b->heap.count + 2 < b->room &&
	       splits(&b->node[b->heap.item[0]])) {
		ptrdiff_t half[2];

		half[0] = kappa_boxes_pop(b);
		half[1] = kappa_boxes_halve(b, half[0]);
		for (int i = 0; i < 2; i++) {
			const struct kappa_node *part = &b->node[half[i]];

			kappa_node_bound(k, thread, k->aim, b, half[i]);
			if (part->value > w.best.value)
				w.best = *part;
			if (part->bound > k->aim * rounded)
				kappa_boxes_push(b, half[i]);
			else
				kappa_boxes_drop(b, half[i]);
		}
		w.evaluated += 2;
	}
	node->bound = fmin(node->bound, b->heap.count > 0 ? kappa_boxes_top(b) : k->aim * rounded);
	return w;
}

/* Looks within the boxes with the largest bounds. False: no bound was lowered. */
static bool look_within_some(struct kappa *k)
{
	struct kappa_boxes *b = &k->boxes;
	struct within within[2 * BATCH];
	ptrdiff_t list[2 * BATCH], count = 0;
	double before = 0, after = 0;

	if (b->heap.count == 0 || !(kappa_boxes_top(b) > k->floor * rounded))
		return false;
	k->aim = fmax(k->aim, k->floor);
	if (!(kappa_boxes_top(b) > k->aim * rounded))
		k->aim = kappa_boxes_top(b) > k->floor * (1 + close_share)
				 ? k->floor + (1 - aim_share) * (kappa_boxes_top(b) - k->floor)
				 : k->floor;
	while (b->heap.count > 0 && count < 2 * BATCH && kappa_boxes_top(b) > k->aim) {
		list[count] = kappa_boxes_pop(b);
		before += b->node[list[count++]].bound;
	}
#pragma omp parallel for schedule(dynamic, 1) num_threads(k->threads) if (count > 1)
	for (ptrdiff_t i = 0; i < count; i++)
		within[i] = look_within(k, omp_get_thread_num(), list[i]);
	for (ptrdiff_t i = 0; i < count; i++) {
		after += b->node[list[i]].bound;
		k->evaluated += within[i].evaluated;
		notice(k, &within[i].best);
	}
	for (ptrdiff_t i = 0; i < count; i++)
		put_back(k, list[i]);
	return after < before;
}

bool kappa_run(struct kappa *k, long boxes)
{
	long end = k->evaluated + boxes;

	while (k->evaluated < end) {
		ptrdiff_t list[2 * BATCH], count = halve_some(k, list);

		if (count > 0)
			bound_all(k, list, count);
		else if (!look_within_some(k))
			return false;
	}
	return true;
}

double kappa_bound(const struct kappa *k)
{
	return k->boxes.heap.count > 0 ? fmax(k->floor, kappa_boxes_top(&k->boxes)) : k->floor;
}
