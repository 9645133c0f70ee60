/* Interior point for the l1 program of SCP. See scp_interior.h; Mehrotra 1992. */
#include "solvers/convex/scp_interior.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 12, /* of a step; beyond them it is too short to matter */
	IDLE = 8       /* steps that hardly lower mu before rounding is taken to have taken over */
};

static const double to_boundary = 0.995; /* of the way to the boundary */

/* Length of the predictor below which its products correct nothing where a loss has slacks: they
 * may be of any size then. */
static const double far_enough = 0.1;

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

/* Dual residual, relative to beta, that a step may always leave: the bound loses that share. */
static const double negligible = 1e-9;

void scp_interior_forecast(ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	out->bytes =
		(neurons * neurons + SCP_INTERIOR_CHUNK * neurons + 13 * neurons + 5 * samples) *
			sizeof(real) +
		interior_loss_bytes(samples);
	out->setup_flops = 0;
	out->iteration_flops = neurons * neurons * (samples + neurons / 3) + 20 * samples * neurons;
}

/* c at f and Phi'c; the largest entry of the dual residuals. f is carried from step to step: formed
 * anew from p - q it would have the rounding of |Phi| |a|, which W magnifies where a loss has a
 * kink. */
static double evaluate(struct scp_interior *s)
{
	struct scp *scp = s->scp;
	size_t n = (size_t)scp->Phi.rows;
	double beta = scp->problem->beta, largest = 0;

	memcpy(s->g, interior_loss_dual(s->loss, s->f), n * sizeof *s->g);
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
	memset(s->f, 0, n * sizeof *s->f);
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
			    &s->dzq, &s->rp, &s->rq, &s->x,  &s->root_s, &s->slope},
	     **samples[] = {&s->f, &s->df, &s->g, &s->root_w, &s->t};

	s->scp = scp;
	s->loss = interior_loss_new(scp->problem, arena);
	s->smooth = scp->problem->loss.loss->smooth;
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, most);
	for (size_t v = 0; v < sizeof samples / sizeof samples[0]; v++)
		*samples[v] = ARENA_ARRAY(arena, real, n);
	s->system = mat_new(arena, most, most);
	s->T = mat_new(arena, SCP_INTERIOR_CHUNK, most);
	return s;
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
	blas_axpy((size_t)s->scp->Phi.rows, length, s->df, s->f);
	blas_axpy(N, length, s->dp, s->p);
	blas_axpy(N, length, s->dq, s->q);
	blas_axpy(N, length, s->dzp, s->zp);
	blas_axpy(N, length, s->dzq, s->zq);
}

/* Number of complementarity products. */
static double products_of(const struct scp_interior *s)
{
	double count = 2 * (double)s->count;

	interior_loss_products(s->loss, 0, &count);
	return count;
}

static double loss_at(const struct scp_interior *s, const real *f)
{
	const struct problem *problem = s->scp->problem;

	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y);
}

double scp_interior_remaining(const struct scp_interior *self)
{
	return products_of(self) * self->mu / fmax(1, loss_at(self, self->f));
}

double scp_interior_objective(const struct scp_interior *self)
{
	double norm = 0;

	for (ptrdiff_t i = 0; i < self->count; i++)
		norm += fabs((double)self->p[i] - (double)self->q[i]);
	return self->scp->problem->beta * norm + loss_at(self, self->f);
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

/* a and f to show, with zeros in the place of what is at most `zero`; returns the objective. */
static double show(struct scp_interior *s, double zero)
{
	struct scp *scp = s->scp;
	double norm = 0;

	for (ptrdiff_t i = 0; i < s->count; i++) {
		scp->a[i] = s->p[i] - s->q[i];
		if (fabs((double)scp->a[i]) <= zero)
			scp->a[i] = 0;
		norm += fabs((double)scp->a[i]);
	}
	blas_gemv(1, scp->Phi, PLAIN, scp->a, 0, scp->f);
	return scp->problem->beta * norm + loss_at(s, scp->f);
}

/* The iterate to show: p - q, with zeros where both are on their way to zero or below the rounding
 * of the largest entry, unless the zeros cost more than the path has left. */
static double publish(struct scp_interior *s)
{
	double largest = 0, least = scp_interior_objective(s), objective;
	double spare = s->mu * products_of(s) + 64 * REAL_EPSILON * least; /* sums are rounded */

	for (ptrdiff_t i = 0; i < s->count; i++)
		largest = fmax(largest, fabs((double)s->p[i] - (double)s->q[i]));
	objective = show(s, fmax(2 * s->mu / s->scp->problem->beta, REAL_EPSILON * largest));
	return objective <= least + spare ? objective : show(s, 0);
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

void scp_interior_extend(struct scp_interior *self, double sum)
{
	struct scp_interior *s = self;
	double products = s->mu * products_of(s);
	ptrdiff_t before = s->count;

	s->count = s->scp->Phi.cols;
	s->idle = 0;
	s->mu *= fmax(1, sum / products);
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
	double sigma, length = 0, before = s->mu;
	bool nearly;

	if (scp_interior_factor(s)) {
		scp_interior_direction(s, 0, false);
		length = step_length(s);
		sigma = fmin(1, pow(fmax(0, complementarity(s, length)) / s->mu, 3));
		scp_interior_direction(s, sigma * s->mu, s->smooth || length > far_enough);
		length = advance(s, step_length(s));
	}
	progress->objective = publish(s);
	progress->dual_residual = s->residual / s->scp->problem->beta;
	nearly = scp_interior_remaining(s) <= nearly_solved;
	s->idle = nearly && s->mu > 0.9 * before ? s->idle + 1 : 0;
	if (!(length > 1e-6) || s->idle >= IDLE) /* rounding has taken over */
		progress->end = nearly ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

const real *scp_interior_slopes(const struct scp_interior *self)
{
	return self->g;
}
