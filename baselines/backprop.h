/* Minibatch gradients of the backprop baselines, for a regime: the clean loss here, robust ones in
 * backprop_robust.c.
 *
 * The objective is that of every method, L + (beta/2)(|U|^2 + |alpha|^2), with L the weighted sum
 * of the losses over the n samples. Its scale depends on n, so the learning rate acts on the mean
 * over samples: the objective divided by n weight. The data part of a minibatch of b samples is
 * then the mean over the b samples, an unbiased estimate, and the weight decay of a step is beta /
 * (n weight). */
#ifndef BASELINES_BACKPROP_H
#define BASELINES_BACKPROP_H

#include "baselines/adversary.h"
#include "baselines/baseline.h"
#include "baselines/ibp.h"

#include "solvers/model/multinet.h"

#include <stddef.h>

struct backprop_options { /* rows: backprop_train.h */
	long width, epochs, batch;
	double learning_rate;
	long schedule; /* index of backprop_train_schedules */
	long step_every;
	double step_factor;
	long init; /* index of backprop_train_inits */
	long patience;
	struct adversary_options adversary;
	struct ibp_options interval;
};

/* A rectangle of weights, and the data part of their gradient: columns of `rows` numbers. The flat
 * weight vector is U (d m, neuron by neuron), then alpha (m), or of k outputs A (m k, output by
 * output); state of a method lies alike. */
struct backprop_block {
	size_t first; /* of the flat vector */
	ptrdiff_t rows, cols, stride;
	const real *gradient; /* weight decay not included */
	ptrdiff_t gradient_stride;
};

/* Change the weights of a block by their gradient and `decay` times themselves. Called by several
 * threads on disjoint blocks, once for each weight. */
typedef void (*backprop_rule)(void *trainer, struct backprop_block block);

struct backprop;
struct backprop_regime;

/* A chunk of a minibatch on its way through the network. */
struct backprop_pass {
	const struct backprop_regime *regime;
	const size_t *samples; /* of the chunk, or NULL: number, number + 1, ... */
	ptrdiff_t number;
	ptrdiff_t before;       /* samples of other ranks before number 0 */
	ptrdiff_t rows, count;  /* samples of the chunk and of the minibatch, here */
	ptrdiff_t of;           /* samples of the minibatch on all ranks */
	struct mat clean;       /* d x rows, of an attack */
	const real *const *x;   /* what goes through: clean or attacked samples, or both in a row */
	ptrdiff_t columns;      /* how many */
	const real *y;          /* rows, or rows x k */
	struct targets targets; /* of the chunk: y, and class numbers */
	double strength;        /* share of eps in force */
	uint64_t stream;        /* of the random starts */
	bool add;               /* to the gradient of the earlier chunks */
	bool last;              /* chunk: the gradient is then complete */
	bool partial;           /* of the samples of this rank: the sum over ranks comes later */
	backprop_rule rule;     /* or NULL: b->gradient is wanted */
	void *trainer;
};

/* A loss on a chunk: what it takes of the points and of the outputs. Functions with a part are
 * called by several threads. */
struct backprop_regime {
	bool attacks, keeps_clean; /* columns are attacked; clean ones go through beside them */
	ptrdiff_t outputs;         /* per sample and output, blocks of `rows` in f and g */
	const struct backprop_regime *validation; /* judges the validation part; NULL: itself */
	void (*attack)(struct backprop *b, const struct backprop_pass *pass, int part);
	void (*forward)(struct backprop *b, const struct backprop_pass *pass, int part);
	/* g = dL/df, without weight and mean */
	void (*slopes)(struct backprop *b, const struct backprop_pass *pass);
	/* the part's gradient; after the last chunk backprop_finish or what amounts to it */
	void (*backward)(struct backprop *b, const struct backprop_pass *pass, int part);
};

/* Neurons first .. first+count-1 of a part. */
struct backprop_neurons {
	ptrdiff_t first, count;
};

struct backprop {
	const struct problem *problem;
	const struct backprop_options *options;
	ptrdiff_t n, d, m, k;
	ptrdiff_t total, before;         /* samples of all ranks, of those before this one */
	ptrdiff_t chunk;                 /* samples that go through the network at once */
	int parts;                       /* threads; each owns neurons, their weights and their H */
	size_t count;                    /* d m + m k weights */
	real *weights, *gradient, *best; /* best: NULL without early stopping */
	real decay;                      /* beta / (n weight) */
	struct mat Xt;                   /* d x n: a sample is a column; of a mapped X none */
	struct mat batch;                /* d x 2 chunk: clean and attacked samples; d x chunk:
					    samples of a mapped X; or empty */
	const real **x;                  /* 2 chunk: where samples lie */
	real *packed;                    /* for each part its neurons of U (see tile.h) */
	struct mat band;                 /* for each part a band of its gradient */
	struct mat H;                    /* for each part its neurons x chunk, or x 2 chunk */
	struct mat share;                /* chunk or 2 chunk x parts: each part's share of f */
	real *f, *y, *g;                 /* chunk or 2 chunk, times k; y: chunk k */
	int *label;                      /* chunk: class numbers */
	real *sample;                    /* chunk: weights of samples */
	struct mat slope;                /* k > 1: for each part a number per neuron */
	size_t *order;                   /* total */
	size_t *own;                     /* of several ranks: of a minibatch those here */
	long epoch;
	const struct backprop_regime *regime;
	struct adversary adversary;
	struct threat bounded; /* of interval bounds */
	real *radii, *slope_r; /* m: of interval bounds, and the gradient in them */
	/* early stopping */
	struct model_work work;
	real *f_validation;
	double best_loss;
	long since_best;
};

/* Gradient of the objective divided by n weight, estimated on `count` samples (NULL: 0 .. count-1),
 * into b->gradient. Samples of several ranks are numbered through all, and NULL is every one. With
 * a rule, it is applied to every block as soon as the block's gradient is known, and b->gradient is
 * scratch. */
void backprop_gradient(struct backprop *b, const size_t *samples, ptrdiff_t count,
		       backprop_rule rule, void *trainer);

/* Room for the targets of a chunk of `rows` samples, and those of one sample put there. */
struct targets backprop_targets(const struct backprop *b, ptrdiff_t rows, const struct targets *of);
void backprop_target(struct backprop *b, const struct backprop_pass *pass, ptrdiff_t row,
		     const struct targets *from, ptrdiff_t sample);

/* Share of eps in force in the epoch at hand: a ramp, 1 after it. */
double backprop_strength(const struct backprop *b);

/* The parts of a pass that regimes share (backprop.c). A pass of its own, outside of
 * backprop_gradient, packs the weights first. */
extern const struct backprop_regime backprop_plain;
struct backprop_neurons backprop_neurons_of(const struct backprop *b, int part);
struct net backprop_as_net(const struct backprop *b);
struct multinet backprop_as_multinet(const struct backprop *b);
/* The part's rows of A (m x k) in a flat vector. */
struct mat backprop_head(const struct backprop *b, real *flat, int part);
void backprop_pack(struct backprop *b, int part);
/* The part's H, neurons x columns. */
struct mat backprop_hidden(const struct backprop *b, const struct backprop_pass *pass, int part);
void backprop_products(const struct backprop *b, const struct backprop_pass *pass, int part);
void backprop_forward(struct backprop *b, const struct backprop_pass *pass, int part);
void backprop_sum_shares(struct backprop *b, const struct backprop_pass *pass);
void backprop_slopes(struct backprop *b, const struct backprop_pass *pass);
void backprop_backward(struct backprop *b, const struct backprop_pass *pass, int part);
/* gU (+)= B S' of a part from its S in the place of H; after the last chunk backprop_finish, but of
 * U while it is in cache. gA must be complete. */
void backprop_end_products(struct backprop *b, const struct backprop_pass *pass, int part);
/* gU (+)= B S' alone, into b->gradient. */
void backprop_add_products(struct backprop *b, const struct backprop_pass *pass, int part);
/* Rule, or weight decay, on all weights of a part, whose data gradient is in b->gradient. */
void backprop_finish(struct backprop *b, const struct backprop_pass *pass, int part);

#endif
