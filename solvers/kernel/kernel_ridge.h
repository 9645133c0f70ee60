/* Ridge regression in the space of a kernel: min_f loss(f) + (beta / 2) sum_c |f_c|^2.
 *
 * For the squared loss with factors w_i of the samples f_c = sum_i A_ic k(., x_i) with
 *
 *     (K + beta W^{-1}) A = Y,
 *
 * one factorisation of order n. What the model says of sample i without it, all factors as they
 * are, is y_i - A_i / [(K + beta W^{-1})^{-1}]_ii. */
#ifndef KERNEL_KERNEL_RIDGE_H
#define KERNEL_KERNEL_RIDGE_H

#include "solvers/model/trainer.h"

/* A quadratic loss. */
bool kernel_ridge_takes(const struct problem *problem, const void *options, const char **wanted);

void kernel_ridge_forecast(const void *options, struct trainer_shape shape, struct forecast *out);

/* The rest of a trainer; `tangent` as in kernel_net.h. STATUS_FAILED where K + beta W^{-1} is not
 * positive definite to rounding. */
enum status kernel_ridge_new(const struct problem *problem, bool tangent, struct arena *arena,
			     void **state, struct err *err);
void kernel_ridge_step(void *state, struct progress *progress);
ptrdiff_t kernel_ridge_width(const void *state);
void kernel_ridge_model(const void *state, struct model *model);
void kernel_ridge_certify(void *state, struct certificate *certificate);
void kernel_ridge_facts(const void *state, struct facts *facts);

#endif
