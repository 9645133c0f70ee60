/* Names of series below groups of bars. */
#ifndef REPORT_BARS_H
#define REPORT_BARS_H

#include "harness/report/figure/figure.h"
#include "harness/report/series/series.h"

/* Degrees by which labels are turned so that those of the fullest panel do not overlap; 0: not. */
int bars_angle(const struct series_list *list, const struct records *records);
/* Pixels that turned labels need below a panel: tic_room of a figure_plan. */
double bars_room(const struct series_list *list, int angle);
/* Tics 0, 1, ... with the labels of the data set's series, and the range around them. */
void bars_tics(struct figure *figure, const struct series_list *list, const char *data, int angle);

#endif
