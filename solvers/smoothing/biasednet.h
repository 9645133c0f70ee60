/* A network biased towards the labels of the training points nearby (locally biased smoothing;
 * Anderson & Sojoudi 2022): the models of the kind `locally_biased`, of two classes.
 *
 *     f = (g + gamma N h) / (1 + gamma N),   g = alpha' relu(U'x),   N = |dg/dx|_2
 *
 * h is the label of the training point nearest to x in l_2, the first one of several. The nearest
 * point is that with the largest affine function z_i'x - |z_i|^2 / 2, so that it stays the same
 * when features are rescaled; N is in the features that the model was trained on. */
#ifndef SMOOTHING_BIASEDNET_H
#define SMOOTHING_BIASEDNET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

/* The width in use is U.cols, as many points as neurons: the rest of the neurons are zero, the rest
 * of the points are the first one. */
struct biasednet {
	struct model base;
	struct mat U, Z; /* d x m */
	real *alpha;     /* m */
	real *offset;    /* m: -|z_i|^2 / 2 */
	real *label;     /* m */
	real *scale;     /* d: of the features that it was trained on, x / scale */
	real *gamma;     /* 1; its absolute value counts */
};

extern const struct model_kind model_locally_biased;

/* The network that a model of the kind `locally_biased` is. */
struct biasednet *biasednet_of(const struct model *model);

/* What f is made of at a row of X, in double. */
struct biasednet_parts {
	double g, steepness; /* N */
	double h;
	ptrdiff_t nearest; /* the point */
};

struct biasednet_parts biasednet_parts(const struct biasednet *net, struct mat X, ptrdiff_t row);

/* f of g, h and N */
double biasednet_mix(const struct biasednet *net, double g, double h, double steepness);

/* For a network in the features that it was trained on: an l_2 radius around row `row` of X within
 * which y f > 0, in closed form: of the neighbour, of the cell of g, and of the affine function
 * there,
 *
 *     min(min_j (a_i - a_j) / |z_i - z_j|, min_j |u_j'x| / |u_j|, y g / N + gamma)
 *
 * over points j of the other class and a_i = z_i'x - |z_i|^2 / 2 of the nearest one. 0 where y f is
 * not above 0. Not rounded downwards: certificates are (certifier_biased). */
double biasednet_radius(const struct biasednet *net, struct mat X, ptrdiff_t row, double y);

#endif
