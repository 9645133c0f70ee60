/* One Newton step of the interior point method of a leaf. */
#ifndef CERTIFY_LEAF_STEP_H
#define CERTIFY_LEAF_STEP_H

#include "solvers/certify/leaf.h"

enum { LEAF_FEW = 40 /* coordinates: their system is the more accurate one, and costs little */ };

double leaf_dot(const double *a, const double *b, ptrdiff_t n);

/* Slack of the ball at v + step direction. */
double leaf_ball(const struct leaf *leaf, double step);

/* direction, and y: u_j'dv of the terms, p'dv of the ball, p the gradient of its slack. False where
 * rounding has made the system indefinite. */
bool leaf_direction(struct leaf *leaf);

/* At most 1; all slacks and multipliers stay positive. */
double leaf_length(const struct leaf *leaf);

void leaf_advance(struct leaf *leaf, double step);

#endif
