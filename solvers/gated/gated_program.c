/* The gated ReLU program. See gated_program.h. */
#include "solvers/gated/gated_program.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	ROWS = 4 * GATES_BLOCK, /* of Phi at a time */
	MOST_NEW = 10,          /* gates that join the working set at once */
	MODEL_PASSES = 2,       /* of the group lasso for a model */
	HALVINGS = 30
};

/* Of the largest curvature, what a sample has at least in a model: far from the optimum, and as a
 * share of the gap, so that samples that are nearly linear there do not hold up the end. */
static const double far_weight = 1e-4, gap_weight = 1e-2;

/* Share of the slope along a step that its descent has at least. */
static const double enough = 1e-4;

static bool is_quadratic(const struct gated_program *s)
{
	return s->problem.loss.loss->quadratic;
}

/* Outputs are coupled by the curvature of the loss: their weights of a gate are one block of the
 * group lasso, an output behind the other. */
static bool is_joint(const struct gated_program *s)
{
	return s->problem.y.k > 1 && !is_quadratic(s);
}

/* Rows first .. of [D_p X]_p in at[0 .. count-1], each times `weight` (NULL: 1). */
static struct mat features(struct gated_program *s, ptrdiff_t first, ptrdiff_t count,
			   const real *weight)
{
	struct mat X = s->problem.X, Phi;
	ptrdiff_t rows = X.rows - first < ROWS ? X.rows - first : ROWS;

	Phi = mat_rows(mat_cols(s->Phi, 0, count * X.cols), 0, rows);
	for (ptrdiff_t i = 0; i < count; i++)
		for (ptrdiff_t j = 0; j < X.cols; j++) {
			real *phi = mat_col(Phi, i * X.cols + j);

			gates_mask(gates_from(s->D, s->at[i], first), rows, mat_col(X, j) + first,
				   phi);
			for (ptrdiff_t r = 0; weight && r < rows; r++)
				phi[r] *= weight[first + r];
		}
	return Phi;
}

/* G of the first `count` gates of `at`, in both triangles. */
static void form_gram(struct gated_program *s, ptrdiff_t count, struct mat G)
{
	mat_fill(G, 0);
	for (ptrdiff_t first = 0; first < s->problem.X.rows; first += ROWS)
		blas_syrk(1, features(s, first, count, s->weight), TRANSPOSED, 1, G);
	blas_symmetrize(G);
}

/* The whole Gram matrix of the squared loss, by way of the group lasso's room. */
static void prepare(struct gated_program *s)
{
	ptrdiff_t d = s->problem.X.cols, P = s->D.cols;

	for (ptrdiff_t k = 0; k < s->problem.X.rows; k++) {
		double own = s->problem.y.weight ? (double)s->problem.y.weight[k] : 1;

		s->weight[k] = (real)sqrt(s->problem.loss.weight * own);
	}
	for (ptrdiff_t p = 0; p < P; p++)
		s->at[p] = p;
	form_gram(s, P, s->lasso.G);
	for (ptrdiff_t p = 0; p < P; p++)
		gated_lasso_decompose(&s->lasso, p);
	mat_copy(s->G, s->lasso.G);
	mat_copy(s->Q, s->lasso.Q);
	memcpy(s->e, s->lasso.e, (size_t)(d * P) * sizeof *s->e);
}

/* |D_p X|_F, which is not below |D_p X|_2 */
static double size_of(const struct gated_program *s, ptrdiff_t p)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < s->problem.X.cols; j++)
		for (ptrdiff_t k = 0; k < s->problem.X.rows; k++)
			if (gates_get(s->D, k, p))
				square += (double)mat_get(s->problem.X, k, j) *
					  (double)mat_get(s->problem.X, k, j);
	return sqrt(square);
}

/* What GATED_NEWTON needs. */
static void add_newton(struct gated_program *s, struct arena *arena)
{
	ptrdiff_t n = s->problem.X.rows, d = s->problem.X.cols, P = s->D.cols;

	s->Phi = mat_new(arena, n < ROWS ? n : ROWS, d * P);
	s->weight = ARENA_ARRAY(arena, real, n);
	s->lasso = is_joint(s) ? gated_lasso_new(d * s->problem.y.k, 1, P, arena)
			       : gated_lasso_new(d, s->problem.y.k, P, arena);
	s->lasso.count = P;
	if (is_joint(s)) {
		s->Phi2 = mat_new(arena, s->Phi.rows, d * P);
		s->pair = mat_new(arena, d * P, d * P);
	}
	if (!is_quadratic(s))
		return;
	s->G = mat_new(arena, d * P, d * P);
	s->Q = mat_new(arena, d, d * P);
	s->e = ARENA_ARRAY(arena, real, d * P);
	if (!arena_counts(arena))
		prepare(s);
}

struct gated_program *gated_program_new(const struct problem *problem, struct gates D,
					enum gated_method method, struct arena *arena)
{
	struct gated_program *s = ARENA_NEW(arena, struct gated_program);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = D.cols, k = problem->y.k;

	*s = (struct gated_program){.method = method, .problem = *problem, .D = D};
	struct mat *const parameters[] = {&s->W, &s->S, &s->step, &s->before};
	struct mat *const outputs[] = {&s->F, &s->A, &s->F2, &s->T, &s->F_before};
	ptrdiff_t less = method != GATED_FISTA; /* the last of both are of GATED_FISTA */

	for (ptrdiff_t i = 0; i < 4 - less; i++)
		*parameters[i] = mat_new(arena, d * P, k);
	for (ptrdiff_t i = 0; i < 5 - less; i++)
		*outputs[i] = mat_new(arena, n, k);
	s->Y = mat_new(arena, n, P);
	s->some = mat_new(arena, d, P);
	s->out = ARENA_ARRAY(arena, bool, P);
	s->slope = ARENA_ARRAY(arena, double, P);
	s->size = ARENA_ARRAY(arena, double, P);
	s->at = ARENA_ARRAY(arena, ptrdiff_t, P);
	s->listed = ARENA_ARRAY(arena, ptrdiff_t, P);
	s->wide = wide_new(d, P, arena);
	s->z = ARENA_ARRAY(arena, double, d *P);
	if (!arena_counts(arena))
		for (ptrdiff_t p = 0; p < P; p++)
			s->size[p] = size_of(s, p);
	if (method == GATED_NEWTON)
		add_newton(s, arena);
	return s;
}

/* Over the gates that have weights. */
void gated_program_put_out(struct gated_program *s, struct mat W, struct mat F)
{
	ptrdiff_t n = F.rows, d = s->problem.X.cols, count = 0;
	struct mat Y, some;

	for (ptrdiff_t p = 0; p < s->D.cols; p++)
		if (gated_lasso_norm(W, d, p) > 0)
			s->listed[count++] = p;
	Y = mat_cols(s->Y, 0, count);
	some = mat_cols(s->some, 0, count);
	mat_fill(F, 0);
	for (ptrdiff_t c = 0; c < F.cols && count > 0; c++) {
		real *f = mat_col(F, c);

		for (ptrdiff_t i = 0; i < count; i++)
			memcpy(mat_col(some, i), mat_col(W, c) + s->listed[i] * d,
			       (size_t)d * sizeof *f);
		blas_gemm(1, s->problem.X, PLAIN, some, PLAIN, 0, Y);
#pragma omp parallel for schedule(static)
		for (ptrdiff_t first = 0; first < n; first += GATES_BLOCK)
			for (ptrdiff_t i = 0; i < count; i++)
				gates_add(gates_from(s->D, s->listed[i], first),
					  n - first < GATES_BLOCK ? n - first : GATES_BLOCK,
					  mat_col(Y, i) + first, f + first);
	}
}

/* Sums in double, whatever `real` is. Norms take in the rounding of sums of n products (Higham
 * 2002, section 3.1). */
void gated_program_find_slopes(struct gated_program *s, struct mat F, bool all)
{
	ptrdiff_t d = s->problem.X.cols, k = s->A.cols, count = 0;
	double rounding;

	loss_outputs_gradient(s->problem.loss, F, s->problem.y, s->A);
	blas_scale((size_t)(s->A.rows * s->A.cols), -1, s->A.at);
	rounding = ((double)s->A.rows + 4) * DBL_EPSILON * blas_mat_norm(s->A);
	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		s->slope[p] = 0;
		if (all || !s->out[p])
			s->listed[count++] = p;
	}
	for (ptrdiff_t c = 0; c < k; c++) {
#pragma omp parallel for schedule(static)
		for (ptrdiff_t i = 0; i < count; i++)
			gates_mask(gates_col(s->D, s->listed[i]), s->A.rows, mat_col(s->A, c),
				   mat_col(s->Y, i));
		wide_transposed(&s->wide, s->problem.X, mat_cols(s->Y, 0, count), s->z);
		for (ptrdiff_t i = 0; i < count; i++) {
			double norm = wide_norm(d, s->z + i * d), *slope = &s->slope[s->listed[i]];

			*slope += norm * norm;
			for (ptrdiff_t j = 0; j < d; j++)
				mat_set(s->S, s->listed[i] * d + j, c, (real)s->z[i * d + j]);
		}
	}
	for (ptrdiff_t i = 0; i < count; i++) {
		double *slope = &s->slope[s->listed[i]];

		*slope = sqrt(*slope) * (1 + (double)(d * k + 4) * DBL_EPSILON) +
			 rounding * s->size[s->listed[i]];
	}
}

static double norm_of(const struct gated_program *s, struct mat W)
{
	double sum = 0;

	for (ptrdiff_t p = 0; p < s->D.cols; p++)
		sum += gated_lasso_norm(W, s->problem.X.cols, p);
	return sum;
}

void gated_program_evaluate(struct gated_program *s)
{
	gated_program_put_out(s, s->W, s->F);
	s->value = loss_outputs_value(s->problem.loss, s->F, s->problem.y);
	s->norm = norm_of(s, s->W);
	gated_program_find_slopes(s, s->F, true);
}

void gated_program_set(struct gated_program *s, double beta)
{
	s->problem.beta = beta;
	s->bound = 0;
	s->screened = 0;
	s->momentum = 0;
	memset(s->out, 0, (size_t)s->D.cols * sizeof *s->out);
}

double gated_program_largest(const struct gated_program *s)
{
	double largest = 0;

	for (ptrdiff_t p = 0; p < s->D.cols; p++)
		largest = fmax(largest, s->slope[p]);
	return largest;
}

/* The dual is strongly concave with 1 / (curvature of the loss): its optimum is within sqrt(2
 * curvature gap) of the scaled point. */
static void screen(struct gated_program *s, double gap)
{
	double curvature = loss_outputs_curvature(s->problem.loss, s->problem.y.k);
	double radius = sqrt(2 * curvature * fmax(0, gap));

	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		double most = s->scale * s->slope[p] + radius * s->size[p];

		if (!s->out[p] && most < s->problem.beta * (1 - 64 * REAL_EPSILON) &&
		    !(gated_lasso_norm(s->W, s->problem.X.cols, p) > 0)) {
			s->out[p] = true;
			s->screened++;
		}
	}
}

double gated_program_bound(struct gated_program *s)
{
	struct scaling best = scaling_best(&s->problem, s->A.at, gated_program_largest(s));

	s->scale = best.scale;
	s->last = best.bound;
	s->bound = fmax(s->bound, best.bound);
	return s->bound;
}

double gated_program_gap(struct gated_program *s)
{
	double objective = s->value + s->problem.beta * s->norm;

	gated_program_bound(s);
	screen(s, objective - s->last);
	return objective > 0 ? (objective - s->bound) / objective : 0;
}

/* Gates in use and the strongest of those that want to be. */
static ptrdiff_t choose(struct gated_program *s)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t p = 0; p < s->D.cols; p++)
		if (gated_lasso_norm(s->W, s->problem.X.cols, p) > 0)
			s->at[count++] = p;
	for (int fresh = 0; fresh < MOST_NEW; fresh++) {
		ptrdiff_t best = -1;

		for (ptrdiff_t p = 0; p < s->D.cols; p++)
			if (!s->out[p] && s->slope[p] > s->problem.beta &&
			    (best < 0 || s->slope[p] > s->slope[best]) &&
			    !(gated_lasso_norm(s->W, s->problem.X.cols, p) > 0))
				best = p;
		if (best < 0)
			break;
		s->at[count++] = best;
		s->slope[best] = 0; /* taken */
	}
	return count;
}

static double least_weight(const struct gated_program *s)
{
	double objective = s->value + s->problem.beta * s->norm;
	double gap = objective > 0 ? fmax(0, objective - s->bound) / objective : 0;

	return fmax(REAL_EPSILON, fmin(far_weight, gap_weight * gap)) *
	       loss_outputs_curvature(s->problem.loss, s->problem.y.k);
}

/* Outputs c and e of G: sum over samples of weight (features) (features)'. */
static void join(struct gated_program *s, ptrdiff_t count, ptrdiff_t c, ptrdiff_t e, struct mat G)
{
	ptrdiff_t k = s->problem.y.k, d = s->problem.X.cols, N = count * d;
	struct mat pair = mat_rows(mat_cols(s->pair, 0, N), 0, N);

	mat_fill(pair, 0);
	for (ptrdiff_t first = 0; first < s->problem.X.rows; first += ROWS) {
		struct mat Phi = features(s, first, count, s->weight);
		struct mat weighted = mat_rows(mat_cols(s->Phi2, 0, N), 0, Phi.rows);

		mat_copy(weighted, Phi);
		Phi = features(s, first, count, NULL);
		blas_gemm(1, Phi, TRANSPOSED, weighted, PLAIN, 1, pair);
	}
	for (ptrdiff_t i = 0; i < count; i++)
		for (ptrdiff_t j = 0; j < count; j++) {
			struct mat from = mat_rows(mat_cols(pair, j * d, d), i * d, d);

			mat_copy(mat_rows(mat_cols(G, (j * k + e) * d, d), (i * k + c) * d, d),
				 from);
			mat_copy(mat_rows(mat_cols(G, (j * k + c) * d, d), (i * k + e) * d, d),
				 from);
		}
}

/* G of outputs that are coupled by the second derivatives at F, with a least curvature. */
static void form_joint(struct gated_program *s, ptrdiff_t count, struct mat G)
{
	const struct problem *problem = &s->problem;
	real least = (real)least_weight(s);

	for (ptrdiff_t e = 0; e < problem->y.k; e++)
		for (ptrdiff_t c = 0; c <= e; c++) {
			mat_fill(s->F2, 0);
			mat_fill(mat_cols(s->F2, e, 1), 1);
			loss_outputs_hessian_product(problem->loss, s->F, problem->y, s->F2, s->T);
			for (ptrdiff_t r = 0; r < problem->y.n; r++)
				s->weight[r] = mat_get(s->T, r, c) + (c == e ? least : 0);
			join(s, count, c, e, G);
		}
}

/* Weights of gate i of the working set and output c, in the group lasso; and of gate p in the
 * program. */
static struct mat in_lasso(const struct gated_program *s, struct mat A, ptrdiff_t i, ptrdiff_t c)
{
	ptrdiff_t d = s->problem.X.cols;

	return is_joint(s) ? mat_rows(A, (i * s->problem.y.k + c) * d, d)
			   : mat_cols(mat_rows(A, i * d, d), c, 1);
}

static struct mat in_program(const struct gated_program *s, struct mat A, ptrdiff_t p, ptrdiff_t c)
{
	ptrdiff_t d = s->problem.X.cols;

	return mat_cols(mat_rows(A, p * d, d), c, 1);
}

/* Roots of the curvatures at F, of one output. */
static void weigh(struct gated_program *s)
{
	double least = least_weight(s);

	mat_fill(s->F2, 1);
	loss_outputs_hessian_product(s->problem.loss, s->F, s->problem.y, s->F2, s->T);
	for (ptrdiff_t r = 0; r < s->problem.y.n; r++)
		s->weight[r] = (real)sqrt(fmax(least, (double)mat_get(s->T, r, 0)));
}

/* The group lasso of the working set at W. */
static void gather(struct gated_program *s, ptrdiff_t count)
{
	struct gated_lasso *l = &s->lasso;
	ptrdiff_t d = s->problem.X.cols, N = l->d * count;

	l->count = count;
	l->beta = s->problem.beta;
	for (ptrdiff_t i = 0; i < count; i++) {
		for (ptrdiff_t c = 0; c < s->problem.y.k; c++) {
			mat_copy(in_lasso(s, l->W, i, c), in_program(s, s->W, s->at[i], c));
			mat_copy(in_lasso(s, l->R, i, c), in_program(s, s->S, s->at[i], c));
		}
		if (!is_quadratic(s))
			continue;
		mat_copy(mat_cols(l->Q, i * d, d), mat_cols(s->Q, s->at[i] * d, d));
		memcpy(l->e + i * d, s->e + s->at[i] * d, (size_t)d * sizeof *l->e);
		for (ptrdiff_t j = 0; j < count; j++)
			mat_copy(mat_rows(mat_cols(l->G, i * d, d), j * d, d),
				 mat_rows(mat_cols(s->G, s->at[i] * d, d), s->at[j] * d, d));
	}
	if (is_quadratic(s))
		return;
	if (is_joint(s)) {
		form_joint(s, count, mat_rows(mat_cols(l->G, 0, N), 0, N));
	} else {
		weigh(s);
		form_gram(s, count, mat_rows(mat_cols(l->G, 0, N), 0, N));
	}
	for (ptrdiff_t i = 0; i < count; i++)
		gated_lasso_decompose(l, i);
}

/* W moves along `step` by the first of 1, 1/2, ... that lowers the objective enough. */
static void search(struct gated_program *s)
{
	const struct problem *problem = &s->problem;
	ptrdiff_t size = s->W.rows * s->W.cols, outputs = s->F.rows * s->F.cols;
	double noise = 16 * REAL_EPSILON * s->value, linear = 0, t = 1, rate;

	for (ptrdiff_t i = 0; i < size; i++) { /* `step` becomes the point at its end */
		linear -= (double)s->step.at[i] * (double)s->S.at[i];
		s->step.at[i] += s->W.at[i];
	}
	rate = linear + problem->beta * (norm_of(s, s->step) - s->norm);
	for (ptrdiff_t i = 0; i < size; i++)
		s->step.at[i] -= s->W.at[i];
	gated_program_put_out(s, s->step, s->F2);
	for (int halving = 0; halving < HALVINGS && rate < noise; halving++, t /= 2) {
		double change;

		for (ptrdiff_t i = 0; i < outputs; i++)
			s->T.at[i] = s->F.at[i] + (real)t * s->F2.at[i];
		for (ptrdiff_t i = 0; i < size; i++)
			s->W.at[i] += (real)t * s->step.at[i];
		change = loss_outputs_value(problem->loss, s->T, problem->y) - s->value +
			 problem->beta * (norm_of(s, s->W) - s->norm);
		if (change <= enough * t * rate + noise)
			return;
		for (ptrdiff_t i = 0; i < size; i++)
			s->W.at[i] -= (real)t * s->step.at[i];
	}
}

void gated_program_step(struct gated_program *s)
{
	ptrdiff_t count = choose(s);

	if (count == 0)
		return;
	gather(s, count);
	for (int pass = 0; pass < (is_quadratic(s) ? 1 : MODEL_PASSES); pass++)
		gated_lasso_pass(&s->lasso);
	if (!is_quadratic(s))
		mat_fill(s->step, 0);
	for (ptrdiff_t i = 0; i < count; i++)
		for (ptrdiff_t c = 0; c < s->W.cols; c++) {
			struct mat from = in_lasso(s, s->lasso.W, i, c);
			struct mat W = in_program(s, s->W, s->at[i], c);
			struct mat step = in_program(s, s->step, s->at[i], c);

			if (is_quadratic(s))
				mat_copy(W, from);
			for (ptrdiff_t j = 0; j < W.rows && !is_quadratic(s); j++)
				step.at[j] = from.at[j] - W.at[j];
		}
	if (!is_quadratic(s))
		search(s);
}
