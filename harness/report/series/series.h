/* Which groups a plot draws as curves, with labels and styles that stay the same in all its panels.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "harness/report/figure/figure.h"
#include "harness/report/records/records.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SERIES_READABLE = 10, /* more curves than this in one panel cannot be told apart */
	SERIES_COLOURS = 8    /* as many as a figure has */
};

/* The value of a plot's `settings` option.
 *
 * The best setting of a method is the one that is best by select_criterion, as a rule validation
 * accuracy: by the median or, where select.h says so, in each repetition by itself. Without a
 * validation part it is, of each loss, beta and threat, the one with the lowest median objective,
 * of robust methods the worst case. It is never chosen by test accuracy, and a method with `select`
 * has its choice made already. */
enum series_settings {
	SERIES_AUTO, /* all if that stays readable, else best */
	SERIES_ALL,  /* every setting of a swept method */
	SERIES_BEST
};

extern const char *const series_settings_names[];
#define SERIES_SETTINGS_DOC                                                                 \
	"swept settings drawn: all, the best of each method (by its `select`, validation "  \
	"accuracy or, of a regression, validation_rmse, else by objective), or what stays " \
	"readable"

struct series {
	const struct group *group;
	const char *label;
	const char *name; /* the method; with what its objective is made of where several bests of
			     it are drawn on one problem */
	size_t entry;     /* index of the label among the distinct ones */
	size_t colour; /* of the label; of the method where several have more labels than colours */
};

struct series_list {
	size_t count;
	struct series *at;
	size_t entry_count;
	const struct series **entry; /* one series per distinct label */
	bool best, all;              /* only the best setting of each method; every one */
	bool composed;               /* some of them from another setting in each repetition */
	bool selected;               /* those of a method with `select` that were not chosen */
	struct texts methods;        /* the only ones drawn; none = all */
	const char *by;              /* what those without `select` are compared by, or NULL */
	size_t repeats;              /* most cells that are ok in a group */
	const char *repeated;        /* records_repeats of them */
	bool uneven;                 /* other groups have fewer */
};

/* `curves`: how many curves a panel draws for each series. */
struct series_list series_of(const struct records *records, enum series_settings settings,
			     size_t curves);

/* The same of some methods alone by their names; none named = all. */
struct series_list series_of_methods(const struct records *records, enum series_settings settings,
				     size_t curves, struct texts methods);

/* The best setting of each of these methods; of those without `select` by the column `by`, or as
 * select_criterion says if it is NULL. */
struct series_list series_best(const struct records *records, struct texts methods, const char *by);

/* For a plot over all problems together: one label per method and setting, whatever the problem,
 * and the groups without any cell that is ok are added. */
void series_pool(struct series_list *list, const struct records *records);

/* Whether the figure tells the value that a method has of a swept path. */
typedef bool series_told(const char *method, const char *path, const void *of);

/* Labels of a pooled list without the values that are told; `entry` of its series is new. */
void series_shorten(struct series_list *list, const struct records *records, series_told *told,
		    const void *of);

/* Number of series of a data set. */
size_t series_count(const struct series_list *list, const char *data);

/* Title of a panel: the data set and its numbers of points. */
const char *series_title(const struct records *records, const char *data);

/* The columns that settings were chosen by, of methods with `select` or of those without:
 * "validation accuracy or validation auc". */
const char *series_scores(const struct series_list *list, bool selects, struct arena *arena);

/* What of it was chosen how, for a caption: "; of each method the setting with ..."; or "". */
const char *series_choice(const struct series_list *list, struct arena *arena);

/* The statistic shown, for a caption: "Median and 10-90 % range of 5 repetitions; ...". The figure
 * learns how many there are (figure_repeats). */
const char *series_caption(const struct series_list *list, struct figure *figure);

#endif
