/* Canonical JSON through option rows: keys in row order, every option written, numbers in their
 * shortest form that reads back as the same number. */
#ifndef SPEC_CANON_H
#define SPEC_CANON_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"

#include <stddef.h>

struct writer { /* a text that grows in an arena */
	struct arena *arena;
	char *at; /* ends with a NUL */
	size_t length, room;
};

/* {"key":value,...} of the struct at `base`. */
void canon_rows(struct writer *w, const struct option *rows, const void *base);

/* A single value for people and columns: 0.001, dual, true; a text without quotes. Lists and groups
 * are written as JSON. */
void canon_plain(struct writer *w, const struct option *row, const void *field);

#endif
