/* The canonical texts of a cell. */
#ifndef SPEC_CELL_H
#define SPEC_CELL_H

#include "harness/spec/bind/bind.h"
#include "harness/spec/schema.h"

/* JSON of everything but id and texts. */
void cell_write(struct text *w, const struct cell *cell);

/* JSON of what training depends on. */
void cell_write_training(struct text *w, const struct cell *cell);

/* The fold that is the test part, from 1; NaN: there are no folds. */
double spec_fold(const struct cell *cell);

/* The inner fold that is the validation part, from 1; NaN: there is none. */
double spec_inner_fold(const struct cell *cell);

/* "2", or with folds "2 fold 3", or "2 fold 3 inner 1": repetition and fold. */
const char *spec_draw(const struct cell *cell, struct arena *arena);

/* What the cell's own `select` asks for: one entry, or none. */
struct groups cell_own_selects(const struct cell *cell, struct arena *arena);

/* Bind the canonical text of one cell (as a worker does). `source` names it in errors. */
enum status spec_read_cell(const char *text, const char *source, struct arena *arena,
			   struct cell *out, struct err *err);

/* The canonical text of a bound cell, as after a change of its paths. */
const char *spec_cell_text(const struct cell *cell, struct arena *arena);

/* Bind "attack: [...]" alone, as a spec has it, to a list of struct attack_options. */
enum status spec_read_attacks(const char *text, struct arena *arena, struct groups *out,
			      struct err *err);

#endif
