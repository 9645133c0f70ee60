/* Which objectives, bounds, gaps and costs of solving can be compared: those of the same loss, sum
 * or mean over samples, beta, quantity (network objective or worst case) and threat; values of
 * programs also of the same program. Data and repetition are the caller's part. */
#ifndef REPORT_COMPARABLE_H
#define REPORT_COMPARABLE_H

#include "harness/report/records/records.h"

#include <stdbool.h>
#include <stddef.h>

/* Is the column an objective, a bound, a gap or a residual: of one objective only? */
bool comparable_objective(const char *column);

/* Is it a cost of solving, which depends on what is solved: time, iterations? */
bool comparable_cost(const char *column);

/* Text that is the same for two records exactly where `column` can be compared between them. `x`: a
 * swept option that is the axis of a plot and does not count, or NULL. */
const char *comparable_key(const struct record *record, const char *column, const char *x,
			   struct arena *arena);

/* Is the model a network with one hidden ReLU layer, or there none, but a bound of such? */
bool comparable_is_network(const struct result *result);

/* The same of the clean objectives of networks, whatever program, threat or width. */
const char *comparable_network_key(const struct record *record, struct arena *arena);

/* Those parts of the key in which records that are ok differ: "beta 0.1, worst case, trained for
 * linf 0.1"; "" if all of them can be compared. `data`: the data set to look at, or NULL: all. */
const char *comparable_difference(const struct record *record, const struct records *among,
				  const char *data, const char *column, struct arena *arena);

/* Without the part that is swept by `x`, the axis of a plot. */
const char *comparable_difference_but(const struct record *record, const struct records *among,
				      const char *data, const char *column, const char *x,
				      struct arena *arena);

/* Does the value of this swept option change what is minimised? */
bool comparable_changed_by(const char *path);

/* The group as one group for each key of its members, in order of appearance; itself where they
 * agree, as the members of one setting do. */
struct group *comparable_split(const struct group *group, const char *column, const char *x,
			       struct arena *arena, size_t *count);

/* The key of all members, or NULL if they do not agree. */
const char *comparable_group_key(const struct group *group, const char *column, const char *x,
				 struct arena *arena);

#endif
