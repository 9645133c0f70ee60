/* Trainer `ipm`: primal-dual interior point for the convex program, the reference of the
 * comparisons. See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { SYSTEM_AUTO, SYSTEM_ASSEMBLED, SYSTEM_COUPLING };

static const char *const systems[] = {"auto", "assembled", "coupling", NULL};

struct ipm_options {
	struct pattern_options patterns;
	long system;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct ipm_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct ipm_options, system), .initial = "auto", .names = systems,
	 .doc = "Newton system: assembled, of order dP, or blocks with a coupling of order n; auto "
		"takes the one with less work"},
	{0},
};

enum {
	PAIRS_MOST = 24, /* d: beyond it a product for each block is as fast */
	CHUNK = 512,     /* columns of the coupling added at once, at least one block */
	HALVINGS = 12    /* of a step; beyond them it is too short to matter */
};

static const double to_boundary = 0.99; /* of the way to the boundary */

/* Relative complementarity at which there is nothing left to gain. */
static const double solved = 100 * REAL_EPSILON;

/* Dual residual, relative to beta, that rounding may leave. */
static const double rounding = 1e-5;

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

static const struct pattern_options *patterns(const void *options)
{
	return &((const struct ipm_options *)options)->patterns;
}

/* Whether the system of order dP is formed: a third of its cube against n^2 dP. */
static bool assembles(const struct ipm_options *o, double n, double order)
{
	return o->system == SYSTEM_AUTO ? order * order < 3 * n * n : o->system == SYSTEM_ASSEMBLED;
}

static void forecast(const void *options, ptrdiff_t rows_, ptrdiff_t cols, struct forecast *out)
{
	double n = (double)rows_, d = (double)cols,
	       P = pattern_most(patterns(options), rows_, cols);

	double small = d <= PAIRS_MOST ? d * (d + 1) / 2 : 0;

	out->bytes = (14 * n * P + (23 + 5 * d) * d * P + n * d + 2 * d * d + 8 * n) * sizeof(real);
	out->bytes += (n + P) * small * sizeof(real) + interior_loss_bytes(n);
	out->setup_flops = 2 * n * d * P;
	out->iteration_flops = 2 * n * d * d * P + 40 * n * d * P + 16 * d * d * d * P;
	if (assembles(options, n, d * P)) {
		out->bytes += (2 * d * d * P * P + n * d * P) * sizeof(real);
		out->iteration_flops += n * d * d * P * P + d * d * d * P * P * P / 3;
	} else {
		out->bytes += (n * n + d * d * P + n * fmax(CHUNK, d)) * sizeof(real);
		out->iteration_flops += n * d * d * P + n * n * d * P + n * n * n / 3;
	}
}

static void half_new(struct ipm_half *h, double sign, struct mat D, ptrdiff_t d,
		     struct arena *arena)
{
	ptrdiff_t n = D.rows, P = D.cols;
	struct mat *small[] = {&h->R, &h->shown}, *large[] = {&h->S, &h->dS, &h->N, &h->dN, &h->K};

	h->sign = sign;
	h->cones = cones_new(arena, d, P);
	h->X = mat_rows(h->cones.s, 1, d);
	h->dX = mat_rows(h->cones.ds, 1, d);
	for (size_t m = 0; m < sizeof small / sizeof small[0]; m++)
		*small[m] = mat_new(arena, d, P);
	for (size_t m = 0; m < sizeof large / sizeof large[0]; m++)
		*large[m] = mat_new(arena, n, P);
}

/* f at the current blocks. */
static void outputs(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows;

	memset(s->f, 0, (size_t)n * sizeof *s->f);
	for (int half = 0; half < 2; half++) {
		blas_gemm(1, problem->X, PLAIN, s->half[half].X, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *q = mat_col(s->Q, i);
			real sign = (real)s->half[half].sign;

#pragma omp simd
			for (ptrdiff_t k = 0; k < n; k++)
				s->f[k] += sign * d[k] * q[k];
		}
	}
}

/* Norm of sign X'(D o a) - z - X'(E o lambda) over all blocks. */
static double dual_residual(struct ipm *s)
{
	struct mat X = s->problem->X;
	const real *a = interior_loss_dual(s->loss, s->f);
	double square = 0;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *minus = mat_col(h->N, i);
			real *q = mat_col(s->Q, i);

#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = sign * d[k] * a[k] + (2 * d[k] - 1) * minus[k];
		}
		mat_copy(h->R, mat_rows(h->cones.z, 1, X.cols));
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, -1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Start at zero weights and on the products of the central path: lambda of the size of grad L,
 * slacks between what the norm penalty allows and what the gradient asks for. */
static void initialise(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows, P = s->D.cols;
	double start = loss_value(problem->loss, (size_t)n, s->f, problem->y), lambda, largest,
	       size;

	loss_gradient(problem->loss, (size_t)n, s->f, problem->y, s->g);
	lambda = blas_norm((size_t)n, s->g) / sqrt((double)n);
	largest = fmax(lambda * blas_mat_norm(problem->X), problem->beta);
	size = start / (sqrt(largest * problem->beta) * 2 * (double)P) * blas_mat_norm(problem->X) /
	       sqrt((double)n);
	s->mu = size * lambda;
	interior_loss_start(s->loss, s->f, s->mu);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_fill(h->S, (real)size);
		mat_fill(h->N, (real)-lambda);
		for (ptrdiff_t i = 0; i < P; i++) {
			mat_set(h->cones.s, 0, i, (real)(s->mu / problem->beta));
			mat_set(h->cones.z, 0, i, (real)problem->beta);
		}
	}
	s->residual = dual_residual(s);
}

/* x_a o x_b for all a >= b, column by column of the lower triangle. */
static void form_pairs(struct ipm *s)
{
	struct mat X = s->problem->X;
	real *to = s->pairs.at;

	for (ptrdiff_t b = 0; b < X.cols; b++)
		for (ptrdiff_t a = b; a < X.cols; a++)
			for (ptrdiff_t k = 0; k < X.rows; k++)
				*to++ = mat_get(X, k, a) * mat_get(X, k, b);
}

static void allocate_system(struct ipm *s, const struct ipm_options *options, struct arena *arena)
{
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, P = s->D.cols, size = d * P;
	struct mat *small[] = {&s->q, &s->Z},
		   *blocks[] = {&s->half[0].H, &s->half[1].H, &s->sums, &s->S};

	for (size_t m = 0; m < 2; m++)
		*small[m] = mat_new(arena, d, P);
	for (size_t m = 0; m < 4; m++)
		*blocks[m] = mat_new(arena, d, size);
	if (d <= PAIRS_MOST) {
		s->pairs = mat_new(arena, n, d * (d + 1) / 2);
		s->packed = mat_new(arena, d * (d + 1) / 2, P);
		form_pairs(s);
	}
	s->assembled = assembles(options, (double)n, (double)size);
	if (s->assembled) {
		s->C = mat_new(arena, size, size);
		s->T = mat_new(arena, n, size);
		if (s->problem->loss.loss->quadratic)
			s->A = mat_new(arena, size, size);
		return;
	}
	s->C = mat_new(arena, n, n);
	s->T = mat_new(arena, n, CHUNK > d ? CHUNK : d);
	s->factors = mat_new(arena, d, size);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct ipm *s = ARENA_NEW(arena, struct ipm);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct patterns sampled;
	real **vectors[] = {&s->f, &s->g, &s->root_w, &s->df, &s->u};

	if (!interior_loss_takes(problem->loss))
		return err_set(err, STATUS_SPEC, "ipm: does not take the loss %s",
			       problem->loss.loss->base.name);
	TRY(pattern_sample(patterns(options), problem, arena, &sampled, err));
	s->problem = problem;
	s->D = sampled.D;
	s->cvx = cvx_new(problem, &sampled, arena);
	s->loss = interior_loss_new(problem, arena);
	s->target = ARENA_ARRAY(arena, real, d + 1);
	half_new(&s->half[0], 1, s->D, d, arena);
	half_new(&s->half[1], -1, s->D, d, arena);
	s->Q = mat_new(arena, n, s->D.cols);
	s->B = mat_new(arena, d, d);
	s->B2 = mat_new(arena, d, d);
	s->G = mat_new(arena, n, d);
	allocate_system(s, options, arena);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, n);
	initialise(s);
	*state = s;
	return STATUS_OK;
}

/* Largest -dx / x over all entries: 1 / step at which one of them vanishes. */
static double exit_rate(struct mat x, struct mat dx)
{
	double most = 0;

	for (ptrdiff_t i = 0; i < x.cols; i++) {
		const real *a = mat_col(x, i), *b = mat_col(dx, i);
		real rate = 0;

#pragma omp simd reduction(max : rate)
		for (ptrdiff_t k = 0; k < x.rows; k++) {
			real r = -b[k] / a[k];

			rate = r > rate ? r : rate;
		}
		most = fmax(most, (double)rate);
	}
	return most;
}

/* Full, or `to_boundary` of the way to the first boundary. */
static double step_length(const struct ipm *s)
{
	double step = fmin(1 / to_boundary, interior_loss_longest(s->loss));

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];
		double rate = fmax(exit_rate(h->S, h->dS), exit_rate(h->N, h->dN));

		step = fmin(step, cones_longest(&h->cones));
		step = rate > 0 ? fmin(step, 1 / rate) : step;
	}
	return to_boundary * step;
}

/* Mean complementarity product after a step. */
static double complementarity(const struct ipm *s, double step)
{
	double count = 2 * (double)(s->D.rows + 1) * (double)s->D.cols;
	double sum = interior_loss_products(s->loss, step, &count);
	real l = (real)step;

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];

		sum += cones_products(&h->cones, step);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *a = mat_col(h->S, i), *da = mat_col(h->dS, i);
			const real *b = mat_col(h->N, i), *db = mat_col(h->dN, i);
			real part = 0;

#pragma omp simd reduction(+ : part)
			for (ptrdiff_t k = 0; k < s->D.rows; k++)
				part -= (a[k] + l * da[k]) * (b[k] + l * db[k]);
			sum += (double)part;
		}
	}
	return sum / count;
}

static void move(struct ipm *s, double length)
{
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		struct mat *to[] = {&h->cones.s, &h->cones.z, &h->S, &h->N},
			   *by[] = {&h->cones.ds, &h->cones.dz, &h->dS, &h->dN};

		for (int m = 0; m < 4; m++)
			blas_axpy((size_t)(to[m]->rows * to[m]->cols), length, by[m]->at,
				  to[m]->at);
	}
	interior_loss_move(s->loss, length);
	outputs(s);
}

/* Sum of the complementarity products, relative: how far the path still goes. */
static double remaining(const struct ipm *s)
{
	double count = 2 * (double)(s->D.rows + 1) * (double)s->D.cols;

	return s->mu * count /
	       fmax(1, loss_value(s->problem->loss, (size_t)s->D.rows, s->f, s->problem->y));
}

/* Take the step, shortened until the dual residual does not grow by the curvature of the loss; on
 * the way it may, up to a tenth of beta. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct ipm *s, double length)
{
	double share = remaining(s) > nearly_solved ? 0.1 : rounding;
	double most = fmax(s->residual, share * s->problem->beta);

	move(s, length);
	s->residual = dual_residual(s);
	for (int halving = 0; s->residual > most; halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length);
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

/* K = ds dlambda, and the same for the cones; or nothing before a predictor. */
static void second_order(struct ipm_half *h)
{
	for (ptrdiff_t i = 0; i < h->K.cols; i++) {
		const real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		real *k = mat_col(h->K, i);

#pragma omp simd
		for (ptrdiff_t j = 0; j < h->K.rows; j++)
			k[j] = -ds[j] * dn[j];
	}
	cones_second_order(&h->cones);
}

/* Predictor, corrector (Mehrotra 1992); the length taken, 0 if no step is left. */
static double newton_step(struct ipm *s)
{
	double sigma;

	for (int half = 0; half < 2; half++) {
		cones_scale(&s->half[half].cones);
		mat_fill(s->half[half].K, 0);
	}
	if (!ipm_factor(s))
		return 0;
	ipm_direction(s, 0, false);
	sigma = pow(fmax(0, complementarity(s, step_length(s))) / s->mu, 3);
	sigma = fmin(1, fmax(sigma, 1e-4));
	for (int half = 0; half < 2; half++)
		second_order(&s->half[half]);
	ipm_direction(s, sigma * s->mu, true);
	return advance(s, step_length(s));
}

static void step(void *state, struct progress *progress)
{
	struct ipm *s = state;
	const struct problem *problem = s->problem;
	double length = newton_step(s);

	progress->objective =
		publish(s) + loss_value(problem->loss, (size_t)problem->X.rows, s->f, problem->y);
	progress->dual_residual = s->residual / problem->beta;
	if (!(length > 1e-6) ||
	    remaining(s) < solved) /* no step is left: rounding has taken over */
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

	const real *a = interior_loss_dual(s->loss, s->f);

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->cvx.alpha[k] = -a[k];
	cvx_certify(&s->cvx, s->half[0].shown, s->half[1].shown, &dual, certificate);
}

static const char *note(const void *state)
{
	return ((const struct ipm *)state)->assembled
		       ? "Newton system assembled, of order dP"
		       : "Newton system by blocks and a coupling of order n";
}

static ptrdiff_t patterns_used(const void *state)
{
	return ((const struct ipm *)state)->D.cols;
}

const struct trainer trainer_ipm = {
	.base = {.name = "ipm",
		 .doc = "primal-dual interior point on the convex program over sampled patterns",
		 .cite = "vandenberghe2010",
		 .options = rows,
		 .size = sizeof(struct ipm_options)},
	.patterns = patterns,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.network = network,
	.certify = certify,
	.patterns_used = patterns_used,
	.note = note,
};
