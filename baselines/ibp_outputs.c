/* Interval bounds of margins and their gradients. See ibp_outputs.h. */
#include "baselines/ibp_outputs.h"

#include <string.h>

static void find_radii(const struct ibp_outputs_job *job)
{
	for (ptrdiff_t j = 0; j < job->U.cols; j++)
		job->radii[j] = (real)(job->eps * threat_dual(job->threat, mat_col(job->U, j)));
}

static real plain_output(struct mat A, ptrdiff_t c, const real *restrict h)
{
	const real *restrict a = mat_col(A, c);
	real sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < A.rows; j++)
		sum += a[j] * (h[j] < 0 ? 0 : h[j]);
	return sum;
}

/* M_c of one sample */
static real least_margin(const struct ibp_outputs_job *job, ptrdiff_t y, ptrdiff_t c,
			 const real *restrict h)
{
	const real *restrict own = mat_col(job->A, y), *restrict rival = mat_col(job->A, c);
	const real *restrict r = job->radii;
	real sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < job->A.rows; j++) {
		real s = own[j] - rival[j], worst = h[j] - (s < 0 ? -r[j] : r[j]);

		sum += s * (worst < 0 ? 0 : worst);
	}
	return sum;
}

void ibp_outputs_forward(const struct ibp_outputs_job *job, struct mat H, struct mat f,
			 struct mat F)
{
	find_radii(job);
	for (ptrdiff_t k = 0; k < H.cols; k++) {
		const real *h = mat_col(H, k);
		int y = job->label[k];

		for (ptrdiff_t c = 0; c < f.cols; c++) {
			mat_set(f, k, c, plain_output(job->A, c, h));
			mat_set(F, k, c, c == y ? 0 : -least_margin(job, y, c, h));
		}
	}
}

/* The clean part: gA += g relu(h), in_h = sum_c a_c g_c [h > 0] */
static void plain_backward(const struct ibp_outputs_job *job, const struct ibp_outputs_slopes *to,
			   ptrdiff_t k, const real *restrict h)
{
	real *restrict in_h = to->scratch;

	memset(in_h, 0, (size_t)job->A.rows * sizeof *in_h);
	for (ptrdiff_t c = 0; c < job->A.cols; c++) {
		const real *restrict a = mat_col(job->A, c);
		real *restrict in_a = mat_col(to->gA, c), g = mat_get(to->g, k, c);

#pragma omp simd
		for (ptrdiff_t j = 0; j < job->A.rows; j++) {
			in_a[j] += g * (h[j] < 0 ? 0 : h[j]);
			in_h[j] += h[j] > 0 ? a[j] * g : 0;
		}
	}
}

/* The part of M_c, dL/dM_c = -G: with w = h - sign(s) r
 *     ds = -G relu(w),   dL/dh = -G s [w > 0],   dL/dr = G |s| [w > 0] */
static void margin_backward(const struct ibp_outputs_job *job, const struct ibp_outputs_slopes *to,
			    ptrdiff_t k, ptrdiff_t c, const real *restrict h)
{
	ptrdiff_t y = job->label[k];
	const real *restrict own = mat_col(job->A, y), *restrict rival = mat_col(job->A, c);
	const real *restrict r = job->radii;
	real *restrict in_own = mat_col(to->gA, y), *restrict in_rival = mat_col(to->gA, c);
	real *restrict in_h = to->scratch, *restrict in_r = to->slope_r;
	real G = mat_get(to->G, k, c);

#pragma omp simd
	for (ptrdiff_t j = 0; j < job->A.rows; j++) {
		real s = own[j] - rival[j], worst = h[j] - (s < 0 ? -r[j] : r[j]);
		real on = worst > 0 ? G : 0;

		in_own[j] -= on * worst;
		in_rival[j] += on * worst;
		in_h[j] -= on * s;
		in_r[j] += on * (s < 0 ? -s : s);
	}
}

void ibp_outputs_backward(const struct ibp_outputs_job *job, struct mat H,
			  const struct ibp_outputs_slopes *slopes)
{
	size_t count = (size_t)H.rows;

	memset(slopes->slope_r, 0, count * sizeof(real));
	if (!slopes->add)
		mat_fill(slopes->gA, 0);
	for (ptrdiff_t k = 0; k < H.cols; k++) {
		real *h = mat_col(H, k);

		plain_backward(job, slopes, k, h);
		for (ptrdiff_t c = 0; c < job->A.cols; c++)
			if (c != job->label[k])
				margin_backward(job, slopes, k, c, h);
		memcpy(h, slopes->scratch, count * sizeof *h);
	}
}
