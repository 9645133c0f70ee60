/* Texts to numbers and back, in the spec's syntax. */
#ifndef SPEC_SCALAR_H
#define SPEC_SCALAR_H

#include "solvers/core/option.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { SCALAR_ROOM = 32 };

/* The value of an OPTION_INT that is unset; its row says `.initial = "null"`. */
#define SCALAR_UNSET_INT LONG_MIN

/* 0.1, 1e-4, 8/255, and 10m or 4GiB where the unit takes suffixes. Finite. */
bool scalar_real(const char *text, enum unit unit, double *out);

/* A whole number in the same syntax. */
bool scalar_int(const char *text, enum unit unit, long *out);

bool scalar_in_range(const struct range *range, double value);

/* The shortest text that reads back as the same number; "null" for NaN. */
void scalar_print_real(double value, char text[SCALAR_ROOM]);

/* " > 0", " >= 1", " in [0, 1)", "" */
void scalar_print_range(const struct range *range, char *text, size_t room);

#endif
