/* Iterative soft thresholding, the solver of the published SCP (Bai, Gautam, Sojoudi 2023;
 * Daubechies, Defrise, De Mol 2004):
 *
 *     a+ = S_{gamma beta}( a - gamma Phi' grad L(Phi a) ),   gamma <= 1 / (L_l |Phi|_2^2) */
#include "solvers/core/blas.h"
#include "solvers/scp/scp_proximal.h"

#include <math.h>

struct ista_options {
	double step;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct ista_options, step), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "gamma; unset: 1 / (L_l sigma_max(Phi)^2) with the largest second derivative L_l "
		"of "
		"the loss, as published"},
	{0},
};

struct ista {
	struct scp *scp;
	real *slope;      /* N */
	real *g;          /* n */
	double lipschitz; /* 1 / gamma */
};

/* The power method ends below the norm; a constant step needs a bound from above. */
static const double above_norm = 1.01;

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	(void)options;
	out->setup_flops = 4 * SCP_POWER_STEPS * samples * neurons;
	out->iteration_flops = 4 * samples * neurons;
}

static enum status setup(struct scp *scp, const void *options, struct arena *arena, void **state,
			 struct err *err)
{
	const struct ista_options *o = options;
	struct ista *s = ARENA_NEW(arena, struct ista);

	(void)err;
	s->scp = scp;
	s->slope = ARENA_ARRAY(arena, real, scp->Phi.cols);
	s->g = ARENA_ARRAY(arena, real, scp->Phi.rows);
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	s->lipschitz = isfinite(o->step) ? 1 / o->step
					 : above_norm * loss_curvature(scp->problem->loss) *
						   scp_squared_norm(scp);
	return STATUS_OK;
}

static void step(void *state, struct progress *progress)
{
	struct ista *s = state;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	struct scp_move move;

	loss_gradient(problem->loss, n, scp->f, problem->y, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	move = scp_shrink(scp, scp->a, s->slope, s->lipschitz, scp->a);
	blas_gemv(1, scp->Phi, PLAIN, scp->a, 0, scp->f);
	progress->objective =
		problem->beta * move.norm + loss_value(problem->loss, n, scp->f, problem->y);
}

const struct scp_method scp_ista = {
	.base = {.name = "ista",
		 .doc = "proximal gradient with a constant step, as published",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct ista_options)},
	.takes = scp_has_curvature,
	.needs = "a loss with a finite second derivative",
	.forecast = forecast,
	.setup = setup,
	.step = step,
};
