/* Independent evaluation of the convex program; see cvx.h for the notation. The primal side:
 * objective and feasibility of a point, and a feasible point near it.
 *
 * A block v_i outside its cone K_i = {u : e_i o (X u) >= 0} becomes the nearest of
 *
 *     v_i + t h_i,   r + t h_i with r next to the projection of v_i on K_i,   0
 *
 * t the least step along the interior direction h_i (interior.h) that makes it feasible. Where no
 * direction is known to be strictly inside, r is the projection to rounding, by the active set
 * method, of so many of the longest blocks as `affordable` says, and 0 of others. The repaired
 * point is then scaled, which keeps it feasible: min over c in [0, 2] of L(c f, y) + c beta sum
 * |.|, with f the outputs of the network (relu(X v) and d o (X v) differ by rounding). */
#include "solvers/cvx/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/cvx_dual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A part of the gap this small is not worth another step. */
static const double slack_share = 0.02;

enum {
	EXACT_MOST = 32, /* features up to which the active set method is as cheap as a few steps */
	PROJECT_STEPS = 20,
	CHECK_EVERY = 10,
	SCALE_STEPS = 30 /* golden section on [0, 2]: 1e-6, and the minimum is flat */
};

/* Operations that active set projections of one certificate may take, a few seconds; of about r
 * steps of 2 n r operations each. Of 60,000 images in single precision, where rounding hides the
 * directions, a single block has 6e10. */
static const double affordable = 2e10;

/* 1 / rho of the projections: blocks are nearly feasible, so that few rows bind. */
static const double penalty = 10;
/* Projections below this many units of rounding are zero. */
static const double rounding = 1e4;

/* What belongs to one output: its point, its dual point, the best of them. */
static void own_new(struct cvx *cvx, struct arena *arena)
{
	ptrdiff_t n = cvx->problem->X.rows, d = cvx->problem->X.cols, P = cvx->patterns.D.cols;

	cvx->M = mat_new(arena, n, 2 * P);
	cvx->R = mat_new(arena, d, 2 * P);
	cvx->RV = mat_cols(cvx->R, 0, P);
	cvx->RW = mat_cols(cvx->R, P, P);
	cvx->alpha = ARENA_ARRAY(arena, real, n);
	cvx->kept = (struct cvx_kept){.alpha = ARENA_ARRAY(arena, real, n),
				      .norm = ARENA_ARRAY(arena, double, 2 * P)};
	cvx->warm = false;
	cvx->slack = slack_share;
}

struct cvx cvx_new(const struct problem *problem, const struct patterns *patterns,
		   struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = patterns->D.cols;
	struct cvx cvx = {.problem = problem, .patterns = *patterns};

	own_new(&cvx, arena);
	cvx.cone = signcone_spread(problem->X, problem->ranks, problem->mapped, arena);
	cvx.interior = interior_new(&cvx.cone, P, arena);
	cvx.push = mat_new(arena, n, P);
	cvx.Z = mat_new(arena, d, 2 * P);
	cvx.f = ARENA_ARRAY(arena, real, n);
	cvx.fr = ARENA_ARRAY(arena, real, n);
	cvx.a = ARENA_ARRAY(arena, real, n);
	cvx.d = ARENA_ARRAY(arena, real, n);
	cvx.g = ARENA_ARRAY(arena, double, d);
	cvx.wide_z = ARENA_ARRAY(arena, double, d * 2 * P);
	cvx.size = arena_counts(arena) ? 0 : ranks_mat_norm(problem->ranks, problem->X);
	if (problem->ranks)
		cvx.room = ARENA_ARRAY(arena, double, problem->ranks->count *(2 * P + 1));
	cvx.affordable = affordable;
	cvx.at = ARENA_ARRAY(arena, ptrdiff_t, 2 * P);
	cvx.norm = ARENA_ARRAY(arena, double, 2 * P);
	cvx.moved = ARENA_ARRAY(arena, real, n);
	cvx.order = ARENA_ARRAY(arena, struct cvx_order, 2 * P);
	cvx.exact = cvx.cone.B.cols <= EXACT_MOST;
	cvx.nnls = nnls_new(cvx.cone.B, arena);
	cvx.nnls.ranks = problem->ranks;
	if (!cvx.exact) /* its two square matrices */
		arena_untouched(arena, 2 * pow((double)cvx.cone.B.cols, 2) * sizeof(double));
	cvx.split = splitting_new(&cvx.cone, 2 * P, arena);
	cvx.wide = wide_new(d, 2 * P, arena);
	return cvx;
}

struct cvx cvx_beside(struct cvx *first, const struct problem *problem, struct arena *arena)
{
	struct cvx cvx = *first;

	cvx.problem = problem;
	cvx.first = first;
	own_new(&cvx, arena);
	return cvx;
}

void cvx_prepare(struct cvx *cvx)
{
	cvx->split.cone = &cvx->cone; /* wherever cvx is now */
	if (cvx->interior.ready)
		return;
	if (cvx->first) {
		cvx_prepare(cvx->first);
		cvx->cone = cvx->first->cone;
		cvx->interior = cvx->first->interior;
		cvx->nnls = cvx->first->nnls;
		return;
	}
	signcone_prepare(&cvx->cone);
	interior_search(&cvx->interior, &cvx->split, cvx->patterns.D, cvx->patterns.H);
	blas_gemm(1, cvx->problem->X, PLAIN, cvx->interior.H, PLAIN, 0, cvx->push);
	nnls_take(&cvx->nnls, cvx->cone.B);
}

void cvx_forecast(double n, double d, double P, struct forecast *out)
{
	double r = fmin(n, d), products = 24 * n * d * P;

	/* products of all blocks, and projections of every other one on both sides */
	out->certificate_flops += products + (r <= EXACT_MOST ? 2 * P * r * 2 * n * r
							      : 20 * splitting_flops(n, d, 2 * P));
}

double cvx_group_norm(double beta, struct mat V)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		sum += blas_norm((size_t)V.rows, mat_col(V, i));
	return beta * sum;
}

/* What the blocks add up to. */
struct extent {
	double violation, largest; /* of E o (X V) and of |X V| */
	ptrdiff_t broken;          /* blocks at work: those with a violation */
};

static const uint64_t *pattern(const struct cvx *cvx, ptrdiff_t b)
{
	return gates_col(cvx->patterns.D, b % cvx->patterns.D.cols);
}

static const real *direction(const struct cvx *cvx, ptrdiff_t b)
{
	return mat_col(cvx->interior.H, b % cvx->patterns.D.cols);
}

static bool has_direction(const struct cvx *cvx, ptrdiff_t b)
{
	return cvx->interior.margin[b % cvx->patterns.D.cols] > 0;
}

/* The least t with e o (y + t push) >= 0 for block b; HUGE_VAL if there is none. */
static double repair_step(const struct cvx *cvx, ptrdiff_t b, const real *y)
{
	const real *push = mat_col(cvx->push, b % cvx->patterns.D.cols), *slack = cvx->d;
	double step = 0;

	if (!has_direction(cvx, b))
		return HUGE_VAL;
	gates_flip(pattern(cvx, b), cvx->push.rows, y, cvx->d);
	for (ptrdiff_t k = 0; k < cvx->push.rows; k++)
		if (slack[k] < 0) { /* e is the other sign than that of y */
			double by = y[k] > 0 ? -(double)push[k] : (double)push[k];

			step = fmax(step, by > 0 ? -(double)slack[k] / by : HUGE_VAL);
		}
	return ranks_largest(cvx->problem->ranks, step);
}

/* Y = X [V W] in the splitting's room, and what the blocks add up to. */
static struct extent measure(struct cvx *cvx, struct mat V, struct mat W)
{
	struct extent sum = {0};
	struct mat Y = cvx->split.Y;
	ptrdiff_t P = V.cols;

	memset(cvx->f, 0, (size_t)Y.rows * sizeof *cvx->f);
	blas_gemm(1, cvx->problem->X, PLAIN, V, PLAIN, 0, mat_cols(Y, 0, P));
	blas_gemm(1, cvx->problem->X, PLAIN, W, PLAIN, 0, mat_cols(Y, P, P));
	for (ptrdiff_t b = 0; b < 2 * P; b++) {
		const real *restrict y = mat_col(Y, b), *restrict d = cvx->d;
		real sign = b < P ? 1 : -1, violation = 0, largest = 0;

		gates_unpack(pattern(cvx, b), Y.rows, cvx->d);
#pragma omp simd reduction(max : violation, largest)
		for (ptrdiff_t k = 0; k < Y.rows; k++) {
			real lack = (1 - 2 * d[k]) * y[k], size = lack < 0 ? -lack : lack;

			largest = size > largest ? size : largest;
			violation = lack > violation ? lack : violation;
			cvx->f[k] += sign * d[k] * y[k];
		}
		sum.largest = fmax(sum.largest, (double)largest);
		cvx->norm[b] = (double)violation;
	}
	sum.largest = ranks_largest(cvx->problem->ranks, sum.largest);
	ranks_largest_all(cvx->problem->ranks, cvx->norm, (size_t)(2 * P), cvx->room);
	for (ptrdiff_t b = 0; b < 2 * P; b++) {
		sum.violation = fmax(sum.violation, cvx->norm[b]);
		if (cvx->norm[b] > 0)
			cvx->at[sum.broken++] = b;
	}
	return sum;
}

/* r = base + t h if that is nearer to v than `distance`; returns the smaller distance. */
static double offer(struct mat r, const real *v, const real *base, double t, const real *h,
		    double distance)
{
	double square = 0;

	if (!isfinite(t))
		return distance;
	for (ptrdiff_t j = 0; j < r.rows; j++) {
		double x = (double)base[j] + t * (double)h[j] - (double)v[j];

		square += x * x;
	}
	if (!(sqrt(square) < distance))
		return distance;
	for (ptrdiff_t j = 0; j < r.rows; j++)
		r.at[j] = (real)((double)base[j] + t * (double)h[j]);
	return sqrt(square);
}

/* The blocks at work become v + t h or 0, whichever is nearer; norm[c] = the distance. Their
 * targets in the splitting: g = Q'v, a = max(0, e o y / |x|). */
static void start_repair(struct cvx *cvx, struct mat V, struct mat W, ptrdiff_t count)
{
	struct splitting *s = &cvx->split;
	const real *restrict length = cvx->cone.length;
	ptrdiff_t P = V.cols;

	splitting_start(s, 0, penalty);
	s->count = count;
	for (ptrdiff_t c = 0; c < count; c++) {
		ptrdiff_t b = cvx->at[c];
		struct mat r = mat_cols(cvx->R, b, 1);
		const real *v = mat_col(b < P ? V : W, b % P), *y = mat_col(s->Y, b);
		real *restrict a = mat_col(s->A, c), *restrict slack = cvx->d;

		s->d[c] = pattern(cvx, b);
		mat_copy(mat_cols(cvx->Z, c, 1), mat_cols(b < P ? V : W, b % P, 1));
		mat_fill(r, 0);
		cvx->norm[c] = offer(r, v, v, repair_step(cvx, b, y), direction(cvx, b),
				     blas_norm((size_t)V.rows, v));
		gates_flip(s->d[c], s->A.rows, y, slack);
#pragma omp simd
		for (ptrdiff_t k = 0; k < s->A.rows; k++)
			a[k] = slack[k] > 0 && length[k] > 0 ? slack[k] / length[k] : 0;
	}
	signcone_reduce(&cvx->cone, mat_cols(cvx->Z, 0, count), mat_cols(s->G, 0, count));
}

/* Column c of V of the splitting = the projection, by the active set method; zero where it is no
 * more than rounding of g. */
static void project_exactly(struct cvx *cvx, ptrdiff_t c)
{
	const real *g = mat_col(cvx->split.G, c);
	real *v = mat_col(cvx->split.V, c);
	ptrdiff_t r = cvx->cone.B.cols;
	double least = rounding * REAL_EPSILON * blas_norm((size_t)r, g);
	bool any;

	for (ptrdiff_t j = 0; j < r; j++)
		cvx->g[j] = (double)g[j];
	gates_unpack(cvx->split.d[c], cvx->split.A.rows, cvx->d);
	any = nnls_solve(&cvx->nnls, (struct nnls_block){cvx->d, NULL, cvx->g}, -1, HUGE_VAL)
		      .upper > least;
	for (ptrdiff_t j = 0; j < r; j++)
		v[j] = any ? (real)cvx->nnls.r[j] : 0;
}

/* The blocks that the splitting cannot project: all, or those without a direction. */
static void project(struct cvx *cvx, struct mat V, struct mat W, ptrdiff_t count)
{
	double rows = (double)ranks_total(cvx->problem->ranks, cvx->split.A.rows);
	double each = 2 * rows * pow((double)cvx->cone.B.cols, 2), spent = 0;
	struct cvx_order *order = cvx->order;
	ptrdiff_t left = 0, P = V.cols;

	for (ptrdiff_t c = 0; c < count; c++) {
		ptrdiff_t b = cvx->at[c];

		if (cvx->exact)
			project_exactly(cvx, c);
		else if (!has_direction(cvx, b))
			order[left++] = (struct cvx_order){
				blas_norm((size_t)V.rows, mat_col(b < P ? V : W, b % P)), c};
	}
	qsort(order, (size_t)left, sizeof *order, cvx_dual_by_norm);
	for (ptrdiff_t i = 0; i < left; i++)
		if ((spent += each) <= cvx->affordable)
			project_exactly(cvx, order[i].index);
		else
			mat_fill(mat_cols(cvx->split.V, order[i].index, 1), 0);
}

/* Sum of the steps that the blocks at work would need now, as a share of their norms. */
static double shifts_left(const struct cvx *cvx)
{
	const struct splitting *s = &cvx->split;
	double steps = 0, norms = 0;

	for (ptrdiff_t c = 0; c < s->count; c++) {
		const real *push = mat_col(cvx->push, cvx->at[c] % cvx->patterns.D.cols);
		const real *y = mat_col(s->Y, c);
		double step = 0;

		if (!has_direction(cvx, cvx->at[c]))
			continue;
		gates_flip(s->d[c], s->Y.rows, y, cvx->d);
		for (ptrdiff_t k = 0; k < s->Y.rows; k++)
			if (cvx->d[k] < 0 && cvx->cone.length[k] > 0)
				step = fmax(step, fabs((double)y[k] * (double)cvx->cone.length[k] /
						       (double)push[k]));
		steps += ranks_largest(cvx->problem->ranks, step);
		norms += blas_norm((size_t)s->V.rows, mat_col(s->V, c));
	}
	return norms > 0 ? steps / norms : 0;
}

/* R = [V W] with the blocks at work repaired. */
static void repair(struct cvx *cvx, struct mat V, struct mat W, ptrdiff_t count)
{
	struct splitting *s = &cvx->split;
	struct mat Z = mat_cols(cvx->Z, 0, count), Y = mat_cols(s->Y, 0, count);
	ptrdiff_t P = V.cols;

	start_repair(cvx, V, W, count);
	for (int step = 1; step <= PROJECT_STEPS && !cvx->exact; step++) {
		splitting_step(s);
		if (step % CHECK_EVERY == 0 && shifts_left(cvx) <= cvx->slack)
			break;
	}
	project(cvx, V, W, count);
	signcone_expand(&cvx->cone, mat_cols(s->V, 0, count), Z);
	blas_gemm(1, cvx->problem->X, PLAIN, Z, PLAIN, 0, Y);
	for (ptrdiff_t c = 0; c < count; c++) {
		ptrdiff_t b = cvx->at[c];
		double step = has_direction(cvx, b) ? repair_step(cvx, b, mat_col(Y, c)) : 0;

		offer(mat_cols(cvx->R, b, 1), mat_col(b < P ? V : W, b % P), mat_col(Z, c), step,
		      direction(cvx, b), cvx->norm[c]);
	}
}

/* L(c FR, y) + c norms; F is scratch */
static double scaled_value(const struct problem *problem, const struct cvx_fit *fit, double c)
{
	for (ptrdiff_t k = 0; k < fit->F.rows * fit->F.cols; k++)
		fit->F.at[k] = (real)c * fit->FR.at[k];
	return loss_outputs_value(problem->loss, fit->F, problem->y) + c * fit->norms;
}

double cvx_best_scale(const struct problem *problem, const struct cvx_fit *fit, double *c)
{
	const double ratio = 0.6180339887498949; /* golden section */
	double low = 0, high = 2, value, best = scaled_value(problem, fit, 1);

	*c = 1;
	for (int step = 0; step < SCALE_STEPS; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		bool left = scaled_value(problem, fit, a) <= scaled_value(problem, fit, b);

		*(left ? &high : &low) = left ? b : a;
	}
	value = scaled_value(problem, fit, (low + high) / 2);
	if (value < best) {
		best = value;
		*c = (low + high) / 2;
	}
	value = scaled_value(problem, fit, 0);
	if (value < best || !isfinite(best)) {
		best = value;
		*c = 0;
	}
	return best;
}

void cvx_fit_point(struct cvx *cvx, struct mat V, struct mat W, struct cvx_fit *fit)
{
	size_t n = (size_t)cvx->problem->X.rows;
	struct extent sum = measure(cvx, V, W);
	struct mat Y = cvx->split.Y;

	if (sum.broken > 0 && !cvx->interior.ready) {
		cvx_prepare(cvx); /* takes the room of the products */
		sum = measure(cvx, V, W);
	}
	fit->violation = sum.violation;
	fit->largest = sum.largest;
	mat_copy(cvx->RV, V);
	mat_copy(cvx->RW, W);
	if (sum.broken > 0)
		repair(cvx, V, W, sum.broken);
	memset(cvx->fr, 0, n * sizeof *cvx->fr);
	blas_gemm(1, cvx->problem->X, PLAIN, cvx->R, PLAIN, 0, Y);
	for (ptrdiff_t b = 0; b < Y.cols; b++) {
		const real *y = mat_col(Y, b);
		real sign = b < V.cols ? 1 : -1;

		for (size_t k = 0; k < n; k++)
			cvx->fr[k] += y[k] > 0 ? sign * y[k] : 0;
	}
	fit->norms = cvx_group_norm(cvx->problem->beta, cvx->R);
	fit->F = (struct mat){(ptrdiff_t)n, 1, (ptrdiff_t)n, cvx->f};
	fit->FR = (struct mat){(ptrdiff_t)n, 1, (ptrdiff_t)n, cvx->fr};
}

void cvx_settle(struct cvx *cvx, const struct certificate *last)
{
	cvx->slack = slack_share * fmin(1, fmax(0, 1 - last->lower_bound / last->upper));
}

void cvx_certify(struct cvx *cvx, struct mat V, struct mat W, const struct cvx_dual *dual,
		 struct certificate *out)
{
	const struct problem *problem = cvx->problem;
	struct cvx_fit fit;
	double c;

	cvx_fit_point(cvx, V, W, &fit);
	out->objective = loss_value(problem->loss, (size_t)fit.F.rows, cvx->f, problem->y.at) +
			 cvx_group_norm(problem->beta, V) + cvx_group_norm(problem->beta, W);
	out->feasibility = fit.largest > 0 ? fit.violation / fit.largest : 0;
	out->upper = cvx_best_scale(problem, &fit, &c);
	blas_scale((size_t)(cvx->R.rows * cvx->R.cols), c, cvx->R.at);
	cvx_dual_bound(cvx, dual, out);
	cvx_settle(cvx, out);
}

void cvx_network(struct mat V, struct mat W, struct net *net)
{
	ptrdiff_t width = 0;

	for (ptrdiff_t b = 0; b < V.cols + W.cols; b++) {
		double sign = b < V.cols ? 1 : -1;
		struct mat v = b < V.cols ? mat_cols(V, b, 1) : mat_cols(W, b - V.cols, 1);
		double root = sqrt(blas_norm((size_t)v.rows, v.at));

		if (!(root > 0))
			continue;
		mat_copy((struct mat){v.rows, 1, net->U.stride, mat_col(net->U, width)}, v);
		blas_scale((size_t)v.rows, 1 / root, mat_col(net->U, width));
		net->alpha[width++] = (real)(sign * root);
	}
	net->U.cols = width;
}
