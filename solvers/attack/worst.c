/* The worst case over attacks, per sample: gradients from several starts, with fixed and with
 * adapted steps, and a search without gradients, which masked gradients do not deceive. */
#include "solvers/attack/ensemble.h"

static const struct option rows[] = {
	ENSEMBLE_ROW("[fgsm, pgd, apgd, square]"),
	{0},
};

const struct attack attack_worst = {
	.base = {.name = "worst",
		 .doc = "worst case over several attacks, per sample",
		 .cite = "croce2020",
		 .options = rows,
		 .size = sizeof(struct ensemble_options)},
	.run = ensemble_run,
	.effort = ensemble_effort,
	.flat = ensemble_flat,
	.pools = true,
};
