/* Products of a minibatch with the weights of a network, in register tiles.
 *
 *     H = U' B (neurons x samples),   gU = B S' (features x neurons),   S: neurons x samples
 *
 * B is neither gathered nor transposed: a sample is read where it lies. In the first product a
 * vector register holds neurons, of U packed once per step, and features are broadcast; in the
 * second one it holds features, of the samples, and slopes of neurons are broadcast. Every sum has
 * one order, whatever the threads. */
#ifndef BASELINES_TILE_H
#define BASELINES_TILE_H

#include "solvers/core/mat.h"

#include <stddef.h>

extern const ptrdiff_t tile_lanes; /* numbers in a vector register */
extern const ptrdiff_t tile_band;  /* features of a gradient that are computed at once */

/* `count` rounded up to whole vectors. */
ptrdiff_t tile_room(ptrdiff_t count);

/* At least tile_room(count), and an odd number of cache lines: equal places of many columns at this
 * stride spread over all sets of a cache. */
ptrdiff_t tile_stride(ptrdiff_t count);

/* packed (d tile_room(m) numbers) = U (d x m), in the order in which tile_forward reads it. */
void tile_pack(struct mat U, real *packed);

/* H (m x samples) = U' B, sample k at x[k] (d). Columns of H have tile_room(m) numbers. */
void tile_forward(const real *packed, ptrdiff_t d, const real *const *x, struct mat H);

/* Rows first .. first+count-1 of B S', count <= tile_band, S (m x samples), to g (count x m), whose
 * columns have tile_band numbers. Samples have finite numbers up to tile_room(d). */
void tile_backward(const real *const *x, ptrdiff_t first, ptrdiff_t count, struct mat S,
		   struct mat g);

#endif
