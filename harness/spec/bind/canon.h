/* Canonical JSON through option rows: keys in row order, every option written, numbers in their
 * shortest form that reads back as the same number. */
#ifndef SPEC_CANON_H
#define SPEC_CANON_H

#include "solvers/core/option.h"
#include "solvers/core/text.h"

/* {"key":value,...} of the struct at `base`. */
void canon_rows(struct text *w, const struct option *rows, const void *base);

/* A single value for people and columns: 0.001, dual, true; a text without quotes. Lists and groups
 * are written as JSON. */
void canon_plain(struct text *w, const struct option *row, const void *field);

#endif
