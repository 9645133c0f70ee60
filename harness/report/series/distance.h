/* Distances of samples to the decision boundary, as far as tried radii tell.
 *
 * The distance of a sample is the radius of the smallest ball around it that holds a point with
 * y f <= 0; of one that is misclassified it is 0. b_k is the distance of the nearest such point
 * that was found, where it was looked for, else the smallest tried radius in whose ball one was
 * found (infinite: none), c_k the largest one within which y f > 0 is proven (0: none), w the
 * number of misclassified samples. Of n samples, the share whose distance is at most r is then
 *
 *     at least L(r) = max(w, #{k: b_k <= r}) / n   and at most   U(r) = #{k: c_k < r} / n,  r > 0.
 *
 * Both are constant between neighbouring ones of these: L rises at one, U just behind it. */
#ifndef REPORT_DISTANCE_H
#define REPORT_DISTANCE_H

#include "harness/report/records/margins.h"

#include <stdbool.h>
#include <stddef.h>

/* Samples of one network. */
struct distance {
	size_t n;
	double wrong;               /* misclassified without perturbation */
	double *broken, *certified; /* n each: b_k and c_k */
	double attacked, proven;    /* the largest radius tried from either side; 0: none */
};

/* n samples of which nothing is known. */
struct distance distance_new(size_t n, struct arena *arena);

/* What an entry has found about all of them at one radius. */
void distance_learn(struct distance *distance, const struct margins *found);

/* L(r) and U(r) of all samples of these networks together. */
double distance_least(const struct distance *distance, size_t count, double radius);
double distance_most(const struct distance *distance, size_t count, double radius);

#endif
