/* Certificates of the final network: every entry of `certify`, eps by eps. */
#ifndef ASSESS_CERTIFIED_H
#define ASSESS_CERTIFIED_H

#include "harness/assess/earlier.h"
#include "harness/assess/evidence.h"
#include "harness/assess/target.h"
#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"
#include "solvers/model/model.h"

/* How many findings attacks and certificates of a cell are. */
size_t certified_findings(const struct cell *cell);

/* Whether the certificates can be had on data prepared like this; asked before training. */
enum status certified_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* What is certified, with more to say than certified_run takes. */
struct certified_order {
	const struct cell *cell; /* its entries of `certify` */
	const struct dataset *data;
	const struct model *model;
	const char *path;
	struct evidence *evidence;
	const struct earlier *kept; /* entries that need no computing, or NULL */
	struct effort *effort;      /* out: of each entry; or NULL */
};

/* Write certify.csv at `path`. A bound for a ball holds for smaller ones, and a point of a ball is
 * one of larger ones, so that the certified share never rises with eps. The bounds are added to the
 * evidence. Rows of kept entries are copied. */
enum status certified_carry_out(const struct certified_order *order, struct err *err);

/* All entries. */
enum status certified_run(const struct cell *cell, const struct dataset *data,
			  const struct model *model, const char *path, struct evidence *evidence,
			  struct err *err);

/* Where an entry of `certify` aims. */
struct aim certified_aim(const struct certify_options *o, const struct dataset *data);

#endif
