/* Best-first search; up to BATCH open nodes are bounded together. */
#include "solvers/certify/tree.h"

#include "solvers/certify/root.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { BATCH = 16 };

/* Multipliers of a split reach up to this share of |c_j|. Without any the search is exact already:
 * the minimum over all signs of sum_j a_j c_j z_j, a in {0, 1}, is that of the relu. With a bound
 * on them a node that no delta reaches has a finite optimum, to which the steps converge. */
static const real multiplier_share = 1;

void tree_new(struct tree *tree, const struct certify_job *job, struct tree_limits limits,
	      struct arena *arena)
{
	ptrdiff_t d = job->X.cols, m = job->net->U.cols, nodes = limits.nodes + BATCH + 1;

	*tree = (struct tree){
		.limits = limits,
		.U = mat_new(arena, d, m + 1),
		.floor = ARENA_ARRAY(arena, real, m + 1),
		.length = ARENA_ARRAY(arena, real, m + 1),
		.work = ARENA_ARRAY(arena, real, d + m + 1),
		.below = ARENA_ARRAY(arena, double, m),
		.above = ARENA_ARRAY(arena, double, m),
		.C = mat_new(arena, m + 1, 1),
		.clean = mat_new(arena, m + 1, 1),
		.W = mat_new(arena, m + 1, nodes),
		.delta = mat_new(arena, d, nodes),
		.split = ARENA_ARRAY(arena, signed char, m *nodes),
		.bound = ARENA_ARRAY(arena, double, nodes),
		.open = heap_new(nodes, arena),
		.spare = ARENA_ARRAY(arena, ptrdiff_t, nodes),
		.column = ARENA_ARRAY(arena, ptrdiff_t, BATCH),
	};
	points_new(&tree->points, job, 1, arena);
	relax_new(&tree->relax, d, m + 1, BATCH, arena);
	leaf_new(&tree->leaf, d, m, job->threat.norm, arena);
}

static signed char *split_of(const struct tree *t, ptrdiff_t node)
{
	return t->split + node * t->points.C.rows;
}

static void push(struct tree *t, ptrdiff_t node)
{
	heap_push(&t->open, node, t->bound[node]);
}

/* --- the point -----------------------------------------------------------------------------------
 */

/* The last term: sum of c_j u_j over neurons that are always active. */
static void add_linear(struct tree *t)
{
	const struct points *p = &t->points;
	real *sum = mat_col(t->U, t->signs);
	double z = 0;

	memset(sum, 0, (size_t)t->U.rows * sizeof *sum);
	for (ptrdiff_t j = 0; j < p->C.rows; j++) {
		double c = (double)mat_get(p->C, j, 0);

		if (mat_get(p->below, j, 0) < 0)
			continue;
		blas_axpy((size_t)t->U.rows, c, mat_col(p->job->net->U, j), sum);
		z += c * (double)mat_get(p->Z, j, 0);
	}
	mat_set(t->C, t->signs, 0, 1);
	mat_set(t->clean, t->signs, 0, (real)z);
	t->floor[t->signs] = (real)-HUGE_VAL;
	t->length[t->signs] = (real)blas_norm((size_t)t->U.rows, sum);
}

static struct mat shared(struct mat column)
{
	column.stride = 0;
	return column;
}

static void pose_relax(struct tree *t)
{
	struct relax *r = &t->relax;
	ptrdiff_t terms = t->signs + 1;
	struct mat *flat[] = {&r->low, &r->high, &r->W, &r->Z, &r->next_Z};

	for (size_t i = 0; i < sizeof flat / sizeof *flat; i++) {
		flat[i]->rows = terms;
	}
	r->U = mat_cols(t->U, 0, terms);
	r->C = shared(mat_rows(t->C, 0, terms));
	r->clean = shared(mat_rows(t->clean, 0, terms));
	r->floor = t->floor;
	r->length = t->length;
	r->gain = t->points.gain;
	r->radius = t->points.radius;
	r->terms = t->U.rows + t->points.C.rows;
	r->spectral = relax_spectral(mat_cols(t->U, 0, t->signs), t->work);
	for (ptrdiff_t k = 0; k < r->room; k++) {
		r->region[k] = t->points.region[0];
		r->reach[k] = t->points.reach[0];
	}
}

/* The root: all signs open, slopes as CROWN starts them. */
static void plant(struct tree *t)
{
	ptrdiff_t nodes = t->bound ? t->W.cols : 0;

	t->open.count = t->bounded = t->spares = 0;
	for (ptrdiff_t node = nodes - 1; node > 0; node--)
		t->spare[t->spares++] = node;
	memset(split_of(t, 0), 0, (size_t)t->points.C.rows);
	memset(mat_col(t->delta, 0), 0, (size_t)t->delta.rows * sizeof(real));
	for (ptrdiff_t j = 0; j < t->signs; j++)
		mat_set(t->W, j, 0,
			root_slopes(mat_get(t->C, j, 0), (real)t->below[j], (real)t->above[j])
				.start);
	mat_set(t->W, t->signs, 0, 1);
	t->closed = HUGE_VAL;
	push(t, 0);
}

/* --- nodes ---------------------------------------------------------------------------------------
 */

/* Slopes allowed for the sign that the node gives neuron j. */
static struct root_slopes slopes_of(const struct tree *t, ptrdiff_t j, int sign)
{
	real c = mat_get(t->C, j, 0);

	if (sign > 0)
		return (struct root_slopes){(1 + multiplier_share) * c, c, c, 0};
	if (sign < 0)
		return (struct root_slopes){0, -multiplier_share * c, 0, 0};
	return root_slopes(c, (real)t->below[j], (real)t->above[j]);
}

static void load_node(struct tree *t, ptrdiff_t k, ptrdiff_t node)
{
	struct relax *r = &t->relax;

	r->constant[k] = 0;
	for (ptrdiff_t j = 0; j < t->signs; j++) {
		struct root_slopes s = slopes_of(t, j, split_of(t, node)[j]);

		mat_set(r->low, j, k, s.low);
		mat_set(r->high, j, k, s.high);
		r->constant[k] += s.constant;
	}
	mat_set(r->low, t->signs, k, 1);
	mat_set(r->high, t->signs, k, 1);
	memcpy(mat_col(r->W, k), mat_col(t->W, node), (size_t)(t->signs + 1) * sizeof(real));
	memcpy(mat_col(r->delta, k), mat_col(t->delta, node), (size_t)t->delta.rows * sizeof(real));
	r->bound[k] = t->bound[node];
	r->value[k] = t->value;
	r->ceiling[k] = HUGE_VAL;
	t->column[k] = node;
}

/* The bound at which a node is done. */
static double goal(const struct tree *t)
{
	if (t->limits.decide)
		return 0;
	return t->value - t->limits.gap * fmax(1, fabs(t->value));
}

static bool broken(const struct tree *t)
{
	return t->limits.decide && t->value <= 0;
}

static void store_worst(struct tree *t, ptrdiff_t k)
{
	const struct certify_job *job = t->points.job;
	ptrdiff_t sample = t->points.first;

	t->value = t->relax.value[k];
	for (ptrdiff_t i = 0; i < job->X.cols; i++)
		mat_set(job->worst, sample, i,
			mat_get(job->X, sample, i) + mat_get(t->relax.best, i, k));
}

/* Whether every node of the batch is done; takes over the worst point. */
static bool settled(struct tree *t)
{
	const struct relax *r = &t->relax;
	bool all = true;

	for (ptrdiff_t k = 0; k < r->count; k++)
		if (r->value[k] < t->value)
			store_worst(t, k);
	for (ptrdiff_t k = 0; k < r->count; k++)
		all = all && r->bound[k] > goal(t);
	return all || broken(t);
}

/* The open concave neuron whose chord is the furthest from its relu, at z = 0; -1 at a leaf. The
 * distance at the current delta decides less: it moves with the splits. */
static ptrdiff_t choose(const struct tree *t, ptrdiff_t k)
{
	const signed char *split = split_of(t, t->column[k]);
	double most = 0;
	ptrdiff_t chosen = -1;

	for (ptrdiff_t j = 0; j < t->signs; j++) {
		double c = (double)mat_get(t->C, j, 0);
		double depth = c * root_chord(t->below[j], t->above[j]) * t->below[j];

		if (split[j] != 0 || !(depth > most))
			continue;
		most = depth;
		chosen = j;
	}
	return chosen;
}

/* A node of column k with one more sign. */
static void grow(struct tree *t, ptrdiff_t node, ptrdiff_t k, ptrdiff_t j, int sign)
{
	const struct relax *r = &t->relax;

	memmove(split_of(t, node), split_of(t, t->column[k]), (size_t)t->signs);
	memcpy(mat_col(t->W, node), mat_col(r->W, k), (size_t)(t->signs + 1) * sizeof(real));
	memcpy(mat_col(t->delta, node), mat_col(r->delta, k), (size_t)t->delta.rows * sizeof(real));
	t->bound[node] = r->bound[k];
	split_of(t, node)[j] = (signed char)sign;
	mat_set(t->W, j, node, slopes_of(t, j, sign).start);
	push(t, node);
}

/* A leaf as the convex program it is. Signs need no constraints: without them it is the minimum of
 * sum_j a_j c_j z_j over the a_j in {0, 1} that the node chose, and never below that of the relu;
 * its minimiser has a y f no higher. What is left open then, is open to rounding. */
static void finish(struct tree *t, ptrdiff_t k)
{
	struct relax *r = &t->relax;
	const signed char *split = split_of(t, t->column[k]);
	ptrdiff_t solved = 0;

	leaf_begin(&t->leaf, &r->region[k]);
	for (ptrdiff_t j = 0; j <= t->signs; j++) {
		double c = (double)mat_get(t->C, j, 0);
		bool fixed = j == t->signs || c < 0 || split[j] != 0;
		real w = j < t->signs && fixed ? slopes_of(t, j, split[j]).start : (real)c;

		mat_set(r->W, j, k, w);
		if (fixed)
			leaf_add_linear(&t->leaf, (double)w, mat_col(t->U, j));
		else if (c > 0)
			leaf_add_relu(&t->leaf, c, (double)mat_get(t->clean, j, 0),
				      mat_col(t->U, j));
	}
	leaf_solve(&t->leaf, mat_col(r->delta, k));
	for (ptrdiff_t j = 0; j < t->signs; j++)
		if (mat_get(t->C, j, 0) > 0)
			mat_set(r->W, j, k, (real)t->leaf.w[solved++]);
	relax_finish(r, k);
	if (r->value[k] < t->value)
		store_worst(t, k);
}

static void branch(struct tree *t, ptrdiff_t k)
{
	ptrdiff_t node = t->column[k], j = choose(t, k);

	if (j < 0 && t->relax.bound[k] <= goal(t))
		finish(t, k);
	if (j < 0 || t->relax.bound[k] > goal(t)) {
		t->closed = fmin(t->closed, t->relax.bound[k]);
		t->spare[t->spares++] = t->column[k];
	} else {
		grow(t, t->spare[--t->spares], k, j, 1);
		grow(t, node, k, j, -1);
	}
}

/* The point of the region next to the origin, where a network without bias is exactly 0: steps come
 * near it, but a value of 1e-17 breaks nothing. */
static void try_origin(struct tree *t)
{
	struct relax *r = &t->relax;

	for (ptrdiff_t i = 0; i < t->delta.rows; i++)
		mat_set(r->delta, i, 0, -mat_get(t->points.X, i, 0));
	r->value[0] = t->value;
	relax_visit(r, 0);
	if (r->value[0] < t->value)
		store_worst(t, 0);
}

void tree_run(struct tree *tree, ptrdiff_t sample)
{
	const struct certify_job *job = tree->points.job;
	double lower;

	points_load(&tree->points, sample, 1);
	tree->signs = 0;
	for (ptrdiff_t j = 0; j < job->net->U.cols; j++) {
		double below = (double)mat_get(tree->points.below, j, 0);

		if (below < 0 && mat_get(tree->points.above, j, 0) > 0) {
			const struct points *p = &tree->points;
			ptrdiff_t at = tree->signs++;

			/* u = U_free[:, j] becomes term `at`, with coefficient c and value z at
			 * the clean point. */
			memcpy(mat_col(tree->U, at), mat_col(p->job->net->U, j),
			       (size_t)tree->U.rows * sizeof(real));
			mat_set(tree->C, at, 0, mat_get(p->C, j, 0));
			mat_set(tree->clean, at, 0, mat_get(p->Z, j, 0));
			tree->below[at] = (double)mat_get(p->below, j, 0);
			tree->above[at] = (double)mat_get(p->above, j, 0);
			tree->floor[at] = 0;
			tree->length[at] = p->length[j];
		}
	}
	add_linear(tree);
	pose_relax(tree);
	tree->value = job->upper[sample];
	tree->bound[0] = job->lower[sample];
	try_origin(tree);
	plant(tree);
	while (tree->open.count > 0 && tree->bounded < tree->limits.nodes && !broken(tree) &&
	       tree->open.key[0] <= goal(tree)) {
		struct relax *r = &tree->relax;

		/* Bound up to BATCH open nodes, the lowest first, and replace them by their
		 * children. */
		for (r->count = 0;
		     r->count < BATCH && tree->open.count > 0 && tree->bounded < tree->limits.nodes;
		     r->count++) {
			load_node(tree, r->count, heap_pop(&tree->open));
			tree->bounded++;
		}
		relax_bound(r);
		relax_start(r);
		for (long s = 0; s < tree->limits.steps && !settled(tree); s++) {
			relax_step(r);
			relax_bound(r);
		}
		settled(tree);
		for (ptrdiff_t k = 0; k < r->count; k++)
			branch(tree, k);
	}
	lower = tree->open.count > 0 ? fmin(tree->closed, tree->open.key[0]) : tree->closed;
	job->lower[sample] = fmax(job->lower[sample], lower);
	job->upper[sample] = tree->value;
}
