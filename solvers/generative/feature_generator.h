/* A generator of features: latents (p x N, a feature a column) to directions w of length 1 (d x N),
 * by hidden layers of ReLUs and a linear one,
 *
 *     H_0 = Z,  H_l = relu(W_l H_{l-1} + b_l 1'),  V = W H + b 1',  w_j = v_j / |v_j|.
 *
 * (Hertrich & Neumayer 2024.) */
#ifndef GENERATIVE_FEATURE_GENERATOR_H
#define GENERATIVE_FEATURE_GENERATOR_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/rng.h"

#include <stddef.h>

struct feature_generator {
	ptrdiff_t layers; /* hidden ones and the linear one */
	size_t count;     /* weights in all */
	real *weights, *slopes;
	struct mat *W, *gW; /* layers: out x in, views of weights and slopes */
	real **b, **gb;     /* layers: out */
	struct mat *H, *gH; /* layers + 1: activations, H[0] the latents; their slopes */
	struct mat V;       /* d x N: directions */
	real *length;       /* N: |v_j| */
};

/* Sizes of latents, hidden layers and directions; number of features; hidden layers. */
struct feature_shape {
	ptrdiff_t p, hidden, d, N, layers;
};

struct feature_generator feature_generator_new(struct feature_shape shape, struct arena *arena);

/* Weights as He draws them; latents N(0, 1). */
void feature_generator_draw(struct feature_generator *g, struct rng *rng);
void feature_generator_latents(struct feature_generator *g, struct rng *rng);

/* The directions of the latents, in g->V. */
void feature_generator_forward(struct feature_generator *g);

/* The slopes in weights and latents (gH[0]) for those in the directions (d x N, used up), after
 * forward. */
void feature_generator_backward(struct feature_generator *g, struct mat slopes);

#endif
