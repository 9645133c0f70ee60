/* What the backprop baselines share: options, minibatch gradient, schedule, early stopping.
 *
 * The objective is that of every method, L + (beta/2)(|U|^2 + |alpha|^2), with L the weighted sum
 * of the losses over the n samples. Its scale depends on n, so the learning rate acts on the mean
 * over samples: the objective divided by n weight. The data part of a minibatch of b samples is
 * then the mean over the b samples, an unbiased estimate, and the weight decay of a step is beta /
 * (n weight). */
#ifndef BASELINES_BACKPROP_H
#define BASELINES_BACKPROP_H

#include "baselines/baseline.h"

#include <stddef.h>

struct backprop_options {
	long width, epochs, batch;
	double learning_rate;
	long schedule; /* index of backprop_schedules */
	long step_every;
	double step_factor;
	long init; /* index of backprop_inits */
	long patience;
};

extern const char *const backprop_schedules[]; /* ends with NULL */
extern const char *const backprop_inits[];

/* Rows of the common options, for an options struct whose member `common` they are. `rate` is the
 * default learning rate, a text. */
#define BACKPROP_ROWS(structure, rate)                                                             \
	{OPTION_AS("width", structure, common.width), .initial = "128", .range = RANGE_FROM(1),    \
	 .doc = "hidden neurons"},                                                                 \
		{OPTION_AS("epochs", structure, common.epochs), .initial = "100",                  \
		 .range = RANGE_FROM(1),                                                           \
		 .doc = "passes over the training part; an iteration is an epoch"},                \
		{OPTION_AS("batch", structure, common.batch), .initial = "128",                    \
		 .range = RANGE_FROM(0), .doc = "samples per step; 0 is the whole training part"}, \
		{OPTION_AS("learning_rate", structure, common.learning_rate), .initial = (rate),   \
		 .range = RANGE_ABOVE(0),                                                          \
		 .doc = "step on the mean over samples: the gradient of the objective divided by " \
			"n (and by the "                                                           \
			"weight of the loss), so that it does not depend on n or on sum against "  \
			"mean"},                                                                   \
		{OPTION_AS("schedule", structure, common.schedule), .initial = "constant",         \
		 .names = backprop_schedules,                                                      \
		 .doc = "learning rate by epoch: constant, half a cosine down to 0, or a factor "  \
			"every few epochs"},                                                       \
		{OPTION_AS("step_every", structure, common.step_every), .initial = "30",           \
		 .range = RANGE_FROM(1), .doc = "schedule step: epochs between two reductions"},   \
		{OPTION_AS("step_factor", structure, common.step_factor), .initial = "0.1",        \
		 .range = RANGE_WITHIN(0, 1), .doc = "schedule step: factor of a reduction"},      \
		{OPTION_AS("init", structure, common.init), .initial = "he",                       \
		 .names = backprop_inits,                                                          \
		 .doc = "variance of the normal start: he 2/fan_in, glorot 2/(fan_in + fan_out)"}, \
	{                                                                                          \
		OPTION_AS("patience", structure, common.patience),                                 \
			.initial = "0", .range = RANGE_FROM(0),                                    \
			.doc = "stop after so many epochs without a lower validation loss and "    \
			       "return the best weights; 0 is off"                                 \
	}

/* A span of the flat weight vector: U (d m, neuron by neuron), then alpha (m). */
struct backprop_span {
	size_t first, count;
};

/* Change the weights of a span by their gradient. Called by several threads on disjoint spans. */
typedef void (*backprop_rule)(void *trainer, struct backprop_span span);

struct backprop {
	const struct problem *problem;
	const struct backprop_options *options;
	ptrdiff_t n, d, m;
	ptrdiff_t chunk; /* samples that go through the network at once */
	int parts;       /* threads; each owns neurons, their weights and their columns of H */
	size_t count;    /* d m + m weights */
	real *weights, *gradient, *best; /* best: NULL without early stopping */
	real decay;                      /* beta / (n weight) */
	struct mat Xt;                   /* d x n: a sample is a column */
	struct mat batch;                /* d x chunk: gathered samples */
	struct mat H;                    /* chunk x m */
	struct mat share;                /* chunk x parts: each part's contribution to f */
	real *f, *y, *g;                 /* chunk */
	size_t *order;                   /* n */
	long epoch;
	/* early stopping */
	struct net_work work;
	real *f_validation;
	double best_loss;
	long since_best;
};

enum status backprop_setup(struct backprop *b, const struct problem *problem,
			   const struct backprop_options *options, struct arena *arena,
			   struct err *err);

/* Gradient of the objective divided by n weight, estimated on `count` samples (NULL: 0 .. count-1),
 * into b->gradient. With a rule, it is applied to every span as soon as the span's gradient is
 * known. */
void backprop_gradient(struct backprop *b, const size_t *samples, ptrdiff_t count,
		       backprop_rule rule, void *trainer);

/* Learning rate of the epoch at hand. */
double backprop_rate(const struct backprop *b);

/* One epoch over shuffled minibatches. `rule` gets `trainer`; `before`, if not NULL, is called
 * before each minibatch. */
void backprop_epoch(struct backprop *b, backprop_rule rule, void (*before)(void *trainer),
		    void *trainer);

/* After an epoch: early stopping, and what a step reports. */
void backprop_report(struct backprop *b, struct progress *progress);

/* `width` and `network` of a trainer whose state begins with a struct backprop. */
ptrdiff_t backprop_width(const void *state);
void backprop_network(const void *state, struct net *net);

/* `vectors` is the number of weight-sized arrays of the method beyond weights and gradient. */
void backprop_forecast(const struct backprop_options *options, ptrdiff_t n, ptrdiff_t d,
		       int vectors, struct forecast *out);

#endif
