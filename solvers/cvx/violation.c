/* Fresh neurons against a dual point; see violation.h. */
#include "solvers/cvx/violation.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>

/* A constraint that holds with equality, as that of every active pattern, is not broken. */
double violation_limit(const struct problem *problem)
{
	const double slack = 1 + 1e4 * REAL_EPSILON; /* sums of n terms are no better */

	return problem->beta * slack;
}

void violation_neurons(const struct problem *problem, const real *alpha, long draws,
		       struct violation *out)
{
	struct arena arena = {0};
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	real *u = ARENA_ARRAY(&arena, real, d), *phi = ARENA_ARRAY(&arena, real, n);
	double most = violation_limit(problem);

	*out = (struct violation){.draws = draws};
	for (long i = 0; i < draws; i++) {
		struct rng rng = rng_stream(problem->seed, "fresh neurons", (uint64_t)i);
		double sum = 0;

		for (ptrdiff_t j = 0; j < d; j++)
			u[j] = (real)rng_normal(&rng);
		blas_scale((size_t)d, 1 / blas_norm((size_t)d, u), u);
		blas_gemv(1, problem->X, PLAIN, u, 0, phi);
		for (ptrdiff_t k = 0; k < n; k++)
			sum += phi[k] > 0 ? (double)phi[k] * (double)alpha[k] : 0;
		out->violated += fabs(sum) > most;
	}
	arena_release(&arena);
}
