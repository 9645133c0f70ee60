/* Sampled convex program of several outputs. See scp_shared.h. */
#include "solvers/scp/scp_shared.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <math.h>
#include <string.h>

enum {
	BLOCK = 2048,  /* rows of Phi at a time: 16 MB in double for 1,000 neurons */
	MOST_STEPS = 6 /* of the group lasso within an iteration of another loss */
};

/* Share of the last misfit that the group lasso of an iteration may leave, in squares. */
static const double inexact = 1e-2;

/* Over-relaxation of ADMM (Eckstein and Bertsekas 1992). */
static const double relaxation = 1.6;

/* Of the largest curvature, what a sample has at least in the model. */
static const double least_weight = 1e-4;

enum {
	MODEL_STEPS = 2, /* of the group lasso for a model */
	LENGTHS = 30     /* of a step that are tried */
};

static bool is_quadratic(const struct scp_shared *s)
{
	return s->problem->loss.loss->quadratic;
}

static bool is_smooth(const struct scp_shared *s)
{
	return s->problem->loss.loss->smooth && !is_quadratic(s);
}

/* Rows first .. of Phi = relu(X U), at most a block of them: a view of them, or formed now. */
static struct mat features(struct scp_shared *s, ptrdiff_t first, bool form)
{
	ptrdiff_t rows = s->problem->X.rows - first;
	struct mat block;

	rows = rows < BLOCK ? rows : BLOCK;
	block = mat_rows(mat_cols(s->Phi, 0, s->U.cols), is_quadratic(s) ? 0 : first, rows);
	if (!form && !is_quadratic(s))
		return block;
	blas_gemm(1, mat_rows(s->problem->X, first, rows), PLAIN, s->U, PLAIN, 0, block);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t j = 0; j < block.cols; j++) {
		real *phi = mat_col(block, j);

		for (ptrdiff_t i = 0; i < rows; i++)
			phi[i] = phi[i] > 0 ? phi[i] : 0;
	}
	return block;
}

/* Targets of rows `first` .. as they stand by themselves. */
static struct targets targets_from(struct scp_shared *s, ptrdiff_t first, ptrdiff_t rows)
{
	struct targets y = s->problem->y;

	for (ptrdiff_t c = 0; c < y.k; c++)
		memcpy(s->y.at + c * rows, y.at + c * y.n + first, (size_t)rows * sizeof *s->y.at);
	return (struct targets){.n = rows,
				.k = y.k,
				.at = s->y.at,
				.label = y.label ? y.label + first : NULL,
				.weight = y.weight ? y.weight + first : NULL};
}

/* Rows times the roots of their weights. */
static void weigh_rows(struct mat M, const real *weight)
{
	for (ptrdiff_t j = 0; j < M.cols; j++)
		for (ptrdiff_t r = 0; r < M.rows; r++)
			mat_col(M, j)[r] *= (real)sqrt((double)weight[r]);
}

/* The Gram matrix of the samples of all ranks from the lower triangle of those here. */
static void sum_gram(struct scp_shared *s)
{
	ranks_sum_lower(s->problem->ranks, s->group.G);
	blas_symmetrize(s->group.G);
}

/* G = Phi'Phi and, for the quadratic loss, B = Phi'Y. */
static void build(struct scp_shared *s)
{
	ptrdiff_t n = s->problem->X.rows;

	for (ptrdiff_t first = 0; first < n; first += BLOCK) {
		struct mat Phi = features(s, first, true);
		struct targets y = targets_from(s, first, Phi.rows);
		struct mat Y = {y.n, y.k, y.n, s->y.at};

		if (y.weight && is_quadratic(s)) {
			weigh_rows(Phi, y.weight);
			weigh_rows(Y, y.weight);
		}
		blas_syrk(1, Phi, TRANSPOSED, 1, s->group.G);
		if (!is_quadratic(s))
			continue;
		blas_gemm(1, Phi, TRANSPOSED, Y, PLAIN, 0, s->S);
		for (ptrdiff_t i = 0; i < s->S.rows * s->S.cols; i++)
			s->group.B[i] += (double)s->S.at[i];
		for (ptrdiff_t i = 0; i < y.n * y.k; i++)
			s->group.square += (double)Y.at[i] * (double)Y.at[i];
	}
	sum_gram(s);
	ranks_sum_all(s->problem->ranks, s->group.B, (size_t)(s->group.N * s->group.k));
	s->group.square = ranks_sum(s->problem->ranks, s->group.square);
	scp_group_refresh(&s->group);
}

struct scp_shared *scp_shared_room(const struct problem *problem, ptrdiff_t N, struct arena *arena)
{
	struct scp_shared *s = ARENA_NEW(arena, struct scp_shared);
	ptrdiff_t n = problem->X.rows, k = problem->y.k;
	ptrdiff_t rows = n < BLOCK ? n : BLOCK;
	double curvature = loss_outputs_curvature(problem->loss, k);

	s->problem = problem;
	s->Phi = mat_new(arena, is_quadratic(s) ? rows : n, N);
	s->A = mat_new(arena, N, k);
	s->F = mat_new(arena, n, k);
	s->slopes = mat_new(arena, n, k);
	s->S = mat_new(arena, N, k);
	s->y = mat_new(arena, rows, k);
	s->group = scp_group_new(N, k, arena);
	if (!is_quadratic(s))
		s->T = mat_new(arena, n, k);
	if (is_smooth(s)) {
		s->V = mat_new(arena, n, k);
		s->w = ARENA_ARRAY(arena, real, n);
		s->weighted = mat_new(arena, rows, N);
		s->before = ARENA_ARRAY(arena, double, N *k);
	} else if (!is_quadratic(s)) {
		s->Z = mat_new(arena, n, k);
		s->W = mat_new(arena, n, k);
		s->penalty = penalty_new(isfinite(curvature) ? curvature / 4 : problem->loss.weight,
					 true);
	}
	return s;
}

/* All features of the neurons; of a loss that is not quadratic, which keeps them. */
static struct mat all_features(const struct scp_shared *s)
{
	return mat_cols(s->Phi, 0, s->U.cols);
}

void scp_shared_take(struct scp_shared *s, struct mat U, const struct mat *A)
{
	ptrdiff_t N = U.cols, k = s->problem->y.k;

	s->U = U;
	s->A.rows = s->A.stride = s->S.rows = s->S.stride = N;
	mat_fill(s->A, 0);
	scp_group_resize(&s->group, N);
	for (ptrdiff_t c = 0; c < k && A; c++)
		for (ptrdiff_t j = 0; j < N; j++) {
			mat_set(s->A, j, c, mat_get(*A, j, c));
			s->group.A[j + c * N] = (double)mat_get(*A, j, c);
		}
	mat_fill(s->group.G, 0);
	memset(s->group.B, 0, (size_t)(N * k) * sizeof *s->group.B);
	s->group.square = 0;
	s->group.beta =
		is_quadratic(s) ? s->problem->beta / s->problem->loss.weight : s->problem->beta;
	build(s);
	if (is_quadratic(s))
		return;
	blas_gemm(1, all_features(s), PLAIN, s->A, PLAIN, 0, s->F);
	if (!is_smooth(s))
		mat_copy(s->Z, s->F);
}

struct scp_shared *scp_shared_new(const struct problem *problem, struct mat U, struct arena *arena)
{
	struct scp_shared *s = scp_shared_room(problem, U.cols, arena);

	s->U = U;
	if (!arena_counts(arena))
		scp_shared_take(s, U, NULL);
	return s;
}

static double norm_of(const struct scp_shared *s)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->A.rows; j++) {
		double square = 0;

		for (ptrdiff_t c = 0; c < s->A.cols; c++)
			square += (double)mat_get(s->A, j, c) * (double)mat_get(s->A, j, c);
		sum += sqrt(square);
	}
	return sum;
}

static void publish(struct scp_shared *s)
{
	for (ptrdiff_t i = 0; i < s->A.rows * s->A.cols; i++)
		s->A.at[i] = (real)s->group.A[i];
}

static double sum_of_squares(struct mat A)
{
	double norm = blas_mat_norm(A);

	return norm * norm;
}

/* A = argmin |Phi A - (Z - W)|^2 / 2 + (beta / rho) sum_j |A_j|, to a share of the last misfit; F =
 * Phi A. */
static void fit(struct scp_shared *s)
{
	for (ptrdiff_t i = 0; i < s->T.rows * s->T.cols; i++)
		s->T.at[i] = s->Z.at[i] - s->W.at[i];
	blas_gemm(1, all_features(s), TRANSPOSED, s->T, PLAIN, 0, s->S);
	ranks_sum_mat(s->problem->ranks, s->S);
	for (ptrdiff_t i = 0; i < s->S.rows * s->S.cols; i++)
		s->group.B[i] = (double)s->S.at[i];
	s->group.square = ranks_sum(s->problem->ranks, sum_of_squares(s->T));
	s->group.beta = s->problem->beta / s->penalty.rho;
	scp_group_refresh(&s->group);
	for (int step = 0; step < MOST_STEPS; step++) {
		scp_group_step(&s->group);
		if (scp_group_gap(&s->group) <= inexact * s->misfit)
			break;
	}
	publish(s);
	blas_gemm(1, all_features(s), PLAIN, s->A, PLAIN, 0, s->F);
}

/* Z = prox of L / rho at H + W, W = H + W - Z, H = F over-relaxed; then rho. */
static void split(struct scp_shared *s, struct progress *progress)
{
	struct penalty_sums sums = {0};
	size_t size = (size_t)(s->T.rows * s->T.cols);
	double ratio;

	for (size_t i = 0; i < size; i++)
		s->T.at[i] = s->W.at[i] + (real)relaxation * s->F.at[i] +
			     (real)(1 - relaxation) * s->Z.at[i];
	memcpy(s->W.at, s->Z.at, size * sizeof *s->W.at); /* Z before */
	loss_outputs_prox(s->problem->loss, 1 / s->penalty.rho, s->T, s->problem->y, s->Z);
	for (size_t i = 0; i < size; i++) {
		penalty_count(&sums, (double)s->F.at[i], (double)s->W.at[i], (double)s->Z.at[i],
			      (double)s->T.at[i]);
		s->W.at[i] = s->T.at[i] - s->Z.at[i];
	}
	penalty_sum(s->problem->ranks, &sums);
	s->misfit = sums.primal;
	progress->primal_residual = penalty_relative(sums.primal, sums.size);
	progress->dual_residual = penalty_relative(sums.change, sums.dual);
	ratio = penalty_change(&s->penalty, ++s->iteration, progress->primal_residual,
			       progress->dual_residual);
	if (ratio > 1 || ratio < 1)
		blas_scale(size, 1 / ratio, s->W.at);
}

/* w: rows of the Hessians summed in absolute value bound their eigenvalues; G = Phi'diag(w)Phi. */
static void weigh(struct scp_shared *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->y.n, k = problem->y.k;
	real least = (real)(least_weight * loss_outputs_curvature(problem->loss, k));

	for (ptrdiff_t r = 0; r < n; r++)
		s->w[r] = least;
	for (ptrdiff_t c = 0; c < k; c++) {
		mat_fill(s->V, 0);
		mat_fill(mat_cols(s->V, c, 1), 1);
		loss_outputs_hessian_product(problem->loss, s->F, problem->y, s->V, s->T);
		for (ptrdiff_t r = 0; r < n; r++) {
			real sum = 0;

			for (ptrdiff_t i = 0; i < k; i++)
				sum += (real)fabs((double)mat_get(s->T, r, i));
			s->w[r] = sum > s->w[r] ? sum : s->w[r];
		}
	}
	for (ptrdiff_t r = 0; r < n; r++)
		s->w[r] = (real)sqrt((double)s->w[r]);
	mat_fill(s->group.G, 0);
	for (ptrdiff_t first = 0; first < n; first += BLOCK) {
		struct mat Phi = features(s, first, false),
			   to = mat_rows(mat_cols(s->weighted, 0, Phi.cols), 0, Phi.rows);

#pragma omp parallel for schedule(static)
		for (ptrdiff_t j = 0; j < Phi.cols; j++)
			for (ptrdiff_t r = 0; r < Phi.rows; r++)
				mat_set(to, r, j, s->w[first + r] * mat_get(Phi, r, j));
		blas_syrk(1, to, TRANSPOSED, 1, s->group.G);
	}
	sum_gram(s);
}

/* S = Phi' grad L at F, given to the group lasso as its slopes. */
static void slope_there(struct scp_shared *s)
{
	loss_outputs_gradient(s->problem->loss, s->F, s->problem->y, s->slopes);
	blas_gemm(1, all_features(s), TRANSPOSED, s->slopes, PLAIN, 0, s->S);
	ranks_sum_mat(s->problem->ranks, s->S);
	scp_group_linearise(&s->group, s->S);
}

/* out = Phi' Hessian(Phi P) */
static void curve(void *of, struct mat P, struct mat out)
{
	struct scp_shared *s = of;

	blas_gemm(1, all_features(s), PLAIN, P, PLAIN, 0, s->V);
	loss_outputs_hessian_product(s->problem->loss, s->F, s->problem->y, s->V, s->T);
	blas_gemm(1, all_features(s), TRANSPOSED, s->T, PLAIN, 0, out);
	ranks_sum_mat(s->problem->ranks, out);
}

/* A moves along the direction D by the first length that lowers the objective enough, which is
 * returned; the slopes are those at A. */
static double search(struct scp_shared *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t size = s->A.rows * s->A.cols, outputs = s->F.rows * s->F.cols;
	double value = loss_outputs_value(problem->loss, s->F, problem->y), t = 0;
	double noise = REAL_EPSILON * value; /* below it, a Newton step is trusted */
	struct scp_group_move move = {0};

	for (int number = 0; number < LENGTHS; number++) {
		double change;

		t = scp_group_length(&s->group, number, t);
		move = scp_group_displace(&s->group, t);
		for (ptrdiff_t i = 0; i < size; i++)
			s->A.at[i] = (real)s->group.R[i];
		blas_gemm(1, all_features(s), PLAIN, s->A, PLAIN, 0, s->V);
		for (ptrdiff_t i = 0; i < outputs; i++)
			s->T.at[i] = s->F.at[i] + s->V.at[i];
		change = loss_outputs_value(problem->loss, s->T, problem->y) - value +
			 problem->beta * (move.norm - move.before);
		if (!(change <= scp_group_enough * move.rate + noise && move.rate < 0))
			continue;
		for (ptrdiff_t i = 0; i < size; i++)
			s->group.A[i] += s->group.R[i];
		memcpy(s->F.at, s->T.at, (size_t)outputs * sizeof *s->F.at);
		return value + problem->beta * move.before + change;
	}
	return value + problem->beta * move.before;
}

/* The largest of the norms of the rows of S. */
static double largest_slope(const struct scp_shared *s)
{
	double largest = 0;

	for (ptrdiff_t j = 0; j < s->S.rows; j++) {
		double square = 0;

		for (ptrdiff_t c = 0; c < s->S.cols; c++)
			square += (double)mat_get(s->S, j, c) * (double)mat_get(s->S, j, c);
		largest = fmax(largest, sqrt(square));
	}
	return largest;
}

/* The relative gap of the point at which the slopes are, by these. */
static double gap_there(struct scp_shared *s, double objective)
{
	size_t size = (size_t)(s->T.rows * s->T.cols);

	for (size_t i = 0; i < size; i++)
		s->T.at[i] = -s->slopes.at[i];
	return 1 - scaling_best(s->problem, s->T.at, largest_slope(s)).bound / objective;
}

/* The step to the minimum of the model, then the Newton step. */
static void descend(struct scp_shared *s, struct progress *progress)
{
	struct scp_group *group = &s->group;
	size_t size = (size_t)(s->A.rows * s->A.cols);

	weigh(s);
	slope_there(s);
	memcpy(s->before, group->A, size * sizeof *s->before);
	for (int step = 0; step < MODEL_STEPS; step++)
		scp_group_step(group);
	for (size_t i = 0; i < size; i++) {
		group->D[i] = group->A[i] - s->before[i];
		group->A[i] = s->before[i];
		group->C[i] = -(double)s->S.at[i];
	}
	progress->objective = search(s);
	slope_there(s);
	progress->gap = gap_there(s, progress->objective);
	if (scp_group_direction(group, (struct scp_group_curvature){curve, s}))
		progress->objective = search(s);
	publish(s);
}

void scp_shared_step(struct scp_shared *s, struct progress *progress)
{
	const struct problem *problem = s->problem;

	if (is_quadratic(s)) {
		scp_group_step(&s->group);
		progress->gap = scp_group_gap(&s->group) / s->group.objective;
		publish(s);
		progress->objective = problem->loss.weight * s->group.objective;
		return;
	}
	if (is_smooth(s)) {
		descend(s, progress);
		return;
	}
	fit(s);
	split(s, progress);
	progress->objective =
		loss_outputs_value(problem->loss, s->F, problem->y) + problem->beta * norm_of(s);
}

/* A dual point of a loss that is not quadratic: grad L at F, at Z, or rho W where there is none. */
static void find_slopes(struct scp_shared *s)
{
	const struct problem *problem = s->problem;
	bool whole = problem->loss.loss->smooth;

	if (!isfinite(loss_outputs_curvature(problem->loss, problem->y.k)))
		scaling_slopes(problem, s->penalty.rho, s->W, s->slopes);
	else
		loss_outputs_gradient(problem->loss, whole ? s->F : s->Z, problem->y, s->slopes);
}

void scp_shared_certify(struct scp_shared *s, struct certificate *certificate)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows;

	mat_fill(s->S, 0);
	if (!is_quadratic(s)) {
		blas_gemm(1, all_features(s), PLAIN, s->A, PLAIN, 0, s->F);
		find_slopes(s);
		blas_gemm(-1, all_features(s), TRANSPOSED, s->slopes, PLAIN, 0, s->S);
	}
	for (ptrdiff_t first = 0; first < n && is_quadratic(s); first += BLOCK) {
		struct mat Phi = features(s, first, false), F = mat_rows(s->F, first, Phi.rows),
			   G = mat_rows(s->slopes, first, Phi.rows);

		blas_gemm(1, Phi, PLAIN, s->A, PLAIN, 0, F);
		loss_outputs_gradient(problem->loss, F, targets_from(s, first, Phi.rows), G);
		blas_gemm(-1, Phi, TRANSPOSED, G, PLAIN, 1, s->S);
	}
	ranks_sum_mat(problem->ranks, s->S);
	blas_scale((size_t)(n * problem->y.k), -1, s->slopes.at);
	certificate->objective =
		loss_outputs_value(problem->loss, s->F, problem->y) + problem->beta * norm_of(s);
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->upper = certificate->objective;
	certificate->lower_bound = scaling_best(problem, s->slopes.at, largest_slope(s)).bound;
	certificate->scope = "sampled";
}
