/* FISTA (Beck and Teboulle 2009) with the gradient restart of O'Donoghue and Candes 2015 and
 * backtracking. */
#include "solvers/core/blas.h"
#include "solvers/scp/scp_proximal.h"

#include <math.h>
#include <stdint.h>

struct fista {
	struct scp *scp;
	real *previous, *point, *slope; /* N: iterate before, extrapolated point, gradient there */
	real *f_previous, *f_point;     /* n: Phi times the first two */
	real *g;                        /* n */
	double lipschitz;               /* 1/step, grown by backtracking */
	double momentum;                /* t_k */
};

static const double growth = 1.1; /* of the Lipschitz estimate; it was close to begin with */

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
	struct fista *s = ARENA_NEW(arena, struct fista);
	ptrdiff_t N = scp->Phi.cols, n = scp->Phi.rows;

	(void)options;
	(void)err;
	s->scp = scp;
	s->previous = ARENA_ARRAY(arena, real, N);
	s->point = ARENA_ARRAY(arena, real, N);
	s->slope = ARENA_ARRAY(arena, real, N);
	s->f_previous = ARENA_ARRAY(arena, real, n);
	s->f_point = ARENA_ARRAY(arena, real, n);
	s->g = ARENA_ARRAY(arena, real, n);
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	s->lipschitz = loss_curvature(scp->problem->loss) * scp_squared_norm(scp);
	s->momentum = 1;
	return STATUS_OK;
}

static void swap(real **a, real **b)
{
	real *t = *a;

	*a = *b;
	*b = t;
}

/* Next momentum and extrapolated point; restart where the step points against the last move. */
static void extrapolate(struct fista *s)
{
	struct scp *scp = s->scp;
	size_t N = (size_t)scp->Phi.cols, n = (size_t)scp->Phi.rows;
	double against = 0, next, weight;

	for (size_t i = 0; i < N; i++)
		against += ((double)s->point[i] - (double)scp->a[i]) *
			   ((double)scp->a[i] - (double)s->previous[i]);
	if (against > 0)
		s->momentum = 1;
	next = (1 + sqrt(1 + 4 * s->momentum * s->momentum)) / 2;
	weight = (s->momentum - 1) / next;
	s->momentum = next;
	for (size_t i = 0; i < N; i++)
		s->point[i] = scp->a[i] + (real)weight * (scp->a[i] - s->previous[i]);
	for (size_t k = 0; k < n; k++)
		s->f_point[k] = scp->f[k] + (real)weight * (scp->f[k] - s->f_previous[k]);
}

static void step(void *state, struct progress *progress)
{
	struct fista *s = state;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double at_point = loss_value(problem->loss, n, s->f_point, problem->y), loss;
	struct scp_move move;

	loss_gradient(problem->loss, n, s->f_point, problem->y, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (;;) { /* backtracking: the quadratic model must lie above the loss, up to rounding */
		move = scp_shrink(scp, s->point, s->slope, s->lipschitz, s->previous);
		blas_gemv(1, scp->Phi, PLAIN, s->previous, 0, s->f_previous);
		loss = loss_value(problem->loss, n, s->f_previous, problem->y);
		if (!(at_point + move.linear + s->lipschitz * move.square / 2 - loss <
		      -16 * REAL_EPSILON * fabs(at_point)))
			break;
		s->lipschitz *= growth;
	}
	swap(&scp->a, &s->previous);
	swap(&scp->f, &s->f_previous);
	extrapolate(s);
	progress->objective = loss + problem->beta * move.norm;
}

const struct scp_method scp_fista = {
	.base = {.name = "fista",
		 .doc = "accelerated proximal gradient with restart; cheap iterations, slow for "
			"small beta",
		 .cite = "beck2009"},
	.takes = scp_has_curvature,
	.needs = "a loss with a finite second derivative",
	.most = PTRDIFF_MAX,
	.forecast = forecast,
	.setup = setup,
	.step = step,
};
