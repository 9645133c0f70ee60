/* What a style makes of a figure before it is laid out: names, colours, marks, ranges, per cent. */
#ifndef REPORT_DRESS_H
#define REPORT_DRESS_H

#include "harness/report/figure/figure.h"

/* Colours of what is no curve. */
struct dress_theme {
	const char *paper, *ink, *dim, *border, *grid;
};
struct dress_theme dress_theme(const struct style *look);

/* Every curve has its colour and mark afterwards. figure->unused are the style's names that
 * nothing in the figure has. */
void dress_figure(struct figure *figure);

#endif
