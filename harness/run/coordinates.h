/* The problem in the coordinates that a trainer works in: those of the features, or fewer ones in
 * which the features have full rank (solvers/model/rowspace.h) where the trainer's program is the
 * same in them. */
#ifndef RUN_COORDINATES_H
#define RUN_COORDINATES_H

#include "solvers/core/arena.h"
#include "solvers/model/rowspace.h"
#include "solvers/model/trainer.h"

struct coordinates {
	struct problem problem;          /* as the trainer gets it */
	const struct rowspace *rowspace; /* NULL: its coordinates are the features */
};

/* Everything is owned by the arena or borrowed from `problem`. */
struct coordinates coordinates_choose(const struct problem *problem, const struct trainer *trainer,
				      const void *options, struct arena *arena);

/* "547 coordinates for 785 features", or NULL. */
const char *coordinates_note(const struct coordinates *coordinates, const struct problem *problem,
			     struct arena *arena);

#endif
