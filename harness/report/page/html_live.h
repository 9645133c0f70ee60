/* The numbers of a figure in the page, for its own drawing (page.js): values of points, curves
 * switched on and off, axes switched. */
#ifndef REPORT_HTML_LIVE_H
#define REPORT_HTML_LIVE_H

#include "harness/report/figure/plot.h"

#include <stdio.h>

/* The panels that the page can draw, with about 300 rows of each curve at most (it says so where it
 * leaves some out), and the same over each other x; nothing if there are none, or for NULL. */
void html_live(const struct plot_order *order, FILE *to);

#endif
