/* Tables of texts as LaTeX, with the rules of booktabs. */
#ifndef REPORT_SHEET_LATEX_H
#define REPORT_SHEET_LATEX_H

#include "harness/report/tables/sheet.h"

#include <stdio.h>

/* As wide as it is, the caption below it. */
void sheet_latex(const struct sheet *sheet, const char *caption, FILE *to);

struct sheet_page {
	const char *title, *label, *note; /* label: \label{tab:<label>}; note: below the table */
	double width;                     /* in */
};

/* A table no column of which is left out, with units below the heads and heads over columns, in
 * letters of \small or \footnotesize and with room between columns so that it fits in the width as
 * estimated from the widths of letters of Computer Modern in a paper of 10 pt; where intervals do
 * not fit beside their numbers they stand below them. The estimate in inches: it may be larger than
 * the width where nothing of that is enough. */
double sheet_latex_fit(const struct sheet *sheet, const struct sheet_page *page, FILE *to);

#endif
