/* What a model gives, from the definition of its kind in double: for `verify`. */
#ifndef VERIFY_PLAIN_H
#define VERIFY_PLAIN_H

#include "harness/data/data.h"
#include "solvers/model/model.h"

/* The k outputs f at row `row` of X. Returns what rounding can have changed of one of them, over
 * the epsilon of the precision. */
double plain_outputs(const struct model *model, struct mat X, ptrdiff_t row, double *f);

/* Whether rounding decides if a neuron of a ReLU network is on at the row; not of other kinds. */
bool plain_on_kink(const struct model *model, struct mat X, ptrdiff_t row, double epsilon);

/* y f, or with class numbers f_y - the largest other output. */
double plain_margin(const struct part *part, ptrdiff_t row, const double *f, ptrdiff_t k);

#endif
