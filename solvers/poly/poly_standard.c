/* Primal-dual interior point for the standard program: HKM directions of the two matrices, the loss
 * by solvers/model/interior_loss.h. Unknowns of a Newton step: both matrices. */
#include "solvers/poly/poly_standard.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/model/interior_loss.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 256 }; /* samples at a time in the Hessian */

static const double end_share = 1e-14; /* of the objective, in the products at the end */
static const double shortest = 1e-7;
/* First products of the loss, relative to those of the matrices: slopes are of size 1, the matrices
 * of the size of the outputs. */
static const double first_share = 0.03;

struct state {
	const struct poly_program *program;
	struct poly_cone *cone;
	struct interior_loss *loss;
	struct mat A;       /* n x p: <E(x_i), B_k> */
	struct mat H;       /* p x p */
	struct mat T, work; /* CHUNK x p, n x d */
	struct mat C;
	struct poly_oracle *oracle;
	real *f, *df, *g, *w, *x, *v; /* n; x: p */
	real *u;                      /* d */
	double mu;
	struct poly_stall stall;
};

/* Row k of A. */
static void design(struct state *s, ptrdiff_t k)
{
	const struct mat X = s->program->problem->X;
	ptrdiff_t d = X.cols;

	for (ptrdiff_t l = 0; l < s->cone->p; l++) {
		const ptrdiff_t *at = s->cone->at[l];
		double sum = 0;

		for (int u = 0; u < 4; u += 2) {
			double left = at[u] < d ? (double)mat_get(X, k, at[u]) : 1;
			double right = at[u + 1] < d ? (double)mat_get(X, k, at[u + 1]) : 1;

			sum += poly_program_factor(s->program, at[u], at[u + 1]) * left * right;
		}
		mat_set(s->A, k, l, (real)sum);
	}
}

static double loss_at(const struct state *s)
{
	const struct problem *problem = s->program->problem;

	return loss_value(problem->loss, (size_t)problem->X.rows, s->f, problem->y.at);
}

static double objective(void *state)
{
	const struct state *s = state;
	ptrdiff_t d = s->cone->order - 1;

	return loss_at(s) + s->cone->beta * ((double)mat_get(s->cone->Z[0], d, d) +
					     (double)mat_get(s->cone->Z[1], d, d));
}

/* f = A (z - z') */
static void outputs(struct state *s)
{
	struct poly_cone *c = s->cone;

	for (ptrdiff_t k = 0; k < c->p; k++)
		s->x[k] = mat_get(c->Z[0], c->at[k][0], c->at[k][1]) -
			  mat_get(c->Z[1], c->at[k][0], c->at[k][1]);
	blas_gemv(1, s->A, PLAIN, s->x, 0, s->f);
}

static void start(struct state *s)
{
	const struct problem *problem = s->program->problem;
	size_t n = (size_t)problem->X.rows;
	double size, most = 0;

	for (ptrdiff_t k = 0; k < (ptrdiff_t)n; k++)
		design(s, k);
	loss_gradient(problem->loss, n, s->f, problem->y.at, s->g);
	blas_gemv(1, s->A, TRANSPOSED, s->g, 0, s->x);
	for (ptrdiff_t k = 0; k < s->cone->p; k++)
		most = fmax(most, fabs((double)s->x[k]));
	size = loss_at(s) / (most + problem->beta);
	poly_cone_start(s->cone, size, most + problem->beta);
	s->mu = poly_cone_products(s->cone, 0) / (2.0 * (double)s->cone->order);
	outputs(s);
	interior_loss_start(s->loss, s->f, first_share * s->mu);
}

/* H = A'W A by blocks of samples. */
static void weigh(struct state *s)
{
	ptrdiff_t n = s->A.rows;

	interior_loss_weights(s->loss, s->f, s->w);
	for (ptrdiff_t first = 0; first < n; first += CHUNK) {
		ptrdiff_t count = n - first < CHUNK ? n - first : CHUNK;
		struct mat T = mat_rows(s->T, 0, count);

		for (ptrdiff_t l = 0; l < s->cone->p; l++)
			for (ptrdiff_t k = 0; k < count; k++)
				mat_set(T, k, l,
					(real)sqrt((double)s->w[first + k]) *
						mat_get(s->A, first + k, l));
		blas_syrk(1, T, TRANSPOSED, first > 0, s->H);
	}
	blas_symmetrize(s->H);
}

static bool direct(void *state, double target, bool second)
{
	struct state *s = state;
	struct poly_cone *c = s->cone;

	poly_cone_right(c, target, second);
	interior_loss_gradient(s->loss, s->f, target, second, s->g);
	blas_gemv(-1, s->A, TRANSPOSED, s->g, 1, c->step);
	blas_gemv(1, s->A, TRANSPOSED, s->g, 1, c->step + c->p);
	poly_cone_direct(c);
	for (ptrdiff_t k = 0; k < c->p; k++)
		s->x[k] = c->step[k] - c->step[c->p + k];
	blas_gemv(1, s->A, PLAIN, s->x, 0, s->df);
	interior_loss_direction(s->loss, s->f, s->df, target, second);
	return true;
}

static bool predict(void *state)
{
	struct state *s = state;

	if (!poly_cone_weigh(s->cone))
		return false;
	weigh(s);
	poly_cone_add(s->cone, s->H);
	return poly_cone_factor(s->cone) && direct(s, 0, false);
}

static const struct mehrotra method;

static double longest(const void *state)
{
	const struct state *s = state;

	return fmin(poly_cone_longest(s->cone, 1 / method.to_boundary),
		    interior_loss_longest(s->loss));
}

static double complementarity(const void *state, double length)
{
	const struct state *s = state;
	double count = 2 * (double)s->cone->order;
	double sum = interior_loss_products(s->loss, length, &count);

	return (sum + poly_cone_products(s->cone, length)) / count;
}

static const struct mehrotra method = {
	.predict = predict,
	.correct = direct,
	.longest = longest,
	.complementarity = complementarity,
	.to_boundary = 0.98,
	.least_sigma = 1e-6,
	.far_enough = 0.1,
};

static bool step(void *state)
{
	struct state *s = state;
	double least = end_share * objective(s) / (2 * (double)s->cone->order), length;

	if (!mehrotra_direction(&method, s, s->mu, least))
		return false;
	length = mehrotra_length(&method, s);
	poly_cone_move(s->cone, length);
	interior_loss_move(s->loss, length);
	outputs(s);
	s->mu = complementarity(s, 0);
	memcpy(s->v, interior_loss_dual(s->loss, s->f), (size_t)s->A.rows * sizeof *s->v);
	return length > shortest && s->mu > least && !poly_program_stalls(&s->stall, s->mu, length);
}

static double bound(void *state)
{
	struct state *s = state;
	const struct problem *problem = s->program->problem;
	double largest;

	poly_program_gather(s->program, s->v, s->work, s->C);
	if (!poly_oracle_set(s->oracle, s->C))
		return NAN;
	largest = fmax(poly_oracle_sphere(s->oracle, 1, s->u),
		       poly_oracle_sphere(s->oracle, -1, s->u));
	for (ptrdiff_t k = 0; k < s->A.rows; k++)
		s->df[k] = -s->v[k];
	return scaling_best(problem, s->df, largest).bound;
}

struct poly_solver poly_standard(const struct poly_program *program, struct arena *arena)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct problem *problem = program->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	real **samples[] = {&s->f, &s->df, &s->g, &s->w, &s->v};

	s->program = program;
	s->cone = poly_cone_new(d, problem->beta, arena);
	s->loss = interior_loss_new(problem, arena);
	/* L'(f) of a long step leaves more of the dual equations than the products show */
	interior_loss_bound(s->loss, arena);
	s->A = mat_new(arena, n, s->cone->p);
	s->H = mat_new(arena, s->cone->p, s->cone->p);
	s->T = mat_new(arena, CHUNK, s->cone->p);
	s->work = mat_new(arena, n, d);
	s->C = mat_new(arena, d + 1, d + 1);
	s->oracle = poly_oracle_new(d, NULL, arena);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		*samples[i] = ARENA_ARRAY(arena, real, n);
	s->x = ARENA_ARRAY(arena, real, s->cone->p);
	s->u = ARENA_ARRAY(arena, real, d);
	if (!arena_counts(arena))
		start(s);
	return (struct poly_solver){
		{s->cone->Z[0], s->cone->Z[1]}, step, objective, bound, s, NULL};
}
