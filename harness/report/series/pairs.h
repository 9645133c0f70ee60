/* Pairs of networks in transfer.csv: points found against the one on the other. */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include "harness/report/records/records.h"
#include "harness/stats/sample.h"

#include <stdbool.h>
#include <stddef.h>

/* Rows of transfer.csv of one attack and radius, in order of appearance. */
struct pairs_kinds {
	size_t count;
	const struct transfer_row **first; /* of each kind one */
};

struct pairs_kinds pairs_kinds(const struct records *records);

/* Are both of one attack, norm, units and part, and with `radius` of one radius? */
bool pairs_same(const struct transfer_row *a, const struct transfer_row *b, bool radius);

/* Rows of this kind from a member of one group to a member of the other; of an empty list none. */
struct pairs_rows {
	size_t count;
	const struct transfer_row **at;
};

struct pairs_rows pairs_rows(const struct records *records, const struct transfer_row *kind,
			     const struct group *source, const struct group *target);

/* A column of rows_transfer over them. */
struct spread pairs_spread(const struct pairs_rows *rows, const char *column, struct arena *arena);

#endif
