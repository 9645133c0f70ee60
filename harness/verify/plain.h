/* What a model gives, from the definition of its kind in double: for `verify`. */
#ifndef VERIFY_PLAIN_H
#define VERIFY_PLAIN_H

#include "solvers/model/model.h"

/* f(x_k), x_k row k of X, of one output; and what rounding in the precision of epsilon can have
 * changed of it. */
double plain_output(const struct model *model, struct mat X, ptrdiff_t k);
double plain_noise(const struct model *model, struct mat X, ptrdiff_t k, double epsilon);

#endif
