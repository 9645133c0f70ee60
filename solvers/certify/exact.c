/* The exact robust value by branch and bound (Bunel et al. 2020), within a budget.
 *
 * CROWN with optimised slopes decides most points; the others are split neuron by neuron. A point
 * whose budget ends keeps the bounds it has: its lower bound is then not above zero and its worst
 * point not broken, which is reported as undecided. */
#include "solvers/certify/exact.h"

#include "solvers/certify/root.h"

#include <math.h>
#include <omp.h>

struct exact_options {
	long nodes, steps, root_steps;
	double gap;
	bool stop_when_decided;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct exact_options, nodes), .initial = "1000",
	 .range = RANGE_WITHIN(1, 1000000),
	 .doc = "nodes of the search per sample; each takes room for a sample while it is open"},
	{OPTION_FIELD(struct exact_options, steps), .initial = "5", .range = RANGE_FROM(1),
	 .doc = "primal-dual steps per node"},
	{OPTION_FIELD(struct exact_options, root_steps), .initial = "1000", .range = RANGE_FROM(0),
	 .doc = "primal-dual steps of all samples before the search, at most, as steps of crown"},
	{OPTION_FIELD(struct exact_options, gap), .initial = "1e-6", .range = RANGE_ABOVE(0),
	 .doc = "distance of the bounds, relative to max(1, |upper|), at which a sample is done; "
		"used without stop_when_decided"},
	{OPTION_FIELD(struct exact_options, stop_when_decided), .initial = "true",
	 .doc = "leave a sample alone once it is certified or a point breaks it"},
	{.name = NULL},
};

void exact_run(struct certify_job *job, const struct tree_limits *limits, long root_steps,
	       struct arena *arena)
{
	int threads = omp_get_max_threads();
	struct tree *trees = ARENA_ARRAY(arena, struct tree, threads);
	const struct root_plan plan = {
		.steps = root_steps, .decide = limits->decide, .method = &root_primal_dual};

	root_run(job, &plan, arena);
	for (int t = 0; t < threads; t++)
		tree_new(&trees[t], job, *limits, arena);
	if (arena_counts(arena))
		return;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		double goal = job->upper[k] - limits->gap * fmax(1, fabs(job->upper[k]));

		if (limits->decide ? job->lower[k] <= 0 && job->upper[k] > 0 : job->lower[k] < goal)
			tree_run(&trees[omp_get_thread_num()], k);
	}
}

static void run(const void *options, struct certify_job *job, struct arena *arena)
{
	const struct exact_options *o = options;
	const struct tree_limits limits = {o->nodes, o->steps, o->stop_when_decided, o->gap};

	exact_run(job, &limits, o->root_steps, arena);
}

const struct certifier certifier_exact = {
	.base = {.name = "exact",
		 .doc = "branch and bound on the signs of unstable neurons, within a budget",
		 .cite = "bunel2020",
		 .options = rows,
		 .size = sizeof(struct exact_options)},
	.run = run,
};
