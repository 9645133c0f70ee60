/* Attacks on the final network: every entry of `attack`, eps by eps, on the test part. */
#ifndef RUN_ASSAULT_H
#define RUN_ASSAULT_H

#include "harness/data/data.h"
#include "harness/run/evidence.h"
#include "harness/spec/spec.h"
#include "solvers/core/attack.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

/* Points and network in the units of a ball, with the threat but for its eps. */
struct target {
	struct net net;
	struct mat X;
	struct threat threat;
	struct stage_columns raw; /* used in raw units only */
};

/* What is aimed at: one entry of `attack`, or of `certify`. */
struct aim {
	const char *what, *name; /* "attack", "pgd" */
	const struct part *part;
	const char *part_name; /* "test" */
	long norm, units;
	const struct reals *clip;
};

/* An error if the clip box excludes a point. */
enum status assault_target(const struct aim *aim, const struct dataset *data, const struct net *net,
			   struct arena *arena, struct target *t, struct err *err);

/* An error if raw units are asked for and the stages of the data mix columns. */
enum status assault_check_units(const struct aim *aim, const struct dataset *data, struct err *err);

/* Whether the attacks can be run on data prepared like this; asked before training. */
enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* Write attack.csv at `path`. The worst point found at a smaller eps starts the search at the next
 * one, so that robust accuracy never rises with eps. The margins are added to the evidence. */
enum status assault_run(const struct cell *cell, const struct dataset *data, const struct net *net,
			const char *path, struct evidence *evidence, struct err *err);

#endif
