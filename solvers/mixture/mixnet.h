/* Two classifiers mixed by their probabilities (Bai, Anderson, Kim & Sojoudi 2024): the models of
 * the kind `mixture`.
 *
 *     F_c(x) = log((1 - a) softmax(g(x))_c + a softmax(M(h(x)))_c),
 *     g = A' relu(U'x) accurate, h = R' relu(U'x) robust
 *
 * With one output g and h are differences of two logits, and so is f = F_0 - F_1 of the pairs (g/2,
 * -g/2) and (h/2, -h/2). The weight a = sigma(t), t = logit + w' relu(U'x), is fixed where w = 0.
 *
 * The map M of MixedNUTS (Bai, Zhou, Patel & Sojoudi 2024), where `mapped` is above 0: of three
 * logits or more z = (h - mean) / deviation, of a pair z = h; then M_c = scale sign(q) |q|^power, q
 * = GELU(z_c + shift). Else M is the identity. */
#ifndef MIXTURE_MIXNET_H
#define MIXTURE_MIXNET_H

#include "solvers/core/mat.h"
#include "solvers/model/model.h"

enum { MIXNET_OUTPUTS = 64 }; /* at most */

/* The width in use is U.cols. */
struct mixnet {
	struct model base;
	struct mat U;    /* d x m: the neurons of both */
	struct mat A, R; /* m x k: outputs of the accurate and the robust one */
	real *w;         /* m: of the weight */
	real *logit;     /* 1 */
	real *mapped, *scale, *power, *shift; /* 1 each; a power below 1 counts as 1 */
};

extern const struct model_kind model_mixture;

/* The mixture that a model of the kind `mixture` is. */
struct mixnet *mixnet_of(const struct model *model);

/* Slopes of sum_kc C(k, c) F_c(x_k) in w (m) and logit, added to `w` and *logit; C (n x k), of one
 * output its slope. relu (n x m) = relu(X U) is given. */
void mixnet_weight_gradient(const struct mixnet *net, struct mat relu, struct mat C, double *w,
			    double *logit);

/* With the map and two classes: the least margin M(h/2) - M(-h/2) over low <= h <= high, not above
 * it; it is odd in h. -HUGE_VAL where there is no bound: of more classes. */
double mixnet_mapped_least(const struct mixnet *net, double low, double high);

/* With the map and K > 2 outputs: the least M_y - max M_c over all logits h with low_c <= h_c -
 * mean(h) <= high_c (K each), not above it. -HUGE_VAL where there is no bound. */
double mixnet_mapped_margin(const struct mixnet *net, int y, const double *low, const double *high);

/* relu = relu(X U), n x m. */
void mixnet_neurons(const struct mixnet *net, struct mat X, struct mat relu);

/* 1 / (1 + exp(-t)), without overflow. */
double mixnet_sigmoid(double t);

#endif
