/* Attacks on the final network: every entry of `attack`, eps by eps, on the test part. */
#ifndef ASSESS_ASSAULT_H
#define ASSESS_ASSAULT_H

#include "harness/assess/earlier.h"
#include "harness/assess/evidence.h"
#include "harness/assess/target.h"
#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"
#include "solvers/model/model.h"

/* Whether the attacks can be run on data prepared like this; asked before training. */
enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* An attack of a cell with more to say than assault_run takes. */
struct assault_order {
	const struct cell *cell; /* its entries of `attack` */
	const struct dataset *data;
	const struct model *model;
	const char *path;
	struct evidence *evidence;  /* or NULL */
	const struct earlier *kept; /* entries that need no computing, or NULL */
	struct effort *effort;      /* out: of each entry; or NULL */
	bool alone;                 /* no entry starts from what another one has found */
};

/* Write attack.csv at `path`. The worst point found at a smaller eps starts the search at the next
 * one, so that robust accuracy never rises with eps; a worst case over attacks starts from what the
 * other entries have found. zero_gradient is the share of test samples at which the gradient of the
 * attack's loss is zero: where it is large, a robust accuracy by gradients means little. A network
 * without neurons classifies nothing: all accuracies are 0. The margins are added to the
 * evidence. Rows of kept entries are copied; such an entry is attacked again only where another one
 * starts from its points. Error: what an attack gave back cannot be true (a fault of the program).
 */
enum status assault_carry_out(const struct assault_order *order, struct err *err);

/* All entries; `evidence` may be NULL. */
enum status assault_run(const struct cell *cell, const struct dataset *data,
			const struct model *model, const char *path, struct evidence *evidence,
			struct err *err);

/* Where an entry of `attack` aims. */
struct aim assault_aim(const struct attack_options *o, const struct dataset *data);

/* Whether the rows of `a` depend on `b`, of the same list: b is part of a by definition, within
 * the same threat. */
bool assault_contains(const struct attack_options *a, const struct attack_options *b);

#endif
