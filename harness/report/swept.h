/* The groups of the records as curves over a swept option, and as levels where they do not sweep
 * it. */
#ifndef REPORT_SWEPT_H
#define REPORT_SWEPT_H

#include "harness/report/excess.h"
#include "harness/report/figure.h"
#include "harness/report/records.h"
#include "harness/report/stat.h"

#include <stdbool.h>
#include <stddef.h>

/* One group on a curve. */
struct swept_point {
	const struct group *group;
	const char *data, *label;
	size_t data_place; /* of the data set and, in style, of the label: in order of appearance */
	struct figure_style style;
	double x;
	bool level; /* does not sweep x, which is not known then */
};

struct swept_list {
	const char *x; /* path of the swept option */
	struct excess y;
	const struct texts *methods; /* those wanted; none = all */
	size_t count;
	struct swept_point *at; /* by data set and label, then ascending in x */
	bool pooled;            /* over the other swept options: too many curves otherwise */
	size_t value_count;     /* names of x if some are no numbers: x is the index */
	const char **values;
	size_t entry_count, level_count; /* of the legend; points that are levels */
	const struct figure_entry *entries;
};

/* Fill the rest from x, y and methods. A method of one setting that does not sweep x is a level on
 * the data sets where some other one does. Nothing to draw: count is 0. */
void swept_collect(struct swept_list *swept);

/* Statistic of y over the points from `first` on that share data set, label and x; how many these
 * are. */
size_t swept_stat(const struct swept_list *swept, size_t first, struct stat *out);

/* Do two points belong to the same curve? */
bool swept_same_curve(const struct swept_point *a, const struct swept_point *b);

size_t swept_panels(const struct swept_list *swept);

#endif
