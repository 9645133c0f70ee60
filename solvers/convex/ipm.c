/* Trainer `ipm`: primal-dual interior point for the convex program, the reference of the
 * comparisons. See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

struct ipm_options {
	struct pattern_options patterns;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct ipm_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{0},
};

static const char *const losses[] = {"squared", "logistic", NULL}; /* smooth ones */

enum {
	ASSEMBLED_MOST = 4000, /* order 2dP: a factorisation of about 20 GFLOP */
	CHUNK = 512,           /* columns of the coupling added at once, at least one block */
	HALVINGS = 12          /* of a step; beyond them it is too short to matter */
};

static const double to_boundary = 0.99; /* of the way to the boundary */

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

static const struct pattern_options *patterns(const void *options)
{
	return &((const struct ipm_options *)options)->patterns;
}

static void forecast(const void *options, ptrdiff_t rows_, ptrdiff_t cols, struct forecast *out)
{
	double n = (double)rows_, d = (double)cols,
	       P = pattern_most(patterns(options), rows_, cols);

	out->bytes = (13 * n * P + 19 * d * P + n * d + d * d + 8 * n) * sizeof(real);
	out->setup_flops = 2 * n * d * P;
	out->iteration_flops = 2 * n * d * d * P + 40 * n * d * P;
	if (2 * d * P <= ASSEMBLED_MOST) {
		out->bytes += (4 * d * d * P * P + n * d * P) * sizeof(real);
		out->iteration_flops += n * d * d * P * P + 8 * d * d * d * P * P * P / 3;
	} else {
		out->bytes += (n * n + 2 * d * d * P + n * fmax(CHUNK, d)) * sizeof(real);
		out->iteration_flops += 2 * n * d * d * P + 2 * n * n * d * P + n * n * n / 3;
	}
}

static void half_new(struct ipm_half *h, double sign, struct mat D, ptrdiff_t d,
		     struct arena *arena)
{
	ptrdiff_t n = D.rows, P = D.cols;
	struct mat *small[] = {&h->X, &h->dX, &h->Y, &h->dY, &h->R, &h->shown, &h->Y0},
		   *large[] = {&h->S, &h->dS, &h->N, &h->dN};

	h->sign = sign;
	for (size_t m = 0; m < sizeof small / sizeof small[0]; m++)
		*small[m] = mat_new(arena, d, P);
	for (size_t m = 0; m < sizeof large / sizeof large[0]; m++)
		*large[m] = mat_new(arena, n, P);
}

/* f, g = grad L(f) and W^(1/2) at the current blocks. */
static void outputs(struct ipm *s)
{
	const struct problem *problem = s->problem;
	size_t n = (size_t)problem->X.rows;

	memset(s->f, 0, n * sizeof *s->f);
	for (int half = 0; half < 2; half++) {
		blas_gemm(1, problem->X, PLAIN, s->half[half].X, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			for (size_t k = 0; k < n; k++)
				s->f[k] += (real)s->half[half].sign *
					   mat_get(s->D, (ptrdiff_t)k, i) *
					   mat_get(s->Q, (ptrdiff_t)k, i);
	}
	loss_gradient(problem->loss, n, s->f, problem->y, s->g);
	loss_hessian(problem->loss, n, s->f, problem->y, s->root_w);
	for (size_t k = 0; k < n; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
}

/* Norm of sign X'(D o g) + y - X'(E o lambda) over all blocks. */
static double dual_residual(struct ipm *s)
{
	struct mat X = s->problem->X;
	double square = 0;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			for (ptrdiff_t k = 0; k < X.rows; k++) {
				real d = mat_get(s->D, k, i);

				mat_set(s->Q, k, i,
					(real)h->sign * d * s->g[k] +
						(2 * d - 1) * mat_get(h->N, k, i));
			}
		mat_copy(h->R, h->Y);
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Start at zero weights. lambda of the size of grad L; slacks between what the norm penalty allows
 * and what the gradient asks for. */
static void initialise(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows, P = s->D.cols;
	double start, slope, largest, size, lambda;

	outputs(s);
	start = loss_value(problem->loss, (size_t)n, s->f, problem->y);
	slope = blas_norm((size_t)n, s->g) / sqrt((double)n);
	largest = fmax(dual_residual(s) / sqrt(2 * (double)P), problem->beta);
	size = start / (sqrt(largest * problem->beta) * 2 * (double)P) * blas_mat_norm(problem->X) /
	       sqrt((double)n);
	lambda = slope;
	for (int half = 0; half < 2; half++) {
		mat_fill(s->half[half].S, (real)size);
		mat_fill(s->half[half].N, (real)-lambda);
	}
	s->mu = size * lambda;
	s->residual = dual_residual(s);
}

static void allocate_system(struct ipm *s, struct arena *arena)
{
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, size = d * s->D.cols;

	s->assembled = 2 * size <= ASSEMBLED_MOST;
	if (s->assembled) {
		s->C = mat_new(arena, 2 * size, 2 * size);
		s->T = mat_new(arena, n, size);
		s->z = ARENA_ARRAY(arena, real, 2 * size);
		return;
	}
	s->C = mat_new(arena, n, n);
	s->T = mat_new(arena, n, CHUNK > d ? CHUNK : d);
	for (int half = 0; half < 2; half++)
		s->half[half].factors = mat_new(arena, d, d * s->D.cols);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct ipm *s = ARENA_NEW(arena, struct ipm);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct patterns sampled;
	real **vectors[] = {&s->f, &s->g, &s->root_w, &s->df, &s->u};

	TRY(pattern_sample(patterns(options), problem, arena, &sampled, err));
	s->problem = problem;
	s->D = sampled.D;
	s->cvx = cvx_new(problem, &sampled, arena);
	half_new(&s->half[0], 1, s->D, d, arena);
	half_new(&s->half[1], -1, s->D, d, arena);
	s->Q = mat_new(arena, n, s->D.cols);
	s->B = mat_new(arena, d, d);
	s->G = mat_new(arena, n, d);
	allocate_system(s, arena);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, n);
	initialise(s);
	*state = s;
	return STATUS_OK;
}

/* Longest step that keeps x + step dx > 0 (sign +1) or < 0 (sign -1), at most what makes a full
 * step. */
static double keep_sign(struct mat x, struct mat dx, real sign)
{
	double step = 1 / to_boundary;

	for (ptrdiff_t i = 0; i < x.cols; i++)
		for (ptrdiff_t k = 0; k < x.rows; k++)
			if (sign * mat_get(dx, k, i) < 0)
				step = fmin(step,
					    -(double)mat_get(x, k, i) / (double)mat_get(dx, k, i));
	return step;
}

static double step_length(const struct ipm *s)
{
	double step = 1 / to_boundary;

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];

		step = fmin(step, fmin(keep_sign(h->S, h->dS, 1), keep_sign(h->N, h->dN, -1)));
	}
	return to_boundary * step;
}

/* Mean complementarity after a step: s'lambda and beta |x| - x'y over their number. */
static double complementarity(const struct ipm *s, double l)
{
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, P = s->D.cols;
	double sum = 0;

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];

		for (ptrdiff_t i = 0; i < P; i++) {
			double norm = 0, product = 0;

			for (ptrdiff_t k = 0; k < n; k++)
				sum -= ((double)mat_get(h->S, k, i) +
					l * (double)mat_get(h->dS, k, i)) *
				       ((double)mat_get(h->N, k, i) +
					l * (double)mat_get(h->dN, k, i));
			for (ptrdiff_t j = 0; j < d; j++) {
				double x = (double)mat_get(h->X, j, i) +
					   l * (double)mat_get(h->dX, j, i);

				norm += x * x;
				product += x * ((double)mat_get(h->Y, j, i) +
						l * (double)mat_get(h->dY, j, i));
			}
			sum += fmax(0, s->problem->beta * sqrt(norm) - product);
		}
	}
	return sum / (2 * (double)(n + 1) * (double)P);
}

/* Norm duals beyond the ball |y_j| < beta go back to the length of the central path, beta |x_j| /
 * t_j. A step along the sphere leaves it by its square only, which the next Newton step repairs;
 * stopping at the sphere instead would make every step short. */
static void pull_back(const struct ipm *s, struct ipm_half *h)
{
	size_t d = (size_t)h->Y.rows;
	double beta = s->problem->beta;

	for (ptrdiff_t i = 0; i < h->Y.cols; i++) {
		double norm = beta * blas_norm(d, mat_col(h->X, i)),
		       length = blas_norm(d, mat_col(h->Y, i));
		double central = norm / (s->mu + sqrt(s->mu * s->mu + norm * norm)); /* |x| / t */
		double most = 1 - 0.01 * (1 - central);

		if (length > beta * most)
			blas_scale(d, beta * central / length, mat_col(h->Y, i));
	}
}

/* x, s, lambda += length times their step; y = y0 + total times its step, pulled back. */
static void move(struct ipm *s, double length, double total)
{
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		struct mat *to[] = {&h->X, &h->S, &h->N}, *by[] = {&h->dX, &h->dS, &h->dN};

		for (int m = 0; m < 3; m++)
			blas_axpy((size_t)(to[m]->rows * to[m]->cols), length, by[m]->at,
				  to[m]->at);
		mat_copy(h->Y, h->Y0);
		blas_axpy((size_t)(h->Y.rows * h->Y.cols), total, h->dY.at, h->Y.at);
		pull_back(s, h);
	}
	outputs(s);
}

/* Sum of the complementarity products, relative: how far the path still goes. */
static double remaining(const struct ipm *s)
{
	double count = 2 * (double)(s->D.rows + 1) * (double)s->D.cols;

	return s->mu * count /
	       fmax(1, loss_value(s->problem->loss, (size_t)s->D.rows, s->f, s->problem->y));
}

/* Take the step, shortened until the dual residual does not grow; on the way it may, up to a tenth
 * of beta, by the curvature of the loss. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct ipm *s, double length)
{
	double most = fmax(s->residual, remaining(s) > nearly_solved ? 0.1 * s->problem->beta : 0);

	for (int half = 0; half < 2; half++)
		mat_copy(s->half[half].Y0, s->half[half].Y);
	move(s, length, length);
	s->residual = dual_residual(s);
	for (int halving = 0; s->residual > most; halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length, next);
		length = next;
		s->residual = dual_residual(s);
		if (halving == HALVINGS)
			break;
	}
	s->mu = complementarity(s, 0);
	return length;
}

/* The blocks to show: those on their way to zero are zero. Returns beta times their norms. */
static double publish(struct ipm *s)
{
	double norms = 0, beta = s->problem->beta;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_copy(h->shown, h->X);
		for (ptrdiff_t i = 0; i < h->X.cols; i++) {
			double norm = beta * blas_norm((size_t)h->X.rows, mat_col(h->X, i));

			if (norm <= 4 * s->mu)
				mat_fill(mat_cols(h->shown, i, 1), 0);
			norms += norm;
		}
	}
	return norms;
}

static void step(void *state, struct progress *progress)
{
	struct ipm *s = state;
	const struct problem *problem = s->problem;
	double sigma, length = 0;

	if (ipm_factor(s, s->mu)) {
		ipm_direction(s, 0, false);
		sigma = pow(fmax(0, complementarity(s, step_length(s))) / s->mu, 3);
		sigma = fmin(1, fmax(sigma, 1e-4));
		ipm_direction(s, sigma * s->mu, true);
		length = advance(s, step_length(s));
	}
	progress->objective =
		publish(s) + loss_value(problem->loss, (size_t)problem->X.rows, s->f, problem->y);
	progress->dual_residual = s->residual / problem->beta;
	if (!(length > 1e-6)) /* no step is left: rounding has taken over */
		progress->end = remaining(s) <= nearly_solved ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

static ptrdiff_t width(const void *state)
{
	return 2 * ((const struct ipm *)state)->D.cols;
}

static void network(const void *state, struct net *net)
{
	const struct ipm *s = state;

	cvx_network(s->half[0].shown, s->half[1].shown, net);
}

static void certify(void *state, struct certificate *certificate)
{
	struct ipm *s = state;
	struct cvx_dual dual = {
		.alpha = s->cvx.alpha, .NV = s->half[0].N, .NW = s->half[1].N, .scale = 1};

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->cvx.alpha[k] = -s->g[k];
	cvx_certify(&s->cvx, s->half[0].shown, s->half[1].shown, &dual, certificate);
}

static void violation(void *state, long draws, struct violation *out)
{
	cvx_violation(&((const struct ipm *)state)->cvx, draws, out);
}

static ptrdiff_t patterns_used(const void *state)
{
	return ((const struct ipm *)state)->D.cols;
}

const struct trainer trainer_ipm = {
	.base = {.name = "ipm",
		 .doc = "primal-dual interior point on the convex program over sampled patterns",
		 .cite = "andersen2000",
		 .options = rows,
		 .size = sizeof(struct ipm_options)},
	.losses = losses,
	.patterns = patterns,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.network = network,
	.certify = certify,
	.patterns_used = patterns_used,
	.violation = violation,
};
