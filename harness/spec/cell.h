/* The canonical texts of a cell. */
#ifndef SPEC_CELL_H
#define SPEC_CELL_H

#include "harness/spec/bind/canon.h"
#include "harness/spec/spec.h"

/* JSON of everything but id and texts. */
void cell_write(struct writer *w, const struct cell *cell);

/* JSON of what training depends on. */
void cell_write_training(struct writer *w, const struct cell *cell);

/* What the cell's own `select` asks for: one entry, or none. */
struct groups cell_own_selects(const struct cell *cell, struct arena *arena);

#endif
