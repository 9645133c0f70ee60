/* Scores of the validation part that settings are chosen by. */
#include "harness/spec/select.h"

const char *const select_per_names[] = {[SELECT_PER_AUTO] = "auto",
					[SELECT_PER_REPETITION] = "repetition",
					[SELECT_PER_EXPERIMENT] = "experiment",
					NULL};

const char *const select_scores[] = {
	[SELECT_NONE] = "none",
	[SELECT_VALIDATION_ACCURACY] = "validation_accuracy",
	[SELECT_VALIDATION_ROBUST_ACCURACY] = "validation_robust_accuracy",
	[SELECT_VALIDATION_BALANCED_ACCURACY] = "validation_balanced_accuracy",
	[SELECT_VALIDATION_MACRO_F1] = "validation_macro_f1",
	[SELECT_VALIDATION_WORST_RECALL] = "validation_worst_recall",
	[SELECT_VALIDATION_AUC] = "validation_auc",
	[SELECT_VALIDATION_RMSE] = "validation_rmse",
	[SELECTS] = NULL};

const struct option select_rows[] = {
	{OPTION_FIELD(struct select_options, by), .initial = "none", .names = select_scores,
	 .fixed = true,
	 .doc = "what the best variant is chosen by, the highest, of `validation_rmse` "
		"(regression) "
		"the lowest; never anything of the test part"},
	{OPTION_FIELD(struct select_options, attack), .initial = "null", .fixed = true,
	 .doc = "validation_robust_accuracy: name of an entry of `attack`, or of its attack if "
		"none is called so; the first one by default"},
	{OPTION_FIELD(struct select_options, eps), .initial = "null", .range = RANGE_FROM(0),
	 .fixed = true,
	 .doc = "validation_robust_accuracy: radius; the largest of that entry by default"},
	{OPTION_FIELD(struct select_options, per), .initial = "auto", .names = select_per_names,
	 .fixed = true,
	 .doc = "a choice for each repetition by its own validation part, or one for the whole "
		"experiment by the median over repetitions; auto: repetition where repetitions "
		"split one data set anew, experiment where each draws or keeps its own"},
	{.name = NULL},
};
