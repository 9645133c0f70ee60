/* Proximal gradient methods for the l1 program of SCP: `fista` (Beck and Teboulle 2009), with the
 * gradient restart of O'Donoghue and Candes 2015 and backtracking, and `ista`, iterative soft
 * thresholding, the solver of the published SCP (Bai, Gautam, Sojoudi 2023; Daubechies, Defrise, De
 * Mol 2004):
 *
 *     a+ = S_{gamma beta}( a - gamma Phi' grad L(Phi a) ),   gamma <= 1 / (L_l |Phi|_2^2) */
#include "solvers/core/blas.h"
#include "solvers/scp/scp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { POWER_STEPS = 30 };

/* How far a proximal step went. */
struct move {
	double linear; /* <slope, move> */
	double square; /* |move|^2 */
	double norm;   /* |a|_1 behind it */
};

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	(void)options;
	out->setup_flops = 4 * POWER_STEPS * samples * neurons;
	out->iteration_flops = 4 * samples * neurons;
}

/* |Phi|_2^2 to a fraction of a per cent, from below, by the power method; a (N) and f (n) of *scp
 * are scratch and zero afterwards. From the vector of ones: Phi >= 0, so it is not orthogonal to
 * the leading singular vector, and the others are far below that. */
static double squared_norm(const struct scp *scp)
{
	size_t N = (size_t)scp->Phi.cols, n = (size_t)scp->Phi.rows;
	double squared;

	for (size_t i = 0; i < N; i++)
		scp->a[i] = 1;
	squared = blas_squared_norm(scp->Phi, POWER_STEPS, scp->a, scp->f);
	memset(scp->a, 0, N * sizeof *scp->a);
	memset(scp->f, 0, n * sizeof *scp->f);
	return squared;
}

/* to = soft threshold of point - slope / lipschitz at beta / lipschitz, all N of *scp; to may be
 * point. */
static struct move shrink(const struct scp *scp, const real *point, const real *slope,
			  double lipschitz, real *to)
{
	double threshold = scp->problem->beta / lipschitz;
	struct move sum = {0};

	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		double x = (double)point[i] - (double)slope[i] / lipschitz;
		double a = x > threshold ? x - threshold : (x < -threshold ? x + threshold : 0);
		double move = a - (double)point[i];

		to[i] = (real)a;
		sum.linear += (double)slope[i] * move;
		sum.square += move * move;
		sum.norm += fabs(a);
	}
	return sum;
}

struct fista {
	struct scp *scp;
	real *previous, *point, *slope; /* N: iterate before, extrapolated point, gradient there */
	real *f_previous, *f_point;     /* n: Phi times the first two */
	real *g;                        /* n */
	double lipschitz;               /* 1/step, grown by backtracking */
	double momentum;                /* t_k */
};

static const double growth = 1.1; /* of the Lipschitz estimate; it was close to begin with */

static enum status fista_setup(struct scp *scp, const void *options, struct arena *arena,
			       void **state, struct err *err)
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
	s->lipschitz = loss_curvature(scp->problem->loss) * squared_norm(scp);
	s->momentum = 1;
	return STATUS_OK;
}

static void fista_step(void *state, struct progress *progress)
{
	struct fista *s = state;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double at_point = loss_value(problem->loss, n, s->f_point, problem->y.at), loss;
	real *a = scp->a, *f = scp->f;
	struct move move;
	size_t N;
	double against;
	double next;
	double weight;

	loss_gradient(problem->loss, n, s->f_point, problem->y.at, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (;;) { /* backtracking: the quadratic model must lie above the loss, up to rounding */
		move = shrink(scp, s->point, s->slope, s->lipschitz, s->previous);
		blas_gemv(1, scp->Phi, PLAIN, s->previous, 0, s->f_previous); /* n */
		loss = loss_value(problem->loss, n, s->f_previous, problem->y.at);
		if (!(at_point + move.linear + s->lipschitz * move.square / 2 - loss <
		      -16 * REAL_EPSILON * fabs(at_point)))
			break;
		s->lipschitz *= growth;
	}
	scp->a = s->previous;
	scp->f = s->f_previous;
	s->previous = a;
	s->f_previous = f;
	/* Next momentum and extrapolated point; restart where the step points against the last
	 * move. */
	N = (size_t)scp->Phi.cols;
	against = 0;
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
	.setup = fista_setup,
	.step = fista_step,
};

struct ista_options {
	double step;
};

static const struct option ista_rows[] = {
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

static enum status ista_setup(struct scp *scp, const void *options, struct arena *arena,
			      void **state, struct err *err)
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
						   squared_norm(scp);
	return STATUS_OK;
}

static void ista_step(void *state, struct progress *progress)
{
	struct ista *s = state;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	struct move move;

	loss_gradient(problem->loss, n, scp->f, problem->y.at, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	move = shrink(scp, scp->a, s->slope, s->lipschitz, scp->a);
	blas_gemv(1, scp->Phi, PLAIN, scp->a, 0, scp->f); /* n */
	progress->objective =
		problem->beta * move.norm + loss_value(problem->loss, n, scp->f, problem->y.at);
}

const struct scp_method scp_ista = {
	.base = {.name = "ista",
		 .doc = "proximal gradient with a constant step, as published",
		 .cite = "bai2023",
		 .options = ista_rows,
		 .size = sizeof(struct ista_options)},
	.takes = scp_has_curvature,
	.needs = "a loss with a finite second derivative",
	.forecast = forecast,
	.setup = ista_setup,
	.step = ista_step,
};
