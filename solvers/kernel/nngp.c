/* Trainer `nngp`: ridge regression with the covariance of wide networks with one hidden ReLU layer.
 * See kernel_net.h. */
#include "solvers/kernel/kernel_net.h"
#include "solvers/kernel/kernel_ridge.h"

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	(void)options;
	return kernel_ridge_new(problem, false, arena, state, err);
}

const struct trainer trainer_nngp = {
	.base = {.name = "nngp",
		 .doc = "ridge regression with the covariance of wide networks with one hidden "
			"ReLU layer (NNGP)",
		 .cite = "lee2018"},
	.makes = &model_kernel,
	.takes = kernel_ridge_takes,
	.multi_output = true,
	.sample_weights = true,
	.forecast = kernel_ridge_forecast,
	.setup = setup,
	.step = kernel_ridge_step,
	.width = kernel_ridge_width,
	.model = kernel_ridge_model,
	.certify = kernel_ridge_certify,
	.facts = kernel_ridge_facts,
};
