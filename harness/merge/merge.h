/* Uniting results folders of one experiment: shards computed on several machines, late results.
 *
 * Of a cell that both have the better record stays: ok before failed or stopped before skipped or
 * interrupted; of two that are ok, undisturbed times before disturbed ones; then the later date.
 * A damaged record is never taken, and gives way to any whole one. Doing it again changes nothing.
 */
#ifndef MERGE_MERGE_H
#define MERGE_MERGE_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct merge_order {
	const char *dest;
	size_t count; /* of the sources */
	char *const *source;
	bool force; /* also if specs or data differ */
	FILE *to;   /* what was done, one line per record that was replaced and one per source */
	FILE *warn; /* damaged records */
};

struct merge_summary {
	size_t added, replaced, kept; /* kept: the destination's was as good or better */
	size_t damaged;               /* of the sources, not taken, and of the destination, left */
};

/* Take into order->dest (made, with the spec of the first source, if there is nothing) what the
 * sources have new or better; unite plan.csv and data.csv, and keep env.json of each source as
 * env-<start of its SHA-256>.json. STATUS_SPEC with the first difference if the specs differ,
 * STATUS_ENV if the data do, if a folder is none of results, or if a run is writing to one of
 * them. */
enum status merge_folders(const struct merge_order *order, struct arena *arena,
			  struct merge_summary *out, struct err *err);

#endif
