/* The groups of the records as curves over a swept option, and as levels where they do not sweep
 * it. */
#ifndef REPORT_SWEPT_H
#define REPORT_SWEPT_H

#include "harness/report/figure/figure.h"
#include "harness/report/records/records.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/excess.h"

#include <stdbool.h>
#include <stddef.h>

/* One group on a curve. */
struct swept_point {
	const struct group *group;
	const char *data, *label;
	const char *key; /* of its objective, x aside (comparable.h) */
	size_t panel;    /* of data set and key, in order of appearance; style: of the label */
	struct figure_style style;
	double x;
	bool level; /* does not sweep x, which is not known then */
};

struct swept_list {
	const char *x;      /* path of the swept option */
	const char *column; /* name of y */
	struct excess y;
	const struct texts *methods; /* those wanted; none = all */
	size_t count;
	struct swept_point *at; /* by data set and label, then ascending in x */
	bool pooled;            /* over the other swept options: too many curves otherwise */
	size_t value_count;     /* names of x if some are no numbers: x is the index */
	const char **values;
	size_t entry_count, level_count; /* of the legend; points that are levels */
	size_t other;      /* methods left out as levels: their objective is another one than most
			      values of x make it */
	const char **keys; /* of the panels */
	size_t panel_count;
	const struct figure_entry *entries;
};

/* Fill the rest from x, column, y and methods. A method of one setting that does not sweep x is a
 * level on the data sets where some other one does, unless y is an objective that x changes.
 * Objectives that differ in more than x are in panels of their own, and are never pooled. Nothing
 * to draw: count is 0. */
void swept_collect(struct swept_list *swept);

/* Statistic of y over the points from `first` on that share data set, label and x; how many these
 * are. */
size_t swept_stat(const struct swept_list *swept, size_t first, struct spread *out);

/* Do two points belong to the same curve? */
bool swept_same_curve(const struct swept_point *a, const struct swept_point *b);

#endif
