/* Moves of a chunk of samples inside ball and box.
 *
 * The box of a sample is the hull of the given box and its clean point, so that the clean point is
 * always allowed, also where the data lie outside the box. Frozen coordinates keep their clean
 * value. */
#ifndef ATTACK_BALL_H
#define ATTACK_BALL_H

#include "solvers/attack/chunk.h"
#include "solvers/core/rng.h"

/* best = at where better; then at = project(at - step y direction): direction = sign(slope) for
 * l_inf and slope/|slope| for l_2; for l_1 the sign of the steepest coordinate, and where the box
 * ends a step that of the next. Projections on the l_1 ball are on what it shares with the box, the
 * others on the ball, then on the box. */
void ball_descend(struct chunk *chunk, double step);

/* at = its nearest point in the l_1 ball of the chunk's job and the box. */
void ball_project(struct chunk *chunk);

/* A step with momentum, for each row of a length of its own (step: capacity); old is the point
 * before `at`, and becomes `at`:
 *
 *     z = project(at - step_r direction)
 *     at = project(at + blend (z - at) + (1 - blend) (at - old))
 *
 * For l_1 at = z, and the direction is the signs of a share of the coordinates, those that are
 * steepest, over their number. */
struct ball_momentum {
	const real *step;
	const real *share; /* capacity; only read for l_1 */
	real blend;
	struct mat old; /* capacity x d */
};
void ball_push(struct chunk *chunk, const struct ball_momentum *how);

/* at = a point drawn from the uniform distribution on the ball, clipped to the box. The draws of a
 * sample depend on the job's seed, `purpose`, `restart` and the sample's row only. */
void ball_scatter(struct chunk *chunk, const char *purpose, uint64_t restart);

#endif
