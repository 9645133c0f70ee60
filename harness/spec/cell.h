/* The canonical text of a cell. */
#ifndef SPEC_CELL_H
#define SPEC_CELL_H

#include "harness/spec/canon.h"
#include "harness/spec/spec.h"

/* JSON of everything but id and text. */
void cell_write(struct writer *w, const struct cell *cell);

#endif
