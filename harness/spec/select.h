/* `select`: by what one of the settings of a method is chosen. */
#ifndef SPEC_SELECT_H
#define SPEC_SELECT_H

#include "solvers/core/option.h"

/* Columns of the record, of the validation part. */
enum select_by {
	SELECT_NONE,
	SELECT_VALIDATION_ACCURACY,
	SELECT_VALIDATION_ROBUST_ACCURACY,
	SELECT_VALIDATION_BALANCED_ACCURACY,
	SELECT_VALIDATION_MACRO_F1,
	SELECT_VALIDATION_WORST_RECALL,
	SELECT_VALIDATION_AUC,  /* of two classes */
	SELECT_VALIDATION_RMSE, /* of a regression; the lowest is the best */
	SELECTS
};

/* For what a setting is chosen: for each repetition by itself, or one for all of them. Automatic:
 * for each where repetitions split one data set anew, so that the validation part of one is the
 * test part of another; else one for all. */
enum select_per { SELECT_PER_AUTO, SELECT_PER_REPETITION, SELECT_PER_EXPERIMENT };

/* How one of the variants of a swept method is chosen; the others are still computed and shown. */
struct select_options {
	long by;            /* enum select_by */
	const char *attack; /* an entry of `attack` by its name, or by its attack if none is
			       called so; NULL: the first one */
	double eps;         /* NaN: the largest of that entry */
	long per;           /* enum select_per */
};

extern const char *const select_scores[];    /* by enum select_by; 0: "none" */
extern const char *const select_per_names[]; /* by enum select_per */
extern const struct option select_rows[];

#endif
