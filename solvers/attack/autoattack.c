/* AutoAttack as published, its standard version (Croce & Hein 2020; of l_1 Croce & Hein 2021): four
 * attacks in a row, each on the samples that those before have left. What differs is in the README.
 */
#include "solvers/attack/ensemble.h"

static const struct option rows[] = {
	ENSEMBLE_ROW("[{apgd: {loss: cross_entropy, restarts: 1, wide: true}}, {apgd: {loss: "
		     "targeted, restarts: 1, wide: true}}, {fab: {restarts: 1}}, {square: "
		     "{queries: 5000}}]"),
	{0},
};

const struct attack attack_autoattack = {
	.base = {.name = "autoattack",
		 .doc = "the standard version of AutoAttack: apgd on the cross entropy and against "
			"each class, fab, square",
		 .cite = "croce2020",
		 .options = rows,
		 .size = sizeof(struct ensemble_options)},
	.run = ensemble_run,
	.effort = ensemble_effort,
	.flat = ensemble_flat,
};
