/* Certificates of coupled outputs. See cvx_outputs.h. */
#include "solvers/cvx/cvx_outputs.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/cvx_dual.h"
#include "solvers/cvx/scaling.h"

#include <math.h>

struct cvx_outputs cvx_outputs_new(const struct problem *problem, struct cvx *of,
				   struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, k = problem->y.k;

	return (struct cvx_outputs){.problem = problem,
				    .of = of,
				    .F = mat_new(arena, n, k),
				    .FR = mat_new(arena, n, k),
				    .alpha = mat_new(arena, n, k)};
}

/* The value at the point, and at the best multiple of the feasible points. */
static void upper_bound(struct cvx_outputs *all, const struct cvx_outputs_point *at,
			struct certificate *out)
{
	const struct problem *problem = all->problem;
	struct cvx_fit sum = {.F = all->F, .FR = all->FR};
	ptrdiff_t P = at->V.cols / problem->y.k;
	double c;

	for (ptrdiff_t i = 0; i < problem->y.k; i++) {
		struct cvx_fit fit;

		cvx_fit_point(&all->of[i], mat_cols(at->V, i * P, P), mat_cols(at->W, i * P, P),
			      &fit);
		mat_copy(mat_cols(all->F, i, 1), fit.F);
		mat_copy(mat_cols(all->FR, i, 1), fit.FR);
		sum.norms += fit.norms;
		sum.violation = fmax(sum.violation, fit.violation);
		sum.largest = fmax(sum.largest, fit.largest);
	}
	out->objective = loss_outputs_value(problem->loss, all->F, problem->y) +
			 cvx_group_norm(problem->beta, at->V) +
			 cvx_group_norm(problem->beta, at->W);
	out->feasibility = sum.largest > 0 ? sum.violation / sum.largest : 0;
	out->upper = cvx_best_scale(problem, &sum, &c);
	for (ptrdiff_t i = 0; i < problem->y.k; i++)
		blas_scale((size_t)(all->of[i].R.rows * all->of[i].R.cols), c, all->of[i].R.at);
}

void cvx_outputs_certify(struct cvx_outputs *all, const struct cvx_outputs_point *at,
			 struct certificate *out)
{
	const struct problem *problem = all->problem;
	ptrdiff_t P = at->V.cols / problem->y.k;
	double target, largest = 0;

	upper_bound(all, at, out);
	/* a smaller norm would gain nothing */
	target = problem->beta / scaling_best(problem, all->alpha.at, 0).scale;
	for (ptrdiff_t i = 0; i < problem->y.k; i++) {
		const struct cvx_dual dual = {.alpha = mat_col(all->alpha, i),
					      .NV = mat_cols(at->NV, i * P, P),
					      .NW = mat_cols(at->NW, i * P, P),
					      .scale = at->scale};

		largest =
			fmax(largest, cvx_dual_largest(&all->of[i], &dual, fmax(target, largest)));
	}
	out->lower_bound = scaling_best(problem, all->alpha.at, largest).bound;
	for (ptrdiff_t i = 0; i < problem->y.k; i++)
		cvx_settle(&all->of[i], out);
	out->scope = all->of->patterns.all ? "all" : "sampled";
}
