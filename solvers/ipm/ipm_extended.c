/* The Newton system of the interior-point method in twice the digits of double: what a refinement
 * in double cannot close. See ipm_state.h and twofold.h.
 *
 * The matrix A has the entries X'diag(lambda / s) X beside those of F'W F; its condition is the
 * square of that of the rows sqrt(lambda / s) x, sqrt(W) d x and of the cones, and beyond 1e16 a
 * step dx rounded to double does not even hold the dual equations that define it. So here dx, W F
 * dx and X dx leave in double only at the end. */
#include "solvers/ipm/ipm_extended.h"

#include "solvers/core/blas.h"
#include "solvers/tools/twofold.h"

#include <math.h>

struct ipm_extended {
	double *x;                    /* n x d: X */
	struct twofold_mat L[2];      /* d x dP: inverse factors of H_j, zero above the diagonal */
	struct twofold_mat N, T, C;   /* d x dP, n x dP, and of order dP or n */
	struct twofold_mat step[2];   /* d x P */
	struct twofold_mat t;         /* d x P */
	struct twofold_mat u, masked; /* n */
	struct twofold_mat column;    /* d */
};

double ipm_extended_flops(double n, double d, double P)
{
	double order = fmin(n, d * P), other = fmax(n, d * P);

	return 20 * (other * order * order / 2 + order * order * order / 6 + 2 * n * d * d * P +
		     d * d * d * P);
}

struct ipm_extended *ipm_extended_new(const struct ipm *s, struct arena *arena)
{
	struct ipm_extended *e = ARENA_NEW(arena, struct ipm_extended);
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols, P = s->D.cols;
	ptrdiff_t order = s->assembled ? d * P : n;
	double before;

	e->x = ARENA_ARRAY(arena, double, n *d);
	for (ptrdiff_t j = 0; j < d && !arena_counts(arena); j++)
		for (ptrdiff_t k = 0; k < n; k++)
			e->x[k + j * n] = (double)mat_get(s->problem->X, k, j);
	before = arena_held(arena);
	for (int half = 0; half < 2; half++) {
		e->L[half] = twofold_new(arena, d, d * P);
		e->step[half] = twofold_new(arena, d, P);
	}
	e->N = twofold_new(arena, d, d * P);
	e->T = twofold_new(arena, n, d * P);
	e->C = twofold_new(arena, order, order);
	e->t = twofold_new(arena, d, P);
	e->u = twofold_new(arena, n, 1);
	e->masked = twofold_new(arena, n, 1);
	e->column = twofold_new(arena, d, 1);
	arena_untouched_before(arena, 1, arena_held(arena) - before);
	return e;
}

/* T = diag(weight) X, exactly */
static void weigh(const struct ipm_extended *e, const double *weight, struct twofold_mat T)
{
	for (ptrdiff_t j = 0; j < T.cols; j++)
		for (ptrdiff_t k = 0; k < T.rows; k++)
			twofold_set(T, k, j, twofold_product(weight[k], e->x[k + j * T.rows]));
}

/* The inverse factor of H_j; T_i is scratch. */
static bool factor_block(struct ipm *s, int half, ptrdiff_t i)
{
	struct ipm_extended *e = s->extended;
	const struct ipm_half *h = &s->half[half];
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols;
	struct twofold_mat H = twofold_cols(e->L[half], i * d, d);
	struct twofold_mat T = twofold_cols(e->T, i * d, d);
	double *weight = e->masked.high;
	const real *w;
	double w0;
	double scale;
	double factor;

	for (ptrdiff_t k = 0; k < n; k++)
		weight[k] = -(double)mat_get(h->N, k, i) / (double)mat_get(h->S, k, i);
	weigh(e, weight, T);
	twofold_fill(H, 0);
	for (ptrdiff_t b = 0; b < d; b++)
		for (ptrdiff_t a = b; a < d; a++)
			twofold_set(
				H, a, b,
				twofold_dot_plain(n, T.high + b * n, T.low + b * n, e->x + a * n));
	/* H += eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)), lower triangle */
	w = mat_col(h->cones.w, i);
	w0 = (double)w[0];
	scale = 1 / ((double)h->cones.eta[i] * (double)h->cones.eta[i]);
	factor = -2 * scale / (2 * w0 * w0 - 1);
	for (ptrdiff_t b = 0; b < H.rows; b++) {
		for (ptrdiff_t a = b; a < H.rows; a++) {
			struct twofold part = twofold_multiply(
				(struct twofold){factor, 0},
				twofold_product((double)w[a + 1], (double)w[b + 1]));

			if (a == b)
				part = twofold_add(part, (struct twofold){scale, 0});
			twofold_set(H, a, b, twofold_add(twofold_get(H, a, b), part));
		}
	}
	if (!twofold_cholesky(H))
		return false;
	twofold_lower_inverse(H);
	return true;
}

bool ipm_extended_factor(struct ipm *s)
{
	struct ipm_extended *e = s->extended;
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols;
	double *weight = e->masked.high;

	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct twofold_mat N = twofold_cols(e->N, i * d, d);
		struct twofold_mat T = twofold_cols(e->T, i * d, d);

		if (!factor_block(s, 0, i) || !factor_block(s, 1, i))
			return false;
		twofold_fill(N, 0); /* N_i N_i' = H_V^-1 + H_W^-1 */
		for (int half = 0; half < 2; half++)
			twofold_gram(twofold_cols(e->L[half], i * d, d), N);
		if (!twofold_cholesky(N))
			return false;
		gates_mask(gates_col(s->D, i), n, s->root_w, s->masked);
		for (ptrdiff_t k = 0; k < n; k++)
			weight[k] = (double)s->masked[k];
		weigh(e, weight, T); /* T_i = W^(1/2) D_i X N_i */
		twofold_multiply_lower(T, N);
	}
	twofold_fill(e->C, 0);
	for (ptrdiff_t k = 0; k < e->C.rows; k++)
		twofold_set(e->C, k, k, (struct twofold){1, 0});
	if (s->assembled)
		twofold_gram(e->T, e->C);
	else
		twofold_outer(e->T, e->C);
	return twofold_cholesky(e->C);
}

/* x = H^-1 x = L^-T L^-1 x, one column */
static void solve_block(struct ipm_extended *e, struct twofold_mat inverse, struct twofold_mat x)
{
	ptrdiff_t d = x.rows;

	twofold_fill(e->column, 0);
	for (ptrdiff_t j = 0; j < d; j++)
		twofold_axpy(d - j, twofold_get(x, j, 0), inverse.high + j + j * d,
			     inverse.low + j + j * d, e->column.high + j, e->column.low + j);
	for (ptrdiff_t j = 0; j < d; j++)
		twofold_set(x, j, 0,
			    twofold_dot(d - j, inverse.high + j + j * d, inverse.low + j + j * d,
					e->column.high + j, e->column.low + j));
}

/* step = H^-1 (R - sign X'(D o u)) for all blocks, without u at first */
static void solve_blocks(struct ipm *s, bool with_u)
{
	struct ipm_extended *e = s->extended;
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols;

	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct twofold_mat v = twofold_cols(e->step[0], i, 1),
				   w = twofold_cols(e->step[1], i, 1);

		gates_unpack(gates_col(s->D, i), n, s->masked);
		for (ptrdiff_t k = 0; k < n; k++) {
			double mask = with_u ? (double)s->masked[k] : 0;

			e->masked.high[k] = mask * e->u.high[k];
			e->masked.low[k] = mask * e->u.low[k];
		}
		for (ptrdiff_t j = 0; j < d; j++) {
			struct twofold part = {0, 0};
			struct twofold rv = {(double)mat_get(s->half[0].R, j, i), 0};
			struct twofold rw = {(double)mat_get(s->half[1].R, j, i), 0};

			if (with_u)
				part = twofold_dot_plain(n, e->masked.high, e->masked.low,
							 e->x + j * n);
			twofold_set(v, j, 0, twofold_add(rv, twofold_negative(part)));
			twofold_set(w, j, 0, twofold_add(rw, part));
		}
		solve_block(e, twofold_cols(e->L[0], i * d, d), v);
		solve_block(e, twofold_cols(e->L[1], i * d, d), w);
	}
}

void ipm_extended_solve(struct ipm *s)
{
	struct ipm_extended *e = s->extended;
	ptrdiff_t n = s->D.rows, d = s->problem->X.cols;
	struct twofold_mat t = {d * s->D.cols, 1, e->t.high, e->t.low};

	solve_blocks(s, false);
	for (ptrdiff_t k = 0; k < t.rows; k++)
		twofold_set(t, k, 0,
			    twofold_add((struct twofold){e->step[0].high[k], e->step[0].low[k]},
					(struct twofold){-e->step[1].high[k], -e->step[1].low[k]}));
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		twofold_forward(twofold_cols(e->N, i * d, d), twofold_cols(e->t, i, 1));
	if (s->assembled) {
		twofold_forward(e->C, t);
		twofold_backward(e->C, t);
	}
	twofold_fill(e->u, 0); /* u = T t */
	for (ptrdiff_t j = 0; j < t.rows; j++)
		twofold_axpy(n, twofold_get(t, j, 0), e->T.high + j * n, e->T.low + j * n,
			     e->u.high, e->u.low);
	if (!s->assembled) {
		twofold_forward(e->C, e->u);
		twofold_backward(e->C, e->u);
	}
	for (ptrdiff_t k = 0; k < n; k++) {
		struct twofold u = twofold_multiply((struct twofold){(double)s->root_w[k], 0},
						    twofold_get(e->u, k, 0));

		twofold_set(e->u, k, 0, u);
		s->da[k] += u.high;
	}
	solve_blocks(s, true);
	for (int half = 0; half < 2; half++)
		for (ptrdiff_t k = 0; k < t.rows; k++)
			s->half[half].added.at[k] = (real)e->step[half].high[k];
}

void ipm_extended_products(struct ipm *s, int half)
{
	struct ipm_extended *e = s->extended;
	ptrdiff_t n = s->D.rows;

	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		twofold_fill(e->masked, 0);
		for (ptrdiff_t j = 0; j < s->problem->X.cols; j++)
			twofold_axpy_plain(n, twofold_get(e->step[half], j, i), e->x + j * n,
					   e->masked.high, e->masked.low);
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(s->Q, k, i, (real)e->masked.high[k]);
	}
}
