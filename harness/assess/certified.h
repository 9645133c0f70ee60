/* Certificates of the final network: every entry of `certify`, eps by eps. */
#ifndef ASSESS_CERTIFIED_H
#define ASSESS_CERTIFIED_H

#include "harness/assess/assessed.h"
#include "harness/assess/target.h"

/* How many findings attacks and certificates of a cell are. */
size_t certified_findings(const struct cell *cell);

/* Whether the certificates can be had on data prepared like this; asked before training. */
enum status certified_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* Certify by all entries of order->cell->certify; out[i] is of entry i, its rows in `arena`.
 *
 * A bound for a ball holds for smaller ones, and a point of a ball is one of larger ones, so that
 * the certified share never rises with eps. The bounds are added to the evidence. Kept entries are
 * left as they are. A kind of model that is no ReLU network has no rows. */
enum status certified_run(const struct assess_order *order, struct arena *arena,
			  struct assessed *out, struct err *err);

/* Where an entry of `certify` aims. */
struct aim certified_aim(const struct certify_options *o, const struct dataset *data);

#endif
