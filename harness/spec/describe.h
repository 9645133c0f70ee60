/* The option reference, from the rows. */
#ifndef SPEC_DESCRIBE_H
#define SPEC_DESCRIBE_H

#include "solvers/core/desc.h"

#include <stdio.h>

/* Write the options of one item for `describe` and for the generated reference: name, type,
 * default, range, unit, doc, aligned in columns, or wrapped where `width` columns are too few for
 * that (0: any number). */
void spec_describe(const struct desc *item, size_t width, FILE *to);

/* The same for the spec itself and for every registered item, as Markdown. */
void spec_reference(FILE *to);

#endif
