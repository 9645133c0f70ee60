/* The attacks of Bai, Gautam, Sojoudi 2023 as published: FGSM, and PGD of 40 steps of eps / 30 from
 * the clean point, on a leaky hinge. Kept apart from the worst case, to be compared with it. */
#include "solvers/attack/ensemble.h"

static const struct option rows[] = {
	ENSEMBLE_ROW(
		"[{fgsm: {slope: 0.1}}, {pgd: {steps: 40, step: 40/30, restarts: 1, slope: 0.1}}]"),
	{0},
};

const struct attack attack_paper = {
	.base = {.name = "paper",
		 .doc = "FGSM and PGD with the settings of the papers",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct ensemble_options)},
	.run = ensemble_run,
	.effort = ensemble_effort,
	.flat = ensemble_flat,
};
