/* Options of the source `csv`. */
#include "harness/data/csv/csv_options.h"
#include "harness/data/csv/csv_missing.h"

static const char *const header_names[] = {"auto", "yes", "no", NULL};
static const char *const missing_names[] = {"error", "drop", "mean", NULL};
static const char *const encoding_names[] = {"utf-8", "latin-1", NULL};

const struct option csv_option_rows[] = {
	{OPTION_FIELD(struct csv_options, path), .doc = "file, plain or .gz", .path = PATH_OTHER},
	{OPTION_FIELD(struct csv_options, test), .initial = "null",
	 .doc = "file with the test part; where both have a header, columns are found by their "
		"names",
	 .path = PATH_OTHER},
	{OPTION_FIELD(struct csv_options, separator), .initial = "\",\"",
	 .doc = "one character, or tab, or whitespace for any run of blanks"},
	{OPTION_FIELD(struct csv_options, comment), .initial = "null",
	 .doc = "one character: what follows it in a line is skipped, but for quoted fields"},
	{OPTION_FIELD(struct csv_options, encoding), .initial = "utf-8", .names = encoding_names,
	 .doc = "of names, labels and categories"},
	{OPTION_FIELD(struct csv_options, header), .initial = "auto", .names = header_names,
	 .doc = "whether the first record names the columns; auto: if it holds texts alone, or a "
		"name that this spec uses, or counts 0, 1, 2, ... (which a note says); where that "
		"leaves it open, an error asks"},
	{OPTION_FIELD(struct csv_options, label), .initial = "last",
	 .doc = "column of the label or target: last, first, its name, or its index from 0"},
	{OPTION_FIELD(struct csv_options, targets), .initial = "[]", .later = true,
	 .doc = "columns of several targets of a regression, or of one-hot labels, by name or "
		"index "
		"from 0; in the place of label"},
	{OPTION_FIELD(struct csv_options, drop), .initial = "[]",
	 .doc = "columns to leave out, by name or index from 0"},
	{OPTION_FIELD(struct csv_options, one_hot), .initial = "[]",
	 .doc = "columns of categories, by name or index from 0: each becomes a column of zeros "
		"and ones per category of the training part; others are zeros in all of them"},
	{OPTION_FIELD(struct csv_options, missing), .initial = "error", .names = missing_names,
	 .doc = "what to do about missing values: stop, drop the row, or take the mean of the "
		"column over the training part"},
	{OPTION_FIELD(struct csv_options, missing_values), .initial = CSV_MISSING_VALUES,
	 .doc = "fields that are missing values, beside empty ones, unless quoted; a number counts "
		"by its value; signs are labels in a label column, and so is what classes names"},
	{0},
};

const struct option arff_option_rows[] = {
	{OPTION_FIELD(struct csv_options, path), .doc = "file, plain or .gz", .path = PATH_OTHER},
	{OPTION_FIELD(struct csv_options, test), .initial = "null",
	 .doc = "file with the test part; attributes are found by their names", .path = PATH_OTHER},
	{OPTION_FIELD(struct csv_options, encoding), .initial = "utf-8", .names = encoding_names,
	 .doc = "of names and values"},
	{OPTION_FIELD(struct csv_options, label), .initial = "last",
	 .doc = "attribute of the label or target: last, first, its name, or its index from 0"},
	{OPTION_FIELD(struct csv_options, targets), .initial = "[]",
	 .doc = "attributes of several targets of a regression, or of one-hot labels, by name or "
		"index from 0; in the place of label"},
	{OPTION_FIELD(struct csv_options, drop), .initial = "[]",
	 .doc = "attributes to leave out, by name or index from 0, as those of texts and dates"},
	{OPTION_FIELD(struct csv_options, missing), .initial = "error", .names = missing_names,
	 .doc = "what to do about a missing value, ?: stop, drop the row, or take the mean of the "
		"column over the training part"},
	{0},
};
