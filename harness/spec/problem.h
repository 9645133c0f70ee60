/* Collecting the problems of a spec: position, path of the key, what was expected, what was found.
 *
 * A path is a linked list of steps on the stack of the recursion, turned into text ("train[0].rho")
 * only when something has to be said. */
#ifndef SPEC_PROBLEM_H
#define SPEC_PROBLEM_H

#include "harness/spec/spec.h"
#include "solvers/core/status.h"

#include <stddef.h>

struct trail {
	const struct trail *up; /* NULL at the top */
	const char *key;        /* NULL: a list index */
	size_t index;
};

enum { PROBLEM_PATH_ROOM = 256 };

/* Write the path below `from` (NULL: the whole path), cut at `room`. */
void problem_path(const struct trail *trail, const struct trail *from, char *text, size_t room);

/* Add one problem, in order of position; the same text at the same place is kept once. */
void problem_add(struct problems *problems, struct err_place at, const struct trail *trail,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
