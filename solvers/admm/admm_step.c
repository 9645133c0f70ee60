/* The iteration of ADMM. See admm_step.h. */
#include "solvers/admm/admm_step.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

/* Iterations until a first block is to be active, and a change of rho that is worth a trial. */
static const double reach = 4;
static const double worth = 2;

ptrdiff_t admm_step_blocks(ptrdiff_t n)
{
	return (n + GATES_BLOCK - 1) / GATES_BLOCK;
}

/* Of a block. */
struct rows {
	ptrdiff_t first, count;
};

/* The pattern of column i of a program. */
static ptrdiff_t pattern_of(const struct admm *a, ptrdiff_t i)
{
	return i % a->system.D.cols;
}

/* One column segment: a += theta (E o Y - S) for both halves from Y = X [A B], which becomes [QV +
 * QW, QV - QW]. */
static void pass_column(const struct admm *a, const struct admm_program *g, ptrdiff_t i,
			struct rows rows, struct penalty_sums *sums)
{
	ptrdiff_t first = rows.first, count = rows.count;
	real *restrict av = mat_col(g->aV, i) + first, *restrict aw = mat_col(g->aW, i) + first;
	real *restrict ya = mat_col(g->YA, i) + first, *restrict yb = mat_col(g->YB, i) + first;
	real theta = (real)a->options->relaxation;
	real primal = 0, change = 0, size = 0, dual = 0, e[GATES_BLOCK];

	gates_signs(gates_from(a->system.D, pattern_of(a, i), first), count, e);
#pragma omp simd reduction(+ : primal, change, size, dual)
	for (ptrdiff_t k = 0; k < count; k++) {
		real yv = e[k] * (ya[k] + yb[k]) / 2, yw = e[k] * (ya[k] - yb[k]) / 2;
		real sv = av[k] > 0 ? av[k] : 0, sw = aw[k] > 0 ? aw[k] : 0;
		real v = av[k] + theta * (yv - sv), w = aw[k] + theta * (yw - sw);
		real pv = v > 0 ? v : 0, pw = w > 0 ? w : 0; /* the new S and T */

		primal += (yv - pv) * (yv - pv) + (yw - pw) * (yw - pw);
		change += (pv - sv) * (pv - sv) + (pw - sw) * (pw - sw);
		size += pv * pv + pw * pw;
		dual += (v - pv) * (v - pv) + (w - pw) * (w - pw);
		av[k] = v;
		aw[k] = w;
		v = e[k] * (2 * pv - v); /* e |a| */
		w = e[k] * (2 * pw - w);
		ya[k] = v + w;
		yb[k] = v - w;
	}
	sums->primal += (double)primal;
	sums->change += (double)change;
	sums->size += (double)size;
	sums->dual += (double)dual;
}

/* aV, aW and the next products in one pass over the n x P arrays. */
static void sign_pass(struct admm *a, struct admm_program *g, struct penalty_sums *sums)
{
	ptrdiff_t n = g->aV.rows, blocks = admm_step_blocks(n);
	double sigma = a->sigma;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t b = 0; b < blocks; b++) {
		ptrdiff_t first = b * GATES_BLOCK,
			  count = first + GATES_BLOCK < n ? GATES_BLOCK : n - first;

		a->block_sums[b] = (struct penalty_sums){0};
		for (ptrdiff_t i = 0; i < g->aV.cols; i++)
			pass_column(a, g, i, (struct rows){first, count}, &a->block_sums[b]);
	}
	for (ptrdiff_t b = 0; b < blocks; b++)
		penalty_add(sums, sigma, a->block_sums[b]);
	penalty_sum(a->problem->ranks, sums);
}

/* v1 = soft threshold of t at beta / rho; |v1| */
static double threshold_block(const struct admm *a, const struct admm_program *g, const real *t,
			      real *v1)
{
	size_t d = (size_t)g->tV.rows;
	double norm = blas_norm(d, t);
	double scale = penalty_threshold(norm, a->problem->beta, g->penalty.rho);

	for (size_t j = 0; j < d; j++)
		v1[j] = (real)(scale * (double)t[j]);
	return scale * norm;
}

/* Of a block of the penalty. */
struct group {
	real *t, *v1; /* d */
};

/* t += theta (v - v1) and v1 = the soft threshold of it; |v1| */
static double group_block(const struct admm *a, double rho, const real *v, struct group group,
			  struct penalty_sums *sums)
{
	ptrdiff_t d = a->U.rows;
	real *t = group.t, *v1 = group.v1;
	real theta = (real)a->options->relaxation;
	double norm = 0, scale;

	for (ptrdiff_t j = 0; j < d; j++) {
		t[j] += theta * (v[j] - v1[j]);
		norm += (double)t[j] * (double)t[j];
	}
	norm = sqrt(norm);
	scale = penalty_threshold(norm, a->problem->beta, rho);
	for (ptrdiff_t j = 0; j < d; j++) {
		double next = scale * (double)t[j];

		penalty_count(sums, (double)v[j], (double)v1[j], next, (double)t[j]);
		v1[j] = (real)next;
	}
	return scale * norm;
}

/* tV, tW, V1, W1 from [A B], which becomes [V W]; beta sum_i (|v1_i| + |w1_i|). */
static double group_pass(struct admm *a, struct admm_program *g, struct penalty_sums *sums)
{
	ptrdiff_t d = g->V1.rows;
	double norms = 0, rho = g->penalty.rho;

	for (ptrdiff_t i = 0; i < g->V1.cols; i++) {
		real *v = mat_col(g->A, i), *w = mat_col(g->B, i);

		for (ptrdiff_t j = 0; j < d; j++) {
			real sum = v[j], difference = w[j];

			v[j] = (sum + difference) / 2;
			w[j] = (sum - difference) / 2;
		}
		norms += group_block(a, rho, v,
				     (struct group){mat_col(g->tV, i), mat_col(g->V1, i)}, sums);
		norms += group_block(a, rho, w,
				     (struct group){mat_col(g->tW, i), mat_col(g->W1, i)}, sums);
	}
	return a->problem->beta * norms;
}

/* s += theta (f - z), z and p from it; L(z). */
static double loss_pass(struct admm *a, struct admm_program *g, struct penalty_sums *sums)
{
	struct loss_term loss = a->problem->loss;
	struct penalty_sums own = {0};
	size_t size = (size_t)(g->y.n * g->y.k);
	real theta = (real)a->options->relaxation;
	real *s = g->s.at, *z_ = g->z.at, *p = g->p.at, *f = g->f.at;
	double kappa = a->kappa;

	for (size_t k = 0; k < size; k++) {
		s[k] += theta * (f[k] - z_[k]);
		p[k] = z_[k];
	}
	loss_outputs_prox(loss, 1 / (g->penalty.rho * kappa), g->s, g->y, g->z);
	for (size_t k = 0; k < size; k++) {
		double z = (double)z_[k], primal = (double)f[k] - z, change = z - (double)p[k];
		double mu = (double)s[k] - z;

		own.primal += kappa * primal * primal;
		own.change += kappa * change * change;
		own.size += kappa * z * z;
		own.dual += kappa * mu * mu;
		p[k] = (real)(z - mu);
	}
	penalty_sum(a->problem->ranks, &own);
	penalty_add(sums, 1, own);
	return loss_outputs_value(loss, g->z, g->y);
}

void admm_step_split(struct admm *a, struct admm_program *g)
{
	ptrdiff_t columns = g->aV.cols;

	for (ptrdiff_t i = 0; i < columns; i++) {
		threshold_block(a, g, mat_col(g->tV, i), mat_col(g->V1, i));
		threshold_block(a, g, mat_col(g->tW, i), mat_col(g->W1, i));
	}
	/* Y = [QV + QW, QV - QW] from a that the pass has not left there. */
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < columns; i++) {
		const uint64_t *pattern = gates_col(a->system.D, pattern_of(a, i));
		const real *av = mat_col(g->aV, i), *aw = mat_col(g->aW, i);
		real *ya = mat_col(g->YA, i), *yb = mat_col(g->YB, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < g->aV.rows; k++) {
			real v = av[k] > 0 ? av[k] : -av[k], w = aw[k] > 0 ? aw[k] : -aw[k];

			ya[k] = v + w;
			yb[k] = v - w;
		}
		gates_flip(pattern, g->aV.rows, ya, ya);
		gates_flip(pattern, g->aV.rows, yb, yb);
	}
	loss_outputs_prox(a->problem->loss, 1 / (g->penalty.rho * a->kappa), g->s, g->y, g->z);
#pragma omp simd
	for (ptrdiff_t k = 0; k < g->y.n * g->y.k; k++)
		g->p.at[k] = 2 * g->z.at[k] - g->s.at[k]; /* z - mu */
}

/* [A B] = [R_V + R_W, R_V - R_W] from sigma X' [QV + QW, QV - QW] there; V1 - L1 = 2 V1 - t */
static void right_hand_sides(struct admm_program *g)
{
	for (ptrdiff_t i = 0; i < g->V1.cols; i++) {
		const real *v1 = mat_col(g->V1, i), *tv = mat_col(g->tV, i);
		const real *w1 = mat_col(g->W1, i), *tw = mat_col(g->tW, i);
		real *ra = mat_col(g->A, i), *rb = mat_col(g->B, i);

		for (ptrdiff_t j = 0; j < g->V1.rows; j++) {
			real v = 2 * v1[j] - tv[j], w = 2 * w1[j] - tw[j];

			ra[j] += v + w;
			rb[j] += v - w;
		}
	}
}

static double largest_block(struct mat t)
{
	double largest = 0;

	for (ptrdiff_t i = 0; i < t.cols; i++)
		largest = fmax(largest, blas_norm((size_t)t.rows, mat_col(t, i)));
	return largest;
}

/* After the first iteration from zero: true, and all is zero again, if another rho is tried. */
static bool try_penalty(struct admm *a, struct admm_program *g)
{
	double grown, ratio;

	if (g->trials == 0)
		return false;
	g->trials--;
	grown = fmax(largest_block(g->tV), largest_block(g->tW));
	ratio = a->problem->beta / (reach * g->penalty.rho * grown);
	if (!isfinite(ratio) || !(ratio > 0) || (ratio < worth && ratio > 1 / worth)) {
		g->trials = 0;
		return false;
	}
	g->penalty = penalty_new(g->penalty.rho * ratio, a->options->adapt);
	g->penalty.next += g->loop.iteration;
	memset(g->loop.x, 0, g->loop.size * sizeof *g->loop.x);
	accelerated_restart(&g->loop, NULL, 0);
	admm_step_split(a, g);
	return true;
}

/* x for rho times `ratio`: the split variables stay, the scaled duals take the inverse. */
static void rescale(struct admm_program *g, double ratio)
{
	size_t small = (size_t)(g->V1.rows * g->V1.cols);
	real inverse = (real)(1 / ratio);

	penalty_rescale(small, ratio, g->V1.at, g->tV.at);
	penalty_rescale(small, ratio, g->W1.at, g->tW.at);
	penalty_rescale((size_t)(g->y.n * g->y.k), ratio, g->z.at, g->s.at);
	for (ptrdiff_t j = 0; j < g->aV.rows * g->aV.cols; j++) {
		g->aV.at[j] *= g->aV.at[j] < 0 ? inverse : 1;
		g->aW.at[j] *= g->aW.at[j] < 0 ? inverse : 1;
	}
	accelerated_restart(&g->loop, NULL, 0);
}

/* A program behind the u-step; its objective and residuals. */
static void advance(struct admm *a, struct admm_program *g, struct progress *progress)
{
	double blocks = 2 * (double)g->aV.cols, cones, ratio;
	struct penalty_sums sums = {0};
	bool moved;

	sign_pass(a, g, &sums);
	cones = sums.dual;
	progress->objective = group_pass(a, g, &sums);
	progress->objective += loss_pass(a, g, &sums);
	progress->primal_residual = penalty_relative(
		sums.primal, penalty_size(sums.size, progress->objective, g->loop.zero));
	progress->dual_residual =
		penalty_relative(sums.change, penalty_dual(cones, sums.dual - cones, blocks));
	g->loop.iteration++;
	if (try_penalty(a, g))
		return;
	ratio = penalty_change(&g->penalty, g->loop.iteration, progress->primal_residual,
			       progress->dual_residual);
	moved = ratio > 1 || ratio < 1;
	if (moved)
		rescale(g, ratio);
	else
		moved = accelerated_after(&g->loop, progress->objective);
	if (moved)
		admm_step_split(a, g);
}

/* The larger one, and the one that is a number. */
static double larger(double a, double b)
{
	return b > a || isnan(a) ? b : a;
}

void admm_step(struct admm *a, struct progress *progress)
{
	double objective = 0, primal = NAN, dual = NAN;

	for (ptrdiff_t i = 0; i < a->count; i++)
		accelerated_before(&a->program[i].loop);
	ranks_gemm(a->problem->ranks, a->sigma, a->problem->X, a->Y, 0, a->U);
	for (ptrdiff_t i = 0; i < a->count; i++)
		right_hand_sides(&a->program[i]);
	a->u_update->solve(a->u_state, a->p.at, a->U, a->Y, a->f.at);
	for (ptrdiff_t i = 0; i < a->count; i++) {
		advance(a, &a->program[i], progress);
		objective += progress->objective;
		primal = larger(primal, progress->primal_residual);
		dual = larger(dual, progress->dual_residual);
	}
	progress->objective = objective;
	progress->primal_residual = primal;
	progress->dual_residual = dual;
}
