/* The numbers of a figure in the page, and the script that draws them there: values of points,
 * curves switched on and off, scales switched. */
#ifndef REPORT_HTML_LIVE_H
#define REPORT_HTML_LIVE_H

#include "harness/report/figure/figure.h"

#include <stdio.h>

extern const char html_live_drawing[];
extern const char html_live_controls[]; /* behind it */

/* The panels whose curves are all points or lines over two axes, with at most 300 rows of each
 * curve; nothing if there are none, or for NULL. */
void html_live(const struct figure *figure, FILE *to);

#endif
