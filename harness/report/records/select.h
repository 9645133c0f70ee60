/* Model selection: a method with `select: {by: validation_accuracy}`, or by the accuracy on the
 * validation part under attack, stands in the tables as one row per problem; failed cells count as
 * the worst, and the test part of a repetition is never looked at. What the search cost is told
 * beside it.
 *
 * Per experiment one setting is chosen, by the median of the column over repetitions. Where these
 * split one data set anew, the validation parts of some are the test parts of others, and the
 * choice has seen them: on pure noise its mean test accuracy is above one half. So there, by
 * default, the choice is made in each repetition by its own validation part alone.
 *
 * Of successive halving a setting of the last rung is chosen. In nested cross-validation the choice
 * is that of the plan: the cells that are tested are those of the settings that are best in the
 * mean over inner folds. */
#ifndef REPORT_SELECT_H
#define REPORT_SELECT_H

#include "harness/report/records/records.h"

#include <stdbool.h>
#include <stddef.h>

/* One method on one problem: all of its settings. */
struct search {
	const struct group *chosen;   /* one of the settings, or composed of them; NULL: no setting
					 has a value to choose by */
	bool per_repetition;          /* how it was chosen */
	const char *by;               /* the column, or NULL: the method selects nothing */
	size_t count;                 /* settings; of successive halving one for each of its rungs;
					 of nested cross-validation their inner folds */
	const struct group **setting; /* in order of the groups */
	size_t tested_count;          /* of nested cross-validation: settings chosen in some fold */
	const struct group **tested;  /* trained on all rows outside of it, and tested in it */
	size_t *times;                /* of each setting: repetitions in which it was chosen */
	double seconds; /* load, setup, solve, evaluation and selection of every cell, whatever its
			   end */
};

struct searches {
	size_t count;
	struct search *at;
};

/* In order of appearance; methods without swept values included. */
struct searches select_searches(const struct records *records);

/* Mark the settings that were not chosen (left_out), and add groups that are composed. */
void select_settings(struct records *records);

/* The column that settings of the method are compared by: that of its `select`, else
 * validation_accuracy, or validation_rmse where only that is known. */
const char *select_criterion(const struct group *setting);

/* How good a cell is by that column: lower is better; HUGE_VAL of one that is not ok or has no
 * value. */
double select_score(const struct record *record, const char *by);

/* Are settings of this method chosen in each repetition by itself? */
bool select_per_repetition(const struct group *setting);

/* Of each repetition the cell of the setting that is best by the column `by` there, the first of
 * equals; the first setting's where none has a value. `times`: as in struct search. NULL: no value
 * in any repetition. */
const struct group *select_compose(const struct group *const *setting, size_t count, const char *by,
				   size_t *times, struct arena *arena);

/* How many settings were tried and went on: "9", "9 in 3 rungs (9, 3, 1)". */
const char *select_tried(const struct search *search, struct arena *arena);

/* Its settings are trained and tested alike, so that any of them could have been drawn first. */
bool select_is_flat(const struct search *search);

/* A method and its problem as one text. */
const char *select_key(const struct group *group, struct arena *arena);

#endif
