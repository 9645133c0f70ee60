/* Transfer of attacks: the points that were found against one network, on the others that were
 * trained on the same data, repetition and fold (Szegedy et al. 2014; Papernot, McDaniel,
 * Goodfellow 2016). Points lie in the ball of the attack whoever they were found against, so that
 * each bounds the robust accuracy of the target from above too, and no certificate of it may be
 * above the margin there. */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>

struct transfer_order {
	const char *folder; /* of results */
	const char *data;   /* where to look for data that are not where they were, or NULL */
	const char *source, *target; /* ids of the only cells wanted, or NULL: all */
	bool again;                  /* compute what transfer.csv has, too */
};

struct transfer {
	size_t count;
	struct transfer_row *at; /* in the order of the plan: by source, attack, radius, target */
	size_t computed;         /* of them, the others are those of transfer.csv */
	size_t left_out;         /* cells whose record is damaged */
};

/* Errors: of records and data that cannot be read; STATUS_SPEC where cells that are named cannot be
 * paired; STATUS_FAILED if a certificate of a target is above its margin at a point. */
enum status transfer_run(const struct transfer_order *order, struct arena *arena,
			 struct transfer *out, struct err *err);

/* Write <folder>/transfer.csv. */
enum status transfer_write(const char *folder, const struct transfer *transfer, struct arena *arena,
			   struct err *err);

#endif
