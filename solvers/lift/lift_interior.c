/* The relaxation by an infeasible-start primal-dual interior point method (HKM direction: Helmberg
 * et al. 1996, Kojima et al. 1997, Monteiro 1997).
 *
 * Unknowns are the entries of S but for S_ii = -x_i'S_iu of b, which L(a_i, b_i) = 0 sets. W and L
 * are slacks of their own, definite and positive from the start, which the products of S approach;
 * Z and T their multipliers:
 *
 *     W = S, L = K S_qq K',   grad f - G*Z - A'T = 0,   W Z = mu I, L o T = mu
 *
 * with G and A the maps from the unknowns to S and to L. A Newton step solves
 *
 *     (F'F + G*(Z (x) W^-1)G + A' diag(T / L) A) ds
 *         = -grad f + G*(mu W^-1 - Z (S - W) W^-1) + A'(mu / L - T / L (A s - L))
 *
 * of symmetric parts. Of the symmetric L both entries of a pair count, each with a product of its
 * own.
 *
 * Samples at an angle e leave S an interior of width e^3: the start is near an interior point in
 * closed form, so that Z and T need not grow before feasibility is reached. S, W and L go as far as
 * they can, and so do the multipliers R of the loss, Z and T. */
#include "solvers/lift/lift_interior.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/semidefinite.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>

static const double shortest = 1e-8;

/* Steps in a row that may leave the products above this share of the least so far. */
enum { PATIENCE = 12, REFINEMENTS = 10 };

enum { PRIMAL, DUAL };
static const double fallen = 0.9;

/* The start in units of lift_scale: S grows with 1 / gamma, and from below it is not reached. */
static const double large = 100;

/* What raises the slacks at the start, in units of S: less and they begin at the boundary, more and
 * the first steps are short. */
static const double raise = 0.01;

struct term {
	ptrdiff_t at;
	double by;
};

/* A step of S, and with it of its products and of the multipliers. */
struct change {
	struct mat S, Z; /* order x order */
	struct mat L, T; /* 2n x 2n */
};

struct interior {
	const struct lift *lift;
	ptrdiff_t p;                           /* unknowns */
	struct mat S, W, Z, dW, inverse, Q, M; /* order x order */
	struct mat work[2];
	struct mat L, T, lack, q;     /* 2n x 2n; the diagonal of ab is left out */
	struct change d, more;        /* the direction, and what refines it */
	struct mat R, next, residual; /* rows x c: multipliers, those of S + dS, of S */
	struct mat H;                 /* p x p, lower triangle */
	real *scale, *step, *rest;    /* p */
	double *length;               /* of a step: of S, W and L; of R, Z and T */
	struct term *term;            /* of a row of A or F */
	double least;                 /* products so far */
	int since;                    /* steps ago */
};

double lift_interior_unknowns(ptrdiff_t order, ptrdiff_t n)
{
	return (double)order * ((double)order + 1) / 2 - (double)n;
}

/* The unknown S_ij, i <= j, no S_ii of b. */
static ptrdiff_t unknown(const struct interior *s, ptrdiff_t i, ptrdiff_t j)
{
	ptrdiff_t n = s->lift->n;

	return j * (j + 1) / 2 + i - (j < n ? j : n);
}

static bool left_out(const struct interior *s, ptrdiff_t i, ptrdiff_t j)
{
	return i - j == s->lift->n || j - i == s->lift->n;
}

/* S of the unknowns x. */
static void matrix_of(const struct interior *s, const real *x, struct mat S)
{
	const struct lift *l = s->lift;

	for (ptrdiff_t j = 0, k = 0; j < l->order; j++)
		for (ptrdiff_t i = 0; i < (j < l->n ? j : j + 1); i++, k++) {
			mat_set(S, i, j, x[k]);
			mat_set(S, j, i, x[k]);
		}
	for (ptrdiff_t i = 0; i < l->n; i++) {
		double sum = 0;

		for (ptrdiff_t k = 0; k < l->d; k++)
			sum -= (double)mat_get(l->X, i, k) * (double)mat_get(S, i, l->n + k);
		mat_set(S, i, i, (real)sum);
	}
}

/* out = G*Q of a symmetric Q: <Q, E_k> of the unknowns. */
static void adjoint(const struct interior *s, struct mat Q, real *out)
{
	const struct lift *l = s->lift;

	for (ptrdiff_t j = 0, k = 0; j < l->order; j++)
		for (ptrdiff_t i = 0; i < (j < l->n ? j : j + 1); i++, k++) {
			out[k] = (i < j ? 2 : 1) * mat_get(Q, i, j);
			if (i < l->n && j >= l->n && j < l->n + l->d)
				out[k] -= mat_get(l->X, i, j - l->n) * mat_get(Q, i, i);
		}
}

/* H = G*(Z (x) W^-1)G, column by column: the symmetric part of W^-1 E_k Z is
 * sym(W^-1_a (Z_b + e Z_a)' + W^-1_b Z_a'), with e what E_k has at (a, a). */
static void barrier_column(struct interior *s, ptrdiff_t a, ptrdiff_t b)
{
	const struct lift *l = s->lift;
	ptrdiff_t n = l->n, k = unknown(s, a, b), q = n + l->d;
	double e = a < n && b >= n && b < q ? -(double)mat_get(l->X, a, b - n) : 0;
	const real *wa = mat_col(s->inverse, a), *wb = mat_col(s->inverse, b);
	const real *za = mat_col(s->Z, a), *zb = mat_col(s->Z, b);
	real *z = mat_col(s->work[0], 0), *zz = mat_col(s->work[0], 1), *h = mat_col(s->H, k);
	double own = a < b ? 1 : 0.5; /* of a unit e_a e_a' both halves are one */

	for (ptrdiff_t i = 0; i < l->order; i++) {
		z[i] = (real)(own * (double)zb[i] + e * (double)za[i]);
		zz[i] = (real)(own * (double)za[i]);
	}
	for (ptrdiff_t j = b; j < l->order; j++) {
		ptrdiff_t first = unknown(s, 0, j), end = j < n ? j : j + 1;

		for (ptrdiff_t i = 0; i < end; i++)
			h[first + i] = wa[i] * z[j] + wb[i] * zz[j] + wa[j] * z[i] + wb[j] * zz[i];
		if (j >= n)
			h[first + j] /= 2;
		for (ptrdiff_t i = 0; i < n && j >= n && j < q; i++)
			h[first + i] -= mat_get(l->X, i, j - n) * (wa[i] * z[i] + wb[i] * zz[i]);
	}
}

/* H += weight v v' of a row v of `count` terms. */
static void add_row(struct interior *s, int count, double weight)
{
	for (int a = 0; a < count; a++)
		for (int b = 0; b <= a; b++) {
			ptrdiff_t i = s->term[a].at, j = s->term[b].at;
			real *h = i > j ? mat_col(s->H, j) + i : mat_col(s->H, i) + j;

			*h += (real)(weight * s->term[a].by * s->term[b].by);
		}
}

/* The row of A for L_ij: ends p'S q, each b_i or a_i = b_i + x_i'u; of an end with itself S_ii
 * takes one x_i'S_iu away. */
static int slack_row(struct interior *s, ptrdiff_t i, ptrdiff_t j)
{
	const struct lift *l = s->lift;
	ptrdiff_t n = l->n, p = i % n, q = j % n, count = 0;
	bool ai = i < n, aj = j < n, same = p == q;
	struct term *t = s->term;

	if (!same)
		t[count++] = (struct term){p < q ? unknown(s, p, q) : unknown(s, q, p), 1};
	for (ptrdiff_t k = 0; k < l->d; k++) {
		double xi = (double)mat_get(l->X, p, k), xj = (double)mat_get(l->X, q, k);

		if (same)
			t[count++] = (struct term){unknown(s, p, n + k), ai ? xi : -xi};
		else if (ai)
			t[count++] = (struct term){unknown(s, q, n + k), xi};
		if (!same && aj)
			t[count++] = (struct term){unknown(s, p, n + k), xj};
		for (ptrdiff_t m = 0; m <= k && ai && aj; m++) {
			double both = xi * (double)mat_get(l->X, q, m);

			if (m < k)
				both += xj * (double)mat_get(l->X, p, m);
			t[count++] = (struct term){unknown(s, n + m, n + k), both};
		}
	}
	return (int)count;
}

/* The row r of F for output c. */
static int loss_row(struct interior *s, ptrdiff_t r, ptrdiff_t c)
{
	const struct lift *l = s->lift;
	const struct lift_row *row = &l->row[r];
	ptrdiff_t n = l->n, v = n + l->d + c;
	int count = 0;

	s->term[count++] = (struct term){unknown(s, row->direction, v), row->factor};
	for (ptrdiff_t k = 0; k < l->d && !row->across; k++)
		s->term[count++] =
			(struct term){unknown(s, n + k, v),
				      row->factor * (double)mat_get(l->X, row->direction, k)};
	return count;
}

static void form(struct interior *s)
{
	const struct lift *l = s->lift;
	ptrdiff_t n = l->n;

	for (ptrdiff_t b = 0; b < l->order; b++)
		for (ptrdiff_t a = 0; a < (b < n ? b : b + 1); a++)
			barrier_column(s, a, b);
	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = 0; i <= j; i++)
			if (!left_out(s, i, j))
				add_row(s, slack_row(s, i, j),
					(i < j ? 2 : 1) * (double)mat_get(s->T, i, j) /
						(double)mat_get(s->L, i, j));
	for (ptrdiff_t c = 0; c < l->c; c++)
		for (ptrdiff_t r = 0; r < l->rows; r++)
			add_row(s, loss_row(s, r, c), 1);
}

static void add_step(struct mat A, struct mat dA, double length)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		blas_axpy((size_t)A.rows, length, mat_col(dA, j), mat_col(A, j));
}

/* Q -= symmetric part of A B W^-1 */
static void subtract_product(struct interior *s, struct mat A, struct mat B, struct mat Q)
{
	blas_gemm(1, A, PLAIN, B, PLAIN, 0, s->work[0]);
	blas_gemm(1, s->work[0], PLAIN, s->inverse, PLAIN, 0, s->work[1]);
	semidefinite_symmetrize(s->work[1]);
	for (ptrdiff_t j = 0; j < Q.cols; j++)
		blas_axpy((size_t)Q.rows, -1, mat_col(s->work[1], j), mat_col(Q, j));
}

/* Call with every entry of L that is there. */
#define EACH_SLACK(s_, i_, j_)                                  \
	for (ptrdiff_t j_ = 0; j_ < (s_)->L.cols; j_++)         \
		for (ptrdiff_t i_ = 0; i_ < (s_)->L.rows; i_++) \
			if (!left_out((s_), i_, j_))

/* Right-hand sides of the products: Q of W Z without what the lack of W asks for, q of L o T. */
static void right(struct interior *s, double target, bool correct)
{
	mat_copy(s->Q, s->inverse);
	for (ptrdiff_t j = 0; j < s->Q.cols; j++)
		blas_scale((size_t)s->Q.rows, target, mat_col(s->Q, j));
	if (correct)
		subtract_product(s, s->d.Z, s->dW, s->Q);
	EACH_SLACK(s, i, j)
	{
		double l = (double)mat_get(s->L, i, j), t = (double)mat_get(s->T, i, j);
		double both =
			correct ? (double)mat_get(s->d.L, i, j) * (double)mat_get(s->d.T, i, j) : 0;

		mat_set(s->q, i, j,
			(real)((target - both - t * (double)mat_get(s->lack, i, j)) / l));
	}
}

/* S - W in dW, which a direction adds to. */
static void lack_of_W(struct interior *s)
{
	mat_copy(s->dW, s->S);
	for (ptrdiff_t j = 0; j < s->W.cols; j++)
		blas_axpy((size_t)s->W.rows, -1, mat_col(s->W, j), mat_col(s->dW, j));
}

/* What the unknowns x change: S, its products, and Z and T that keep theirs with W and L. */
static void follow(struct interior *s, const real *x, struct change *c)
{
	matrix_of(s, x, c->S);
	mat_fill(c->Z, 0);
	subtract_product(s, s->Z, c->S, c->Z);
	lift_products(s->lift, c->S, c->L);
	EACH_SLACK(s, i, j)
	{
		double weight = (double)mat_get(s->T, i, j) / (double)mat_get(s->L, i, j);

		mat_set(c->T, i, j, -(real)(weight * (double)mat_get(c->L, i, j)));
	}
	semidefinite_symmetrize(c->T); /* small entries of L blow up what rounding turned */
}

/* out = -grad f + G*Z + A'T, with R = that of the point. */
static void dual_lack(struct interior *s, struct mat R, struct mat Z, struct mat T, real *out)
{
	const struct lift *l = s->lift;
	size_t order = (size_t)l->order;

	lift_gather(l, T, s->M);
	lift_couple(l, R, 0.5, s->M);
	for (ptrdiff_t j = l->n; j < l->order; j++)
		mat_set(s->M, j, j, mat_get(s->M, j, j) + (real)(l->gamma / 2));
	for (ptrdiff_t j = 0; j < l->order; j++) {
		blas_scale(order, -1, mat_col(s->M, j));
		blas_axpy(order, 1, mat_col(Z, j), mat_col(s->M, j));
	}
	adjoint(s, s->M, out);
}

static void add_change(struct change *to, const struct change *c, double by)
{
	add_step(to->S, c->S, by);
	add_step(to->Z, c->Z, by);
	add_step(to->L, c->L, by);
	add_step(to->T, c->T, by);
}

/* R of S + dS, and what the dual equations lack there: the step of R, Z and T leads to it. */
static double left(struct interior *s)
{
	mat_copy(s->work[0], s->S);
	add_step(s->work[0], s->d.S, 1);
	lift_residual(s->lift, s->work[0], s->next);
	dual_lack(s, s->next, s->d.Z, s->d.T, s->rest);
	return blas_norm((size_t)s->p, s->rest);
}

/* The solution of the Newton system, of a matrix that may have been raised and near the optimum has
 * lost most of its digits, leaves dual infeasibility, which the bound multiplies by |X|^2 / gamma.
 * Corrections change Z and T by themselves: of their own size is what rounding does to them then,
 * where that of a whole step, times Z and W^-1, is all that is left. */
static void refine(struct interior *s)
{
	double least = left(s);

	for (int k = 0; k < REFINEMENTS && least > 0; k++) {
		double now;

		semidefinite_solve(s->H, s->scale, s->rest);
		follow(s, s->rest, &s->more);
		add_change(&s->d, &s->more, 1);
		now = left(s);
		if (!(now < least)) {
			add_change(&s->d, &s->more, -1);
			left(s);
			return;
		}
		least = now;
	}
}

static bool direct(void *state, double target, bool correct)
{
	struct interior *s = state;

	right(s, target, correct);
	lack_of_W(s);
	subtract_product(s, s->Z, s->dW, s->Q);
	dual_lack(s, s->residual, s->Q, s->q, s->step);
	semidefinite_solve(s->H, s->scale, s->step);
	follow(s, s->step, &s->d);
	add_step(s->d.Z, s->Q, 1);
	add_step(s->d.T, s->q, 1);
	semidefinite_symmetrize(s->d.T);
	refine(s);
	add_step(s->d.Z, s->Z, -1);
	add_step(s->d.T, s->T, -1);
	add_step(s->dW, s->d.S, 1);
	add_step(s->d.L, s->lack, 1);
	semidefinite_symmetrize(s->d.L);
	return true;
}

static bool predict(void *state)
{
	struct interior *s = state;

	if (!semidefinite_invert(s->W, s->inverse))
		return false;
	form(s);
	return semidefinite_factor(s->H, s->scale) && direct(s, 0, false);
}

static const struct mehrotra method;

/* The longest step, and that of mehrotra_length, at which A + step dA > 0 and B is definite. */
static double reach(const struct interior *s, struct mat A, struct mat dA, struct mat B,
		    struct mat dB)
{
	double step = 1 / method.to_boundary;

	EACH_SLACK(s, i, j)
	step = mehrotra_limit(step, (double)mat_get(A, i, j), (double)mat_get(dA, i, j));
	step = semidefinite_inside(B, dB, step, s->work[0]);
	return fmin(1, method.to_boundary * step);
}

/* Of both steps the shorter one: mehrotra_direction asks for it before it takes products. */
static double longest(const void *state)
{
	const struct interior *s = state;

	s->length[PRIMAL] = reach(s, s->L, s->d.L, s->W, s->dW);
	s->length[DUAL] = reach(s, s->T, s->d.T, s->Z, s->d.Z);
	return fmin(s->length[PRIMAL], s->length[DUAL]) / method.to_boundary;
}

static double sum_of_products(struct mat A, struct mat dA, double a, struct mat B, struct mat dB,
			      double b)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			sum += ((double)mat_get(A, i, j) + a * (double)mat_get(dA, i, j)) *
			       ((double)mat_get(B, i, j) + b * (double)mat_get(dB, i, j));
	return sum;
}

/* The entries left out have no multiplier. */
static double mean_product(const struct interior *s, double primal, double dual)
{
	double n = (double)s->lift->n;

	return (sum_of_products(s->W, s->dW, primal, s->Z, s->d.Z, dual) +
		sum_of_products(s->L, s->d.L, primal, s->T, s->d.T, dual)) /
	       ((double)s->lift->order + 4 * n * n - 2 * n);
}

static double complementarity(const void *state, double step)
{
	const struct interior *s = state;

	(void)step;
	return mean_product(s, s->length[PRIMAL], s->length[DUAL]);
}

static const struct mehrotra method = {
	.predict = predict,
	.correct = direct,
	.longest = longest,
	.complementarity = complementarity,
	.to_boundary = 0.8, /* nearer to it, W and Z lose their balance: three times the steps */
	.least_sigma = 1e-6,
	.far_enough = 0.1,
};

/* The residual of S, and what L lacks to the products of S. */
static double look(struct interior *s)
{
	lift_products(s->lift, s->S, s->lack);
	add_step(s->lack, s->L, -1);
	return lift_residual(s->lift, s->S, s->residual);
}

static void advance(struct interior *s)
{
	add_step(s->S, s->d.S, s->length[PRIMAL]);
	add_step(s->W, s->dW, s->length[PRIMAL]);
	add_step(s->L, s->d.L, s->length[PRIMAL]);
	add_step(s->next, s->R, -1);
	add_step(s->R, s->next, s->length[DUAL]);
	add_step(s->Z, s->d.Z, s->length[DUAL]);
	add_step(s->T, s->d.T, s->length[DUAL]);
}

static bool step(void *state, struct progress *progress)
{
	struct interior *s = state;
	double mu = mean_product(s, 0, 0);

	if (!mehrotra_direction(&method, s, mu, 0))
		return false;
	longest(s);
	advance(s);
	progress->objective = look(s);
	progress->primal_residual = blas_mat_norm(s->lack) / blas_mat_norm(s->L);
	progress->dual_residual = NAN;
	mu = mean_product(s, 0, 0);
	s->since = mu <= fallen * s->least ? 0 : s->since + 1;
	s->least = fmin(s->least, mu);
	return fmax(s->length[PRIMAL], s->length[DUAL]) > shortest && s->since < PATIENCE;
}

/* The arc-cosine moments, raised by a unit. */
static void start(struct interior *s)
{
	const struct lift *l = s->lift;
	double unit = large * lift_scale(l), dual = unit * l->gamma;

	lift_interior(l, s->S);
	for (ptrdiff_t j = 0; j < l->order; j++)
		blas_scale((size_t)l->order, unit, mat_col(s->S, j));
	mat_copy(s->W, s->S);
	for (ptrdiff_t j = 0; j < l->order; j++)
		mat_set(s->W, j, j, mat_get(s->W, j, j) + (real)(raise * unit));
	semidefinite_invert(s->W, s->Z);
	for (ptrdiff_t j = 0; j < l->order; j++)
		blas_scale((size_t)l->order, dual, mat_col(s->Z, j));
	lift_products(l, s->S, s->L);
	EACH_SLACK(s, i, j)
	{
		mat_set(s->L, i, j, mat_get(s->L, i, j) + (real)(raise * unit));
		mat_set(s->T, i, j, (real)dual / mat_get(s->L, i, j));
	}
	look(s);
	mat_copy(s->R, s->residual);
	s->least = HUGE_VAL;
}

struct lift_method lift_interior_new(const struct lift *lift, struct arena *arena)
{
	struct interior *s = ARENA_NEW(arena, struct interior);
	ptrdiff_t order = lift->order, n = lift->n, d = lift->d;
	struct mat *squares[] = {&s->S,   &s->W,      &s->Z,       &s->dW,      &s->inverse,
				 &s->Q,   &s->M,      &s->work[0], &s->work[1], &s->d.S,
				 &s->d.Z, &s->more.S, &s->more.Z};
	struct mat *products[] = {&s->L,   &s->T,   &s->lack,   &s->q,
				  &s->d.L, &s->d.T, &s->more.L, &s->more.T};

	s->lift = lift;
	s->p = order * (order + 1) / 2 - n;
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		*products[i] = mat_new(arena, 2 * n, 2 * n);
	s->R = mat_new(arena, lift->rows, lift->c);
	s->next = mat_new(arena, lift->rows, lift->c);
	s->residual = mat_new(arena, lift->rows, lift->c);
	s->H = mat_new(arena, s->p, s->p);
	s->scale = ARENA_ARRAY(arena, real, s->p);
	s->step = ARENA_ARRAY(arena, real, s->p);
	s->rest = ARENA_ARRAY(arena, real, s->p);
	s->length = ARENA_ARRAY(arena, double, 2);
	s->term = ARENA_ARRAY(arena, struct term, 1 + 2 * d + d * (d + 1) / 2);
	if (!arena_counts(arena))
		start(s);
	return (struct lift_method){s, step, s->S, s->R, s->T, s->Z};
}
