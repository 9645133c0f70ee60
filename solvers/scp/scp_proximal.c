/* Parts of the proximal gradient methods of SCP. See scp_proximal.h. */
#include "solvers/scp/scp_proximal.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

bool scp_has_curvature(struct loss_term loss)
{
	return isfinite(loss_curvature(loss));
}

/* From the vector of ones: Phi >= 0, so it is not orthogonal to the leading singular vector, and
 * the others are far below that. */
double scp_squared_norm(const struct scp *scp)
{
	size_t N = (size_t)scp->Phi.cols, n = (size_t)scp->Phi.rows;
	double squared;

	for (size_t i = 0; i < N; i++)
		scp->a[i] = 1;
	squared = blas_squared_norm(scp->Phi, SCP_POWER_STEPS, scp->a, scp->f);
	memset(scp->a, 0, N * sizeof *scp->a);
	memset(scp->f, 0, n * sizeof *scp->f);
	return squared;
}

struct scp_move scp_shrink(const struct scp *scp, const real *point, const real *slope,
			   double lipschitz, real *to)
{
	double threshold = scp->problem->beta / lipschitz;
	struct scp_move sum = {0};

	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		double x = (double)point[i] - (double)slope[i] / lipschitz;
		double a = x > threshold ? x - threshold : (x < -threshold ? x + threshold : 0);
		double move = a - (double)point[i];

		to[i] = (real)a;
		sum.linear += (double)slope[i] * move;
		sum.square += move * move;
		sum.norm += fabs(a);
	}
	return sum;
}
