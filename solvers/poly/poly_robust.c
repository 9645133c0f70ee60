/* Primal-dual interior point for the adversarial program. By the S-lemma the worst margin of sample
 * i is at least 1 - s_i if for some l_i >= 0
 *
 *     M_i = y_i T_i'Q T_i + l_i J + (s_i - 1) e e' >= 0,   T_i = [[I, x_i], [0, 1]],
 *     J = diag(I, -radius^2),  e the last unit vector
 *
 * (Kuelbs, Lall & Pilanci 2024, with the sign of the off-diagonal block that the proof needs). With
 * dual matrices X_i, N_i = T_i M_i^-1 T_i' and X^_i = T_i X_i T_i' the samples add sum_i N_i (x)
 * X^_i to the Newton matrix, which is one product of matrices with n columns; s_i and l_i are
 * eliminated two by two.
 *
 * Bound: X_i scaled to mu_i = X_i(d, d) <= 1 and tr X11 <= radius^2 mu_i is feasible up to a common
 * factor min(1, beta / rho). */
#include "solvers/poly/poly_robust.h"

#include "solvers/core/blas.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/semidefinite/semidefinite.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>
#include <string.h>

static const double end_share = 1e-13; /* of the objective, in the products at the end */
static const double shortest = 1e-7;

/* Numbers of a sample. */
struct scalars {
	double s, l, xs, xl, ds, dl, dxs, dxl; /* variables, multipliers, their directions */
	double ll, ls, ss;                     /* inverse of the 2 x 2 system */
	double rs, rl, bs, bl;                 /* right-hand sides */
};

struct state {
	const struct poly_program *program;
	struct poly_cone *cone;
	ptrdiff_t order;
	double square, weight;               /* radius^2; of the loss */
	struct mat M, X, inverse, dM, dX, R; /* order^2 x n, a matrix in each column */
	struct mat N, Xhat;                  /* order^2 x n */
	struct mat T;                        /* order^2 x order^2 */
	struct mat Cl, Cs, Ul, Us;           /* p x n */
	struct mat H;                        /* p x p */
	struct mat Q, work[2];               /* order x order */
	struct scalars *at;                  /* n */
	real *x;                             /* p */
	struct poly_oracle *oracle;
	double mu;
	struct poly_stall stall;
};

static struct mat square_of(const struct state *s, struct mat all, ptrdiff_t i)
{
	return (struct mat){s->order, s->order, s->order, mat_col(all, i)};
}

/* M += l J + s e e' */
static void add_scalars(const struct state *s, struct mat M, double l, double e)
{
	ptrdiff_t d = s->order - 1;

	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(M, j, j, mat_get(M, j, j) + (real)l);
	mat_set(M, d, d, mat_get(M, d, d) + (real)(e - l * s->square));
}

/* <J, A> */
static double with_ball(const struct state *s, struct mat A)
{
	ptrdiff_t d = s->order - 1;
	double sum = -s->square * (double)mat_get(A, d, d);

	for (ptrdiff_t j = 0; j < d; j++)
		sum += (double)mat_get(A, j, j);
	return sum;
}

/* out_k = factor <E o A, B_k> */
static void project(const struct state *s, struct mat A, double factor, real *out)
{
	for (ptrdiff_t k = 0; k < s->cone->p; k++) {
		const ptrdiff_t *at = s->cone->at[k];
		double sum = 0;

		for (int u = 0; u < 4; u += 2)
			sum += poly_program_factor(s->program, at[u], at[u + 1]) *
			       (double)mat_get(A, at[u], at[u + 1]);
		out[k] = (real)(factor * sum);
	}
}

static void start(struct state *s)
{
	ptrdiff_t n = s->M.cols, d = s->order - 1;

	poly_cone_start(s->cone, 1, 0.5 * s->cone->beta);
	for (ptrdiff_t i = 0; i < n; i++) {
		struct mat M = square_of(s, s->M, i), X = square_of(s, s->X, i);

		s->at[i] = (struct scalars){.s = 2 + s->square, .l = 1, .xs = 0.5, .xl = 0.5};
		add_scalars(s, M, 1, 1 + s->square);
		for (ptrdiff_t j = 0; j <= d; j++)
			mat_set(X, j, j, (real)0.5);
	}
}

/* Sum of the products after a step. */
static double products(const struct state *s, double length)
{
	double sum = poly_cone_products(s->cone, length);
	ptrdiff_t size = s->order * s->order;

	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		const struct scalars *a = &s->at[i];
		const real *M = mat_col(s->M, i), *dM = mat_col(s->dM, i);
		const real *X = mat_col(s->X, i), *dX = mat_col(s->dX, i);

		for (ptrdiff_t j = 0; j < size; j++)
			sum += ((double)M[j] + length * (double)dM[j]) *
			       ((double)X[j] + length * (double)dX[j]);
		sum += (a->s + length * a->ds) * (a->xs + length * a->dxs);
		sum += (a->l + length * a->dl) * (a->xl + length * a->dxl);
	}
	return sum;
}

static double count_of(const struct state *s)
{
	return (double)(s->M.cols * (s->order + 2) + 2 * s->order);
}

static double complementarity(const void *state, double length)
{
	return products(state, length) / count_of(state);
}

/* The 2 x 2 system of sample i and what couples it to Z: columns of Cl and Cs. */
static void couple(struct state *s, ptrdiff_t i)
{
	struct mat inverse = square_of(s, s->inverse, i), X = square_of(s, s->X, i);
	struct mat W = s->work[0], L = s->work[1];
	struct scalars *a = &s->at[i];
	ptrdiff_t d = s->order - 1;
	double y = (double)s->program->problem->y.at[i], ll, ls, ss, det;

	for (ptrdiff_t k = 0; k <= d; k++)
		for (ptrdiff_t j = 0; j <= d; j++)
			mat_set(L, j, k, mat_get(X, j, k) * (j < d ? 1 : (real)-s->square));
	blas_gemm(1, inverse, PLAIN, L, PLAIN, 0, W); /* M^-1 J X */
	semidefinite_symmetrize(W);
	ll = with_ball(s, W) + a->xl / a->l;
	ls = (double)mat_get(W, d, d);
	poly_program_lift(s->program, i, W, L);
	project(s, L, y, mat_col(s->Cl, i));
	for (ptrdiff_t k = 0; k <= d; k++)
		for (ptrdiff_t j = 0; j <= d; j++)
			mat_set(W, j, k, mat_get(inverse, j, d) * mat_get(X, d, k));
	semidefinite_symmetrize(W);
	ss = (double)mat_get(W, d, d) + a->xs / a->s;
	poly_program_lift(s->program, i, W, L);
	project(s, L, y, mat_col(s->Cs, i));
	det = ll * ss - ls * ls;
	a->ll = ss / det;
	a->ls = -ls / det;
	a->ss = ll / det;
}

/* What T holds of the units a of B_k and b of B_l. */
static double folded(const struct state *s, const ptrdiff_t *a, const ptrdiff_t *b)
{
	ptrdiff_t o = s->order;
	double sum = 0;

	for (int u = 0; u < 4; u += 2)
		for (int v = 0; v < 4; v += 2) {
			double f = poly_program_factor(s->program, a[u], a[u + 1]) *
				   poly_program_factor(s->program, b[v], b[v + 1]);
			ptrdiff_t in = b[v + 1] + a[u] * o, out = a[u + 1] + b[v] * o;

			sum += f / 2 *
			       ((double)mat_get(s->T, in, out) + (double)mat_get(s->T, out, in));
		}
	return sum;
}

/* H = symmetric part of sum_i N_i (x) X^_i in the unknowns. */
static void fold(struct state *s)
{
	blas_gemm(1, s->N, PLAIN, s->Xhat, TRANSPOSED, 0, s->T);
	for (ptrdiff_t l = 0; l < s->cone->p; l++)
		for (ptrdiff_t k = l; k < s->cone->p; k++)
			mat_set(s->H, k, l, (real)folded(s, s->cone->at[k], s->cone->at[l]));
	blas_symmetrize(s->H);
}

static bool weigh(struct state *s)
{
	ptrdiff_t n = s->M.cols, p = s->cone->p;

	for (ptrdiff_t i = 0; i < n; i++) {
		const struct scalars *a = &s->at[i];

		if (!semidefinite_invert(square_of(s, s->M, i), square_of(s, s->inverse, i)))
			return false;
		poly_program_lift(s->program, i, square_of(s, s->inverse, i),
				  square_of(s, s->N, i));
		poly_program_lift(s->program, i, square_of(s, s->X, i), square_of(s, s->Xhat, i));
		couple(s, i);
		for (ptrdiff_t k = 0; k < p; k++) {
			double l = (double)mat_get(s->Cl, k, i), e = (double)mat_get(s->Cs, k, i);

			mat_set(s->Ul, k, i, (real)(a->ll * l + a->ls * e));
			mat_set(s->Us, k, i, (real)(a->ls * l + a->ss * e));
		}
	}
	fold(s);
	blas_gemm(-1, s->Cl, PLAIN, s->Ul, TRANSPOSED, 1, s->H);
	blas_gemm(-1, s->Cs, PLAIN, s->Us, TRANSPOSED, 1, s->H);
	return true;
}

/* out -= symmetric part of A dM_i M_i^-1 */
static void subtract_product(struct state *s, ptrdiff_t i, struct mat A, struct mat out)
{
	blas_gemm(1, A, PLAIN, square_of(s, s->dM, i), PLAIN, 0, s->work[0]);
	blas_gemm(1, s->work[0], PLAIN, square_of(s, s->inverse, i), PLAIN, 0, s->work[1]);
	semidefinite_symmetrize(s->work[1]);
	for (ptrdiff_t j = 0; j < s->order; j++)
		for (ptrdiff_t k = 0; k < s->order; k++)
			mat_set(out, k, j, mat_get(out, k, j) - mat_get(s->work[1], k, j));
}

/* R, and the right-hand sides of sample i. */
static void right(struct state *s, ptrdiff_t i, double target, bool correct)
{
	struct scalars *a = &s->at[i];
	struct mat R = square_of(s, s->R, i);
	ptrdiff_t size = s->order * s->order, d = s->order - 1;

	for (ptrdiff_t j = 0; j < size; j++)
		mat_col(s->R, i)[j] = (real)target * mat_col(s->inverse, i)[j];
	if (correct)
		subtract_product(s, i, square_of(s, s->dX, i), R);
	a->rs = (target - (correct ? a->dxs * a->ds : 0)) / a->s;
	a->rl = (target - (correct ? a->dxl * a->dl : 0)) / a->l;
	a->bl = with_ball(s, R) + a->rl;
	a->bs = (double)mat_get(R, d, d) + a->rs - 1;
}

/* The part of the right-hand side that is the same of both sides, but for the sign: x. */
static void reduce(struct state *s)
{
	ptrdiff_t p = s->cone->p;

	mat_fill(s->Q, 0);
	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		poly_program_lift(s->program, i, square_of(s, s->R, i), s->work[0]);
		for (ptrdiff_t j = 0; j < s->order; j++)
			blas_axpy((size_t)s->order, (double)s->program->problem->y.at[i],
				  mat_col(s->work[0], j), mat_col(s->Q, j));
	}
	project(s, s->Q, 1, s->x);
	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		blas_axpy((size_t)p, -s->at[i].bl, mat_col(s->Ul, i), s->x);
		blas_axpy((size_t)p, -s->at[i].bs, mat_col(s->Us, i), s->x);
	}
}

static void follow(struct state *s, ptrdiff_t i)
{
	struct scalars *a = &s->at[i];
	struct mat dM = square_of(s, s->dM, i), dX = square_of(s, s->dX, i);
	size_t p = (size_t)s->cone->p;
	double ul = a->bl - blas_dot(p, mat_col(s->Cl, i), s->x);
	double us = a->bs - blas_dot(p, mat_col(s->Cs, i), s->x);

	a->dl = a->ll * ul + a->ls * us;
	a->ds = a->ls * ul + a->ss * us;
	poly_program_pull(s->program, i, s->Q, dM);
	add_scalars(s, dM, a->dl, a->ds);
	for (ptrdiff_t j = 0; j < s->order * s->order; j++)
		mat_col(s->dX, i)[j] = mat_col(s->R, i)[j] - mat_col(s->X, i)[j];
	subtract_product(s, i, square_of(s, s->X, i), dX);
	a->dxs = a->rs - a->xs - a->xs * a->ds / a->s;
	a->dxl = a->rl - a->xl - a->xl * a->dl / a->l;
}

static bool direct(void *state, double target, bool second)
{
	struct state *s = state;
	struct poly_cone *c = s->cone;

	poly_cone_right(c, target, second);
	for (ptrdiff_t i = 0; i < s->M.cols; i++)
		right(s, i, target, second);
	reduce(s);
	blas_axpy((size_t)c->p, 1, s->x, c->step);
	blas_axpy((size_t)c->p, -1, s->x, c->step + c->p);
	poly_cone_direct(c);
	for (ptrdiff_t k = 0; k < c->p; k++)
		s->x[k] = c->step[k] - c->step[c->p + k];
	poly_program_form(s->program, c->dZ[0], c->dZ[1], s->Q);
	for (ptrdiff_t i = 0; i < s->M.cols; i++)
		follow(s, i);
	return true;
}

static bool predict(void *state)
{
	struct state *s = state;

	if (!poly_cone_weigh(s->cone) || !weigh(s))
		return false;
	poly_cone_add(s->cone, s->H);
	return poly_cone_factor(s->cone) && direct(s, 0, false);
}

static const struct mehrotra method;

static double longest(const void *state)
{
	const struct state *s = state;
	double step = poly_cone_longest(s->cone, 1 / method.to_boundary);

	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		const struct scalars *a = &s->at[i];

		step = mehrotra_limit(step, a->s, a->ds);
		step = mehrotra_limit(step, a->l, a->dl);
		step = mehrotra_limit(step, a->xs, a->dxs);
		step = mehrotra_limit(step, a->xl, a->dxl);
	}
	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		step = semidefinite_inside(square_of(s, s->M, i), square_of(s, s->dM, i), step,
					   s->work[0]);
		step = semidefinite_inside(square_of(s, s->X, i), square_of(s, s->dX, i), step,
					   s->work[0]);
	}
	return step;
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

static double objective(void *state)
{
	const struct state *s = state;
	ptrdiff_t d = s->order - 1;
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->M.cols; i++)
		sum += s->at[i].s;
	sum += s->cone->beta *
	       ((double)mat_get(s->cone->Z[0], d, d) + (double)mat_get(s->cone->Z[1], d, d));
	return s->weight * sum;
}

static void move(struct state *s, double length)
{
	poly_cone_move(s->cone, length);
	/* M from what it is a function of: sums of steps would drift */
	poly_program_form(s->program, s->cone->Z[0], s->cone->Z[1], s->Q);
	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		struct scalars *a = &s->at[i];

		a->s += length * a->ds;
		a->l += length * a->dl;
		a->xs += length * a->dxs;
		a->xl += length * a->dxl;
		blas_axpy((size_t)(s->order * s->order), length, mat_col(s->dX, i),
			  mat_col(s->X, i));
		poly_program_pull(s->program, i, s->Q, square_of(s, s->M, i));
		add_scalars(s, square_of(s, s->M, i), a->l, a->s - 1);
	}
}

static bool step(void *state)
{
	struct state *s = state;
	double least = end_share * objective(s) / (s->weight * count_of(s)), length;

	s->mu = complementarity(s, 0);
	if (!mehrotra_direction(&method, s, s->mu, least))
		return false;
	length = mehrotra_length(&method, s);
	move(s, length);
	return length > shortest && complementarity(s, 0) > least &&
	       !poly_program_stalls(&s->stall, s->mu, length);
}

static double bound(void *state)
{
	struct state *s = state;
	ptrdiff_t d = s->order - 1;
	double sum = 0, largest;

	mat_fill(s->Q, 0);
	for (ptrdiff_t i = 0; i < s->M.cols; i++) {
		struct mat X = square_of(s, s->X, i), fixed = s->work[0];
		double mu = fmax(0, (double)mat_get(X, d, d)), scale = mu > 1 ? 1 / mu : 1;
		double trace = scale * (with_ball(s, X) + s->square * mu), shrink;

		mu *= scale;
		shrink = trace > s->square * mu ? sqrt(s->square * mu / trace) : 1;
		for (ptrdiff_t k = 0; k <= d; k++)
			for (ptrdiff_t j = 0; j <= d; j++) {
				double factor = scale * (j < d ? shrink : 1) * (k < d ? shrink : 1);

				mat_set(fixed, j, k, (real)(factor * (double)mat_get(X, j, k)));
			}
		poly_program_lift(s->program, i, fixed, s->work[1]);
		for (ptrdiff_t j = 0; j <= d; j++)
			blas_axpy((size_t)s->order, (double)s->program->problem->y.at[i],
				  mat_col(s->work[1], j), mat_col(s->Q, j));
		sum += mu;
	}
	for (ptrdiff_t k = 0; k <= d; k++)
		for (ptrdiff_t j = 0; j <= d; j++)
			mat_set(s->Q, j, k,
				mat_get(s->Q, j, k) * (real)poly_program_factor(s->program, j, k));
	if (!poly_oracle_set(s->oracle, s->Q))
		return NAN;
	largest = fmax(poly_oracle_sphere(s->oracle, 1, s->x),
		       poly_oracle_sphere(s->oracle, -1, s->x));
	return s->weight * fmin(1, s->cone->beta / largest) * sum;
}

struct poly_solver poly_robust(const struct poly_program *program, struct arena *arena)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct problem *problem = program->problem;
	ptrdiff_t n = problem->X.rows, order = problem->X.cols + 1, size = order * order, p;
	struct mat *stacks[] = {&s->M, &s->X, &s->inverse, &s->dM, &s->dX, &s->R, &s->N, &s->Xhat};
	struct mat *columns[] = {&s->Cl, &s->Cs, &s->Ul, &s->Us};

	s->program = program;
	s->order = order;
	s->square = program->radius * program->radius;
	s->weight = problem->loss.weight;
	/* a program with the losses divided by their weight */
	s->cone = poly_cone_new(order - 1, problem->beta / s->weight, arena);
	p = s->cone->p;
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
		*stacks[i] = mat_new(arena, size, n);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		*columns[i] = mat_new(arena, p, n);
	s->T = mat_new(arena, size, size);
	s->H = mat_new(arena, p, p);
	s->Q = mat_new(arena, order, order);
	s->work[0] = mat_new(arena, order, order);
	s->work[1] = mat_new(arena, order, order);
	s->at = ARENA_ARRAY(arena, struct scalars, n);
	s->x = ARENA_ARRAY(arena, real, p);
	s->oracle = poly_oracle_new(order - 1, NULL, arena);
	if (!arena_counts(arena))
		start(s);
	return (struct poly_solver){
		{s->cone->Z[0], s->cone->Z[1]}, step, objective, bound, s, NULL};
}
