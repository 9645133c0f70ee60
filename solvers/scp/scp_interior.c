/* Interior point for the l1 program of SCP. See scp_interior.h; Mehrotra 1992. */
#include "solvers/scp/scp_interior.h"

#include "solvers/core/blas.h"
#include "solvers/scp/scp_products.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>
#include <string.h>

enum {
	IDLE = 8 /* steps that hardly lower mu before rounding is taken to have taken over */
};

/* Rounding of a sum relative to the lengths of what it multiplies. */
static const double noise = 4 * DBL_EPSILON;

/* Share of the objective that the products add up to at the end of the path. */
static const double end_share = 1e-13;

/* Share of the objective in the products below which a step that lowers them little is rounding. */
static const double nearly_solved = 1e-6;

/* Share of a right-hand side that a system may leave. */
static const double accurate = 1e-6;

/* Share of what the path has left that a direction may lack. */
static const double tolerable = 0.1;

/* Of beta, where a warm start has its largest slope. */
static const double inside = 0.9;

/* Share of a dual point below which a warm start is none. */
static const double worth_keeping = 0.03;

/* A step shorter than this is none. */
static const double shortest = 1e-6;

void scp_interior_forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N, least = fmin(samples, neurons);

	(void)options;
	out->setup_flops = 0;
	out->iteration_flops =
		least * (samples * neurons + least * least / 3) + 40 * samples * neurons;
}

static struct ranks *ranks_of(const struct scp_interior *s)
{
	return s->scp->problem->ranks;
}

/* The dual residuals and their largest entry. Those that are not above the rounding of their sum
 * are 0: they would be divided by multipliers that are far below. f is carried from step to step:
 * formed anew from p - q it would have the rounding of |Phi| |x|, which 1 / v magnifies where a
 * loss has a kink. */
static double evaluate(struct scp_interior *s)
{
	const double *a = s->box.a;
	double beta = s->scp->problem->beta, square = 0, largest = 0, rounding;

	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		square += a[k] * a[k];
	rounding = noise * sqrt(ranks_sum(ranks_of(s), square));
	scp_products_transposed(ranks_of(s), mat_cols(s->scp->Phi, 0, s->count), a, s->ep);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double g = s->ep[i], most = rounding * s->size[i] + noise * beta;
		double ep = g + beta - s->zp[i], eq = -g + beta - s->zq[i];

		s->ep[i] = fabs(ep) > most ? ep : 0;
		s->eq[i] = fabs(eq) > most ? eq : 0;
		largest = fmax(largest, fmax(fabs(s->ep[i]), fabs(s->eq[i])));
	}
	return largest;
}

static double loss_at(const struct scp_interior *s, const real *f)
{
	const struct problem *problem = s->scp->problem;

	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y.at);
}

/* |phi_i| of the columns from `first` on. */
static void measure(struct scp_interior *s, ptrdiff_t first)
{
	struct ranks *ranks = ranks_of(s);

	for (ptrdiff_t i = first; i < s->count; i++)
		s->size[i] = blas_norm((size_t)s->scp->Phi.rows, mat_col(s->scp->Phi, i));
	for (ptrdiff_t i = first; ranks && i < s->count; i++)
		s->size[i] *= s->size[i];
	ranks_sum_all(ranks, s->size + first, (size_t)(s->count - first));
	for (ptrdiff_t i = first; ranks && i < s->count; i++)
		s->size[i] = sqrt(s->size[i]);
}

/* Multipliers of the size of the gradient, and p = q so small that S regularises. */
void scp_interior_start(struct scp_interior *s)
{
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double largest = problem->beta, size;

	s->count = scp->Phi.cols;
	s->idle = 0;
	s->system.late = false;
	memset(scp->f, 0, n * sizeof *scp->f);
	memset(scp->a, 0, (size_t)s->count * sizeof *scp->a);
	memset(s->f, 0, n * sizeof *s->f);
	loss_gradient(problem->loss, n, scp->f, problem->y.at, s->rounded);
	for (size_t k = 0; k < n; k++)
		s->r[k] = (double)s->rounded[k];
	scp_products_transposed(ranks_of(s), mat_cols(scp->Phi, 0, s->count), s->r, s->ep);
	for (ptrdiff_t i = 0; i < s->count; i++)
		largest = fmax(largest, fabs(s->ep[i]) + 2 * problem->beta);
	measure(s, 0);
	size = loss_at(s, scp->f) / (sqrt(largest * problem->beta) * (double)s->count);
	s->mu = size * largest;
	for (ptrdiff_t i = 0; i < s->count; i++) {
		s->zp[i] = s->zq[i] = fabs(s->ep[i]) + 2 * problem->beta;
		s->p[i] = s->q[i] = s->mu / s->zp[i];
	}
	for (ptrdiff_t k = 0; k < scp->Phi.rows; k++)
		dual_box_start(&s->box, k, s->mu, dual_box_path(&s->box, k, s->mu, s->f[k]));
	s->residual = evaluate(s);
}

struct scp_interior *scp_interior_new(struct scp *scp, ptrdiff_t most, struct arena *arena)
{
	struct scp_interior *s = ARENA_NEW(arena, struct scp_interior);
	ptrdiff_t n = scp->Phi.rows;
	double **vectors[] = {&s->p,   &s->q,   &s->zp, &s->zq,   &s->dp, &s->dq,
			      &s->dzp, &s->dzq, &s->x,  &s->size, &s->ep, &s->eq},
	       **samples[] = {&s->f, &s->df, &s->r, &s->da};

	s->scp = scp;
	s->dual = ARENA_ARRAY(arena, real, n);
	s->box = dual_box_new(scp->problem, arena);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, double, most);
	for (size_t v = 0; v < sizeof samples / sizeof samples[0]; v++)
		*samples[v] = ARENA_ARRAY(arena, double, n);
	s->system = scp_system_new(n, most, ranks_of(s), arena);
	s->rounded = s->system.rounded;
	return s;
}

/* dx from the system of order N; da follows from it where the other system has not given a better
 * one. */
static void solve_in_neurons(struct scp_interior *s)
{
	struct mat Phi = s->system.Phi;
	double *b = s->system.work[0];

	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		s->df[k] = s->r[k] / s->system.v[k];
	scp_products_transposed(ranks_of(s), Phi, s->df, b); /* N: Phi'v^-1 r */
	for (ptrdiff_t i = 0; i < s->count; i++)
		b[i] = (s->dp[i] - s->dq[i]) / sqrt(s->system.s[i]) - b[i] * sqrt(s->system.s[i]);
	scp_system_solve(&s->system, SCP_IN_NEURONS, b, s->df, s->x);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->x[i] *= sqrt(s->system.s[i]);
	scp_products_plain(Phi, s->x, s->df); /* n: Phi dx */
	for (ptrdiff_t k = 0; k < Phi.rows && scp_system_better(&s->system, SCP_IN_NEURONS); k++)
		s->da[k] = (s->df[k] + s->r[k]) / s->system.v[k];
}

/* All parts of the step from da, which closes the dual residual, and, where there is one, dx, which
 * closes that of f: of dp and dq the one with the smaller weight then comes from its own equation,
 * the other from dx. */
static void complete_direction(struct scp_interior *s)
{
	struct mat Phi = s->system.Phi;
	bool given = scp_system_uses(&s->system, SCP_IN_NEURONS) &&
		     !scp_system_better(&s->system, SCP_IN_SAMPLES);

	scp_products_transposed(ranks_of(s), Phi, s->da, s->dzp); /* N: Phi'da */
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double h = s->dzp[i];
		double sp = s->p[i] / s->zp[i], sq = s->q[i] / s->zq[i];
		double dp = s->dp[i] - sp * h, dq = s->dq[i] + sq * h;

		if (given && sp < sq)
			dq = dp - s->x[i];
		else if (given)
			dp = dq + s->x[i];
		s->dp[i] = dp;
		s->dq[i] = dq;
		s->x[i] = dp - dq;
		s->dzp[i] = s->ep[i] + h;
		s->dzq[i] = s->eq[i] - h;
	}
	if (!given)
		scp_products_plain(Phi, s->x, s->df); /* n: Phi dx */
}

/* The Newton step to the complementarity `target`; with `correct` the products of the last step are
 * taken off. da from the samples is the better one, in rounding, dx that from the neurons. */
static void find_direction(struct scp_interior *s, double target, bool correct)
{
	scp_loss_residual(&s->box, s->f, target, correct, s->r);
	/* What the steps of p and q would be without da, left in dp and dq. */
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double p = s->p[i], q = s->q[i];
		double cp = correct ? s->dp[i] * s->dzp[i] : 0;
		double cq = correct ? s->dq[i] * s->dzq[i] : 0;

		s->dp[i] = (target - cp) / s->zp[i] - p - p / s->zp[i] * s->ep[i];
		s->dq[i] = (target - cq) / s->zq[i] - q - q / s->zq[i] * s->eq[i];
	}
	s->system.left[SCP_IN_SAMPLES] = s->system.left[SCP_IN_NEURONS] = HUGE_VAL;
	if (scp_system_uses(&s->system, SCP_IN_SAMPLES)) {
		/* da from the system of order n; dx would follow from it. */
		double *b = s->system.work[0];

		for (ptrdiff_t i = 0; i < s->count; i++)
			s->dzp[i] = s->dp[i] - s->dq[i];
		scp_products_plain(s->system.Phi, s->dzp, b); /* n: Phi x_0 */
		for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
			b[k] += s->r[k];
		scp_system_solve(&s->system, SCP_IN_SAMPLES, b, s->dzp, s->da);
	}
	if (scp_system_uses(&s->system, SCP_IN_NEURONS))
		solve_in_neurons(s);
	complete_direction(s);
	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		dual_box_follow(&s->box, k, target, correct, s->da[k]);
}

/* What the equation v da = df + r of the last direction lacks by rounding, about in units of the
 * objective. */
static double misfit(const struct scp_interior *s)
{
	const double *a = s->box.a;
	double weight = s->scp->problem->loss.weight, sum = 0;

	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++) {
		double e = s->df[k] + s->r[k] - s->system.v[k] * s->da[k];

		sum += fabs(a[k] * e) + weight * e * e / 2;
	}
	return ranks_sum(ranks_of(s), sum);
}

/* Longest step that keeps x + step dx >= 0, at most `step`. */
static double longest_of(ptrdiff_t N, const double *x, const double *dx, double step)
{
	for (ptrdiff_t i = 0; i < N; i++)
		step = mehrotra_limit(step, x[i], dx[i]);
	return step;
}

static double longest(const void *state)
{
	const struct scp_interior *s = state;
	double step = dual_box_longest(&s->box);

	step = longest_of(s->count, s->p, s->dp, step);
	step = longest_of(s->count, s->q, s->dq, step);
	step = longest_of(s->count, s->zp, s->dzp, step);
	return longest_of(s->count, s->zq, s->dzq, step);
}

/* sum_i (x + l dx)_i (z + l dz)_i */
static double product(ptrdiff_t N, const double *x, const double *dx, const double *z,
		      const double *dz, double l)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < N; i++)
		sum += (x[i] + l * dx[i]) * (z[i] + l * dz[i]);
	return sum;
}

/* Mean complementarity after a step of the given length. */
static double complementarity(const void *state, double length)
{
	const struct scp_interior *s = state;
	double count = 2 * (double)s->count, sum = dual_box_products(&s->box, length, &count);

	sum += product(s->count, s->p, s->dp, s->zp, s->dzp, length);
	sum += product(s->count, s->q, s->dq, s->zq, s->dzq, length);
	return sum / count;
}

static void add(ptrdiff_t n, double length, const double *step, double *x)
{
	for (ptrdiff_t i = 0; i < n; i++)
		x[i] += length * step[i];
}

/* Number of complementarity products. */
static double products_of(const struct scp_interior *s)
{
	double count = 2 * (double)s->count;

	dual_box_products(&s->box, 0, &count);
	return count;
}

double scp_interior_objective(const struct scp_interior *s)
{
	double norm = 0;

	for (ptrdiff_t i = 0; i < s->count; i++)
		norm += fabs(s->p[i] - s->q[i]);
	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		s->rounded[k] = (real)s->f[k];
	return s->scp->problem->beta * norm + loss_at(s, s->rounded);
}

double scp_interior_remaining(const struct scp_interior *s)
{
	return products_of(s) * s->mu / scp_interior_objective(s);
}

/* a and f to show, with zeros in the place of what is at most `zero`; returns the objective. */
static double show(struct scp_interior *s, double zero)
{
	struct scp *scp = s->scp;
	double norm = 0;

	for (ptrdiff_t i = 0; i < s->count; i++) {
		scp->a[i] = (real)(s->p[i] - s->q[i]);
		if (fabs((double)scp->a[i]) <= zero)
			scp->a[i] = 0;
		s->x[i] = (double)scp->a[i];
		norm += fabs((double)scp->a[i]);
	}
	scp_products_plain(mat_cols(scp->Phi, 0, s->count), s->x, s->df);
	for (ptrdiff_t k = 0; k < scp->Phi.rows; k++)
		scp->f[k] = (real)s->df[k];
	return scp->problem->beta * norm + loss_at(s, scp->f);
}

/* Multiples of mu / beta below which an entry is shown as zero: on the path, p and q of an entry
 * that goes to zero are mu / (2 beta) or less, and its slope tells zero from what is a little above
 * it. */
static const double zeros[] = {1e4, 2};

/* The iterate to show: p - q, with zeros where both are on their way to zero or below the rounding
 * of the largest entry, unless the zeros cost more than the path has left. */
static void publish(struct scp_interior *s, struct progress *progress)
{
	double largest = 0, least = scp_interior_objective(s), objective = HUGE_VAL;
	double spare = s->mu * products_of(s) + 64 * REAL_EPSILON * least; /* sums are rounded */

	for (ptrdiff_t i = 0; i < s->count; i++)
		largest = fmax(largest, fabs(s->p[i] - s->q[i]));
	for (size_t i = 0; i < sizeof zeros / sizeof *zeros && !(objective <= least + spare); i++)
		objective = show(
			s, fmax(zeros[i] * s->mu / s->scp->problem->beta, REAL_EPSILON * largest));
	if (!(objective <= least + spare))
		objective = show(s, 0);
	if (progress)
		progress->objective = objective;
}

/* The dual point shrinks until it is feasible for all columns, and p and q rise together until
 * their products are about mu. */
void scp_interior_extend(struct scp_interior *s, double sum)
{
	double beta = s->scp->problem->beta, largest = 0, scale;
	ptrdiff_t before = s->count;

	s->count = s->scp->Phi.cols;
	s->idle = 0;
	s->system.late = false;
	measure(s, before);
	s->mu = sum / products_of(s);
	scp_products_transposed(ranks_of(s), mat_cols(s->scp->Phi, 0, s->count), s->box.a, s->ep);
	for (ptrdiff_t i = 0; i < s->count; i++)
		largest = fmax(largest, fabs(s->ep[i]));
	scale = fmin(1, inside * beta / largest);
	if (scale < worth_keeping) {
		scp_interior_start(s);
		return;
	}
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double x = i < before ? s->p[i] - s->q[i] : 0, more = s->mu / (2 * beta);

		s->zp[i] = beta + scale * s->ep[i];
		s->zq[i] = beta - scale * s->ep[i];
		s->p[i] = fmax(x, 0) + more;
		s->q[i] = fmax(-x, 0) + more;
	}
	scp_loss_shrink(&s->box, s->f, scale, s->mu);
	s->residual = evaluate(s);
	s->mu = complementarity(s, 0);
	publish(s, NULL);
}

/* The factor and the predictor: from the system that is as large as the neurons once that of the
 * samples has lost its digits, as it does where few neurons are far from zero. */
static bool predict(void *state)
{
	struct scp_interior *s = state;
	double left; /* of a right-hand side, by the better system */
	bool good;

	s->system.Phi = mat_cols(s->scp->Phi, 0, s->count);
	scp_loss_curvature(&s->box, s->system.v);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->system.s[i] = s->p[i] / s->zp[i] + s->q[i] / s->zq[i];
	good = scp_system_factor(&s->system);
	if (good)
		find_direction(s, 0, false);
	left = fmin(s->system.left[SCP_IN_SAMPLES], s->system.left[SCP_IN_NEURONS]);
	if (!s->system.late &&
	    (!good || left > accurate || misfit(s) > tolerable * s->mu * products_of(s))) {
		s->system.late = true;
		return predict(s);
	}
	return good;
}

static bool correct(void *state, double target, bool second_order)
{
	find_direction(state, target, second_order);
	return true;
}

static const struct mehrotra method = {
	.predict = predict,
	.correct = correct,
	.longest = longest,
	.complementarity = complementarity,
	.to_boundary = 0.995,
	.far_enough = 0.1,
};

void scp_interior_step(void *state, struct progress *progress)
{
	struct scp_interior *s = state;
	double length = 0, before = s->mu, least;
	bool nearly;

	/* The path ends where its products are a negligible share of the objective: beyond, systems
	 * only get worse. */
	least = end_share * scp_interior_objective(s) / products_of(s);
	if (mehrotra_direction(&method, s, s->mu, least)) {
		length = mehrotra_length(&method, s);
		dual_box_move(&s->box, length);
		add(s->count, length, s->dp, s->p);
		add(s->count, length, s->dq, s->q);
		add(s->count, length, s->dzp, s->zp);
		add(s->count, length, s->dzq, s->zq);
		for (ptrdiff_t i = 0; i < s->count; i++)
			s->x[i] = s->p[i] - s->q[i];
		scp_products_plain(mat_cols(s->scp->Phi, 0, s->count), s->x, s->f);
		s->residual = evaluate(s);
		s->mu = complementarity(s, 0);
	}
	publish(s, progress);
	progress->dual_residual = s->residual / s->scp->problem->beta;
	nearly = scp_interior_remaining(s) <= nearly_solved;
	s->idle = nearly && s->mu > 0.9 * before ? s->idle + 1 : 0;
	if (length > shortest && s->idle < IDLE)
		return;
	if (s->system.late) /* rounding has taken over */
		progress->end = OUTCOME_STALLED;
	s->system.late = true;
	s->idle = 0;
}

const real *scp_interior_slopes(const void *state)
{
	const struct scp_interior *s = state;

	/* of an end: rounding to `real` and the division by the weight stay inside */
	dual_box_round(&s->box, 1 - 4 * REAL_EPSILON, s->dual);
	return s->dual;
}
