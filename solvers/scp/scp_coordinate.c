/* Cyclic coordinate descent for the l1 program of SCP with gap-safe screening (Ndiaye, Fercoq,
 * Gramfort, Salmon 2017).
 *
 *     a_i+ = S_{beta / h_i}( a_i - phi_i' grad L(f) / h_i ),   h_i = L_l |phi_i|^2,
 *     f += phi_i da_i
 *
 * exact for the squared loss, a majorisation by the largest curvature L_l for the others. The dual
 * optimum lies within sqrt(2 L_l gap) of every feasible alpha, so that a neuron with
 * |phi_i' alpha| + |phi_i| sqrt(2 L_l gap) < beta has a_i = 0 and is dropped for good. */
#include "solvers/core/blas.h"
#include "solvers/scp/scp.h"

#include <math.h>
#include <string.h>

struct coordinate {
	struct scp *scp;
	real *g;         /* n: grad L(f) */
	real *alpha;     /* n */
	real *slope;     /* N: phi_i'g of the neurons that are left */
	real *norm;      /* N: |phi_i| */
	ptrdiff_t *left; /* N: neurons not dropped, `count` of them */
	ptrdiff_t count;
	ptrdiff_t *used; /* MOST_GRAM: neurons in use, `uses` of them, whose Gram matrix is kept */
	ptrdiff_t uses;
	struct mat gram; /* MOST_GRAM x MOST_GRAM: phi_i'phi_j */
	double curvature;
};

enum {
	PASSES = 50,    /* over the neurons in use, after one over all that are left */
	FAST = 1000,    /* passes by their inner products at most */
	MOST_GRAM = 512 /* neurons in use whose inner products are kept, 2 MB */
};

/* Passes by inner products end where no slope changes by more than this share of beta. */
static const double settled = 1e-7 > 8 * REAL_EPSILON ? 1e-7 : 8 * REAL_EPSILON;

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	double samples = (double)n, neurons = (double)N;

	(void)options;
	out->setup_flops = 2 * samples * neurons;
	out->iteration_flops = 8 * samples * neurons;
}

static enum status setup(struct scp *scp, const void *options, struct arena *arena, void **state,
			 struct err *err)
{
	struct coordinate *s = ARENA_NEW(arena, struct coordinate);

	(void)options;
	(void)err;
	s->scp = scp;
	s->g = ARENA_ARRAY(arena, real, scp->Phi.rows);
	s->alpha = ARENA_ARRAY(arena, real, scp->Phi.rows);
	s->slope = ARENA_ARRAY(arena, real, scp->Phi.cols);
	s->norm = ARENA_ARRAY(arena, real, scp->Phi.cols);
	s->left = ARENA_ARRAY(arena, ptrdiff_t, scp->Phi.cols);
	s->count = scp->Phi.cols;
	s->used = ARENA_ARRAY(arena, ptrdiff_t, MOST_GRAM);
	s->gram = mat_new(arena, MOST_GRAM, MOST_GRAM);
	s->curvature = loss_curvature(scp->problem->loss);
	for (ptrdiff_t i = 0; i < s->count && !arena_counts(arena); i++) {
		s->left[i] = i;
		s->norm[i] = (real)blas_norm((size_t)scp->Phi.rows, mat_col(scp->Phi, i));
	}
	*state = s;
	return STATUS_OK;
}

/* f = Phi a anew, so that the roundings of many updates do not add up; then g and the slopes of the
 * neurons that are left. Returns |a|_1. */
static double refresh(struct coordinate *s)
{
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double norm = 0;

	memset(scp->f, 0, n * sizeof *scp->f);
	for (ptrdiff_t l = 0; l < s->count; l++) {
		double a = (double)scp->a[s->left[l]];

		norm += fabs(a);
		if (fabs(a) > 0)
			blas_axpy(n, a, mat_col(scp->Phi, s->left[l]), scp->f);
	}
	loss_gradient(problem->loss, n, scp->f, problem->y.at, s->g);
	for (ptrdiff_t l = 0; l < s->count; l++)
		s->slope[s->left[l]] = (real)blas_dot(n, mat_col(scp->Phi, s->left[l]), s->g);
	return norm;
}

/* Drop the neurons that the gap at alpha = -scale g, feasible for those that are left, proves to be
 * zero; whether one of them was not. The gap is taken with what rounding may hide. */
static bool screen(struct coordinate *s, double objective)
{
	const struct problem *problem = s->scp->problem;
	size_t n = (size_t)s->scp->Phi.rows;
	double largest = 0, scale, bound, gap, radius;
	ptrdiff_t kept = 0;
	bool changed = false;

	for (ptrdiff_t l = 0; l < s->count; l++)
		largest = fmax(largest, fabs((double)s->slope[s->left[l]]));
	scale = largest > problem->beta ? problem->beta / largest : 1;
	memcpy(s->alpha, s->g, n * sizeof *s->g);
	blas_scale(n, -1, s->alpha);
	bound = -loss_conjugate(problem->loss, n, -scale, s->alpha, problem->y.at);
	gap = fmax(0, objective - bound) + 16 * REAL_EPSILON * fabs(objective);
	radius = sqrt(2 * s->curvature * gap);
	for (ptrdiff_t l = 0; l < s->count; l++) {
		ptrdiff_t i = s->left[l];
		double reach = scale * fabs((double)s->slope[i]) + (double)s->norm[i] * radius;

		if (reach >= problem->beta) {
			s->left[kept++] = i;
		} else {
			changed |= fabs((double)s->scp->a[i]) > 0;
			s->scp->a[i] = 0;
		}
	}
	s->count = kept;
	return changed;
}

/* The gradient is linear in f, with one factor for all samples. */
static bool constant_curvature(const struct coordinate *s)
{
	struct loss_term loss = s->scp->problem->loss;

	return loss.loss->quadratic && !loss.sample;
}

/* The coordinate step of neuron i. */
static void update(struct coordinate *s, ptrdiff_t i)
{
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	const real *phi = mat_col(scp->Phi, i);
	double h = s->curvature * (double)s->norm[i] * (double)s->norm[i];
	double before = (double)scp->a[i], x = h * before - blas_dot(n, phi, s->g);
	double a = (x > 0 ? fmax(0, x - problem->beta) : fmin(0, x + problem->beta)) / h;

	scp->a[i] = (real)a;
	if (!(scp->a[i] > (real)before || scp->a[i] < (real)before))
		return;
	if (constant_curvature(s)) { /* f is formed anew at the end of the step */
		blas_axpy(n, s->curvature * ((double)scp->a[i] - before), phi, s->g);
		return;
	}
	blas_axpy(n, (double)scp->a[i] - before, phi, scp->f);
	loss_gradient(problem->loss, n, scp->f, problem->y.at, s->g);
}

/* The neurons in use with their inner products, those of the last step kept; false if there are too
 * many for that to pay. */
static bool gather(struct coordinate *s)
{
	struct mat Phi = s->scp->Phi;
	ptrdiff_t uses = 0, same = 0;

	for (ptrdiff_t l = 0; l < s->count; l++) {
		ptrdiff_t i = s->left[l];

		if (!(fabs((double)s->scp->a[i]) > 0))
			continue;
		if (uses >= MOST_GRAM || 2 * uses >= Phi.rows)
			return s->uses = 0, false;
		same += uses == same && same < s->uses && s->used[same] == i;
		s->used[uses++] = i;
	}
	for (ptrdiff_t j = 0; j < uses; j++)
		for (ptrdiff_t i = j < same ? same : j; i < uses; i++) {
			double product = blas_dot((size_t)Phi.rows, mat_col(Phi, s->used[i]),
						  mat_col(Phi, s->used[j]));

			mat_set(s->gram, i, j, (real)product);
			mat_set(s->gram, j, i, (real)product);
		}
	s->uses = uses;
	return true;
}

/* Passes over the neurons in use for a quadratic loss, in their slopes alone: q += L_l G_i da_i. */
static void descend_by_products(struct coordinate *s)
{
	double beta = s->scp->problem->beta, most = HUGE_VAL;
	real *q = s->slope; /* formed anew at the end of the step */

	for (ptrdiff_t i = 0; i < s->uses; i++)
		q[i] = (real)blas_dot((size_t)s->scp->Phi.rows, mat_col(s->scp->Phi, s->used[i]),
				      s->g);
	for (int pass = 0; pass < FAST && most > settled * beta; pass++) {
		most = 0;
		for (ptrdiff_t i = 0; i < s->uses; i++) {
			real *a = &s->scp->a[s->used[i]];
			double h = s->curvature * (double)mat_get(s->gram, i, i);
			double x = h * (double)*a - (double)q[i], before = (double)*a;

			*a = (real)((x > 0 ? fmax(0, x - beta) : fmin(0, x + beta)) / h);
			before = (double)*a - before;
			most = fmax(most, h * fabs(before));
			if (fabs(before) > 0)
				blas_axpy((size_t)s->uses, s->curvature * before,
					  mat_col(s->gram, i), q);
		}
	}
}

static void step(void *state, struct progress *progress)
{
	struct coordinate *s = state;
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double norm = refresh(s);

	if (screen(s, problem->beta * norm + loss_value(problem->loss, n, scp->f, problem->y.at)))
		refresh(s);
	for (int pass = 0; pass <= PASSES; pass++) {
		for (ptrdiff_t l = 0; l < s->count; l++)
			if (pass == 0 || fabs((double)scp->a[s->left[l]]) > 0)
				update(s, s->left[l]);
		if (pass == 0 && constant_curvature(s) && gather(s)) {
			descend_by_products(s);
			break;
		}
	}
	norm = refresh(s);
	progress->objective =
		problem->beta * norm + loss_value(problem->loss, n, scp->f, problem->y.at);
}

const struct scp_method scp_coordinate = {
	.base = {.name = "coordinate",
		 .doc = "cyclic coordinate descent with gap-safe screening; fast where beta is "
			"large",
		 .cite = "ndiaye2017"},
	.takes = scp_has_curvature,
	.needs = "a loss with a finite second derivative",
	.forecast = forecast,
	.setup = setup,
	.step = step,
};
