/* Losses l(f, y), summed over samples, and what convex training needs of them.
 *
 * Labels of classification losses are -1 or +1. A `struct loss_term` is a loss with its options and
 * its weight: 1 for a sum over samples, 1/n for a mean; every function below works on the weighted
 * loss, so that no factor can differ between methods. */
#ifndef LOSS_LOSS_H
#define LOSS_LOSS_H

#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"
#include "solvers/core/real.h"
#include "solvers/core/targets.h"

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

/* The loss of k > 1 outputs, summed over samples: F, G, V, H, Z, A are n x k, a sample a row, and y
 * has n samples and k outputs; losses of classes read y.label, others y.at. With m_c = f_y - f_c,
 * the margin over the rival c, two outputs (0, f) have the value, slope of f, prox (up to what both
 * outputs share) and conjugate of the loss of one output. */
struct loss_outputs {
	bool least_margin; /* a function of the least m_c that never rises */
	bool sum;          /* over the outputs, of the loss of one output */
	/* of one sample as it is defined: f (k) and y (k), one-hot where they are classes */
	double (*sample)(const void *o, ptrdiff_t k, const double *f, const double *y);
	double (*value)(const void *o, struct mat F, struct targets y);
	/* G = dl/dF; equal rivals share a kink, so that no order of classes matters. G may be F. */
	void (*gradient)(const void *o, struct mat F, struct targets y, struct mat G);
	/* Row r of H = the Hessian of sample r at F_r, times V_r; 0 at a kink. H may be V. */
	void (*hessian_product)(const void *o, struct mat F, struct targets y, struct mat V,
				struct mat H);
	/* Z_r = argmin_z t l(z, y_r) + |z - V_r|^2 / 2, t > 0; Z may be V */
	void (*prox)(const void *o, double t, struct mat V, struct targets y, struct mat Z);
	/* sum_r sup_f { s A_r f - l(f, y_r) }; HUGE_VAL outside the domain, but for what
	 * rounding of A to `real` puts there */
	double (*conjugate)(const void *o, double s, struct mat A, struct targets y);
	/* sup of the largest eigenvalue of the Hessian; HUGE_VAL if there is none */
	double (*curvature)(const void *o);
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
	const struct loss_outputs *outputs; /* NULL: one output only */
};

struct loss_term {
	const struct loss *loss;
	const void *options;
	double weight; /* > 0 */
	/* Further factors of the samples that f and y are of, > 0, and the largest of them; NULL:
	 * all are 1. Functions of `struct targets` go by the weights of these instead. */
	const real *sample;
	double most;
	struct ranks *ranks; /* whose samples count in values and conjugates; NULL: those here */
};

/* The loss of sample k alone. */
static inline struct loss_term loss_of(struct loss_term l, ptrdiff_t k)
{
	if (l.sample)
		l.weight *= (double)l.sample[k];
	l.sample = NULL;
	return l;
}

/* The loss of other samples, with these factors; NULL: all are 1. */
static inline struct loss_term loss_with(struct loss_term l, const real *sample)
{
	l.sample = sample;
	return l;
}

double loss_value(struct loss_term l, size_t n, const real *f, const real *y);
void loss_gradient(struct loss_term l, size_t n, const real *f, const real *y, real *g);
void loss_hessian(struct loss_term l, size_t n, const real *f, const real *y, real *h);
void loss_prox(struct loss_term l, size_t n, double t, const real *v, const real *y, real *z);
/* Conjugate of the weighted loss at scale * a, summed. */
double loss_conjugate(struct loss_term l, size_t n, double scale, const real *a, const real *y);
double loss_curvature(struct loss_term l);
/* Of the weighted loss, of one sample (loss_of); only where l.loss->box is given. */
struct loss_box loss_box(struct loss_term l, double y);
/* The same; only where l.loss->entropy is given. */
struct loss_entropy loss_entropy(struct loss_term l, double y);
/* The interval of the conjugate, whether it is a box or an entropy: `quadratic` is 0 of the latter.
 */
struct loss_box loss_range(struct loss_term l, double y);

/* Of y.k outputs: the weighted l.loss->outputs, or for one output the functions above. Arguments as
 * there, but for one output G, H and Z are other memory than F and V, and columns are contiguous in
 * any case. */
double loss_outputs_value(struct loss_term l, struct mat F, struct targets y);
/* Of classes with an output each: the sum of the losses of one output, of every class against all
 * others. */
double loss_against_all(struct loss_term l, struct mat F, struct targets y);
void loss_outputs_gradient(struct loss_term l, struct mat F, struct targets y, struct mat G);
void loss_outputs_hessian_product(struct loss_term l, struct mat F, struct targets y, struct mat V,
				  struct mat H);
void loss_outputs_prox(struct loss_term l, double t, struct mat V, struct targets y, struct mat Z);
/* Of the weighted loss at scale * A, summed. */
double loss_outputs_conjugate(struct loss_term l, double scale, struct mat A, struct targets y);
double loss_outputs_curvature(struct loss_term l, ptrdiff_t k);

#endif
