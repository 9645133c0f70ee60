/* The layer of struct patches (harness/store/stages.h) on many images: the same numbers as of one
 * row up to rounding, by matrix products, an image at a time on each thread, so that they do not
 * depend on how many there are. */
#ifndef DATA_PATCHES_H
#define DATA_PATCHES_H

#include "harness/data/table.h"

/* The n rows of the stage's d_in columns become rows of its d_out columns, in place if these are no
 * more, else in an array of `arena`. What is held meanwhile is in an arena of its own. */
void patches_rows(const struct stage *stage, struct rows *rows, struct arena *arena);

/* Pixels less their mean, over sqrt(variance + contrast), of patch `at` of an image: q has patch^2
 * channels values. Returns the variance. */
double patches_gather(const struct patches *patches, const double *image, size_t at, double *q);

/* Counting: what patches_rows holds meanwhile. */
void patches_expect(const struct patches *patches, struct arena *arena);

#endif
