/* Primal-dual interior point for the l1 program of SCP, with Mehrotra's predictor and corrector.
 *
 * a = p - q with p, q >= 0 and multipliers zp, zq >= 0; g = Phi' grad L(Phi a), H = Phi' diag(w)
 * Phi:
 *
 *     g + beta - zp = 0,  -g + beta - zq = 0,  p zp = mu,  q zq = mu
 *
 * With Dp = zp/p, Dq = zq/q and S = 1/Dp + 1/Dq a Newton step solves (1/S + H) da = r/S: scaled by
 * S^(1/2), I + T'T of order N with T = diag(w)^(1/2) Phi diag(S)^(1/2). (The form of order n,
 * I + T T', loses the digits of da where S is large.) A step is shortened until the dual residual
 * does not grow. About twenty iterations to rounding for any beta. */
#include "solvers/convex/scp_method.h"
#include "solvers/core/blas.h"

#include <math.h>

struct newton {
	struct scp *scp;
	real *p, *q, *zp, *zq;     /* N */
	real *dp, *dq, *dzp, *dzq; /* N: step */
	real *rp, *rq;             /* N: right-hand sides */
	real *root_s;              /* N: S^(1/2) */
	real *slope;               /* N: g */
	real *x;                   /* N: da */
	real *g, *root_w, *t;      /* n */
	struct mat C;              /* N x N: factor of I + T'T */
	struct mat T;              /* rows of T */
	double mu, residual;       /* mean complementarity, largest dual residual */
};

enum {
	CHUNK = 512,  /* rows of T built at once */
	HALVINGS = 12 /* of a step; beyond them it is too short to matter */
};

static const double to_boundary = 0.995; /* of the way to the boundary */

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

/* Dual residual, relative to beta, that a step may always leave: the bound loses that share. */
static const double negligible = 1e-9;

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	(void)options;
	out->bytes =
		(neurons * neurons + CHUNK * neurons + 13 * neurons + 3 * samples) * sizeof(real);
	out->setup_flops = 0;
	out->iteration_flops = neurons * neurons * (samples + neurons / 3) + 20 * samples * neurons;
}

/* f and g at p - q (x is scratch); the largest entry of the dual residuals. */
static double evaluate(struct newton *s)
{
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double largest = 0;

	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++)
		s->x[i] = s->p[i] - s->q[i];
	blas_gemv(1, scp->Phi, PLAIN, s->x, 0, scp->f);
	loss_gradient(problem->loss, n, scp->f, problem->y, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		double g = (double)s->slope[i];

		largest = fmax(largest, fabs(g + problem->beta - (double)s->zp[i]));
		largest = fmax(largest, fabs(-g + problem->beta - (double)s->zq[i]));
	}
	return largest;
}

/* Start at a = 0: multipliers of the size of the gradient, and p = q so small that S regularises.
 */
static void initialise(struct newton *s)
{
	const struct problem *problem = s->scp->problem;
	ptrdiff_t N = s->scp->Phi.cols;
	double start = loss_value(problem->loss, (size_t)problem->X.rows, s->scp->f, problem->y);
	double largest = evaluate(s) + problem->beta;
	double size = start / (sqrt(largest * problem->beta) * (double)N);

	for (ptrdiff_t i = 0; i < N; i++) {
		s->p[i] = s->q[i] = (real)size;
		s->zp[i] = s->zq[i] = (real)largest;
	}
	s->residual = evaluate(s);
	s->mu = (double)s->p[0] * largest;
}

static enum status setup(struct scp *scp, const void *options, struct arena *arena, void **state,
			 struct err *err)
{
	struct newton *s = ARENA_NEW(arena, struct newton);
	ptrdiff_t N = scp->Phi.cols, n = scp->Phi.rows;
	real **vectors[] = {&s->p,   &s->q,  &s->zp, &s->zq, &s->dp,     &s->dq,   &s->dzp,
			    &s->dzq, &s->rp, &s->rq, &s->x,  &s->root_s, &s->slope};

	(void)options;
	(void)err;
	s->scp = scp;
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, N);
	s->g = ARENA_ARRAY(arena, real, n);
	s->root_w = ARENA_ARRAY(arena, real, n);
	s->t = ARENA_ARRAY(arena, real, n);
	s->C = mat_new(arena, N, N);
	s->T = mat_new(arena, CHUNK, N);
	initialise(s);
	*state = s;
	return STATUS_OK;
}

/* C += T'T over row chunks. */
static void accumulate(struct newton *s)
{
	struct mat Phi = s->scp->Phi;

	for (ptrdiff_t first = 0; first < Phi.rows; first += CHUNK) {
		ptrdiff_t count = first + CHUNK < Phi.rows ? CHUNK : Phi.rows - first;
		struct mat T = mat_rows(s->T, 0, count);
		const real *w = s->root_w + first;

		for (ptrdiff_t j = 0; j < T.cols; j++) {
			const real *phi = mat_col(Phi, j) + first;
			real *to = mat_col(T, j), r = s->root_s[j];

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				to[k] = w[k] * phi[k] * r;
		}
		blas_syrk(1, T, TRANSPOSED, 1, s->C);
	}
}

/* Factor I + T'T. */
static bool factor(struct newton *s)
{
	const struct problem *problem = s->scp->problem;
	size_t n = (size_t)problem->X.rows;

	loss_hessian(problem->loss, n, s->scp->f, problem->y, s->root_w);
	for (size_t k = 0; k < n; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
	for (ptrdiff_t i = 0; i < s->scp->Phi.cols; i++)
		s->root_s[i] = (real)sqrt((double)s->p[i] / (double)s->zp[i] +
					  (double)s->q[i] / (double)s->zq[i]);
	mat_fill(s->C, 0);
	for (ptrdiff_t j = 0; j < s->C.cols; j++)
		mat_set(s->C, j, j, 1);
	accumulate(s);
	return blas_cholesky(s->C);
}

/* All four parts of the step from da = S^(1/2) x. H da is formed anew: r - da would cancel. Of dp
 * and dq the one with the smaller weight comes from its own equation, the other from da. */
static void complete_direction(struct newton *s)
{
	struct mat Phi = s->scp->Phi;
	double beta = s->scp->problem->beta;

	for (ptrdiff_t i = 0; i < Phi.cols; i++)
		s->x[i] *= s->root_s[i];
	blas_gemv(1, Phi, PLAIN, s->x, 0, s->t);
	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		s->t[k] *= s->root_w[k] * s->root_w[k];
	blas_gemv(1, Phi, TRANSPOSED, s->t, 0, s->dzp);
	for (ptrdiff_t i = 0; i < Phi.cols; i++) {
		double da = (double)s->x[i], hda = (double)s->dzp[i], g = (double)s->slope[i];
		double sp = (double)s->p[i] / (double)s->zp[i];
		double sq = (double)s->q[i] / (double)s->zq[i];
		double dp = ((double)s->rp[i] - hda) * sp, dq = ((double)s->rq[i] + hda) * sq;

		s->dp[i] = (real)(sp < sq ? dp : da + dq);
		s->dq[i] = (real)(sp < sq ? dp - da : dq);
		s->dzp[i] = (real)(g + beta - (double)s->zp[i] + hda);
		s->dzq[i] = (real)(-g + beta - (double)s->zq[i] - hda);
	}
}

/* Step for the complementarity `target`, with the second-order terms of the last step if `correct`.
 */
static void direction(struct newton *s, double target, bool correct)
{
	double beta = s->scp->problem->beta;
	ptrdiff_t N = s->scp->Phi.cols;

	for (ptrdiff_t i = 0; i < N; i++) {
		double p = (double)s->p[i], q = (double)s->q[i], g = (double)s->slope[i];
		double cp = correct ? (double)s->dp[i] * (double)s->dzp[i] : 0;
		double cq = correct ? (double)s->dq[i] * (double)s->dzq[i] : 0;
		double rp = -g - beta + (target - cp) / p, rq = g - beta + (target - cq) / q;

		s->rp[i] = (real)rp;
		s->rq[i] = (real)rq;
		s->x[i] = (real)((rp * p / (double)s->zp[i] - rq * q / (double)s->zq[i]) /
				 (double)s->root_s[i]);
	}
	blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->x);
	complete_direction(s);
}

/* Longest step that keeps x + step dx >= 0, at most what makes a full step. */
static double longest(ptrdiff_t N, const real *x, const real *dx)
{
	double step = 1 / to_boundary;

	for (ptrdiff_t i = 0; i < N; i++)
		if (dx[i] < 0)
			step = fmin(step, -(double)x[i] / (double)dx[i]);
	return step;
}

static double step_length(const struct newton *s)
{
	ptrdiff_t N = s->scp->Phi.cols;
	double primal = fmin(longest(N, s->p, s->dp), longest(N, s->q, s->dq));
	double dual = fmin(longest(N, s->zp, s->dzp), longest(N, s->zq, s->dzq));

	return to_boundary * fmin(primal, dual);
}

/* sum_i (x + l dx)_i (z + l dz)_i */
static double product(ptrdiff_t N, const real *x, const real *dx, const real *z, const real *dz,
		      double l)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < N; i++)
		sum += ((double)x[i] + l * (double)dx[i]) * ((double)z[i] + l * (double)dz[i]);
	return sum;
}

/* Mean complementarity after a step of the given length. */
static double complementarity(const struct newton *s, double length)
{
	ptrdiff_t N = s->scp->Phi.cols;

	return (product(N, s->p, s->dp, s->zp, s->dzp, length) +
		product(N, s->q, s->dq, s->zq, s->dzq, length)) /
	       (2 * (double)N);
}

static void move(struct newton *s, double length)
{
	size_t N = (size_t)s->scp->Phi.cols;

	blas_axpy(N, length, s->dp, s->p);
	blas_axpy(N, length, s->dq, s->q);
	blas_axpy(N, length, s->dzp, s->zp);
	blas_axpy(N, length, s->dzq, s->zq);
}

/* Sum of the complementarity products, relative: how far the path still goes. */
static double remaining(const struct newton *s)
{
	const struct problem *problem = s->scp->problem;
	double loss = loss_value(problem->loss, (size_t)problem->X.rows, s->scp->f, problem->y);

	return 2 * (double)s->scp->Phi.cols * s->mu / fmax(1, loss);
}

/* Take the step, shortened until the dual residual falls; on the way it may grow to a tenth of
 * beta, by the curvature of the loss. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct newton *s, double length)
{
	double share = remaining(s) > nearly_solved ? 0.1 : negligible;
	double small = share * s->scp->problem->beta, residual;

	move(s, length);
	residual = evaluate(s);
	for (int halving = 0; residual > fmax(small, s->residual); halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length);
		length = next;
		residual = evaluate(s);
		if (halving == HALVINGS)
			break;
	}
	s->residual = residual;
	s->mu = complementarity(s, 0);
	return length;
}

/* The iterate to show: p - q, with zeros where both are on their way to zero or below the rounding
 * of the largest entry; returns |a|_1. */
static double publish(struct newton *s)
{
	struct scp *scp = s->scp;
	double largest = 0, zero, norm = 0;

	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		scp->a[i] = s->p[i] - s->q[i];
		largest = fmax(largest, fabs((double)scp->a[i]));
	}
	zero = fmax(2 * s->mu / scp->problem->beta, REAL_EPSILON * largest);
	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		if (fabs((double)scp->a[i]) <= zero)
			scp->a[i] = 0;
		norm += fabs((double)scp->a[i]);
	}
	blas_gemv(1, scp->Phi, PLAIN, scp->a, 0, scp->f);
	return norm;
}

static void step(void *state, struct progress *progress)
{
	struct newton *s = state;
	const struct problem *problem = s->scp->problem;
	size_t n = (size_t)s->scp->Phi.rows;
	double sigma, length = 0;

	evaluate(s); /* the published iterate has overwritten f */
	if (factor(s)) {
		direction(s, 0, false);
		sigma = pow(fmax(0, complementarity(s, step_length(s))) / s->mu, 3);
		direction(s, sigma * s->mu, true);
		length = advance(s, step_length(s));
	}
	progress->objective = problem->beta * publish(s);
	progress->objective += loss_value(problem->loss, n, s->scp->f, problem->y);
	progress->dual_residual = s->residual / problem->beta;
	if (!(length > 1e-6)) /* no step is left: rounding has taken over */
		progress->end = remaining(s) <= nearly_solved ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

/* -grad L at p - q itself: the zeros of the published iterate would cost digits of the bound. */
static void dual(const void *state, real *alpha)
{
	const struct newton *s = state;

	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		alpha[k] = -s->g[k];
}

const struct scp_method scp_newton = {
	.base = {.name = "newton",
		 .doc = "primal-dual interior point; about twenty iterations for any beta",
		 .cite = "mehrotra1992"},
	.needs_curvature = true,
	.needs_smooth = true,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.dual = dual,
};
