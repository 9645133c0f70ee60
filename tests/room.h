/* A folder of its own for each test: set-up and teardown of cmocka. */
#ifndef TESTS_ROOM_H
#define TESTS_ROOM_H

#include "solvers/core/arena.h"

#include <stddef.h>

struct room {
	char folder[256]; /* new, below $TMPDIR or /tmp */
	struct arena arena;
};

/* Zeroed, `size` bytes, of which a struct room is the first member; *state is set to it. */
void *room_enter(void **state, size_t size);

/* Teardown: removes the folder with all that is in it. */
int room_leave(void **state);

/* folder/name, in its arena */
const char *room_path(struct room *room, const char *name);

/* One for all tests of a program: set-up and teardown of its group. */
extern struct room room_of_tests;

int room_open(void **state);
int room_close(void **state);

#endif
