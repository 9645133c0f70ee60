/* The program over the neurons in use. See generated_master.h. */
#include "solvers/generated/generated_master.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	MOST_STEPS = 40, /* Newton steps of a solution */
	MOST_INTERIOR = 200,
	MOST_SHARED = 100, /* of several outputs */
	MOST_STANDING = 4, /* of these in a row without a gain */
	MOST_SPLIT = 500,  /* of several outputs and a loss with kinks */
	HALVINGS = 40,     /* of a step */
	BLOCK = 1024       /* rows of weighted features at a time */
};

/* Share of the rate that a step is to gain (Armijo 1966). */
static const double enough = 1e-4;

/* On the diagonal of the model of a loss whose curvature may vanish, as a share of the largest
 * entry. */
static const double ridge = 1e-12 > 64 * REAL_EPSILON ? 1e-12 : 64 * REAL_EPSILON;

/* Of an objective. */
static const double rounding = 64 * REAL_EPSILON;

/* Relative residuals of a split at which it is solved. */
static const double split_residual = 1e-9 > 64 * REAL_EPSILON ? 1e-9 : 64 * REAL_EPSILON;

/* Relative excess of a slope over beta that is rounding. */
static const double slope_noise = 1e-10 > 64 * REAL_EPSILON ? 1e-10 : 64 * REAL_EPSILON;

bool master_takes(struct loss_term loss, ptrdiff_t k)
{
	if (k > 1)
		return loss.loss->outputs;
	return loss.loss->smooth || loss.loss->quadratic || loss.loss->box || loss.loss->entropy;
}

/* A model of its own curvature is good: elsewhere that may vanish on all samples. */
static bool newtonian(const struct problem *problem)
{
	return problem->loss.loss->smooth || problem->loss.loss->quadratic;
}

/* The model's curvature is one number. */
static bool constant(const struct problem *problem)
{
	return problem->loss.loss->quadratic && !problem->loss.sample;
}

struct master master_new(struct neurons *neurons, struct arena *arena)
{
	const struct problem *problem = neurons->problem;
	ptrdiff_t n = problem->X.rows, room = neurons->room;
	struct master s = {.neurons = neurons};

	s.nu = mat_new(arena, n, problem->y.k);
	if (problem->y.k > 1) {
		s.before = ARENA_ARRAY(arena, real, room * problem->y.k);
		s.shared = scp_shared_room(problem, room, arena);
		return s;
	}
	s.slope = ARENA_ARRAY(arena, real, room);
	s.f = ARENA_ARRAY(arena, real, n);
	if (!newtonian(problem)) {
		struct scp *scp = ARENA_NEW(arena, struct scp);

		*scp = (struct scp){.problem = problem,
				    .U = neurons->U,
				    .Phi = neurons->Phi,
				    .a = s.slope,
				    .f = s.f};
		s.before = ARENA_ARRAY(arena, real, room);
		s.scp = scp;
		s.interior = scp_interior_new(scp, room, arena);
	}
	s.lasso = lasso_new(room, arena);
	s.G = mat_new(arena, room, room);
	if (!newtonian(problem))
		return s;
	s.b = ARENA_ARRAY(arena, real, room);
	s.to = ARENA_ARRAY(arena, real, room);
	s.h = ARENA_ARRAY(arena, real, n);
	if (!constant(problem))
		s.weighted = mat_new(arena, n < BLOCK ? n : BLOCK, room);
	return s;
}

/* G = Phi'Phi */
static struct mat products(struct master *s, double weight)
{
	struct mat Phi = neurons_features(s->neurons);
	struct mat G = mat_rows(mat_cols(s->G, 0, Phi.cols), 0, Phi.cols);

	ranks_syrk(s->neurons->problem->ranks, weight, Phi, G);
	blas_symmetrize(G);
	return G;
}

/* G = Phi' diag(h) Phi, and something on its diagonal where h may vanish. */
static struct mat curvature(struct master *s)
{
	const struct problem *problem = s->neurons->problem;
	struct mat Phi = neurons_features(s->neurons);
	struct mat G = mat_rows(mat_cols(s->G, 0, Phi.cols), 0, Phi.cols);
	double largest = 0;

	if (constant(problem))
		return products(s, problem->loss.weight);
	loss_hessian(problem->loss, (size_t)Phi.rows, s->neurons->F.at, problem->y.at, s->h);
	mat_fill(G, 0);
	for (ptrdiff_t first = 0; first < Phi.rows; first += s->weighted.rows) {
		ptrdiff_t left = Phi.rows - first;
		struct mat part = mat_rows(mat_cols(s->weighted, 0, Phi.cols), 0,
					   left < s->weighted.rows ? left : s->weighted.rows);

		for (ptrdiff_t j = 0; j < Phi.cols; j++)
			for (ptrdiff_t i = 0; i < part.rows; i++)
				mat_set(part, i, j,
					(real)sqrt((double)s->h[first + i]) *
						mat_get(Phi, first + i, j));
		blas_syrk(1, part, TRANSPOSED, 1, G);
	}
	ranks_sum_lower(problem->ranks, G);
	for (ptrdiff_t j = 0; j < G.cols; j++)
		largest = fmax(largest, (double)mat_get(G, j, j));
	for (ptrdiff_t j = 0; j < G.cols; j++)
		mat_set(G, j, j, mat_get(G, j, j) + (real)(ridge * largest));
	blas_symmetrize(G);
	return G;
}

/* nu = -grad L at F */
static void find_slopes(struct master *s)
{
	const struct problem *problem = s->neurons->problem;

	loss_outputs_gradient(problem->loss, s->neurons->F, problem->y, s->nu);
	blas_scale((size_t)(s->nu.rows * s->nu.cols), -1, s->nu.at);
}

/* a moves toward `to`, by the first of 1, 1/2, ... that lowers the objective enough, which is
 * returned. */
static double search(struct master *s, double now, double rate)
{
	struct neurons *neurons = s->neurons;
	const struct problem *problem = neurons->problem;
	size_t n = (size_t)problem->X.rows, N = (size_t)neurons->count;
	real *a = neurons->A.at;
	double t = 1;

	memcpy(s->f, neurons->F.at, n * sizeof *s->f);
	memcpy(s->slope, a, N * sizeof *a);
	for (int halving = 0; halving < HALVINGS; halving++, t /= 2) {
		double value;

		for (size_t j = 0; j < N; j++)
			a[j] = t < 1 ? s->slope[j] + (real)t * (s->to[j] - s->slope[j]) : s->to[j];
		neurons_output(neurons);
		value = neurons_objective(neurons);
		if (value <= now + enough * t * rate)
			return value;
	}
	memcpy(a, s->slope, N * sizeof *a);
	memcpy(neurons->F.at, s->f, n * sizeof *s->f);
	return now;
}

/* A Newton step. Returns the objective; *rate, how fast it fell, is 0 at a minimum. */
static double newton(struct master *s, double now, double *rate)
{
	struct neurons *neurons = s->neurons;
	double beta = neurons->problem->beta;
	const real *a = neurons->A.at;
	struct mat G = curvature(s);

	find_slopes(s);
	blas_gemv(1, neurons_features(neurons), TRANSPOSED, s->nu.at, 0, s->slope);
	ranks_sum_mat(neurons->problem->ranks, (struct mat){G.rows, 1, G.rows, s->slope});
	blas_gemv(1, G, PLAIN, a, 0, s->b);
	blas_axpy((size_t)G.rows, 1, s->slope, s->b);
	memcpy(s->to, a, (size_t)G.rows * sizeof *a);
	lasso_solve(&s->lasso, G, s->b, beta, slope_noise, s->to);
	*rate = 0;
	for (ptrdiff_t j = 0; j < G.rows; j++)
		*rate += beta * (fabs((double)s->to[j]) - fabs((double)a[j])) -
			 (double)s->slope[j] * ((double)s->to[j] - (double)a[j]);
	return *rate < 0 ? search(s, now, *rate) : now;
}

static double solve_curved(struct master *s, double now, double tolerance)
{
	for (int step = 0; step < MOST_STEPS; step++) {
		double rate, next = newton(s, now, &rate);
		bool ends = !(next < now) || -rate <= tolerance * now;

		now = next;
		if (ends || constant(s->neurons->problem))
			break;
	}
	return now;
}

/* The weights a, or those of `before` with the objective `now`: the lower objective, returned. */
static double take(struct master *s, const real *a, const real *before, double now)
{
	struct neurons *neurons = s->neurons;
	size_t N = (size_t)neurons->count;
	double value;

	memcpy(neurons->A.at, a, N * sizeof *a);
	neurons_output(neurons);
	value = neurons_objective(neurons);
	if (value <= now * (1 + rounding))
		return value;
	memcpy(neurons->A.at, before, N * sizeof *a);
	neurons_output(neurons);
	return now;
}

/* From its own start; then with independent features. */
static double solve_kinked(struct master *s, double now)
{
	struct neurons *neurons = s->neurons;
	size_t n = (size_t)neurons->F.rows, N = (size_t)neurons->count;
	struct progress progress = {.end = OUTCOME_RUNNING};
	const real *slopes;
	double value;

	s->scp->U = neurons_directions(neurons);
	s->scp->Phi = neurons_features(neurons);
	scp_interior_start(s->interior);
	for (int step = 0; step < MOST_INTERIOR && progress.end == OUTCOME_RUNNING; step++)
		scp_interior_step(s->interior, &progress);
	slopes = scp_interior_slopes(s->interior);
	for (size_t i = 0; i < n; i++)
		s->nu.at[i] = -slopes[i];
	memcpy(s->before, neurons->A.at, N * sizeof *s->before);
	value = take(s, s->scp->a, s->before, now);
	memcpy(s->before, neurons->A.at, N * sizeof *s->before);
	memcpy(s->scp->a, s->before, N * sizeof *s->before);
	lasso_reduce(&s->lasso, products(s, 1), s->scp->a);
	return take(s, s->scp->a, s->before, value);
}

/* Steps of the shared program: until it knows the share that is left to be below the tolerance, or
 * no longer gains; of a loss with kinks by its residuals. */
static void share(struct master *s, double tolerance)
{
	bool split = !newtonian(s->neurons->problem);
	int most = split ? MOST_SPLIT : MOST_SHARED, standing = 0;
	double least = HUGE_VAL;

	for (int step = 0; step < most && standing < MOST_STANDING; step++) {
		struct progress progress = {
			.gap = NAN, .primal_residual = NAN, .dual_residual = NAN};

		scp_shared_step(s->shared, &progress);
		if (progress.gap <= tolerance)
			break;
		if (split &&
		    fmax(progress.primal_residual, progress.dual_residual) <= split_residual)
			break;
		if (split)
			continue;
		standing = progress.objective < least * (1 - rounding) ? 0 : standing + 1;
		least = fmin(least, progress.objective);
	}
}

/* Of several outputs, from the present weights. */
static double solve_outputs(struct master *s, double now, double tolerance)
{
	struct neurons *neurons = s->neurons;
	struct mat A = mat_rows(neurons->A, 0, neurons->count);
	struct mat before = {A.rows, A.cols, A.rows, s->before};
	struct certificate certificate;
	double value;

	mat_copy(before, A);
	scp_shared_take(s->shared, neurons_directions(neurons), &before);
	share(s, tolerance);
	scp_shared_certify(s->shared, &certificate);
	mat_copy(s->nu, s->shared->slopes);
	mat_copy(A, s->shared->A);
	neurons_output(neurons);
	value = neurons_objective(neurons);
	if (value <= now * (1 + rounding))
		return value;
	mat_copy(A, before);
	neurons_output(neurons);
	return now;
}

double master_solve(struct master *s, double tolerance)
{
	struct neurons *neurons = s->neurons;
	double value = neurons_objective(neurons);

	if (neurons->count == 0) {
		find_slopes(s);
		return value;
	}
	if (s->shared) {
		value = solve_outputs(s, value, tolerance);
		if (newtonian(neurons->problem))
			find_slopes(s);
	} else if (newtonian(neurons->problem)) {
		value = solve_curved(s, value, tolerance);
		find_slopes(s);
	} else {
		value = solve_kinked(s, value);
	}
	return value;
}
