/* Where the interior-point method starts: at zero weights, or from the point of another method. See
 * ipm.h. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <math.h>

/* Gap that a point to start from has at least, relative to its objective: a start nearer to the
 * boundary only costs steps. */
static const double least_gap = 1e-7;

static void measure(struct ipm *s)
{
	ipm_outputs(s);
	s->residual = ipm_dual_residual(s, false);
	s->objective = ipm_objective(s);
}

/* On the products of the central path: lambda of the size of grad L, slacks between what the norm
 * penalty allows and what the gradient asks for. */
void ipm_start(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows, P = s->D.cols;
	double start = loss_value(problem->loss, (size_t)n, s->f, problem->y), lambda, largest,
	       size;

	loss_gradient(problem->loss, (size_t)n, s->f, problem->y, s->a);
	lambda = blas_norm((size_t)n, s->a) / sqrt((double)n);
	largest = fmax(lambda * blas_mat_norm(problem->X), problem->beta);
	size = start / (sqrt(largest * problem->beta) * 2 * (double)P) * blas_mat_norm(problem->X) /
	       sqrt((double)n);
	s->mu = size * lambda;
	interior_loss_start(s->loss, s->f, s->mu);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_fill(h->S, (real)size);
		mat_fill(h->N, (real)-lambda);
		for (ptrdiff_t i = 0; i < P; i++) {
			mat_set(h->cones.s, 0, i, (real)(s->mu / problem->beta));
			mat_set(h->cones.z, 0, i, (real)problem->beta);
		}
	}
	measure(s);
}

/* z_j = sign X'(D o a) - X'(E o lambda) where the dual equations hold; the largest norm. */
static double dual_points(struct ipm *s)
{
	double largest = 0;

	for (int half = 0; half < 2; half++)
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			for (ptrdiff_t j = 1; j <= s->problem->X.cols; j++)
				mat_set(s->half[half].cones.z, j, i, 0);
	ipm_dual_residual(s, false);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			for (ptrdiff_t j = 0; j < h->R.rows; j++)
				mat_set(h->cones.z, j + 1, i, -mat_get(h->R, j, i));
			largest = fmax(largest, blas_norm((size_t)h->R.rows, mat_col(h->R, i)));
		}
	}
	return largest;
}

/* Slacks and multipliers whose products are at least mu: the smaller of the two gives way. */
static void lift_rows(struct ipm *s, struct ipm_half *h)
{
	double slacks = 0, multipliers = 0, middle;

	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, h->S);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			double e = gates_get(s->D, k, i) ? 1 : -1;

			mat_set(h->S, k, i, (real)fmax(0, e * (double)mat_get(h->S, k, i)));
			slacks += (double)mat_get(h->S, k, i);
			multipliers -= (double)mat_get(h->N, k, i);
		}
	/* a row without either has the ratio of the means */
	middle = sqrt(s->mu * (slacks > 0 && multipliers > 0 ? multipliers / slacks : 1));
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			double lambda = -(double)mat_get(h->N, k, i);
			double slack = fmax((double)mat_get(h->S, k, i), s->mu / (lambda + middle));

			mat_set(h->S, k, i, (real)slack);
			mat_set(h->N, k, i, (real)-fmax(lambda, s->mu / slack));
		}
}

/* t on the path of |x|, z inside its cone by what t leaves. */
static void lift_cones(struct ipm *s, struct ipm_half *h)
{
	double beta = s->problem->beta, unit = s->mu / beta;
	ptrdiff_t d = h->X.rows;

	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		double size = blas_norm((size_t)d, mat_col(h->X, i));
		real *z = mat_col(h->cones.z, i);
		double t = (unit + sqrt(unit * unit + 4 * size * size)) / 2;
		double most = fmin(beta * size / t, beta - s->mu / (2 * t));
		double norm = blas_norm((size_t)d, z + 1);

		most = fmax(most, beta / 2); /* of a block at zero */
		if (norm > most)
			blas_scale((size_t)d, most / norm, z + 1);
		z[0] = (real)beta;
		mat_set(h->cones.s, 0, i, (real)t);
	}
}

void ipm_start_from(struct ipm *s, const struct ipm_point *from)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = s->D.rows;
	double count = 2 * (double)(n + 1) * (double)s->D.cols, largest, bound;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		struct mat lambda = half ? from->LW : from->LV;

		mat_copy(h->X, half ? from->W : from->V);
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			for (ptrdiff_t k = 0; k < n; k++)
				mat_set(h->N, k, i, (real)-fmax(0, (double)mat_get(lambda, k, i)));
	}
	ipm_outputs(s);
	for (ptrdiff_t k = 0; k < n; k++)
		s->a[k] = -from->alpha[k];
	largest = dual_points(s);
	s->objective = ipm_objective(s);
	bound = scaling_best(problem, from->alpha, largest).bound;
	s->mu = fmax(fabs(s->objective - bound), least_gap * s->objective) / count;
	interior_loss_start_from(s->loss, s->f, s->a, s->mu);
	for (int half = 0; half < 2; half++) {
		lift_rows(s, &s->half[half]);
		lift_cones(s, &s->half[half]);
	}
	measure(s);
	s->mu = ipm_complementarity(s, 0);
}
