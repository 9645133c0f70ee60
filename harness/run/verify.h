/* Figures of a stored cell, computed again from its data and its stored network by plain loops in
 * double that share no code with the solvers. */
#ifndef RUN_VERIFY_H
#define RUN_VERIFY_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct verify_figure {
	const char *name; /* of the field in result.json */
	double stored, computed;
	bool agrees;
};

enum { VERIFY_FIGURES = 9 /* at most */ };

struct verify {
	size_t count;
	struct verify_figure figure[VERIFY_FIGURES];
};

/* `record`: the folder of the cell. The data are read from where they were. Errors: a record or
 * data that cannot be read. */
enum status verify_record(const char *record, struct arena *arena, struct verify *out,
			  struct err *err);

#endif
