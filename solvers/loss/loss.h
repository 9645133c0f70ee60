/* Losses l(f, y), summed over samples, and what convex training needs of them.
 *
 * Labels of classification losses are -1 or +1. A `struct loss_term` is a loss with its options and
 * its weight: 1 for a sum over samples, 1/n for a mean; every function below works on the weighted
 * loss, so that no factor can differ between methods. */
#ifndef LOSS_LOSS_H
#define LOSS_LOSS_H

#include "solvers/core/desc.h"
#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

/* A loss whose conjugate is a quadratic on an interval: l*(a) = quadratic a^2 / 2 + a y for a in
 * [low, high], infinite beyond; an end may be infinite. */
struct loss_box {
	double quadratic, low, high;
};

/* A smooth loss whose conjugate is an entropy: l*'(a) = factor log((a - low) / (high - a)) for a in
 * (low, high). */
struct loss_entropy {
	double factor, low, high;
};

/* n samples: outputs f (n) and targets y (n). `o` is the bound options struct of the descriptor. */
struct loss {
	struct desc base;
	bool regression; /* makes sense for real targets */
	bool falls;      /* a function of y f that never rises, y = -1 or +1 */
	bool even;       /* a function of |f - y| that never falls */
	bool quadratic;  /* l(f, y) = (f - y)^2 / 2: a u-step can take it in without a split */
	bool smooth;     /* the second derivative is continuous: Newton's method applies */
	/* l(f, y) of one sample as it is defined, whatever it costs: what the others are held to by
	 * tests, and records by `verify` */
	double (*sample)(const void *o, double f, double y);
	/* sum_k l(f_k, y_k) */
	double (*value)(const void *o, size_t n, const real *f, const real *y);
	/* g_k = dl/df at f_k (a subgradient where there is a kink) */
	void (*gradient)(const void *o, size_t n, const real *f, const real *y, real *g);
	/* h_k = second derivative in f at f_k (0 at a kink), >= 0 */
	void (*hessian)(const void *o, size_t n, const real *f, const real *y, real *h);
	/* z_k = argmin_z t l(z, y_k) + (z - v_k)^2 / 2, t > 0; z may be v */
	void (*prox)(const void *o, size_t n, double t, const real *v, const real *y, real *z);
	/* sum_k sup_f { s a_k f - l(f, y_k) }, s a scale; HUGE_VAL outside the domain */
	double (*conjugate)(const void *o, size_t n, double s, const real *a, const real *y);
	/* sup of the second derivative; HUGE_VAL if there is none */
	double (*curvature)(const void *o);
	/* The conjugate for the target y, where it has that form; NULL where it has not. */
	struct loss_box (*box)(const void *o, double y);
	struct loss_entropy (*entropy)(const void *o, double y);
};

struct loss_term {
	const struct loss *loss;
	const void *options;
	double weight; /* > 0 */
};

double loss_value(struct loss_term l, size_t n, const real *f, const real *y);
void loss_gradient(struct loss_term l, size_t n, const real *f, const real *y, real *g);
void loss_hessian(struct loss_term l, size_t n, const real *f, const real *y, real *h);
void loss_prox(struct loss_term l, size_t n, double t, const real *v, const real *y, real *z);
/* Conjugate of the weighted loss at scale * a, summed. */
double loss_conjugate(struct loss_term l, size_t n, double scale, const real *a, const real *y);
double loss_curvature(struct loss_term l);
/* Of the weighted loss; only where l.loss->box is given. */
struct loss_box loss_box(struct loss_term l, double y);
/* Of the weighted loss; only where l.loss->entropy is given. */
struct loss_entropy loss_entropy(struct loss_term l, double y);
/* The interval of the conjugate, whether it is a box or an entropy: `quadratic` is 0 of the latter.
 */
struct loss_box loss_range(struct loss_term l, double y);

#endif
