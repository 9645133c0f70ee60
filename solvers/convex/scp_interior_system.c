/* The Newton system of the interior point for SCP: I + T'T and its directions. See scp_interior.h;
 * Mehrotra 1992. */
#include "solvers/convex/scp_interior.h"

#include "solvers/core/blas.h"

#include <math.h>

static struct mat system_of(const struct scp_interior *s)
{
	return mat_rows(mat_cols(s->system, 0, s->count), 0, s->count);
}

static const double first_ridge = 16 * REAL_EPSILON, most_ridge = 0.1;

/* The system += T'T over row chunks. */
static void accumulate(struct scp_interior *s)
{
	struct mat Phi = s->scp->Phi;

	for (ptrdiff_t first = 0; first < Phi.rows; first += SCP_INTERIOR_CHUNK) {
		ptrdiff_t count = first + SCP_INTERIOR_CHUNK < Phi.rows ? SCP_INTERIOR_CHUNK
									: Phi.rows - first;
		struct mat T = mat_rows(mat_cols(s->T, 0, s->count), 0, count);
		const real *w = s->root_w + first;

		for (ptrdiff_t j = 0; j < T.cols; j++) {
			const real *phi = mat_col(Phi, j) + first;
			real *to = mat_col(T, j), r = s->root_s[j];

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				to[k] = w[k] * phi[k] * r;
		}
		blas_syrk(1, T, TRANSPOSED, 1, system_of(s));
	}
}

/* I + T'T with a diagonal larger by the share `ridge`. */
static void assemble(struct scp_interior *s, double ridge)
{
	struct mat C = system_of(s);

	mat_fill(C, 0);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, 1);
	accumulate(s);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, mat_get(C, j, j) * (real)(1 + ridge));
}

/* Where rounding makes the system indefinite, as in single precision it does for small beta, the
 * least ridge that helps: the direction is then a damped one, of which the residuals are exact. */
bool scp_interior_factor(struct scp_interior *s)
{
	interior_loss_weights(s->loss, s->f, s->root_w);
	for (ptrdiff_t k = 0; k < s->scp->Phi.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
	for (ptrdiff_t i = 0; i < s->count; i++)
		s->root_s[i] = (real)sqrt((double)s->p[i] / (double)s->zp[i] +
					  (double)s->q[i] / (double)s->zq[i]);
	assemble(s, 0);
	for (double ridge = first_ridge; !blas_cholesky(system_of(s)); ridge *= 100) {
		if (ridge > most_ridge)
			return false;
		assemble(s, ridge);
	}
	return true;
}

/* All four parts of the step from da = S^(1/2) x. H da is formed anew: r - da would cancel. Of dp
 * and dq the one with the smaller weight comes from its own equation, the other from da. */
static void complete_direction(struct scp_interior *s, double target, bool correct)
{
	struct mat Phi = s->scp->Phi;
	double beta = s->scp->problem->beta;

	for (ptrdiff_t i = 0; i < s->count; i++)
		s->x[i] *= s->root_s[i];
	blas_gemv(1, Phi, PLAIN, s->x, 0, s->df);
	interior_loss_direction(s->loss, s->f, s->df, target, correct);
	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		s->t[k] = s->df[k] * s->root_w[k] * s->root_w[k];
	blas_gemv(1, Phi, TRANSPOSED, s->t, 0, s->dzp);
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double da = (double)s->x[i], hda = (double)s->dzp[i], g = (double)s->slope[i];
		double sp = (double)s->p[i] / (double)s->zp[i];
		double sq = (double)s->q[i] / (double)s->zq[i];
		double dp = ((double)s->rp[i] - hda) * sp, dq = ((double)s->rq[i] + hda) * sq;

		s->dp[i] = (real)(sp < sq ? dp : da + dq);
		s->dq[i] = (real)(sp < sq ? dp - da : dq);
		s->dzp[i] = (real)(g + beta - (double)s->zp[i] + hda);
		s->dzq[i] = (real)(-g + beta - (double)s->zq[i] - hda);
	}
}

/* Step for the complementarity `target`, with the second-order terms of the last step if `correct`.
 */
void scp_interior_direction(struct scp_interior *s, double target, bool correct)
{
	double beta = s->scp->problem->beta;

	if (!s->smooth) {
		interior_loss_gradient(s->loss, s->f, target, correct, s->g);
		blas_gemv(1, s->scp->Phi, TRANSPOSED, s->g, 0, s->slope);
	}
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double p = (double)s->p[i], q = (double)s->q[i], g = (double)s->slope[i];
		double cp = correct ? (double)s->dp[i] * (double)s->dzp[i] : 0;
		double cq = correct ? (double)s->dq[i] * (double)s->dzq[i] : 0;
		double rp = -g - beta + (target - cp) / p, rq = g - beta + (target - cq) / q;

		s->rp[i] = (real)rp;
		s->rq[i] = (real)rq;
		s->x[i] = (real)((rp * p / (double)s->zp[i] - rq * q / (double)s->zq[i]) /
				 (double)s->root_s[i]);
	}
	blas_triangular_solve(system_of(s), BLAS_SOLVE_BLOCK, s->x);
	complete_direction(s, target, correct);
}
