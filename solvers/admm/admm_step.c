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

/* One column segment: a += theta (E o Y - S) for both halves from Y = X [A B], which becomes [QV +
 * QW, QV - QW]. */
static void pass_column(const struct admm *a, ptrdiff_t i, ptrdiff_t first, ptrdiff_t count,
			struct penalty_sums *sums)
{
	ptrdiff_t P = a->aV.cols;
	real *restrict av = mat_col(a->aV, i) + first, *restrict aw = mat_col(a->aW, i) + first;
	real *restrict ya = mat_col(a->Y, i) + first, *restrict yb = mat_col(a->Y, P + i) + first;
	real theta = (real)a->options->relaxation;
	real primal = 0, change = 0, size = 0, dual = 0, e[GATES_BLOCK];

	gates_signs(gates_from(a->system.D, i, first), count, e);
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
static void sign_pass(struct admm *a, struct penalty_sums *sums)
{
	ptrdiff_t n = a->aV.rows, blocks = admm_step_blocks(n);
	double sigma = a->sigma;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t b = 0; b < blocks; b++) {
		ptrdiff_t first = b * GATES_BLOCK,
			  count = first + GATES_BLOCK < n ? GATES_BLOCK : n - first;

		a->block_sums[b] = (struct penalty_sums){0};
		for (ptrdiff_t i = 0; i < a->aV.cols; i++)
			pass_column(a, i, first, count, &a->block_sums[b]);
	}
	for (ptrdiff_t b = 0; b < blocks; b++)
		penalty_add(sums, sigma, a->block_sums[b]);
}

/* v1 = soft threshold of t at beta / rho; |v1| */
static double threshold_block(const struct admm *a, const real *t, real *v1)
{
	size_t d = (size_t)a->tV.rows;
	double norm = blas_norm(d, t);
	double scale = penalty_threshold(norm, a->problem->beta, a->penalty.rho);

	for (size_t j = 0; j < d; j++)
		v1[j] = (real)(scale * (double)t[j]);
	return scale * norm;
}

/* t += theta (v - v1) and v1 = the soft threshold of it; |v1| */
static double group_block(const struct admm *a, const real *v, real *t, real *v1,
			  struct penalty_sums *sums)
{
	ptrdiff_t d = a->tV.rows;
	real theta = (real)a->options->relaxation;
	double norm = 0, scale;

	for (ptrdiff_t j = 0; j < d; j++) {
		t[j] += theta * (v[j] - v1[j]);
		norm += (double)t[j] * (double)t[j];
	}
	norm = sqrt(norm);
	scale = penalty_threshold(norm, a->problem->beta, a->penalty.rho);
	for (ptrdiff_t j = 0; j < d; j++) {
		double next = scale * (double)t[j];

		penalty_count(sums, (double)v[j], (double)v1[j], next, (double)t[j]);
		v1[j] = (real)next;
	}
	return scale * norm;
}

/* tV, tW, V1, W1 from U = [A B], which becomes [V W]; beta sum_i (|v1_i| + |w1_i|). */
static double group_pass(struct admm *a, struct penalty_sums *sums)
{
	ptrdiff_t d = a->V1.rows, P = a->V1.cols;
	double norms = 0;

	for (ptrdiff_t i = 0; i < P; i++) {
		real *v = mat_col(a->U, i), *w = mat_col(a->U, P + i);

		for (ptrdiff_t j = 0; j < d; j++) {
			real sum = v[j], difference = w[j];

			v[j] = (sum + difference) / 2;
			w[j] = (sum - difference) / 2;
		}
		norms += group_block(a, v, mat_col(a->tV, i), mat_col(a->V1, i), sums);
		norms += group_block(a, w, mat_col(a->tW, i), mat_col(a->W1, i), sums);
	}
	return a->problem->beta * norms;
}

/* s += theta (f - z), z and p from it; L(z). */
static double loss_pass(struct admm *a, struct penalty_sums *sums)
{
	const struct problem *problem = a->problem;
	size_t n = (size_t)problem->X.rows;
	real theta = (real)a->options->relaxation;
	double kappa = a->kappa;

	for (size_t k = 0; k < n; k++) {
		a->s[k] += theta * (a->f[k] - a->z[k]);
		a->p[k] = a->z[k];
	}
	loss_prox(problem->loss, n, 1 / (a->penalty.rho * kappa), a->s, problem->y.at, a->z);
	for (size_t k = 0; k < n; k++) {
		double z = (double)a->z[k], primal = (double)a->f[k] - z,
		       change = z - (double)a->p[k];
		double mu = (double)a->s[k] - z;

		sums->primal += kappa * primal * primal;
		sums->change += kappa * change * change;
		sums->size += kappa * z * z;
		sums->dual += kappa * mu * mu;
		a->p[k] = (real)(z - mu);
	}
	return loss_value(problem->loss, n, a->z, problem->y.at);
}

void admm_step_split(struct admm *a)
{
	size_t n = (size_t)a->problem->X.rows;
	ptrdiff_t P;

	for (ptrdiff_t i = 0; i < a->V1.cols; i++) {
		threshold_block(a, mat_col(a->tV, i), mat_col(a->V1, i));
		threshold_block(a, mat_col(a->tW, i), mat_col(a->W1, i));
	}
	/* Y = [QV + QW, QV - QW] from a that the pass has not left there. */
	P = a->aV.cols;
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *av = mat_col(a->aV, i), *aw = mat_col(a->aW, i);
		real *ya = mat_col(a->Y, i), *yb = mat_col(a->Y, P + i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < a->aV.rows; k++) {
			real v = av[k] > 0 ? av[k] : -av[k], w = aw[k] > 0 ? aw[k] : -aw[k];

			ya[k] = v + w;
			yb[k] = v - w;
		}
		gates_flip(gates_col(a->system.D, i), a->aV.rows, ya, ya);
		gates_flip(gates_col(a->system.D, i), a->aV.rows, yb, yb);
	}
	loss_prox(a->problem->loss, n, 1 / (a->penalty.rho * a->kappa), a->s, a->problem->y.at,
		  a->z);
#pragma omp simd
	for (size_t k = 0; k < n; k++)
		a->p[k] = 2 * a->z[k] - a->s[k]; /* z - mu */
}

/* U = [R_V + R_W, R_V - R_W] from Y = [QV + QW, QV - QW]; V1 - L1 = 2 V1 - t */
static void right_hand_sides(struct admm *a)
{
	ptrdiff_t d = a->V1.rows, P = a->V1.cols;

	blas_gemm(a->sigma, a->problem->X, TRANSPOSED, a->Y, PLAIN, 0, a->U);
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *v1 = mat_col(a->V1, i), *tv = mat_col(a->tV, i);
		const real *w1 = mat_col(a->W1, i), *tw = mat_col(a->tW, i);
		real *ra = mat_col(a->U, i), *rb = mat_col(a->U, P + i);

		for (ptrdiff_t j = 0; j < d; j++) {
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
static bool try_penalty(struct admm *a)
{
	double grown, ratio;

	if (a->trials == 0)
		return false;
	a->trials--;
	grown = fmax(largest_block(a->tV), largest_block(a->tW));
	ratio = a->problem->beta / (reach * a->penalty.rho * grown);
	if (!isfinite(ratio) || !(ratio > 0) || (ratio < worth && ratio > 1 / worth)) {
		a->trials = 0;
		return false;
	}
	a->penalty = penalty_new(a->penalty.rho * ratio, a->options->adapt);
	a->penalty.next += a->loop.iteration;
	memset(a->loop.x, 0, a->loop.size * sizeof *a->loop.x);
	accelerated_restart(&a->loop, NULL, 0);
	admm_step_split(a);
	return true;
}

void admm_step(struct admm *a, struct progress *progress)
{
	struct penalty_sums sums = {0};
	double cones, ratio;
	bool moved;

	accelerated_before(&a->loop);
	right_hand_sides(a);
	a->u_update->solve(a->u_state, a->p, a->U, a->Y, a->f);
	sign_pass(a, &sums);
	cones = sums.dual;
	progress->objective = group_pass(a, &sums);
	progress->objective += loss_pass(a, &sums);
	progress->primal_residual = penalty_relative(
		sums.primal, penalty_size(sums.size, progress->objective, a->loop.zero));
	progress->dual_residual = penalty_relative(
		sums.change, penalty_dual(cones, sums.dual - cones, 2 * (double)a->system.D.cols));
	a->loop.iteration++;
	if (try_penalty(a))
		return;
	ratio = penalty_change(&a->penalty, a->loop.iteration, progress->primal_residual,
			       progress->dual_residual);
	moved = ratio > 1 || ratio < 1;
	if (moved) {
		size_t n = (size_t)a->aV.rows;
		size_t small = (size_t)(a->V1.rows * a->V1.cols);
		real inverse = (real)(1 / ratio);

		/* x for rho times `ratio`: the split variables stay, the scaled duals take the
		 * inverse. */
		penalty_rescale(small, ratio, a->V1.at, a->tV.at);
		penalty_rescale(small, ratio, a->W1.at, a->tW.at);
		penalty_rescale(n, ratio, a->z, a->s);
		for (ptrdiff_t j = 0; j < a->aV.rows * a->aV.cols; j++) {
			a->aV.at[j] *= a->aV.at[j] < 0 ? inverse : 1;
			a->aW.at[j] *= a->aW.at[j] < 0 ? inverse : 1;
		}
		accelerated_restart(&a->loop, NULL, 0);
	} else {
		moved = accelerated_after(&a->loop, progress->objective);
	}
	if (moved)
		admm_step_split(a);
}
