/* What a trainer tells of itself for the record: numbers and texts by name; tables.
 *
 * A name that is a column of summary.csv ("patterns", "note") fills it; any other is recorded
 * beside them. A table becomes <name>.csv in the record. */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "solvers/core/arena.h"

#include <stddef.h>

struct fact {
	const char *name; /* of the fact; NULL in a table */
	const char *text; /* NULL: it is the number */
	double number;    /* NaN: not known */
	struct fact *next;
};

struct facts_table {
	const char *name;
	const char *const *columns; /* ends with NULL */
	size_t cols, rows, filled;
	struct fact *cell; /* rows x cols, row by row */
	struct facts_table *next;
};

struct facts {
	struct arena *arena;
	struct fact *first;        /* in the order of their names' first mention */
	struct facts_table *table; /* the same */
};

/* Texts are borrowed. A name that is given again is overwritten. */
void facts_number(struct facts *facts, const char *name, double number);
void facts_text(struct facts *facts, const char *name, const char *text);

/* One more sentence of the fact "note"; NULL: none. */
void facts_note(struct facts *facts, const char *note);

/* A table without cells; they are then given row by row. `columns` is borrowed. */
struct facts_table *facts_table(struct facts *facts, const char *name, const char *const *columns,
				size_t rows);
void facts_cell_number(struct facts_table *table, double number);
void facts_cell_text(struct facts_table *table, const char *text);

/* NULL: there is none of this name. */
const struct fact *facts_find(const struct facts *facts, const char *name);

#endif
