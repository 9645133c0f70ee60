/* The l1 program of SCP by an interior point over all neurons at once (scp_interior.h; Mehrotra
 * 1992): about twenty iterations to rounding for any beta and any loss. */
#include "solvers/scp/scp_interior.h"

static enum status setup(struct scp *scp, const void *options, struct arena *arena, void **state,
			 struct err *err)
{
	struct scp_interior *interior = scp_interior_new(scp, scp->Phi.cols, arena);

	(void)options;
	(void)err;
	if (!arena_counts(arena))
		scp_interior_start(interior);
	*state = interior;
	return STATUS_OK;
}

const struct scp_method scp_newton = {
	.base = {.name = "newton",
		 .doc = "primal-dual interior point; about twenty iterations for any beta",
		 .cite = "mehrotra1992"},
	.takes = scp_loss_takes,
	.needs = "a loss whose conjugate is a quadratic or an entropy on an interval",
	.spread = true,
	.most = 2000, /* a factorisation of order N of 3 GFLOP, and a system of 32 MB */
	.forecast = scp_interior_forecast,
	.setup = setup,
	.step = scp_interior_step,
	.slopes = scp_interior_slopes,
};
