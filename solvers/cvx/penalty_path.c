/* Paths of penalties. See penalty_path.h. */
#include "solvers/cvx/penalty_path.h"

#include <math.h>

struct penalty_path penalty_path_new(const struct problem *problem, double tolerance)
{
	return (struct penalty_path){.problem = problem,
				     .tolerance = fmax(tolerance, 256 * REAL_EPSILON),
				     .worst_gap = NAN};
}

double penalty_path_begin(struct penalty_path *path, double largest)
{
	const struct problem *p = path->problem;

	path->first = isnan(p->penalties.first) ? largest : p->penalties.first;
	return p->penalties.count > 1 && path->first > p->beta ? path->first : p->beta;
}

bool penalty_path_is_done(struct penalty_path *path, double gap, long most_steps)
{
	if (gap > path->tolerance && path->steps < most_steps)
		return false;
	path->stalled |= gap > path->tolerance;
	return true;
}

bool penalty_path_leave(struct penalty_path *path, struct penalty_done done,
			struct progress *progress)
{
	double gap = fmax(0, done.objective - done.lower_bound) / done.objective;

	done.steps = (double)path->steps;
	progress->done = done;
	path->left = true;
	if (!isnan(done.lower_bound)) /* fmax ignores a NaN argument */
		path->worst_gap = fmax(path->worst_gap, done.objective > 0 ? gap : 0);
	return !(done.beta > path->problem->beta);
}

bool penalty_path_turns(struct penalty_path *path, double *beta)
{
	double last = path->problem->beta;
	long steps = path->problem->penalties.count - 1;

	if (!path->left)
		return false;
	path->left = false;
	path->steps = 0;
	path->at++;
	*beta = path->at >= steps
			? last
			: path->first * pow(last / path->first, (double)path->at / (double)steps);
	return true;
}

void penalty_path_tell(const struct penalty_path *path, struct facts *facts)
{
	facts_number(facts, "path_worst_gap", path->worst_gap);
}
