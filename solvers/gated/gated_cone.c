/* Cone decomposition of gated ReLU networks. See gated_cone.h. */
#include "solvers/gated/gated_cone.h"

#include "solvers/core/blas.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"

#include <math.h>
#include <string.h>

enum { NEWTON_STEPS = 60, HALVINGS = 20 };

/* rho as a share of the mean square of the singular values of X (the published code has 1e-10). */
static const double rho = 1e-10 > 64 * REAL_EPSILON ? 1e-10 : 64 * REAL_EPSILON;

struct gated_cone gated_cone_new(struct mat X, struct gates D, struct mat H, ptrdiff_t k,
				 bool exact, struct arena *arena)
{
	struct gated_cone s = {.X = X, .D = D, .H = H, .exact = exact};
	size_t n = (size_t)X.rows, d = (size_t)X.cols;

	s.wide = mat_new(arena, X.rows, X.cols + 1);
	s.nnls = nnls_new(s.wide, arena);
	s.d = ARENA_ARRAY(arena, real, n);
	s.y = ARENA_ARRAY(arena, real, n);
	s.push = ARENA_ARRAY(arena, real, n);
	s.z = ARENA_ARRAY(arena, real, d);
	s.w = ARENA_ARRAY(arena, real, d);
	s.before = ARENA_ARRAY(arena, real, d);
	s.g = ARENA_ARRAY(arena, double, d + 1);
	s.M = mat_new(arena, X.cols, X.cols);
	s.right = mat_new(arena, X.cols, 1);
	s.each = mat_new(arena, k, k);
	s.joint = mat_new(arena, k, k);
	s.roots = ARENA_ARRAY(arena, real, k);
	blas_expect_eigen(arena, k);
	for (ptrdiff_t c = 0; c < k; c++)
		mat_set(s.each, c, c, 1);
	return s;
}

/* push = e o (X h) */
static void measure(struct gated_cone *s, ptrdiff_t p)
{
	gates_unpack(gates_col(s->D, p), s->X.rows, s->d);
	blas_gemv(1, s->X, PLAIN, mat_col(s->H, p), 0, s->push);
	gates_flip(gates_col(s->D, p), s->X.rows, s->push, s->push);
}

static bool is_zero_row(struct mat X, ptrdiff_t k)
{
	for (ptrdiff_t j = 0; j < X.cols; j++)
		if (fabs((double)mat_get(X, k, j)) > 0)
			return false;
	return true;
}

ptrdiff_t gated_cone_flat(struct gated_cone *s)
{
	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		measure(s, p);
		for (ptrdiff_t k = 0; k < s->X.rows; k++)
			if (!(s->push[k] > 0) && !is_zero_row(s->X, k))
				return p;
	}
	return -1;
}

/* The least t with t (e o X h) >= |y| - e o (X z); z NULL: it is zero. */
static double inside(struct gated_cone *s, ptrdiff_t p, const real *z, real *scratch)
{
	double t = 0;

	memset(scratch, 0, (size_t)s->X.rows * sizeof *scratch);
	if (z)
		blas_gemv(1, s->X, PLAIN, z, 0, scratch);
	gates_flip(gates_col(s->D, p), s->X.rows, scratch, scratch);
	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		double lack = fabs((double)s->y[k]) - (double)scratch[k];

		if (lack > 0 && s->push[k] > 0)
			t = fmax(t, lack / (double)s->push[k]);
	}
	return t;
}

/* z of least length, made feasible to rounding along h. */
static void decompose_exactly(struct gated_cone *s, ptrdiff_t p)
{
	ptrdiff_t n = s->X.rows, d = s->X.cols;
	real *lack = mat_col(s->wide, d);
	double t = inside(s, p, NULL, lack), end;

	for (ptrdiff_t k = 0; k < n; k++)
		lack[k] = (real)fabs((double)s->y[k] / t);
	gates_flip(gates_col(s->D, p), n, lack, lack);
	mat_copy(mat_cols(s->wide, 0, d), s->X);
	nnls_take(&s->nnls, s->wide);
	memset(s->g, 0, (size_t)d * sizeof *s->g);
	s->g[d] = -1;
	nnls_solve(&s->nnls, (struct nnls_block){.d = s->d, .g = s->g}, -1, HUGE_VAL);
	end = s->nnls.r[d];
	for (ptrdiff_t j = 0; j < d; j++)
		s->z[j] = end < 0 ? (real)(-t * s->nnls.r[j] / end) : 0;
	end = inside(s, p, s->z, lack);
	blas_axpy((size_t)d, end, mat_col(s->H, p), s->z);
	if (blas_norm((size_t)d, s->z) > t * blas_norm((size_t)d, mat_col(s->H, p)))
		for (ptrdiff_t j = 0; j < d; j++)
			s->z[j] = (real)t * mat_get(s->H, j, p);
}

/* |(|y| - e o (X z))_+|^2 + penalty |z|^2; the lacks, signed by e, in `lack`. */
static double penalised(struct gated_cone *s, ptrdiff_t p, double penalty, real *lack)
{
	double length = blas_norm((size_t)s->X.cols, s->z), sum = penalty * length * length;

	blas_gemv(1, s->X, PLAIN, s->z, 0, lack);
	gates_flip(gates_col(s->D, p), s->X.rows, lack, lack);
	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		double most = fmax(0, fabs((double)s->y[k]) - (double)lack[k]);

		lack[k] = (real)most;
		sum += most * most;
	}
	gates_flip(gates_col(s->D, p), s->X.rows, lack, lack);
	return sum;
}

/* right = the Newton step of `penalised` from z, whose lacks are there; false: it cannot be had. */
static bool newton(struct gated_cone *s, double penalty, const real *lack)
{
	struct mat rows = mat_cols(s->wide, 0, s->X.cols);

	for (ptrdiff_t j = 0; j < rows.cols; j++)
		for (ptrdiff_t k = 0; k < rows.rows; k++)
			mat_set(rows, k, j, fabs((double)lack[k]) > 0 ? mat_get(s->X, k, j) : 0);
	blas_syrk(1, rows, TRANSPOSED, 0, s->M);
	for (ptrdiff_t j = 0; j < rows.cols; j++) {
		mat_set(s->M, j, j, mat_get(s->M, j, j) + (real)penalty);
		s->right.at[j] = -(real)penalty * s->z[j];
	}
	blas_gemv(1, s->X, TRANSPOSED, lack, 1, s->right.at);
	if (!blas_cholesky(s->M))
		return false;
	blas_cholesky_solve(s->M, s->right);
	return true;
}

static void decompose_nearly(struct gated_cone *s, ptrdiff_t p)
{
	size_t d = (size_t)s->X.cols;
	real *lack = mat_col(s->wide, s->X.cols);
	double size = blas_mat_norm(s->X), penalty = rho * size * size / (double)d, value;

	memcpy(s->z, s->w, d * sizeof *s->z);
	value = penalised(s, p, penalty, lack);
	for (int step = 0; step < NEWTON_STEPS && newton(s, penalty, lack); step++) {
		double next = HUGE_VAL, t = 1;

		memcpy(s->before, s->z, d * sizeof *s->z);
		for (int halving = 0; halving < HALVINGS; halving++, t /= 2) {
			memcpy(s->z, s->before, d * sizeof *s->z);
			blas_axpy(d, t, s->right.at, s->z);
			next = penalised(s, p, penalty, lack);
			if (next < value)
				break;
		}
		if (!(next < value)) {
			memcpy(s->z, s->before, d * sizeof *s->z);
			break;
		}
		value = next;
	}
}

/* z = v + v' of s->w. */
static void decompose(struct gated_cone *s, ptrdiff_t p)
{
	ptrdiff_t above = 0, below = 0;

	measure(s, p);
	blas_gemv(1, s->X, PLAIN, s->w, 0, s->y);
	gates_flip(gates_col(s->D, p), s->X.rows, s->y, s->y);
	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		above += s->y[k] > 0;
		below += s->y[k] < 0;
	}
	if (above == 0 || below == 0)
		for (ptrdiff_t j = 0; j < s->X.cols; j++)
			s->z[j] = above == 0 ? -s->w[j] : s->w[j];
	else if (s->exact)
		decompose_exactly(s, p);
	else
		decompose_nearly(s, p);
}

/* The neuron of v = (z + sign w) / 2 with the output weights sign o, o (k) of length 1; zero ones
 * are left out. */
static void add(const struct gated_cone *s, const real *o, int sign, struct model *model)
{
	bool single = model->kind == &model_relu;
	struct mat *U = single ? &net_of(model)->U : &multinet_of(model)->U;
	ptrdiff_t d = s->X.cols, m = U->cols++;
	real *u = mat_col(*U, m);
	double root;

	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = (s->z[j] + (real)sign * s->w[j]) / 2;
	root = sqrt(blas_norm((size_t)d, u));
	if (!(root > 0)) {
		U->cols--;
		return;
	}
	blas_scale((size_t)d, 1 / root, u);
	for (ptrdiff_t c = 0; c < model_outputs(model); c++) {
		real head = (real)(sign * root) * o[c];

		if (single)
			net_of(model)->alpha[m] = head;
		else
			mat_set(multinet_of(model)->A, m, c, head);
	}
}

/* sum |v| + |v'| over the terms (W_p o) o' of the orthonormal columns o of `basis`; their neurons
 * are added to `model`, NULL: they are not. */
static double take_terms(struct gated_cone *s, struct mat Wp, ptrdiff_t p, struct mat basis,
			 struct model *model)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < basis.cols; c++) {
		blas_gemv(1, Wp, PLAIN, mat_col(basis, c), 0, s->w);
		if (!(blas_norm((size_t)Wp.rows, s->w) > 64 * REAL_EPSILON * blas_mat_norm(Wp)))
			continue;
		decompose(s, p);
		for (int sign = 1; sign >= -1; sign -= 2) {
			double square = 0;

			for (ptrdiff_t j = 0; j < Wp.rows; j++)
				square += pow((double)s->z[j] + sign * (double)s->w[j], 2) / 4;
			sum += sqrt(square);
			if (model)
				add(s, mat_col(basis, c), sign, model);
		}
	}
	return sum;
}

void gated_cone_network(struct gated_cone *s, struct mat W, struct model *model)
{
	ptrdiff_t d = s->X.cols;

	if (model->kind == &model_relu)
		net_of(model)->U.cols = 0;
	else
		multinet_of(model)->U.cols = 0;
	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		struct mat Wp = mat_rows(W, p * d, d);
		struct mat best = s->each;

		if (!(blas_mat_norm(Wp) > 0))
			continue;
		if (W.cols > 1) {
			blas_gemm(1, Wp, TRANSPOSED, Wp, PLAIN, 0, s->joint);
			if (blas_eigen(s->joint, s->roots) &&
			    take_terms(s, Wp, p, s->joint, NULL) <
				    take_terms(s, Wp, p, s->each, NULL))
				best = s->joint;
		}
		take_terms(s, Wp, p, best, model);
	}
}
