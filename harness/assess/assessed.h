/* What is asked of a network, and what it came to: values; whoever asks writes them. */
#ifndef ASSESS_ASSESSED_H
#define ASSESS_ASSESSED_H

#include "harness/assess/evidence.h"
#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "harness/store/rows.h"
#include "solvers/model/model.h"

struct team; /* harness/assess/team.h */

struct assess_order {
	const struct cell *cell; /* its entries of `attack` or of `certify` */
	const struct dataset *data;
	const struct model *model; /* NULL: there is nothing to ask, and no rows */
	const struct team *team;   /* ranks that share the samples; NULL: this process alone */
	struct evidence *evidence; /* gets what is found about each point; NULL: not asked for */
	bool alone;                /* no attack starts from what another one has found */
};

/* Of one entry. */
struct assessed {
	bool kept; /* in: rows and times are those of an earlier record, and stand as they are */
	size_t count;
	struct attack_row *row; /* one per radius; none of a part without points */
	double wall_s, cpu_s;
};

/* The rows of all entries, one after the other, under the header of the table. */
void assessed_put(struct csv *csv, const struct field_table *table, const struct assessed *entries,
		  size_t count);

#endif
