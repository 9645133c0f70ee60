/* Sampled convex program (Bai, Gautam, Sojoudi 2023, unconstrained formulation): fixed random
 * first-layer directions, an l1 penalty on the output weights.
 *
 *     min over a in R^N   L(Phi a, y) + beta |a|_1,   Phi = relu(X U), columns of U uniform on the
 * unit sphere
 *
 * Solved by FISTA (Beck and Teboulle 2009) with the gradient restart of O'Donoghue and Candes 2015
 * and backtracking on the step. Dual: max -L*(-alpha) s.t. |Phi' alpha|_inf <= beta; alpha = -grad
 * L(Phi a) scaled into the feasible set gives the lower bound. Phi: n x N. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/core/scaling.h"
#include "solvers/core/trainer.h"

#include <math.h>
#include <string.h>

struct scp_options {
	long neurons;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct scp_options, neurons), .initial = "500", .range = RANGE_FROM(1),
	 .doc = "N, number of sampled first-layer directions"},
	{0},
};

struct scp {
	const struct problem *problem;
	struct mat U;                   /* d x N */
	struct mat Phi;                 /* n x N */
	real *a, *previous;             /* N: iterate and the one before */
	real *point, *slope;            /* N: extrapolated point and gradient there */
	real *f, *f_previous, *f_point; /* n: Phi times the three of them */
	real *g;                        /* n */
	double lipschitz;               /* 1/step, grown by backtracking */
	double momentum;                /* t_k */
	double loss;                    /* L(Phi a, y) */
};

enum {
	POWER_STEPS = 30 /* the norm of Phi to a few per cent; backtracking repairs the rest */
};

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	double N = (double)((const struct scp_options *)options)->neurons, rows_ = (double)n,
	       cols = (double)d;

	out->bytes = (rows_ * N + cols * N + 4 * N + 4 * rows_) * sizeof(real);
	out->setup_flops = 2 * rows_ * cols * N + 4 * POWER_STEPS * rows_ * N;
	out->iteration_flops = 4 * rows_ * N;
}

/* Unit vectors, uniform: normalised Gaussians. Column i depends on (seed, i) alone, so N grows
 * nested. */
static void sample_directions(struct mat U, uint64_t seed)
{
	for (ptrdiff_t i = 0; i < U.cols; i++) {
		struct rng rng = rng_stream(seed, "neurons", (uint64_t)i);
		real *u = mat_col(U, i);

		for (ptrdiff_t j = 0; j < U.rows; j++)
			u[j] = (real)rng_normal(&rng);
		blas_scale((size_t)U.rows, 1 / blas_norm((size_t)U.rows, u), u);
	}
}

/* |Phi|_2^2 by the power method on Phi' Phi, from the vector of ones (Phi >= 0, so it is not
 * orthogonal to the leading singular vector). */
static double squared_norm(struct scp *s)
{
	size_t N = (size_t)s->Phi.cols, n = (size_t)s->Phi.rows;
	double norm = 0;

	for (size_t i = 0; i < N; i++)
		s->point[i] = 1;
	for (int step = 0; step < POWER_STEPS; step++) {
		double length = blas_norm(N, s->point);

		if (!(length > 0))
			return 0;
		blas_scale(N, 1 / length, s->point);
		blas_gemv(1, s->Phi, PLAIN, s->point, 0, s->f_point);
		norm = blas_norm(n, s->f_point);
		blas_gemv(1, s->Phi, TRANSPOSED, s->f_point, 0, s->point);
	}
	memset(s->point, 0, N * sizeof *s->point);
	memset(s->f_point, 0, n * sizeof *s->f_point);
	return norm * norm;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct scp *s = ARENA_NEW(arena, struct scp);
	ptrdiff_t N = ((const struct scp_options *)options)->neurons, n = problem->X.rows;

	s->problem = problem;
	s->U = mat_new(arena, problem->X.cols, N);
	s->Phi = mat_new(arena, n, N);
	s->a = ARENA_ARRAY(arena, real, N);
	s->previous = ARENA_ARRAY(arena, real, N);
	s->point = ARENA_ARRAY(arena, real, N);
	s->slope = ARENA_ARRAY(arena, real, N);
	s->f = ARENA_ARRAY(arena, real, n);
	s->f_previous = ARENA_ARRAY(arena, real, n);
	s->f_point = ARENA_ARRAY(arena, real, n);
	s->g = ARENA_ARRAY(arena, real, n);
	sample_directions(s->U, problem->seed);
	blas_gemm(1, problem->X, PLAIN, s->U, PLAIN, 0, s->Phi);
	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			if (!(mat_get(s->Phi, k, i) > 0))
				mat_set(s->Phi, k, i, 0);
	s->lipschitz = loss_curvature(problem->loss) * squared_norm(s);
	if (!(s->lipschitz > 0))
		return err_set(err, STATUS_ENV,
			       "scp: no sampled neuron is active on any training sample");
	s->momentum = 1;
	s->loss = loss_value(problem->loss, (size_t)n, s->f, problem->y);
	*state = s;
	return STATUS_OK;
}

/* previous = soft threshold of point - slope / lipschitz (the candidate); the squared distance to
 * point and the linear term <slope, candidate - point>. */
static void candidate(struct scp *s, double *linear, double *square)
{
	double threshold = s->problem->beta / s->lipschitz;

	*linear = *square = 0;
	for (ptrdiff_t i = 0; i < s->Phi.cols; i++) {
		double x = (double)s->point[i] - (double)s->slope[i] / s->lipschitz;
		double a = x > threshold ? x - threshold : (x < -threshold ? x + threshold : 0);
		double move = a - (double)s->point[i];

		s->previous[i] = (real)a;
		*linear += (double)s->slope[i] * move;
		*square += move * move;
	}
}

static void swap(real **a, real **b)
{
	real *t = *a;

	*a = *b;
	*b = t;
}

/* Next momentum and extrapolated point; restart where the step points against the last move. */
static void extrapolate(struct scp *s)
{
	size_t N = (size_t)s->Phi.cols, n = (size_t)s->Phi.rows;
	double against = 0, next, weight;

	for (size_t i = 0; i < N; i++)
		against += ((double)s->point[i] - (double)s->a[i]) *
			   ((double)s->a[i] - (double)s->previous[i]);
	if (against > 0)
		s->momentum = 1;
	next = (1 + sqrt(1 + 4 * s->momentum * s->momentum)) / 2;
	weight = (s->momentum - 1) / next;
	s->momentum = next;
	for (size_t i = 0; i < N; i++)
		s->point[i] = s->a[i] + (real)weight * (s->a[i] - s->previous[i]);
	for (size_t k = 0; k < n; k++)
		s->f_point[k] = s->f[k] + (real)weight * (s->f[k] - s->f_previous[k]);
}

static void step(void *state, struct progress *progress)
{
	struct scp *s = state;
	const struct problem *problem = s->problem;
	size_t n = (size_t)s->Phi.rows;
	double at_point = loss_value(problem->loss, n, s->f_point, problem->y), linear, square,
	       slack;
	double norm = 0;

	loss_gradient(problem->loss, n, s->f_point, problem->y, s->g);
	blas_gemv(1, s->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (;;) { /* backtracking: the quadratic model must lie above the loss, up to rounding */
		double loss;

		candidate(s, &linear, &square);
		blas_gemv(1, s->Phi, PLAIN, s->previous, 0, s->f_previous);
		loss = loss_value(problem->loss, n, s->f_previous, problem->y);
		slack = at_point + linear + s->lipschitz * square / 2 - loss;
		s->loss = loss;
		if (!(slack < -16 * REAL_EPSILON * fabs(at_point)))
			break;
		s->lipschitz *= 1.1;
	}
	swap(&s->a, &s->previous);
	swap(&s->f, &s->f_previous);
	extrapolate(s);
	for (ptrdiff_t i = 0; i < s->Phi.cols; i++)
		norm += fabs((double)s->a[i]);
	progress->objective = s->loss + problem->beta * norm;
}

static ptrdiff_t width(const void *state)
{
	return ((const struct scp *)state)->Phi.cols;
}

/* a_i u_i becomes the neuron sqrt|a_i| u_i with output weight sign(a_i) sqrt|a_i|. */
static void network(const void *state, struct net *net)
{
	const struct scp *s = state;
	ptrdiff_t m = 0;

	for (ptrdiff_t i = 0; i < s->Phi.cols; i++) {
		double root = sqrt(fabs((double)s->a[i]));
		real *u = mat_col(net->U, m);

		if (!(root > 0))
			continue;
		for (ptrdiff_t j = 0; j < s->U.rows; j++)
			u[j] = (real)root * mat_get(s->U, j, i);
		net->alpha[m++] = (real)(s->a[i] > 0 ? root : -root);
	}
	net->U.cols = m;
}

static void certify(void *state, struct certificate *certificate)
{
	struct scp *s = state;
	const struct problem *problem = s->problem;
	size_t n = (size_t)s->Phi.rows;
	double norm = 0, largest = 0;

	for (ptrdiff_t i = 0; i < s->Phi.cols; i++)
		norm += fabs((double)s->a[i]);
	loss_gradient(problem->loss, n, s->f, problem->y, s->g);
	blas_scale(n, -1, s->g);
	blas_gemv(1, s->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (ptrdiff_t i = 0; i < s->Phi.cols; i++)
		largest = fmax(largest, fabs((double)s->slope[i]));
	certificate->objective = s->loss + problem->beta * norm;
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->upper = certificate->objective;
	certificate->lower_bound = scaling_best_bound(problem, s->g, largest);
	certificate->scope = "sampled neurons";
}

const struct trainer trainer_scp = {
	.base = {.name = "scp",
		 .doc = "sampled convex program: l1 on the output weights of random neurons, by "
			"FISTA",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct scp_options)},
	.needs_curvature = true,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.network = network,
	.certify = certify,
	.patterns_used = width,
};
