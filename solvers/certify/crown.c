/* CROWN (Zhang et al. 2018) for one hidden layer: linear bounds of every unstable neuron, summed,
 * and minimised over ball and box exactly. The slopes of neurons with c_j > 0 start as 0 or c_j
 * by the smaller triangle and are then optimised (Xu et al. 2021), to the optimum of the
 * relaxation in the limit. The interval bound counts where it is higher, as it can be before. */
#include "solvers/certify/root.h"

struct crown_options {
	long steps;
	bool stop_when_decided;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct crown_options, steps), .initial = "1000", .range = RANGE_FROM(0),
	 .doc = "primal-dual steps that improve the slopes, at most: a sample is done when it is "
		"decided, or when a point shows that no slopes certify it; 0 = fixed slopes"},
	{OPTION_FIELD(struct crown_options, stop_when_decided), .initial = "true",
	 .doc = "leave a sample alone once it is certified or a point breaks it; false goes on to "
		"tighten its bounds"},
	{.name = NULL},
};

static void run(const void *options, struct certify_job *job, struct arena *arena)
{
	const struct crown_options *o = options;
	const struct root_plan plan = {
		.steps = o->steps, .decide = o->stop_when_decided, .method = &root_primal_dual};

	root_run(job, &plan, arena);
}

const struct certifier certifier_crown = {
	.base = {.name = "crown",
		 .doc = "linear bounds of unstable neurons, their slopes optimised per sample",
		 .cite = "zhang2018",
		 .options = rows,
		 .size = sizeof(struct crown_options)},
	.run = run,
};
