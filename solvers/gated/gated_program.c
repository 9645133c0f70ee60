/* The gated ReLU program. See gated_program.h. */
#include "solvers/gated/gated_program.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <math.h>
#include <string.h>

enum {
	ROWS = 4 * GATES_BLOCK, /* of Phi at a time */
	MOST_NEW = 10,          /* gates that join the working set at once */
	MODEL_PASSES = 2,       /* of the group lasso for a model */
	HALVINGS = 30
};

/* Of the largest curvature, what a sample has at least in a model. */
static const double least_weight = 1e-4;

/* Share of the slope along a step that its descent has at least. */
static const double enough = 1e-4;

static bool is_quadratic(const struct gated_program *s)
{
	return s->problem.loss.loss->quadratic;
}

/* Column c of a (d P) x k matrix as d x P. */
static struct mat by_gates(const struct gated_program *s, struct mat W, ptrdiff_t c)
{
	ptrdiff_t d = s->problem.X.cols;

	return (struct mat){d, s->D.cols, d, mat_col(W, c)};
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

	for (ptrdiff_t k = 0; k < s->problem.X.rows; k++)
		s->weight[k] = (real)sqrt(s->problem.loss.weight);
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

struct gated_program *gated_program_new(const struct problem *problem, struct gates D,
					struct arena *arena)
{
	struct gated_program *s = ARENA_NEW(arena, struct gated_program);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = D.cols, k = problem->y.k;

	*s = (struct gated_program){.problem = *problem, .D = D};
	struct mat *const parameters[] = {&s->W, &s->S, &s->step};
	struct mat *const outputs[] = {&s->F, &s->A, &s->F2, &s->T};

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
		*parameters[i] = mat_new(arena, d * P, k);
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
		*outputs[i] = mat_new(arena, n, k);
	s->Y = mat_new(arena, n, P);
	s->Phi = mat_new(arena, n < ROWS ? n : ROWS, d * P);
	s->weight = ARENA_ARRAY(arena, real, n);
	s->out = ARENA_ARRAY(arena, bool, P);
	s->slope = ARENA_ARRAY(arena, double, P);
	s->size = ARENA_ARRAY(arena, double, P);
	s->at = ARENA_ARRAY(arena, ptrdiff_t, P);
	s->lasso = gated_lasso_new(d, k, P, arena);
	s->lasso.count = P;
	if (is_quadratic(s)) {
		s->G = mat_new(arena, d * P, d * P);
		s->Q = mat_new(arena, d, d * P);
		s->e = ARENA_ARRAY(arena, real, d * P);
	}
	if (arena_counts(arena))
		return s;
	for (ptrdiff_t p = 0; p < P; p++)
		s->size[p] = size_of(s, p);
	if (is_quadratic(s))
		prepare(s);
	return s;
}

/* F = sum_p D_p X W_p */
static void put_out(struct gated_program *s, struct mat W, struct mat F)
{
	for (ptrdiff_t c = 0; c < F.cols; c++) {
		blas_gemm(1, s->problem.X, PLAIN, by_gates(s, W, c), PLAIN, 0, s->Y);
		gates_outputs(s->D, s->Y, mat_col(F, c));
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
	const struct problem *problem = &s->problem;

	put_out(s, s->W, s->F);
	s->value = loss_outputs_value(problem->loss, s->F, problem->y);
	s->norm = norm_of(s, s->W);
	loss_outputs_gradient(problem->loss, s->F, problem->y, s->A);
	blas_scale((size_t)(s->A.rows * s->A.cols), -1, s->A.at);
	for (ptrdiff_t c = 0; c < s->A.cols; c++) {
		gates_spread(s->D, mat_col(s->A, c), s->Y);
		blas_gemm(1, problem->X, TRANSPOSED, s->Y, PLAIN, 0, by_gates(s, s->S, c));
	}
	for (ptrdiff_t p = 0; p < s->D.cols; p++)
		s->slope[p] = gated_lasso_norm(s->S, problem->X.cols, p);
}

void gated_program_set(struct gated_program *s, double beta)
{
	s->problem.beta = beta;
	s->bound = 0;
	s->screened = 0;
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

/* The group lasso of the working set at W. */
static void gather(struct gated_program *s, ptrdiff_t count)
{
	struct gated_lasso *l = &s->lasso;
	ptrdiff_t d = s->problem.X.cols;

	l->count = count;
	l->beta = s->problem.beta;
	for (ptrdiff_t i = 0; i < count; i++) {
		mat_copy(mat_rows(l->W, i * d, d), mat_rows(s->W, s->at[i] * d, d));
		mat_copy(mat_rows(l->R, i * d, d), mat_rows(s->S, s->at[i] * d, d));
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
	form_gram(s, count, mat_rows(mat_cols(l->G, 0, d * count), 0, d * count));
	for (ptrdiff_t i = 0; i < count; i++)
		gated_lasso_decompose(l, i);
}

/* Roots of the curvatures at F; of several outputs rows of the Hessian summed in absolute value
 * bound its eigenvalues. */
static void weigh(struct gated_program *s)
{
	const struct problem *problem = &s->problem;
	ptrdiff_t n = problem->y.n, k = problem->y.k;
	real least = (real)(least_weight * loss_outputs_curvature(problem->loss, k));

	for (ptrdiff_t r = 0; r < n; r++)
		s->weight[r] = 0;
	for (ptrdiff_t c = 0; c < k; c++) {
		mat_fill(s->F2, 0);
		mat_fill(mat_cols(s->F2, c, 1), 1);
		loss_outputs_hessian_product(problem->loss, s->F, problem->y, s->F2, s->T);
		for (ptrdiff_t r = 0; r < n; r++) {
			real sum = 0;

			for (ptrdiff_t i = 0; i < k; i++)
				sum += (real)fabs((double)mat_get(s->T, r, i));
			s->weight[r] = sum > s->weight[r] ? sum : s->weight[r];
		}
	}
	for (ptrdiff_t r = 0; r < n; r++)
		s->weight[r] = (real)sqrt(fmax((double)least, (double)s->weight[r]));
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
	put_out(s, s->step, s->F2);
	for (int halving = 0; halving < HALVINGS && rate < 0; halving++, t /= 2) {
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
	ptrdiff_t d = s->problem.X.cols, count = choose(s);

	if (count == 0)
		return;
	if (!is_quadratic(s))
		weigh(s);
	gather(s, count);
	for (int pass = 0; pass < (is_quadratic(s) ? 1 : MODEL_PASSES); pass++)
		gated_lasso_pass(&s->lasso);
	if (is_quadratic(s)) {
		for (ptrdiff_t i = 0; i < count; i++)
			mat_copy(mat_rows(s->W, s->at[i] * d, d), mat_rows(s->lasso.W, i * d, d));
		return;
	}
	mat_fill(s->step, 0);
	for (ptrdiff_t i = 0; i < count; i++)
		for (ptrdiff_t c = 0; c < s->W.cols; c++)
			for (ptrdiff_t j = 0; j < d; j++) {
				ptrdiff_t row = s->at[i] * d + j;

				mat_set(s->step, row, c,
					mat_get(s->lasso.W, i * d + j, c) - mat_get(s->W, row, c));
			}
	search(s);
}
