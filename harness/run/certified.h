/* Certificates of the final network: every entry of `certify`, eps by eps. */
#ifndef RUN_CERTIFIED_H
#define RUN_CERTIFIED_H

#include "harness/data/data.h"
#include "harness/run/evidence.h"
#include "harness/spec/spec.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

/* How many findings attacks and certificates of a cell are. */
size_t certified_findings(const struct cell *cell);

/* Whether the certificates can be had on data prepared like this; asked before training. */
enum status certified_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* Write certify.csv at `path`. A bound for a ball holds for smaller ones, and a point of a ball is
 * one of larger ones, so that the certified share never rises with eps. The bounds are added to the
 * evidence. */
enum status certified_run(const struct cell *cell, const struct dataset *data,
			  const struct net *net, const char *path, struct evidence *evidence,
			  struct err *err);

#endif
