/* Panels and curves that several plots have. */
#ifndef REPORT_PANELS_H
#define REPORT_PANELS_H

#include "harness/report/figure/figure.h"
#include "harness/report/records/attacks.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/contest.h"
#include "harness/report/series/series.h"

/* The panel of a data set. */
struct figure_panel *panels_data(struct figure *figure, const struct records *records,
				 const char *data);

/* Names of the series of a data set below bars at 0, 1, ... */
void panels_names(struct figure_panel *panel, const struct series_list *list);

/* The cells of a group that are ok, as those of a curve's rows at x and y (NaN: at any). */
void panels_cells(struct figure_curve *curve, const struct group *group, double x, double y);

/* Robust accuracy under an attack or certificate: the quantiles over repetitions, of one alone its
 * Wilson interval. */
struct spread panels_robust(const struct group *group, const struct attack_kind *kind,
			    struct arena *arena);

/* The repetitions of a group at x, by the number that its row there is the median of. */
void panels_points(struct figure_curve *curve, double x, const struct group *group, stat_pick *pick,
		   const void *what);

/* A curve of steps for each label of a contest in panel k of it: the share of its entrants whose
 * value is at most x. Infinite values never are; those that are NaN take no part. */
void panels_shares(struct figure *figure, struct figure_panel *panel, const struct contest *contest,
		   const struct series_list *list, size_t k, const double *value);

#endif
