/* Outputs of a network and their gradient in float, whatever `real` is, on the rows that differ:
 * half the time of double for many samples and features. What comes of it is to be looked at in
 * `real` before it counts. */
#ifndef GENERATED_GENERATED_PASS_H
#define GENERATED_GENERATED_PASS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/generated/generated_price.h"
#include "solvers/model/model.h"

struct pass {
	const float *X;       /* rows x d, columns n apart: each row once */
	const ptrdiff_t *row; /* n: that of each sample */
	ptrdiff_t n, rows;
	float *U, *A, *G; /* d x room, k x room, d x room: layers, a gradient */
	float *Phi, *W;   /* rows x room; a block of rows x room */
	float *F;         /* rows x k: outputs; slopes */
};

/* For up to `room` neurons, on the rows of the pricing, which is borrowed; of several ranks on
 * those here, as they are. Outputs and gradients are then of these alone. */
struct pass pass_new(const struct price *price, ptrdiff_t room, struct arena *arena);

/* F (n x k) = relu(X U) A */
void pass_outputs(struct pass *s, struct model_layers net, struct mat F);

/* The gradients of sum(R o F) by the layers of the last outputs are added to those of `slope`;
 * R n x k. */
void pass_gradient(struct pass *s, struct mat R, struct model_layers slope);

#endif
