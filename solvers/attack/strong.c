/* The worst case over attacks at settings where more of them finds little: what a robust accuracy
 * should be reported with. */
#include "solvers/attack/ensemble.h"

static const struct option rows[] = {
	ENSEMBLE_ROW(
		"[fgsm, {pgd: {steps: 100, restarts: 10}}, {apgd: {steps: 100, restarts: 10}}, "
		"{square: {queries: 5000}}]"),
	{0},
};

const struct attack attack_strong = {
	.base = {.name = "strong",
		 .doc = "worst case over several attacks at large settings",
		 .cite = "croce2020",
		 .options = rows,
		 .size = sizeof(struct ensemble_options)},
	.run = ensemble_run,
	.effort = ensemble_effort,
	.flat = ensemble_flat,
	.pools = true,
};
