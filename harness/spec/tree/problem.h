/* Collecting the problems of a spec: position, path of the key, what was expected, what was found.
 *
 * A path is a linked list of steps on the stack of the recursion, turned into text ("train[0].rho")
 * only when something has to be said. */
#ifndef SPEC_PROBLEM_H
#define SPEC_PROBLEM_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* A list of problems; every one is kept, up to a limit. */
struct problems {
	size_t count;
	struct err at[64]; /* the first ones; count may be larger */
};

struct trail {
	const struct trail *up; /* NULL at the top */
	const char *key; /* NULL: a list index; trail_value: the index of a value of a sweep */
	size_t index;
};

/* Such an index is told in messages; in the tree the value stands for the whole list. */
extern const char trail_value[];

enum { PROBLEM_PATH_ROOM = 256 };

/* Write the path, cut at `room`. */
void problem_path(const struct trail *trail, char *text, size_t room);

/* The same below `from`, without the indices of values of a sweep. */
void problem_option_path(const struct trail *trail, const struct trail *from, char *text,
			 size_t room);

/* A copy of the steps below `from`, which stays the same. */
const struct trail *trail_copy(const struct trail *trail, const struct trail *from,
			       struct arena *arena);

/* How many are there to be shown. */
static inline size_t problems_kept(const struct problems *problems)
{
	const size_t most = sizeof problems->at / sizeof *problems->at;

	return problems->count < most ? problems->count : most;
}

/* Add one problem, in order of position; the same text at the same place is kept once. */
void problem_add(struct problems *problems, struct err_place at, const struct trail *trail,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
