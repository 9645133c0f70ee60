/* The robust linear classifier: the worst case over a ball of a linear function is closed.
 *
 *     min over w   sum_k l(x_k'w - y_k eps |w|_q, y_k) + 2 beta |w|_2,   1/p + 1/q = 1
 *
 * (Xu, Caramanis, Mannor 2009), l falling with the margin, |.|_q over the coordinates that are
 * attacked. As a network, x'w = relu(x'w) - relu(-x'w): two balanced neurons, whose weight decay is
 * 2 beta |w|_2, so that at eps = 0 this is the network objective.
 *
 * Newton's method on a path of smooth problems, parameter mu -> 0: every kink is replaced by the
 * conjugate of its own conjugate less mu times a logarithmic barrier of its domain. For the loss
 * see interior_loss.h; for a norm of one or more coordinates that gives, with r = sqrt(mu^2 +
 * |v|^2),
 *
 *     N(v) = r - mu - mu log((r + mu) / (2 mu)),  N' = v / (r + mu),
 *     N''  = I / (r + mu) - v v' / (r (r + mu)^2).
 *
 * With a = dl/df, s = -y'a >= 0, J = X - eps y N_q'(w)' a Newton step solves
 *
 *     (J'diag(l'')J + s eps N_q'' + 2 beta N_2'') dw = -(X'a + s eps N_q' + 2 beta N_2').
 *
 * Certificate: for a in the domain of the conjugate, scaled by t <= 1,
 *
 *     sum_k l >= -sum_k l*(t a_k)  if  dist_2(t X'a, t s eps B_q') <= 2 beta,
 *
 * B_q' the unit ball of the dual of |.|_q on the attacked coordinates: by the minimum over w of the
 * Lagrangian. */
#include "solvers/core/blas.h"
#include "solvers/core/mat.h"
#include "solvers/model/interior_loss.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

enum {
	CHUNK = 512,   /* rows weighted at once */
	HALVINGS = 40, /* of a step: below single and double rounding */
	FINAL = 40     /* steps at the last mu: the rest is rounding */
};

/* The path: mu falls by this factor once a Newton step promises less than `settled` of mu, down to
 * `least`, where the error is about mu per sample and rounding is still below it. */
static const double shrink = 0.2, settled = 0.25,
		    least = 1e-8 > 10 * REAL_EPSILON ? 1e-8 : 10 * REAL_EPSILON;

static const double to_boundary = 0.99; /* of the way, for the refined dual */

/* Certified share of the objective at which an end counts as solved. */
static const double solved_gap = 1e-6 > 64 * REAL_EPSILON ? 1e-6 : 64 * REAL_EPSILON;

struct linear_options {
	struct threat_options threat;
};

struct linear {
	const struct problem *problem;
	struct threat threat;
	struct interior_loss *loss;
	double mu, sum_a;      /* s = -y'a */
	real *w, *dw, *trial;  /* d */
	real *u, *g;           /* d: N_q', gradient */
	real *f, *a, *weights; /* n: smoothed worst outputs */
	real *h;               /* d: X' diag(l'') y */
	struct mat A, T;       /* d x d Newton matrix; CHUNK x d */
	double last;           /* decrement of the last step */
	long final_steps;
	bool solved;
};

/* Those whose dual norm is smoothed below. */
static const char *const taken_norms[] = {[NORM_LINF] = "linf", [NORM_L2] = "l2", NULL};

static const struct option rows[] = {
	THREAT_NORM(struct linear_options, taken_norms),
	THREAT_EPS(struct linear_options, "0"),
	THREAT_REST(struct linear_options, "no box: its worst case is over the whole ball", 0),
	{0},
};

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	if (!trainer_falling(problem, options, wanted))
		return false;
	*wanted = interior_loss_wanted;
	return interior_loss_takes(problem->loss);
}

/* s^2, 0 where nothing is attacked; 1 for the weight decay. */
static double weight(const struct linear *s, ptrdiff_t i, bool attacked)
{
	double unit = (double)threat_scale(&s->threat, i);

	return !attacked ? 1 : threat_frozen(&s->threat, i) ? 0 : unit * unit;
}

/* |w|^2, or |s o w|^2 over the attacked coordinates. */
static double square_of(const struct linear *s, const real *w, bool attacked)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += weight(s, i, attacked) * (double)w[i] * (double)w[i];
	return sum;
}

/* sqrt(mu^2 + square) */
static double root_of(double mu, double square)
{
	return sqrt(mu * mu + square);
}

static double smooth_norm(double mu, double square)
{
	double r = root_of(mu, square);

	return r - mu - mu * log((r + mu) / (2 * mu));
}

static double smooth_1(struct linear *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double unit = sqrt(weight(s, i, true)), v = unit * (double)w[i];

		s->u[i] = (real)(unit * v / (root_of(s->mu, v * v) + s->mu));
		sum += smooth_norm(s->mu, v * v);
	}
	return sum;
}

/* N'' of one coordinate: s^2 mu / (r (r + mu)) */
static void curve_1(struct linear *s, double c)
{
	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double square = weight(s, i, true);
		double r = root_of(s->mu, square * (double)s->w[i] * (double)s->w[i]);

		mat_set(s->A, i, i,
			mat_get(s->A, i, i) + (real)(square * c * s->mu / (r * (r + s->mu))));
	}
}

static double smooth_2(struct linear *s, const real *w)
{
	double square = square_of(s, w, true), r = root_of(s->mu, square);

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		s->u[i] = (real)(weight(s, i, true) * (double)w[i] / (r + s->mu));
	return smooth_norm(s->mu, square);
}

/* A += c (I / (r + mu) - w w' / (r (r + mu)^2)), lower triangle, or on the attacked coordinates the
 * same of s o w: c N'' of that length. */
static void curve_length(struct linear *s, double c, bool attacked)
{
	double r = root_of(s->mu, square_of(s, s->w, attacked));
	double flat = c / (r + s->mu), bend = c / (r * (r + s->mu) * (r + s->mu));

	for (ptrdiff_t j = 0; j < s->A.cols; j++) {
		double square = weight(s, j, attacked);
		real *A = mat_col(s->A, j);

		if (!(square > 0))
			continue;
		A[j] += (real)(square * flat);
		for (ptrdiff_t i = j; i < s->A.rows; i++)
			A[i] -= (real)(bend * (weight(s, i, attacked) * (double)s->w[i]) *
				       (square * (double)s->w[j]));
	}
}

static void curve_2(struct linear *s, double c)
{
	curve_length(s, c, true);
}

/* The norm dual to that of the ball (threat_dual), smoothed. */
static const struct norm_parts {
	double (*smooth)(struct linear *s, const real *w); /* N, with u = N' */
	void (*curve)(struct linear *s, double c);         /* A += c N'' */
} norms[] = {[NORM_LINF] = {smooth_1, curve_1}, [NORM_L2] = {smooth_2, curve_2}};

/* f = X w - y shift */
static void outputs(const struct linear *s, const real *w, double shift, real *f)
{
	const struct problem *problem = s->problem;

	blas_gemv(1, problem->X, PLAIN, w, 0, f); /* n */
	blas_axpy((size_t)problem->X.rows, -shift, problem->y.at, f);
}

/* f, a, u, s and the gradient g at w. */
static void evaluate(struct linear *s, const real *w)
{
	const struct problem *problem = s->problem;
	double eps = s->threat.eps, ridge = 2 * problem->beta, r;
	size_t n = (size_t)problem->X.rows, d = (size_t)problem->X.cols;
	double barrier = s->mu * problem->loss.weight;

	outputs(s, w, eps * norms[s->threat.norm].smooth(s, w), s->f);
	interior_loss_start(s->loss, s->f, barrier);
	interior_loss_gradient(s->loss, s->f, barrier, false, s->a);
	s->sum_a = -blas_dot(n, problem->y.at, s->a);
	blas_gemv(1, problem->X, TRANSPOSED, s->a, 0, s->g); /* d: X'a */
	blas_axpy(d, s->sum_a * eps, s->u, s->g);            /* + s eps N_q' */
	r = root_of(s->mu, square_of(s, w, false));
	blas_axpy(d, ridge / (r + s->mu), w, s->g); /* + 2 beta N_2' */
}

/* A = X' diag(l'') X, h = X' diag(l'') y, y'diag(l'')y returned */
static double weigh(struct linear *s)
{
	const struct problem *problem = s->problem;
	real *w = s->weights;
	double sum = 0;

	interior_loss_weights(s->loss, s->f, w);
	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		w[k] = (real)sqrt((double)w[k]);
	for (ptrdiff_t first = 0; first < problem->X.rows; first += CHUNK) {
		ptrdiff_t rest = problem->X.rows - first, count = CHUNK < rest ? CHUNK : rest;

		for (ptrdiff_t j = 0; j < problem->X.cols; j++) {
			const real *restrict x = mat_col(problem->X, j) + first;
			const real *restrict root = w + first;
			real *restrict t = mat_col(s->T, j);

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				t[k] = root[k] * x[k];
		}
		blas_syrk(1, mat_rows(s->T, 0, count), TRANSPOSED, first > 0, s->A);
	}
	for (ptrdiff_t k = 0; k < problem->X.rows; k++) {
		w[k] *= w[k] * problem->y.at[k];
		sum += (double)w[k] * (double)problem->y.at[k];
	}
	blas_gemv(1, problem->X, TRANSPOSED, w, 0, s->h); /* d: X'diag(l'') y */
	return sum;
}

/* A += -eps (h u' + u h') + eps^2 c u u' + s eps N_q'' + 2 beta N_2'', lower triangle, factored */
static bool factor(struct linear *s)
{
	double eps = s->threat.eps, c = weigh(s);

	for (ptrdiff_t j = 0; j < s->A.cols; j++)
		for (ptrdiff_t i = j; i < s->A.rows; i++) {
			double hu = (double)s->h[i] * (double)s->u[j] +
				    (double)s->u[i] * (double)s->h[j];
			double uu = (double)s->u[i] * (double)s->u[j];

			mat_set(s->A, i, j,
				mat_get(s->A, i, j) + (real)(eps * (eps * c * uu - hu)));
		}
	norms[s->threat.norm].curve(s, s->sum_a * eps);
	curve_length(s, 2 * s->problem->beta, false);
	return blas_cholesky(s->A);
}

/* w += length dw, the length halved until the slope along dw is no more than half of what it was at
 * the start; false if none is found */
static bool search(struct linear *s, double decrement)
{
	size_t d = (size_t)s->problem->X.cols;
	double length = 1;

	for (int i = 0; i < HALVINGS; i++, length /= 2) {
		memcpy(s->trial, s->w, d * sizeof *s->w);
		blas_axpy(d, length, s->dw, s->trial);
		evaluate(s, s->trial);
		if (blas_dot(d, s->g, s->dw) <= decrement / 2) {
			memcpy(s->w, s->trial, d * sizeof *s->w);
			return true;
		}
	}
	evaluate(s, s->w);
	return false;
}

static double objective(struct linear *s, real *f)
{
	const struct problem *problem = s->problem;

	outputs(s, s->w, s->threat.eps * threat_dual(&s->threat, s->w), f);
	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y.at) +
	       2 * problem->beta * sqrt(square_of(s, s->w, false));
}

/* dw = -A^-1 g by the last factor of A; what it promises, -g'dw */
static double direction(struct linear *s)
{
	size_t d = (size_t)s->problem->X.cols;
	struct mat dw = {(ptrdiff_t)d, 1, (ptrdiff_t)d, s->dw};

	memcpy(s->dw, s->g, d * sizeof *s->g);
	blas_cholesky_solve(s->A, dw);
	blas_scale(d, -1, s->dw);
	return -blas_dot(d, s->g, s->dw);
}

/* NaN if A cannot be factored. */
static double newton_direction(struct linear *s)
{
	return factor(s) ? direction(s) : NAN;
}

static void certify(void *state, struct certificate *out)
{
	struct linear *s = state;
	const struct problem *problem = s->problem;
	size_t n = (size_t)problem->X.rows, d = (size_t)problem->X.cols;
	const real *a;
	double beyond, scale;

	/* The dual variables of the loss after one more Newton step in them alone: rounding and
	 * distance from the path break the constraint less. `evaluate` brings back those at w. */
	if (!isnan(newton_direction(s))) {
		outputs(s, s->dw, s->threat.eps * blas_dot(d, s->u, s->dw), s->weights);
		interior_loss_direction(s->loss, s->f, s->weights, s->mu * problem->loss.weight,
					false);
		interior_loss_move(s->loss, fmin(1, to_boundary * interior_loss_longest(s->loss)));
	}
	a = interior_loss_dual(s->loss, s->f);
	blas_gemv(1, problem->X, TRANSPOSED, a, 0, s->trial);
	threat_prox(&s->threat, -s->threat.eps * blas_dot(n, problem->y.at, a), s->trial, s->trial);
	beyond = blas_norm(d, s->trial);
	scale = beyond > 2 * problem->beta ? 2 * problem->beta / beyond : 1;
	*out = (struct certificate){
		.objective = objective(s, s->weights),
		.lower_bound = -loss_conjugate(problem->loss, n, scale, a, problem->y.at),
		.scope = "all",
	};
	out->upper = out->objective;
	evaluate(s, s->w);
}

/* One Newton step, and the next mu once it was short, also where it had nowhere to go. At the last
 * mu it ends where steps no longer get shorter. */
static void step(void *state, struct progress *progress)
{
	struct linear *s = state;
	double unit = s->mu * s->problem->loss.weight, decrement = newton_direction(s);
	bool good = decrement > 0 && search(s, decrement), near = decrement <= settled * unit;
	enum outcome end = OUTCOME_RUNNING;

	if (near && s->mu > least) {
		/* Along the path to the next mu: A of the old one makes the step a tangent, where A
		 * of the new one would see curvature that is gone or not yet there. */
		double tangent;

		s->mu = fmax(least, shrink * s->mu);
		evaluate(s, s->w);
		tangent = direction(s);
		if (tangent > 0)
			search(s, tangent);
	} else {
		s->final_steps += s->mu <= least;
		s->solved = !good || (near && decrement >= s->last / 2) || s->final_steps >= FINAL;
	}
	s->last = decrement;
	if (s->solved) { /* or at an end that rounding makes: by the certificate */
		struct certificate c;

		certify(s, &c);
		end = c.upper - c.lower_bound <= solved_gap * c.upper ? OUTCOME_CONVERGED
								      : OUTCOME_STALLED;
	}
	*progress = (struct progress){
		.objective = objective(s, s->weights),
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = end,
	};
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct linear *s = ARENA_NEW(arena, struct linear);
	const struct linear_options *o = options;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	real **long_ones[] = {&s->f, &s->a, &s->weights};
	real **short_ones[] = {&s->w, &s->dw, &s->trial, &s->u, &s->g, &s->h};

	*s = (struct linear){.problem = problem, .mu = 1};
	TRY(threat_resolve(problem, &o->threat, "linear_robust", arena, &s->threat, err));
	s->loss = interior_loss_new(problem, arena);
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
		*long_ones[i] = ARENA_ARRAY(arena, real, n);
	for (size_t i = 0; i < sizeof short_ones / sizeof *short_ones; i++)
		*short_ones[i] = ARENA_ARRAY(arena, real, d);
	s->A = mat_new(arena, d, d);
	s->T = mat_new(arena, CHUNK, d);
	*state = s;
	if (!arena_counts(arena))
		evaluate(s, s->w);
	return STATUS_OK;
}

static const struct threat_options *threat(const void *options)
{
	return &((const struct linear_options *)options)->threat;
}

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	double samples = (double)n, inputs = (double)d;

	(void)options;
	out->setup_flops = 4 * samples * inputs;
	out->iteration_flops = inputs * inputs * (samples + inputs / 3) + 10 * samples * inputs;
	out->certificate_flops = 10 * samples * inputs;
}

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 2;
}

/* u = +-w / sqrt|w|, alpha = +-sqrt|w|; no neurons for w = 0 */
static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	const struct linear *s = state;
	double root = sqrt(sqrt(square_of(s, s->w, false)));

	net->U.cols = root > 0 ? 2 : 0;
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double sign = j == 0 ? 1 : -1;

		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			mat_set(net->U, i, j, (real)(sign * (double)s->w[i] / root));
		net->alpha[j] = (real)(sign * root);
	}
}

const struct trainer trainer_linear_robust = {
	.base = {.name = "linear_robust",
		 .doc = "robust linear classifier: worst case over a ball, by Newton's method",
		 .cite = "xu2009",
		 .options = rows,
		 .size = sizeof(struct linear_options)},
	.makes = &model_relu,
	.takes = takes,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
};
