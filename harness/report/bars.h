/* Names of series below groups of bars. */
#ifndef REPORT_BARS_H
#define REPORT_BARS_H

#include "harness/report/figure.h"
#include "harness/report/series.h"

#include <stdbool.h>

/* Do the labels of the fullest panel not fit side by side? */
bool bars_tilt(const struct series_list *list, const struct records *records);
/* Pixels that tilted labels need below a panel: tic_room of a figure_plan. */
double bars_room(const struct series_list *list);
/* Tics 0, 1, ... with the labels of the data set's series, and the range around them. */
void bars_tics(struct figure *figure, const struct series_list *list, const char *data,
	       bool tilted);

#endif
