/* Entries of `tables`: tables of a user's own, made from the records. They have no part in what is
 * computed, and names that are shown are no names that identify, as in style.h. */
#ifndef SPEC_TABLE_H
#define SPEC_TABLE_H

#include "harness/spec/tree/tree.h"
#include "solvers/core/option.h"

#include <stdbool.h>

enum table_settings {
	TABLE_ALL, /* every setting of a swept method, of one that selects the chosen one */
	TABLE_BEST /* of each method the one that plots take (SERIES_BEST) */
};

enum table_across { TABLE_NONE_ACROSS, TABLE_DATA_ACROSS };

enum table_statistic { TABLE_MEDIAN, TABLE_MEAN };

enum table_interval {
	TABLE_NO_INTERVAL,
	TABLE_PLUS_MINUS, /* half of Student's interval of the mean */
	TABLE_BRACKETS    /* its ends, or those of the quantiles around the median */
};

enum table_bold { TABLE_NOT_BOLD, TABLE_BOLD_BEST };

enum table_caption { TABLE_FULL, TABLE_SHORT, TABLE_NO_CAPTION };

enum table_better { TABLE_NEITHER, TABLE_HIGHER, TABLE_LOWER };

struct table_options {
	const char *table, *title;         /* title: NULL, the name */
	struct texts columns;              /* none: eight usual ones */
	struct texts methods, data, order; /* none: all; order: those that come first */
	long settings, across;             /* enum table_settings, table_across */
	long by;                           /* enum select_by (spec.h) */
	struct text_map labels, groups;    /* of names; heads over columns */
	struct text_map digits, better;    /* of columns; better: names of enum table_better */
	long statistic, interval;          /* enum table_statistic, or SCALAR_UNSET_INT */
	long bold, caption;                /* enum table_bold, table_caption */
	double width;                      /* in */
	struct texts export;               /* md, tex, csv; none: all */
};

extern const char *const table_betters[]; /* by enum table_better */
extern const struct option table_rows[];

/* Each table has a name of its own that is a file's and that no other table of a report has, and
 * options that go together. */
void table_check_all(struct problems *problems, const struct node *root,
		     const struct groups *tables);

/* The statistic, where it is not said the one that the interval is of. */
enum table_statistic table_statistic(const struct table_options *table);

#endif
