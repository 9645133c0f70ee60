/* The parts of merging that are not about records: specs, data, plan and environment. */
#ifndef MERGE_MERGE_TABLES_H
#define MERGE_MERGE_TABLES_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

/* The specs and what was set for them agree, but for `resources`. */
enum status merge_tables_check_specs(const char *dest, const char *source, struct arena *arena,
				     struct err *err);
/* The data sets that both name have the same files. */
enum status merge_tables_check_data(const char *dest, const char *source, struct arena *arena,
				    struct err *err);
/* Rows of plan.csv and data.csv that only the source has go behind those of the destination; the
 * status of each cell is that of its record. */
enum status merge_tables_unite(const char *dest, const char *source, struct arena *arena,
			       struct err *err);
enum status merge_tables_environment(const char *dest, const char *source, struct arena *arena,
				     struct err *err);

#endif
