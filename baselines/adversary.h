/* The inner attack of adversarial training, on a minibatch whose samples are columns.
 *
 *     x' = argmax over |delta|_p <= eps of  -y f(x + delta)            (FGSM, PGD)
 *     x' = argmax over |delta|_p <= eps of  KL(f(x) || f(x + delta))   (TRADES)
 *
 * (FGSM: Goodfellow et al. 2015, with a random start Wong et al. 2020; PGD: Madry et al. 2018;
 * TRADES: Zhang et al. 2019.)
 *
 * Every monotone loss of the margin has the first maximiser. The point taken is the last one of the
 * path. Frozen coordinates keep their clean value, and so does every coordinate at eps = 0. */
#ifndef BASELINES_ADVERSARY_H
#define BASELINES_ADVERSARY_H

#include "baselines/baseline.h"
#include "solvers/model/attack.h"

#include <stddef.h>

struct adversary_options {
	long attack;                  /* index of adversary_attacks */
	struct threat_options threat; /* eps = 0: no adversary */
	long steps;
	double step; /* length of the path of pgd in units of eps */
	double ramp; /* share of the epochs */
	double trades;
};

extern const char *const adversary_attacks[]; /* ends with NULL */
extern const struct option adversary_rows[];

struct adversary {
	const struct adversary_options *options;
	struct threat threat;
	uint64_t seed;
	const real *unit;          /* d: s where a column is attacked, else 0 */
	const real *lower, *upper; /* d: the box of x */
	struct mat S;              /* m x chunk: slopes of the neurons */
	struct mat G;              /* d x chunk: df/dx */
	/* chunk, or chunk x k: outputs at the current and at the clean points (TRADES) */
	struct mat f, clean;
};

/* The columns of a minibatch that one thread attacks. Its samples are those named, or first,
 * first + 1, ... ; what is drawn for a sample depends on its number and `stream` only. */
struct adversary_job {
	const struct net *net;
	struct mat A;         /* m x k: of several outputs, in the place of net->alpha; or 0 x 0 */
	struct mat clean, at; /* d x count: given; written */
	const real *y;        /* count */
	const int *label;     /* count: of several outputs, in the place of y */
	const size_t *samples;
	ptrdiff_t first;  /* place in the minibatch: of the scratch columns, and in `samples` */
	ptrdiff_t number; /* number of the first sample where `samples` is NULL */
	ptrdiff_t before; /* samples of other ranks that come before number 0 */
	uint64_t stream;  /* the epoch */
	double eps;
};

/* For the options that `adversary` holds: scratch for chunks of `chunk` samples and m neurons.
 * STATUS_SPEC if the labels are not -1 and +1, or if clip is no interval or excludes a training or
 * validation sample. No scratch at eps = 0. */
enum status adversary_setup(struct adversary *adversary, const struct problem *problem,
			    ptrdiff_t chunk, ptrdiff_t m, struct arena *arena, struct err *err);

/* Attack the margin, or with `trades` the distance of outputs. */
void adversary_attack(const struct adversary *adversary, const struct adversary_job *job,
		      bool trades);

/* Gradient steps per sample, each of the cost of a forward and backward pass. */
long adversary_steps(const struct adversary_options *options);

/* Two rows of k outputs at this stride, and where the slopes in them go. */
struct adversary_pair {
	const real *f, *g;
	real *in_f, *in_g;
	ptrdiff_t k, stride;
};

/* KL(p || q) of p = softmax(f), q = softmax(g), the distance of TRADES for several outputs: in_f
 * grows by `factor` times its slope in f, in_g becomes that in g. */
double adversary_divergence(const struct adversary_pair *pair, double factor);

/* KL(p || q) of Bernoulli variables with p = sigma(f), q = sigma(g), and its slopes in f and g:
 * the distance of TRADES for two classes and one output, the difference of the logits. */
double adversary_distance(double f, double g, double *in_f, double *in_g);

#endif
