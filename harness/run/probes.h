/* Everything that is asked of a trained network: attacks on the validation part for selections,
 * attacks and certificates, which must agree point by point. Off the solve clock.
 *
 * What an earlier record of the cell holds already is taken from there. After each of the three
 * tables entries.json says what the folder holds. */
#ifndef RUN_PROBES_H
#define RUN_PROBES_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "harness/store/entries.h"
#include "harness/store/result.h"
#include "solvers/core/status.h"
#include "solvers/model/model.h"

struct team; /* harness/assess/team.h */

struct probes {
	const struct cell *cell;
	const struct dataset *data;
	const struct model *model; /* NULL: there is nothing to ask, and no rows */
	const struct team *team;   /* ranks that share the samples, or NULL */
	const char *folder;        /* gets the files */
	const char *record;        /* folder of the earlier record, or NULL */
	bool trained;              /* training ended by itself: another run may go on from here */
	struct result here;        /* kernels, threads, program and machine of this process */
	struct result *result;     /* gets seconds and the accuracy of the cell's selection */
	struct entries entries;    /* out: what `folder` holds */
	struct arena *arena;
};

/* entries.json of a cell as far as it has come. */
enum status probes_note(const struct cell *cell, const char *folder, bool begun, bool trained,
			struct err *err);

/* Whether attacks and certificates can be had on data prepared like this; asked before training. */
enum status probes_check(const struct cell *cell, const struct dataset *data, struct err *err);

enum status probes_run(struct probes *p, struct err *err);

#endif
