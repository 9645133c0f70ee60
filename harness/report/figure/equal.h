/* Curves that lie on each other. */
#ifndef REPORT_EQUAL_H
#define REPORT_EQUAL_H

#include "harness/report/figure/figure.h"

/* Of a dressed figure: curves of one panel whose numbers agree to within what it can resolve are
 * named in the caption, their entries of the legend say what they equal, and the lower ones are
 * drawn wider than those above them. */
void equal_mark(struct figure *figure);

#endif
