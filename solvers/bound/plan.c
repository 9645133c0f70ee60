/* A greedy transport. See plan.h. */
#include "solvers/bound/plan.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAREST = 24 }; /* candidates of a row of the positive part */

struct plan_pair {
	double saved;
	ptrdiff_t a, b;
};

struct plan plan_new(const struct distinct *rows, struct arena *arena)
{
	struct plan plan = {.room = 2 * rows->n};

	plan.a = ARENA_ARRAY(arena, ptrdiff_t, plan.room);
	plan.b = ARENA_ARRAY(arena, ptrdiff_t, plan.room);
	plan.w = ARENA_ARRAY(arena, double, plan.room);
	plan.left = ARENA_ARRAY(arena, double, rows->n);
	plan.pair = ARENA_ARRAY(arena, struct plan_pair, NEAREST * rows->n);
	return plan;
}

static int by_saving(const void *x, const void *y)
{
	const struct plan_pair *p = x, *q = y;

	if (p->saved != q->saved)
		return p->saved < q->saved ? 1 : -1;
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

static double length_of(const double *x, const double *y, ptrdiff_t d)
{
	double square = 0;

	for (ptrdiff_t k = 0; k < d; k++) {
		double t = x[k] - (y ? y[k] : 0);

		square += t * t;
	}
	return sqrt(square);
}

/* The pairs of row a that save most, added to the list. */
static size_t candidates(const struct plan *plan, const struct distinct *rows, const double *nu,
			 ptrdiff_t a, struct plan_pair *best)
{
	size_t count = 0;
	double own = length_of(distinct_at(rows, a), NULL, rows->d);

	for (ptrdiff_t b = 0; b < rows->n; b++) {
		const double *x = distinct_at(rows, b);
		struct plan_pair pair = {0, a, b};
		size_t at;

		if (!(nu[b] < 0))
			continue;
		pair.saved =
			(own + plan->left[b]) / 2 - length_of(distinct_at(rows, a), x, rows->d);
		if (!(pair.saved > 0))
			continue;
		for (at = count; at > 0 && best[at - 1].saved < pair.saved; at--)
			if (at < NEAREST)
				best[at] = best[at - 1];
		if (at < NEAREST)
			best[at] = pair;
		count += count < NEAREST;
	}
	return count;
}

static void add(struct plan *plan, const struct distinct *rows, ptrdiff_t a, ptrdiff_t b, double w)
{
	ptrdiff_t at = plan->count++;

	plan->a[at] = a;
	plan->b[at] = b;
	plan->w[at] = w;
	plan->size += w * ((a < 0 ? 0 : rows->size[a]) + (b < 0 ? 0 : rows->size[b]));
}

double plan_make(struct plan *plan, const struct distinct *rows, const double *nu)
{
	size_t pairs = 0;
	double rounding = 0;

	plan->count = 0;
	plan->size = 0;
	for (ptrdiff_t i = 0; i < rows->n; i++)
		plan->left[i] = length_of(distinct_at(rows, i), NULL, rows->d);
	for (ptrdiff_t i = 0; i < rows->n; i++)
		if (nu[i] > 0)
			pairs += candidates(plan, rows, nu, i, plan->pair + pairs);
	qsort(plan->pair, pairs, sizeof *plan->pair, by_saving);
	for (ptrdiff_t i = 0; i < rows->n; i++)
		plan->left[i] = fabs(nu[i]);
	for (size_t p = 0; p < pairs; p++) {
		ptrdiff_t a = plan->pair[p].a, b = plan->pair[p].b;
		double w = fmin(plan->left[a], plan->left[b]);

		if (!(w > 0))
			continue;
		plan->left[a] -= w; /* one of them is 0 then */
		plan->left[b] -= w;
		add(plan, rows, a, b, w);
	}
	for (ptrdiff_t i = 0; i < rows->n; i++) {
		if (plan->left[i] > 0)
			add(plan, rows, nu[i] > 0 ? i : -1, nu[i] > 0 ? -1 : i, plan->left[i]);
		/* each subtraction is wrong by eps / 2 of what was left, at most |nu| */
		rounding += fabs(nu[i]) * rows->size[i];
	}
	return (double)(NEAREST + rows->n) * DBL_EPSILON * rounding;
}
