/* Parts of the proximal gradient methods `ista` and `fista` of SCP. */
#ifndef SCP_SCP_PROXIMAL_H
#define SCP_SCP_PROXIMAL_H

#include "solvers/scp/scp.h"

/* How far a proximal step went. */
struct scp_move {
	double linear; /* <slope, move> */
	double square; /* |move|^2 */
	double norm;   /* |a|_1 behind it */
};

/* |Phi|_2^2 to a fraction of a per cent, from below, by the power method; a (N) and f (n) of *scp
 * are scratch and zero afterwards. Costs SCP_POWER_STEPS products with Phi and Phi'. */
double scp_squared_norm(const struct scp *scp);
enum { SCP_POWER_STEPS = 30 };

/* to = soft threshold of point - slope / lipschitz at beta / lipschitz, all N of *scp; to may be
 * point. */
struct scp_move scp_shrink(const struct scp *scp, const real *point, const real *slope,
			   double lipschitz, real *to);

#endif
