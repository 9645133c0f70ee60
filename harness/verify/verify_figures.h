/* What was compared of a record: figure by figure, stored and computed. */
#ifndef VERIFY_VERIFY_FIGURES_H
#define VERIFY_VERIFY_FIGURES_H

#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum verify_state { VERIFY_AGREES, VERIFY_DIFFERS, VERIFY_UNKNOWN };

struct verify_figure {
	const char
		*name; /* of the field in result.json, or of the row in attack.csv, certify.csv */
	double stored, computed;
	enum verify_state state;
	const char *how; /* what was checked, why it differs, or why it cannot be; or NULL */
};

struct verify {
	struct arena *arena;
	size_t count, room;
	struct verify_figure *figure;
	double tolerance; /* relative; of sums in the precision of the record */
	bool single;      /* the record is in single precision */
};

/* One figure: it agrees where both are NaN (then it is left out) or within `slack` beside the
 * tolerance. */
void verify_add(struct verify *out, const char *name, double stored, double computed, double slack);
/* One that has been judged. */
void verify_judge(struct verify *out, struct verify_figure figure);

/* Everything agrees. */
bool verify_good(const struct verify *verify);

#endif
