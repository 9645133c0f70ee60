/* Rows of a table, and what of them does not go together. */
#include "harness/spec/table.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/select.h"
#include "harness/spec/style.h"

#include <ctype.h>
#include <string.h>

static const char *const settings[] = {[TABLE_ALL] = "all", [TABLE_BEST] = "best", NULL};
static const char *const acrosses[] = {
	[TABLE_NONE_ACROSS] = "none", [TABLE_DATA_ACROSS] = "data", NULL};
static const char *const statistics[] = {[TABLE_MEDIAN] = "median", [TABLE_MEAN] = "mean", NULL};
static const char *const intervals[] = {[TABLE_NO_INTERVAL] = "none",
					[TABLE_PLUS_MINUS] = "plus_minus",
					[TABLE_BRACKETS] = "brackets",
					NULL};
static const char *const bolds[] = {[TABLE_NOT_BOLD] = "none", [TABLE_BOLD_BEST] = "best", NULL};
static const char *const captions[] = {
	[TABLE_FULL] = "full", [TABLE_SHORT] = "short", [TABLE_NO_CAPTION] = "none", NULL};
static const char *const exports[] = {"md", "tex", "csv", NULL};
const char *const table_betters[] = {
	[TABLE_NEITHER] = "neither", [TABLE_HIGHER] = "higher", [TABLE_LOWER] = "lower", NULL};

/* It names files. */
static bool is_name(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return false;
	return isalpha((unsigned char)text[0]) && strlen(text) <= 60;
}

static bool is_digits(const char *text)
{
	return isdigit((unsigned char)text[0]) && !text[1];
}

const struct option table_rows[] = {
	{OPTION_FIELD(struct table_options, table), .is_valid = is_name,
	 .valid = "a letter, then letters, digits, _ and -, at most 60",
	 .doc = "name of its files: tables/<name>.md, .tex and .csv"},
	{OPTION_FIELD(struct table_options, title), .initial = "null",
	 .doc = "above it; its name by default"},
	{OPTION_FIELD(struct table_options, columns), .initial = "null",
	 .doc = "in their order: data, method, setting, a swept option, a number of summary.csv, "
		"an attack or certificate with its radius (pgd linf 0.1, worst linf 0.1, certified "
		"linf 0.1), the distance that an attack looks for (distance fab l2 3), the recall "
		"of a class (test_recall rose), objective_of, cells, ended; rows of several data "
		"sets "
		"have theirs in any case; "
		"by default data, method, test_accuracy, "
		"robust_accuracy, objective, gap, time, neurons, of these those with values"},
	{OPTION_FIELD(struct table_options, methods), .initial = "null",
	 .doc = "names of the methods; all by default"},
	{OPTION_FIELD(struct table_options, data), .initial = "null",
	 .doc = "names of the data sets; all by default"},
	{OPTION_FIELD(struct table_options, order), .initial = "null",
	 .doc = "methods that come first; the others keep the order of `style` and of the spec"},
	{OPTION_FIELD(struct table_options, settings), .initial = "all", .names = settings,
	 .doc = "rows of a swept method: all of its settings, or the best one as in plots"},
	{OPTION_FIELD(struct table_options, by), .initial = "none", .names = select_scores,
	 .doc = "settings: best: what it is chosen by of methods without `select`; "
		"validation_accuracy by default, of a regression validation_rmse"},
	{OPTION_FIELD(struct table_options, across), .initial = "none", .names = acrosses,
	 .doc = "data: a row for each method, and for each data set a group of columns"},
	{OPTION_FIELD(struct table_options, labels), .initial = "null",
	 .doc = "texts shown in the place of names of methods, data sets, attacks and columns; "
		"before those of `style`: {admm: \"ADMM (ours)\", test_accuracy: Accuracy}"},
	{OPTION_FIELD(struct table_options, groups), .initial = "null",
	 .doc = "heads over columns, over neighbours with the same one once: {test_accuracy: "
		"Accuracy, pgd linf 0.1: Accuracy}; radii of one attack have its name there"},
	{OPTION_FIELD(struct table_options, digits), .initial = "null", .is_valid = is_digits,
	 .valid = "a digit",
	 .doc = "of columns: decimals of per cents, counts and R2, significant digits of others: "
		"{test_accuracy: 2, objective: 4}"},
	{OPTION_FIELD(struct table_options, statistic), .initial = "null", .names = statistics,
	 .doc = "over repetitions; the mean with `interval: plus_minus`, else the median"},
	{OPTION_FIELD(struct table_options, interval), .initial = "brackets", .names = intervals,
	 .doc = "beside it: of a mean Student's 95 % interval, of a median the 10-90 % quantiles, "
		"of accuracies of one cell Wilson's 95 % interval; as [lo, hi], or of a mean as "
		"half of it behind +-"},
	{OPTION_FIELD(struct table_options, bold), .initial = "none", .names = bolds,
	 .doc = "best: the best of the cells of a column that can be compared (same data, loss, "
		"beta, threat), and those that do not differ from it significantly (paired over "
		"repetitions)"},
	{OPTION_FIELD(struct table_options, better), .initial = "null", .names = table_betters,
	 .doc = "of columns, what is best: {neurons: lower, train_accuracy: neither}; by default "
		"higher accuracies and R2, lower objectives, gaps, errors, times and memory"},
	{OPTION_FIELD(struct table_options, caption), .initial = "full", .names = captions,
	 .doc = "note below it: full; short: what the numbers are"},
	{OPTION_FIELD(struct table_options, width), .initial = "6.75", .range = RANGE_WITHIN(1, 40),
	 .unit = UNIT_INCHES,
	 .doc = "LaTeX: what it must fit in; the size of letters is chosen by it"},
	{OPTION_FIELD(struct table_options, export), .initial = "null", .names = exports,
	 .doc = "files; md, tex and csv by default"},
	{.name = NULL},
};

enum table_statistic table_statistic(const struct table_options *table)
{
	if (table->statistic != SCALAR_UNSET_INT)
		return (enum table_statistic)table->statistic;
	return table->interval == TABLE_PLUS_MINUS ? TABLE_MEAN : TABLE_MEDIAN;
}

static void refuse(struct problems *problems, const struct node *node, const struct trail *trail,
		   const char *key, const char *text)
{
	const struct node *value = node_get(node, key);

	problem_add(problems, value ? value->at : node->at, &(struct trail){trail, key, 0}, "%s",
		    text);
}

void table_check_all(struct problems *problems, const struct node *root,
		     const struct groups *tables)
{
	/* files and sections of the report */
	static const char *const taken[] = {"summary", "claims",  "sweep", "paired",
					    "samples", "columns", NULL};
	const struct table_options *at = tables->at;
	const struct node *list = node_get(root, "tables");
	struct trail top = {.key = "tables"}, trail = {.up = &top};

	for (; trail.index < tables->count; trail.index++) {
		const struct table_options *table = &at[trail.index];
		const struct node *node = list->items[trail.index];
		bool reserved = false, twice = false;

		for (size_t i = 0; taken[i]; i++)
			reserved = reserved || strcmp(table->table, taken[i]) == 0;
		for (size_t i = 0; i < trail.index; i++)
			twice = twice || strcmp(table->table, at[i].table) == 0;
		if (reserved)
			refuse(problems, node, &trail, "table",
			       "expected another name: a table of every report has this one");
		if (twice)
			refuse(problems, node, &trail, "table",
			       "expected another name: a table before it has this one");
		if (table->interval == TABLE_PLUS_MINUS && table->statistic == TABLE_MEDIAN)
			refuse(problems, node, &trail, "interval",
			       "expected brackets or none: quantiles are not as far from a median "
			       "on both sides");
		if (table->by && table->settings != TABLE_BEST)
			refuse(problems, node, &trail, "by",
			       "expected none: nothing is chosen without `settings: best`");
		if (table->across == TABLE_DATA_ACROSS && table->groups.count)
			refuse(problems, node, &trail, "groups",
			       "expected none: data sets are the heads over columns");
	}
}
