/* Interior point for the l1 program of SCP. See scp_interior.h; Mehrotra 1992. */
#include "solvers/convex/scp_interior.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

struct scp_interior {
	struct scp *scp;
	struct interior_loss *loss;
	bool smooth;               /* the gradient does not depend on mu */
	ptrdiff_t count;           /* N: columns in use */
	real *p, *q, *zp, *zq;     /* N */
	real *dp, *dq, *dzp, *dzq; /* N: step */
	real *rp, *rq;             /* N: right-hand sides */
	real *root_s;              /* N: S^(1/2) */
	real *slope;               /* N: Phi'c, then Phi'g */
	real *x;                   /* N: da */
	real *g, *root_w, *t;      /* n: c, then the gradient that a step sees; W^(1/2) */
	struct mat system;         /* most x most: room for I + T'T */
	struct mat T;              /* rows of T */
	double mu, residual;       /* mean complementarity, largest dual residual */
	int idle;                  /* steps in a row that left mu as it was, nearly solved */
};

enum {
	CHUNK = 512,   /* rows of T built at once */
	HALVINGS = 12, /* of a step; beyond them it is too short to matter */
	IDLE = 8       /* steps that hardly lower mu before rounding is taken to have taken over */
};

static const double to_boundary = 0.995; /* of the way to the boundary */

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

/* Dual residual, relative to beta, that a step may always leave: the bound loses that share. */
static const double negligible = 1e-9;

void scp_interior_forecast(ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	out->bytes =
		(neurons * neurons + CHUNK * neurons + 13 * neurons + 3 * samples) * sizeof(real) +
		interior_loss_bytes(samples);
	out->setup_flops = 0;
	out->iteration_flops = neurons * neurons * (samples + neurons / 3) + 20 * samples * neurons;
}

/* f and c at p - q (x is scratch); the largest entry of the dual residuals. */
static double evaluate(struct scp_interior *s)
{
	struct scp *scp = s->scp;
	size_t n = (size_t)scp->Phi.rows;
	double beta = scp->problem->beta, largest = 0;

	for (ptrdiff_t i = 0; i < s->count; i++)
		s->x[i] = s->p[i] - s->q[i];
	blas_gemv(1, scp->Phi, PLAIN, s->x, 0, scp->f);
	memcpy(s->g, interior_loss_dual(s->loss, scp->f), n * sizeof *s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double g = (double)s->slope[i];

		largest = fmax(largest, fabs(g + beta - (double)s->zp[i]));
		largest = fmax(largest, fabs(-g + beta - (double)s->zq[i]));
	}
	return largest;
}

/* Multipliers of the size of the gradient, and p = q so small that S regularises. */
void scp_interior_start(struct scp_interior *self)
{
	struct scp_interior *s = self;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double largest = problem->beta, start, size;

	s->count = scp->Phi.cols;
	s->idle = 0;
	memset(scp->f, 0, n * sizeof *scp->f);
	start = loss_value(problem->loss, n, scp->f, problem->y);
	loss_gradient(problem->loss, n, scp->f, problem->y, s->g);
	blas_gemv(1, scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	for (ptrdiff_t i = 0; i < s->count; i++)
		largest = fmax(largest, fabs((double)s->slope[i]) + 2 * problem->beta);
	size = start / (sqrt(largest * problem->beta) * (double)s->count);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		s->p[i] = s->q[i] = (real)size;
		s->zp[i] = s->zq[i] = (real)largest;
	}
	s->mu = (double)s->p[0] * largest;
	interior_loss_start(s->loss, scp->f, s->mu);
	s->residual = evaluate(s);
	memset(scp->a, 0, (size_t)s->count * sizeof *scp->a);
}

struct scp_interior *scp_interior_new(struct scp *scp, ptrdiff_t most, struct arena *arena)
{
	struct scp_interior *s = ARENA_NEW(arena, struct scp_interior);
	ptrdiff_t n = scp->Phi.rows;
	real **vectors[] = {&s->p,   &s->q,  &s->zp, &s->zq, &s->dp,     &s->dq,   &s->dzp,
			    &s->dzq, &s->rp, &s->rq, &s->x,  &s->root_s, &s->slope};

	s->scp = scp;
	s->loss = interior_loss_new(scp->problem, arena);
	s->smooth = scp->problem->loss.loss->smooth;
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, most);
	s->g = ARENA_ARRAY(arena, real, n);
	s->root_w = ARENA_ARRAY(arena, real, n);
	s->t = ARENA_ARRAY(arena, real, n);
	s->system = mat_new(arena, most, most);
	s->T = mat_new(arena, CHUNK, most);
	return s;
}

static struct mat system_of(const struct scp_interior *s)
{
	return mat_rows(mat_cols(s->system, 0, s->count), 0, s->count);
}

/* The system += T'T over row chunks. */
static void accumulate(struct scp_interior *s)
{
	struct mat Phi = s->scp->Phi;

	for (ptrdiff_t first = 0; first < Phi.rows; first += CHUNK) {
		ptrdiff_t count = first + CHUNK < Phi.rows ? CHUNK : Phi.rows - first;
		struct mat T = mat_rows(mat_cols(s->T, 0, s->count), 0, count);
		const real *w = s->root_w + first;

		for (ptrdiff_t j = 0; j < T.cols; j++) {
			const real *phi = mat_col(Phi, j) + first;
			real *to = mat_col(T, j), r = s->root_s[j];

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				to[k] = w[k] * phi[k] * r;
		}
		blas_syrk(1, T, TRANSPOSED, 1, system_of(s));
	}
}

/* Factor I + T'T. */
static bool factor(struct scp_interior *s)
{
	struct mat C = system_of(s);

	interior_loss_weights(s->loss, s->scp->f, s->root_w);
	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->root_s[i] = (real)sqrt((double)s->p[i] / (double)s->zp[i] +
					  (double)s->q[i] / (double)s->zq[i]);
	mat_fill(C, 0);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, 1);
	accumulate(s);
	return blas_cholesky(C);
}

/* All four parts of the step from da = S^(1/2) x. H da is formed anew: r - da would cancel. Of dp
 * and dq the one with the smaller weight comes from its own equation, the other from da. */
static void complete_direction(struct scp_interior *s, double target, bool correct)
{
	struct mat Phi = s->scp->Phi;
	double beta = s->scp->problem->beta;

	for (ptrdiff_t i = 0; i < s->count; i++)
		s->x[i] *= s->root_s[i];
	blas_gemv(1, Phi, PLAIN, s->x, 0, s->t);
	interior_loss_direction(s->loss, s->scp->f, s->t, target, correct);
	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		s->t[k] *= s->root_w[k] * s->root_w[k];
	blas_gemv(1, Phi, TRANSPOSED, s->t, 0, s->dzp);
	for (ptrdiff_t i = 0; i < s->count; i++) {
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
static void direction(struct scp_interior *s, double target, bool correct)
{
	double beta = s->scp->problem->beta;

	if (!s->smooth) {
		interior_loss_gradient(s->loss, s->scp->f, target, correct, s->g);
		blas_gemv(1, s->scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	}
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double p = (double)s->p[i], q = (double)s->q[i], g = (double)s->slope[i];
		double cp = correct ? (double)s->dp[i] * (double)s->dzp[i] : 0;
		double cq = correct ? (double)s->dq[i] * (double)s->dzq[i] : 0;
		double rp = -g - beta + (target - cp) / p, rq = g - beta + (target - cq) / q;

		s->rp[i] = (real)rp;
		s->rq[i] = (real)rq;
		s->x[i] = (real)((rp * p / (double)s->zp[i] - rq * q / (double)s->zq[i]) /
				 (double)s->root_s[i]);
	}
	blas_triangular_solve(system_of(s), BLAS_SOLVE_BLOCK, s->x);
	complete_direction(s, target, correct);
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

static double step_length(const struct scp_interior *s)
{
	ptrdiff_t N = s->count;
	double primal = fmin(longest(N, s->p, s->dp), longest(N, s->q, s->dq));
	double dual = fmin(longest(N, s->zp, s->dzp), longest(N, s->zq, s->dzq));

	return to_boundary * fmin(fmin(primal, dual), interior_loss_longest(s->loss));
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
static double complementarity(const struct scp_interior *s, double length)
{
	double count = 2 * (double)s->count, sum = interior_loss_products(s->loss, length, &count);

	sum += product(s->count, s->p, s->dp, s->zp, s->dzp, length);
	sum += product(s->count, s->q, s->dq, s->zq, s->dzq, length);
	return sum / count;
}

static void move(struct scp_interior *s, double length)
{
	size_t N = (size_t)s->count;

	interior_loss_move(s->loss, length);
	blas_axpy(N, length, s->dp, s->p);
	blas_axpy(N, length, s->dq, s->q);
	blas_axpy(N, length, s->dzp, s->zp);
	blas_axpy(N, length, s->dzq, s->zq);
}

double scp_interior_remaining(const struct scp_interior *self)
{
	const struct problem *problem = self->scp->problem;
	size_t n = (size_t)problem->X.rows;
	double loss = loss_value(problem->loss, n, self->scp->f, problem->y);
	double count = 2 * (double)self->count;

	interior_loss_products(self->loss, 0, &count);
	return count * self->mu / fmax(1, loss);
}

/* Take the step, shortened until the dual residual falls; on the way it may grow to a tenth of
 * beta, by the curvature of the loss. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct scp_interior *s, double length)
{
	double share = scp_interior_remaining(s) > nearly_solved ? 0.1 : negligible;
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
static double publish(struct scp_interior *s)
{
	struct scp *scp = s->scp;
	double largest = 0, zero, norm = 0;

	for (ptrdiff_t i = 0; i < s->count; i++) {
		scp->a[i] = s->p[i] - s->q[i];
		largest = fmax(largest, fabs((double)scp->a[i]));
	}
	zero = fmax(2 * s->mu / scp->problem->beta, REAL_EPSILON * largest);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		if (fabs((double)scp->a[i]) <= zero)
			scp->a[i] = 0;
		norm += fabs((double)scp->a[i]);
	}
	blas_gemv(1, scp->Phi, PLAIN, scp->a, 0, scp->f);
	return norm;
}

/* Raise the products of neuron i to mu without a change of a = p - q; a multiplier ends at 2 beta
 * or below, the sum of the two on the path. */
static void recenter(struct scp_interior *s, ptrdiff_t i, double mu)
{
	double least = fmin((double)s->p[i], (double)s->q[i]);
	real more = (real)fmax(0, mu / (2 * s->scp->problem->beta) - least);

	s->p[i] += more;
	s->q[i] += more;
	s->zp[i] = (real)fmax((double)s->zp[i], mu / (double)s->p[i]);
	s->zq[i] = (real)fmax((double)s->zq[i], mu / (double)s->q[i]);
}

void scp_interior_extend(struct scp_interior *self, double remaining)
{
	struct scp_interior *s = self;
	double rest = scp_interior_remaining(s);
	ptrdiff_t before = s->count;

	s->count = s->scp->Phi.cols;
	s->idle = 0;
	s->mu *= fmax(1, remaining / rest);
	for (ptrdiff_t i = before; i < s->count; i++)
		s->p[i] = s->q[i] = s->zp[i] = s->zq[i] = 0;
	for (ptrdiff_t i = 0; i < s->count; i++)
		recenter(s, i, s->mu);
	interior_loss_recenter(s->loss, s->mu);
	s->residual = evaluate(s);
	s->mu = complementarity(s, 0);
	publish(s);
}

void scp_interior_step(struct scp_interior *self, struct progress *progress)
{
	struct scp_interior *s = self;
	const struct problem *problem = s->scp->problem;
	size_t n = (size_t)s->scp->Phi.rows;
	double sigma, length = 0, before = s->mu;
	bool nearly;

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
	nearly = scp_interior_remaining(s) <= nearly_solved;
	s->idle = nearly && s->mu > 0.9 * before ? s->idle + 1 : 0;
	if (!(length > 1e-6) || s->idle >= IDLE) /* rounding has taken over */
		progress->end = nearly ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

const real *scp_interior_slopes(const struct scp_interior *self)
{
	return self->g;
}
