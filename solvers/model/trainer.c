/* The objective every method is compared on (algorithms of convex and of gradient training alike).
 */
#include "solvers/model/trainer.h"

double trainer_network_objective(const struct problem *problem, const struct net *net, real *f,
				 struct net_work *work)
{
	net_forward(net, problem->X, f, work);
	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y) +
	       problem->beta * net_decay(net);
}

enum freedom trainer_rotates(const void *options)
{
	(void)options;
	return FREEDOM_ROTATIONS;
}

bool trainer_robust(const struct trainer *trainer, const void *options)
{
	return trainer->threat && trainer->threat(options);
}
