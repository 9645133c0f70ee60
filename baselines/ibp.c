/* Interval bounds of a two-layer network and their gradients. See ibp.h. */
#include "baselines/ibp.h"

#include <string.h>

const struct option ibp_rows[] = {
	THREAT_NORM(struct ibp_options, threat_norms),
	THREAT_EPS(struct ibp_options, "0"),
	{OPTION_FIELD(struct ibp_options, kappa), .initial = "0.5", .range = RANGE_WITHIN(0, 1),
	 .doc = "share of the clean loss at the end; the rest is the loss of the worst margin; it "
		"falls from 1 as eps rises"},
	{OPTION_FIELD(struct ibp_options, plain), .initial = "0", .range = RANGE_WITHIN(0, 1),
	 .doc = "share of the epochs of plain training at the start"},
	{OPTION_FIELD(struct ibp_options, ramp), .initial = "0.5", .range = RANGE_WITHIN(0, 1),
	 .doc = "share of the epochs over which eps then rises linearly to its value"},
	THREAT_REST(struct ibp_options, "no box: interval bounds are those of the whole ball", 0),
	{0},
};

enum status ibp_check(const struct problem *problem, const struct ibp_options *options,
		      struct err *err)
{
	const struct loss *loss = problem->loss.loss;

	if (options->threat.eps > 0 && !loss->falls)
		return err_set(err, STATUS_SPEC,
			       "interval.eps: expected 0 or a loss that falls with the margin, got "
			       "\"%g\" and loss %s",
			       options->threat.eps, loss->base.name);
	if (options->threat.eps > 0 && options->plain + options->ramp > 1)
		return err_set(err, STATUS_SPEC,
			       "interval.ramp: expected at most 1 - interval.plain, got \"%g\" "
			       "with plain \"%g\"",
			       options->ramp, options->plain);
	return STATUS_OK;
}

/* A sample shifts z_jk by -y_k times these. */
void ibp_radii(const struct ibp_job *job)
{
	for (ptrdiff_t j = 0; j < job->U.cols; j++) {
		double r = job->eps * threat_dual(job->threat, mat_col(job->U, j));

		job->radii[j] = (real)(job->alpha[j] < 0 ? -r : r);
	}
}

/* f_k = sum_j a_j relu(h_jk), F_k = sum_j a_j relu(h_jk - y_k sign(a_j) r_j) */
void ibp_forward(const struct ibp_job *job, struct mat H, real *f, real *F)
{
	const real *restrict a = job->alpha, *restrict r = job->radii;

	for (ptrdiff_t k = 0; k < H.cols; k++) {
		const real *restrict h = mat_col(H, k);
		real y = job->y[k], plain = 0, bound = 0;

#pragma omp simd reduction(+ : plain, bound)
		for (ptrdiff_t j = 0; j < H.rows; j++) {
			real worst = h[j] - y * r[j];

			plain += a[j] * (h[j] < 0 ? 0 : h[j]);
			bound += a[j] * (worst < 0 ? 0 : worst);
		}
		f[k] = plain;
		F[k] = bound;
	}
}

/* With w_jk = h_jk - y_k sign(a_j) r_j:
 *     galpha_j = sum_k g_k relu(h_jk) + G_k relu(w_jk)
 *     dL/dr_j  = -|a_j| sum_k y_k G_k [w_jk > 0]
 *     dL/dh_jk = a_j (g_k [h_jk > 0] + G_k [w_jk > 0]) */
void ibp_backward(const struct ibp_job *job, struct mat H, const struct ibp_slopes *slopes)
{
	const real *restrict a = job->alpha, *restrict r = job->radii;
	real *restrict in_alpha = slopes->galpha, *restrict in_r = slopes->slope_r;

	memset(in_r, 0, (size_t)H.rows * sizeof *in_r);
	if (!slopes->add)
		memset(in_alpha, 0, (size_t)H.rows * sizeof *in_alpha);
	for (ptrdiff_t k = 0; k < H.cols; k++) {
		real *restrict h = mat_col(H, k);
		real y = job->y[k], g = slopes->g[k], G = slopes->G[k];

#pragma omp simd
		for (ptrdiff_t j = 0; j < H.rows; j++) {
			real worst = h[j] - y * r[j];
			real plain = h[j] > 0 ? g : 0, bound = worst > 0 ? G : 0;

			in_alpha[j] += plain * h[j] + bound * worst;
			in_r[j] += y * bound;
			h[j] = a[j] * (plain + bound);
		}
	}
	for (ptrdiff_t j = 0; j < H.rows; j++)
		in_r[j] *= a[j] < 0 ? a[j] : -a[j];
}

void ibp_radius_gradient(const struct ibp_job *job, const real *slope_r, struct mat gU)
{
	for (ptrdiff_t j = 0; j < gU.cols; j++)
		threat_dual_slope(job->threat, mat_col(job->U, j), job->eps * (double)slope_r[j],
				  mat_col(gU, j));
}
