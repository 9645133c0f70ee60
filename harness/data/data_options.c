/* Options of an entry of `data`. */
#include "harness/data/data_options.h"
#include "harness/data/limit.h"
#include "harness/data/number.h"

#include <math.h>
#include <string.h>

static const char *const tasks[] = {"classification", "regression", NULL};
static const char *const draw_words[] = {"repetition", NULL};
static const char *const targets[] = {"raw", "standardize", NULL};
static const char *const codings[] = {[DATA_SIGNS] = "signs", [DATA_ONE_HOT] = "one_hot", NULL};
static const char *const spaces[] = {"inputs", "features", NULL};

static const char *const weight_words[] = {DATA_BALANCED, NULL};

static bool is_weight(const char *text)
{
	double value;

	return number_parse(text, strlen(text), &value) && value > 0 && isfinite(value);
}

static const struct option split_option_rows[] = {
	{OPTION_FIELD(struct split_options, test), .initial = "null", .range = RANGE_FROM(0),
	 .doc = "test part: a share if below 1, else a count; 0 = none; null = the source's own, "
		"or "
		"none"},
	{OPTION_FIELD(struct split_options, validation), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "validation part: a share if below 1, else a count; 0 = none"},
	{OPTION_FIELD(struct split_options, stratified), .initial = "true",
	 .doc = "every part gets the classes in the proportions of the whole (not in regression)"},
	{OPTION_FIELD(struct split_options, folds), .initial = "0",
	 .range = RANGE_WITHIN(0, SPLIT_FOLDS_MOST), .later = true,
	 .doc = "cross-validation: so many parts of equal size; a repetition has a cell for each, "
		"whose test part it is, in the place of `test`; 0 = none"},
	{OPTION_FIELD(struct split_options, inner), .initial = "0",
	 .range = RANGE_WITHIN(0, SPLIT_FOLDS_MOST), .later = true,
	 .doc = "nested cross-validation: so many parts of the rows outside of a fold; methods "
		"that "
		"`select` are trained without each of them, and the setting that is best on them "
		"in "
		"the mean is trained on all of these rows and tested on the fold; 0 = none"},
	{0},
};

const struct option data_rows[] = {
	{OPTION_FIELD(struct data_options, name), .fixed = true,
	 .doc = "name in results and in train[].data"},
	{OPTION_FIELD(struct data_options, source), .kind = KIND_DATA, .style = CHOICE_KEYED,
	 .doc = "where the rows come from; the key is the name of the source"},
	{OPTION_FIELD(struct data_options, classes), .initial = "[]",
	 .doc = "labels, or groups of labels joined by a vertical bar: two are mapped to -1 and "
		"+1, "
		"three and more are classes with an output each; other rows are left out; empty: "
		"all labels that occur, in ascending order"},
	{OPTION_FIELD(struct data_options, class_weights), .initial = "{}", .later = true,
	 .words = weight_words, .is_valid = is_weight, .valid = "a number above 0",
	 .doc = "factors of the loss of the samples of a class, by its name, 1 for those not "
		"named; "
		"balanced: n / (classes x rows of the class), of the training part"},
	{OPTION_FIELD(struct data_options, task), .initial = "classification", .names = tasks,
	 .doc = "classes, or numeric targets"},
	{OPTION_FIELD(struct data_options, target), .initial = "raw", .names = targets,
	 .doc = "targets of a regression as they are, or with mean 0 and variance 1 over the "
		"training part, in which unit objective and RMSE are then given"},
	{OPTION_FIELD(struct data_options, coding), .initial = "signs", .names = codings,
	 .later = true,
	 .doc = "targets of two classes: signs, one output with -1 for the first and +1 for the "
		"second; one_hot, an output for each, 1 for the class of a sample and 0 for the "
		"other, as three classes and more always have"},
	{OPTION_FIELD(struct data_options, space), .initial = "inputs", .names = spaces,
	 .later = true,
	 .doc = "what the columns of the source are: the inputs themselves, as pixels, or features "
		"that a map made of them, as the last layer of a network: then a radius is a "
		"distance between features and not between pixels, as records, tables and plots "
		"say. A step of `prepare` may lead to features by itself"},
	{OPTION_FIELD(struct data_options, split), .initial = "{}", .rows = split_option_rows,
	 .size = sizeof(struct split_options),
	 .doc = "parts drawn at random, anew in each repetition"},
	{OPTION_FIELD(struct data_options, limit), .initial = "{}", .rows = limit_rows,
	 .size = sizeof(struct limit_options), .doc = "smaller parts, after the split"},
	{OPTION_FIELD(struct data_options, prepare), .initial = "[]", .kind = KIND_PREPARE,
	 .style = CHOICE_NESTED, .doc = "steps fitted on the training part, in this order"},
	{OPTION_FIELD(struct data_options, draw), .initial = "repetition", .range = RANGE_FROM(0),
	 .words = draw_words, .later = true,
	 .doc = "which draw of generated data, parts and limits: the same in all repetitions if it "
		"is a number; swept beside `draw` of a method for the plot `variance`"},
	{0},
};

size_t data_outputs(const struct data_options *o, size_t classes)
{
	return classes > 2 || (classes == 2 && o->coding == DATA_ONE_HOT) ? classes : 1;
}
