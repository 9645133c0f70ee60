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
 * Lagrangian.
 *
 * Several outputs: linear_outputs.c. */
#include "solvers/robust/linear_outputs.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

static const double to_boundary = 0.99; /* of the way, for the refined dual */

struct linear_options {
	struct threat_options threat;
};

/* Those whose dual norm is smoothed in linear_path.c. */
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
	if (problem->y.k > 1 && !problem->loss.loss->smooth)
		return problem->loss.loss->outputs->least_margin;
	return interior_loss_takes(problem->loss);
}

static void facts(const void *state, struct facts *facts)
{
	const struct problem *problem = ((const struct linear_path *)state)->problem;

	if (problem->y.k > 1 && !problem->loss.loss->outputs->least_margin)
		facts_note(facts, "the objective is an upper bound of the worst case: every rival "
				  "class at its own worst point");
}

/* |w|^2 */
static double square(const struct linear_path *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += (double)w[i] * (double)w[i];
	return sum;
}

/* f = X w - y shift */
static void outputs(const struct linear_path *s, const real *w, double shift, real *f)
{
	const struct problem *problem = s->problem;

	blas_gemv(1, problem->X, PLAIN, w, 0, f); /* n */
	blas_axpy((size_t)problem->X.rows, -shift, problem->y.at, f);
}

/* f, a, u, s and the gradient g at w. */
static void evaluate(struct linear_path *s, const real *w)
{
	const struct problem *problem = s->problem;
	double eps = s->threat.eps, ridge = 2 * problem->beta, r;
	size_t n = (size_t)problem->X.rows, d = (size_t)problem->X.cols;
	double barrier = s->mu * problem->loss.weight;

	outputs(s, w, eps * linear_path_norms[s->threat.norm].smooth(s, w), s->f);
	interior_loss_start(s->loss, s->f, barrier);
	interior_loss_gradient(s->loss, s->f, barrier, false, s->a);
	s->sum_a = -blas_dot(n, problem->y.at, s->a);
	blas_gemv(1, problem->X, TRANSPOSED, s->a, 0, s->g); /* d: X'a */
	blas_axpy(d, s->sum_a * eps, s->u, s->g);            /* + s eps N_q' */
	r = sqrt(s->mu * s->mu + square(s, w));
	blas_axpy(d, ridge / (r + s->mu), w, s->g); /* + 2 beta N_2' */
}

/* A = X' diag(l'') X, h = X' diag(l'') y, y'diag(l'')y returned */
static double weigh(struct linear_path *s)
{
	const struct problem *problem = s->problem;
	real *w = s->weights;
	double sum = 0;

	interior_loss_weights(s->loss, s->f, w);
	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		w[k] = (real)sqrt((double)w[k]);
	for (ptrdiff_t first = 0; first < problem->X.rows; first += LINEAR_PATH_CHUNK) {
		ptrdiff_t rest = problem->X.rows - first,
			  count = LINEAR_PATH_CHUNK < rest ? LINEAR_PATH_CHUNK : rest;

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
static bool factor(struct linear_path *s)
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
	linear_path_norms[s->threat.norm].curve(s, s->sum_a * eps);
	linear_path_curve_length(s, 2 * s->problem->beta, false);
	return blas_cholesky(s->A);
}

static double objective(struct linear_path *s)
{
	const struct problem *problem = s->problem;

	outputs(s, s->w, s->threat.eps * threat_dual(&s->threat, s->w), s->weights);
	return loss_value(problem->loss, (size_t)problem->X.rows, s->weights, problem->y.at) +
	       2 * problem->beta * sqrt(square(s, s->w));
}

static double bound(struct linear_path *s)
{
	const struct problem *problem = s->problem;
	size_t n = (size_t)problem->X.rows, d = (size_t)problem->X.cols;
	double beyond, scale;
	const real *a;

	/* The dual variables of the loss after one more Newton step in them alone: rounding and
	 * distance from the path break the constraint less. `evaluate` brings back those at w. */
	if (!isnan(linear_path_newton_direction(s))) {
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
	return -loss_conjugate(problem->loss, n, scale, a, problem->y.at);
}

static void setup_one(struct linear_path *s, struct arena *arena)
{
	ptrdiff_t n = s->problem->X.rows, d = s->problem->X.cols;
	real **long_ones[] = {&s->f, &s->a, &s->weights};

	s->loss = interior_loss_new(s->problem, arena);
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
		*long_ones[i] = ARENA_ARRAY(arena, real, n);
	s->h = ARENA_ARRAY(arena, real, d);
}

static ptrdiff_t width_one(const struct linear_path *s)
{
	(void)s;
	return 2;
}

/* u = +-w / sqrt|w|, alpha = +-sqrt|w|; no neurons for w = 0 */
static void network_one(const struct linear_path *s, struct model *model)
{
	struct net *net = net_of(model);
	double root = sqrt(sqrt(square(s, s->w)));

	net->U.cols = root > 0 ? 2 : 0;
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double sign = j == 0 ? 1 : -1;

		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			mat_set(net->U, i, j, (real)(sign * (double)s->w[i] / root));
		net->alpha[j] = (real)(sign * root);
	}
}

static const struct linear_path_program one_output = {
	.setup = setup_one,
	.evaluate = evaluate,
	.factor = factor,
	.objective = objective,
	.bound = bound,
	.width = width_one,
	.network = network_one,
};

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct linear_path *s = ARENA_NEW(arena, struct linear_path);
	const struct linear_options *o = options;
	ptrdiff_t d = problem->X.cols, count = d * problem->y.k;
	real **arrays[] = {&s->w, &s->dw, &s->trial, &s->g};

	*s = (struct linear_path){.problem = problem,
				  .program =
					  problem->y.k > 1 ? &linear_outputs_program : &one_output,
				  .count = count,
				  .mu = 1};
	TRY(threat_resolve(problem, &o->threat, "linear_robust", arena, &s->threat, err));
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		*arrays[i] = ARENA_ARRAY(arena, real, count);
	s->u = ARENA_ARRAY(arena, real, d);
	s->A = mat_new(arena, count, count);
	s->T = mat_new(arena, LINEAR_PATH_CHUNK, d);
	s->program->setup(s, arena);
	*state = s;
	if (!arena_counts(arena))
		s->program->evaluate(s, s->w);
	return STATUS_OK;
}

static const struct threat_options *threat(const void *options)
{
	return &((const struct linear_options *)options)->threat;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	double samples = (double)shape.n, weights = (double)shape.d * (double)shape.k;

	(void)options;
	out->setup_flops = 4 * samples * weights;
	out->iteration_flops = weights * weights * (samples + weights / 3) + 10 * samples * weights;
	out->certificate_flops = 10 * samples * weights;
}

static ptrdiff_t width(const void *state)
{
	const struct linear_path *s = state;

	return s->program->width(s);
}

static void network(const void *state, struct model *model)
{
	const struct linear_path *s = state;

	s->program->network(s, model);
}

const struct trainer trainer_linear_robust = {
	.base = {.name = "linear_robust",
		 .doc = "robust linear classifier: worst case over a ball, by Newton's method",
		 .cite = "xu2009",
		 .options = rows,
		 .size = sizeof(struct linear_options)},
	.makes = &model_relu,
	.takes = takes,
	.multi_output = true,
	.sample_weights = true,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = linear_path_step,
	.width = width,
	.model = network,
	.certify = linear_path_certify,
	.facts = facts,
};
