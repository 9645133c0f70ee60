/* Axes of a panel: scale, tics and range, from what its curves hold. */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include "harness/report/figure/figure.h"
#include "harness/report/figure/script.h"

/* Degrees by which names below the panels of this figure are turned so that those of the fullest
 * panel do not overlap; 0: not. */
int axis_angle(const struct figure *figure);
/* Pixels that turned names need below a panel. */
double axis_room(const struct figure *figure);
/* Pixels that long names left of a panel need beyond those of numbers. */
double axis_left(const struct figure *figure);

/* Set both axes of a panel, and take from its curves what they have no place for: on a logarithmic
 * axis rows with x <= 0 and middles <= 0; ends of ranges are cut at the smallest value > 0. */
void axis_write(struct script *script, struct figure_panel *panel, int angle);

/* What the label of an axis says: its own, and where six digits cannot tell its tics apart the
 * number that they are written less, and their unit. Or NULL. */
const char *axis_label(const struct figure_panel *panel, bool vertical, struct arena *arena);

/* Are ascending values spaced more evenly on a logarithmic axis than on a linear one? */
bool axis_geometric(const double *values, size_t count);

#endif
