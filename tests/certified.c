/* Certified objectives. See certified.h. */
#include "tests/certified.h"

#include "solvers/restriction/restriction_renew.h"

#include <string.h>

double certified_objective(const struct problem *problem, const struct threat *threat,
			   const struct net *net, long steps, real *margin)
{
	struct arena arena = {0};
	struct mat A = mat_new(&arena, net->U.rows, net->U.cols);
	real *sigma = ARENA_ARRAY(&arena, real, net->U.cols);
	ptrdiff_t m = restriction_from_net(net->base.kind->relu(&net->base), A, sigma);
	struct restriction r = restriction_new(problem, threat, sigma, m, &arena);
	double value = restriction_renew(&r, mat_cols(A, 0, m), steps);

	if (margin)
		memcpy(margin, r.margin, (size_t)problem->X.rows * sizeof *margin);
	arena_release(&arena);
	return value;
}
