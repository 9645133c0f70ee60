/* Model selection: a method with `select: {by: validation_accuracy}`, or by the accuracy on the
 * validation part under attack, stands in the tables with one setting per problem, chosen by the
 * median of that column over repetitions, failed ones as the worst. The test part is never looked
 * at. What the search cost is told beside it. */
#ifndef REPORT_SELECT_H
#define REPORT_SELECT_H

#include "harness/report/records.h"
#include "harness/report/sheet.h"

#include <stdbool.h>
#include <stddef.h>

/* One method on one problem: all of its settings. */
struct search {
	const struct group *chosen;   /* NULL: no setting has a value to choose by */
	const char *by;               /* the column, or NULL: the method selects nothing */
	size_t count;                 /* settings */
	const struct group **setting; /* in order of the groups */
	double seconds; /* load, setup, solve, evaluation and selection of every cell, whatever its
			   end */
};

struct searches {
	size_t count;
	struct search *at;
};

/* In order of appearance; methods without swept values included. */
struct searches select_searches(const struct records *records);

/* Mark the settings that were not chosen (left_out). */
void select_settings(struct records *records);

/* A method and its problem as one text. */
const char *select_key(const struct group *group, struct arena *arena);

/* Does a lower value of a column mean better? True but for accuracies. */
bool select_lower_is_better(const char *column);

/* Every setting of the methods that select: the table of tables/sweep.md. No rows if there is none.
 */
struct sheet select_sheet(const struct records *records);
extern const char select_note[];

#endif
