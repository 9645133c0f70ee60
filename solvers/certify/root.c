/* Chunks of samples as batches of relaxations; columns leave their batch when they are decided,
 * or no slopes can decide them. */
#include "solvers/certify/root.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* One thread's chunk. */
struct root {
	struct points points;
	struct relax relax;
	ptrdiff_t *at; /* of the points, behind each column */
	real *floor;   /* zeros */
	const struct root_plan *plan;
	void *state; /* of its method */
};

double root_chord(double below, double above)
{
	return above / (above - below);
}

struct root_slopes root_slopes(real c, real below, real above)
{
	double chord = root_chord((double)below, (double)above);
	real slope = (real)((double)c * chord);

	if (above <= 0)
		return (struct root_slopes){0, 0, 0, 0};
	if (below >= 0)
		return (struct root_slopes){c, c, c, 0};
	if (c > 0) /* the smaller of the two triangles between relu and its bound */
		return (struct root_slopes){0, c, above > -below ? c : 0, 0};
	return (struct root_slopes){slope, slope, slope, -(double)slope * (double)below};
}

static void pose(struct root *root)
{
	root->relax.count = root->points.count;
	root->relax.C = root->points.C;
	root->relax.clean = root->points.Z;
	mat_fill(root->relax.delta, 0);
	mat_fill(root->relax.best, 0);
	for (ptrdiff_t k = 0; k < root->points.count; k++) {
		const struct points *p = &root->points;
		struct relax *r = &root->relax;

		r->constant[k] = 0;
		for (ptrdiff_t j = 0; j < p->C.rows; j++) {
			struct root_slopes s =
				root_slopes(mat_get(p->C, j, k), mat_get(p->below, j, k),
					    mat_get(p->above, j, k));

			mat_set(r->low, j, k, s.low);
			mat_set(r->high, j, k, s.high);
			mat_set(r->W, j, k, s.start);
			r->constant[k] += s.constant;
		}
		root->at[k] = k;
		r->reach[k] = p->reach[k];
		r->region[k] = p->region[k];
		r->bound[k] = points_interval(p, k); /* which fixed slopes may miss */
		r->value[k] = p->value[k];
		r->ceiling[k] = HUGE_VAL;
	}
}

/* Steps can do no more for it. */
static bool is_done(const struct relax *r, ptrdiff_t k, bool decide)
{
	return (decide && relax_decided(r, k)) || relax_exhausted(r, k, decide);
}

/* Deliver columns that are done, or all of them, and close the gaps. */
static void deliver_done(struct root *root, bool all)
{
	const struct root_plan *plan = root->plan;
	struct relax *r = &root->relax;
	ptrdiff_t kept = 0;

	for (ptrdiff_t k = 0; k < r->count; k++) {
		if (all || is_done(r, k, plan->decide)) {
			const struct certify_job *job = root->points.job;
			const real *delta = mat_col(root->relax.best, k);
			ptrdiff_t sample = root->points.first + root->at[k];

			job->lower[sample] = root->relax.bound[k];
			job->upper[sample] = root->relax.value[k];
			for (ptrdiff_t i = 0; i < job->X.cols; i++)
				mat_set(job->worst, sample, i,
					mat_get(job->X, sample, i) + delta[i]);
			continue;
		}
		root->at[kept] = root->at[k];
		if (plan->method->move)
			plan->method->move(root->state, kept, k);
		relax_move(r, kept++, k);
	}
	r->count = kept;
}

static void start(void *state, struct relax *relax, const struct points *points,
		  const ptrdiff_t *at)
{
	(void)state;
	(void)points;
	(void)at;
	relax_start(relax);
}

static void step(void *state, struct relax *relax)
{
	(void)state;
	relax_step(relax);
}

const struct root_method root_primal_dual = {.start = start, .step = step, .drop = 4};

static void run_chunk(struct root *root)
{
	const struct root_method *method = root->plan->method;
	struct relax *r = &root->relax;
	long steps = root->plan->steps;
	ptrdiff_t done;

	pose(root);
	relax_bound(r);
	deliver_done(root, false);
	if (steps > 0 && r->count > 0)
		method->start(root->state, r, &root->points, root->at);
	for (long s = 0; s < steps && r->count > 0; s++) {
		method->step(root->state, r);
		relax_bound(r);
		done = 0;
		for (ptrdiff_t k = 0; k < r->count; k++)
			done += is_done(r, k, root->plan->decide);
		if (done * method->drop >= r->count) /* worth compacting */
			deliver_done(root, false);
	}
	deliver_done(root, true);
}

void root_run(struct certify_job *job, const struct root_plan *plan, struct arena *arena)
{
	int threads = omp_get_max_threads();
	ptrdiff_t rows = points_room(job->X.rows, threads);
	struct root *roots = ARENA_ARRAY(arena, struct root, threads);

	for (int t = 0; t < threads; t++) {
		const struct net *net = job->net;
		ptrdiff_t d = net->U.rows, m = net->U.cols;
		struct relax *r = &roots[t].relax;
		real *work;

		points_new(&roots[t].points, job, rows, arena);
		relax_new(r, d, m, rows, arena);
		roots[t].at = ARENA_ARRAY(arena, ptrdiff_t, rows);
		roots[t].floor = ARENA_ARRAY(arena, real, m);
		r->U = net->U;
		r->floor = roots[t].floor;
		r->length = roots[t].points.length;
		r->gain = roots[t].points.gain;
		r->radius = roots[t].points.radius;
		r->terms = d + m;
		work = ARENA_ARRAY(arena, real, d + m);
		r->spectral = arena_counts(arena) ? 0 : relax_spectral(net->U, work);
		roots[t].plan = plan;
		if (plan->method->make)
			roots[t].state = plan->method->make(plan->options, r, arena);
	}
	if (arena_counts(arena))
		return;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
	for (ptrdiff_t first = 0; first < job->X.rows; first += rows) {
		struct root *root = &roots[omp_get_thread_num()];

		points_load(&root->points, first,
			    first + rows < job->X.rows ? rows : job->X.rows - first);
		run_chunk(root);
	}
}
