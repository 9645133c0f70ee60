/* The objective every method is compared on (algorithms of convex and of gradient training alike).
 */
#include "solvers/core/trainer.h"

#include "solvers/core/pattern.h"

double trainer_network_objective(const struct problem *problem, const struct net *net, real *f,
				 struct net_work *work)
{
	net_forward(net, problem->X, f, work);
	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y) +
	       problem->beta * net_decay(net);
}

const char *trainer_start_file(const struct trainer *trainer, const void *options)
{
	const struct pattern_options *patterns =
		trainer->patterns ? trainer->patterns(options) : NULL;
	const char *file = trainer->start_file ? trainer->start_file(options) : NULL;

	return file || !patterns ? file : pattern_model(patterns);
}

enum freedom trainer_rotates(const void *options)
{
	(void)options;
	return FREEDOM_ROTATIONS;
}

bool trainer_always(const void *options)
{
	(void)options;
	return true;
}
