/* Networks of several outputs: the parts of a pass, as those of backprop.h for one output. */
#ifndef BASELINES_BACKPROP_OUTPUTS_H
#define BASELINES_BACKPROP_OUTPUTS_H

#include "baselines/backprop.h"

/* In the place of backprop_plain where problem->y.k > 1. */
extern const struct backprop_regime backprop_outputs;

/* b->f or b->g of all samples that went through: columns x k. */
struct mat backprop_outputs_columns(const struct backprop *b, const struct backprop_pass *pass,
				    real *at);
/* H becomes relu(H). */
void backprop_outputs_forward(struct backprop *b, const struct backprop_pass *pass, int part);
/* Of the first `rows` columns. */
void backprop_outputs_slopes(struct backprop *b, const struct backprop_pass *pass);
void backprop_outputs_backward(struct backprop *b, const struct backprop_pass *pass, int part);

#endif
