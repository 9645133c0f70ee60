/* What the trainers of backprop share: options, setup, schedule, early stopping, result. */
#ifndef BASELINES_BACKPROP_TRAIN_H
#define BASELINES_BACKPROP_TRAIN_H

#include "baselines/backprop.h"

extern const char *const backprop_train_schedules[]; /* ends with NULL */
extern const char *const backprop_train_inits[];

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
		 .names = backprop_train_schedules,                                                \
		 .doc = "learning rate by epoch: constant, half a cosine down to 0, or a factor "  \
			"every few epochs"},                                                       \
		{OPTION_AS("step_every", structure, common.step_every), .initial = "30",           \
		 .range = RANGE_FROM(1), .doc = "schedule step: epochs between two reductions"},   \
		{OPTION_AS("step_factor", structure, common.step_factor), .initial = "0.1",        \
		 .range = RANGE_WITHIN(0, 1), .doc = "schedule step: factor of a reduction"},      \
		{OPTION_AS("init", structure, common.init), .initial = "he",                       \
		 .names = backprop_train_inits,                                                    \
		 .doc = "variance of the normal start: he 2/fan_in, glorot 2/(fan_in + fan_out)"}, \
		{OPTION_AS("patience", structure, common.patience), .initial = "0",                \
		 .range = RANGE_FROM(0),                                                           \
		 .doc = "stop after so many epochs without a lower validation loss (of "           \
			"robust training the attacked or certified one, once eps is "              \
			"reached) and return the best weights; 0 is off"},                         \
		{OPTION_AS("adversary", structure, common.adversary), .rows = adversary_rows,      \
		 .doc = "adversarial training: the attacked loss, or TRADES"},                     \
	{                                                                                          \
		OPTION_AS("interval", structure, common.interval),                                 \
			.rows = ibp_rows, .doc = "certified training by interval bounds (IBP)"     \
	}

enum status backprop_train_setup(struct backprop *b, const struct problem *problem,
				 const struct backprop_options *options, struct arena *arena,
				 struct err *err);

/* Learning rate of the epoch at hand. */
double backprop_train_rate(const struct backprop *b);

/* One epoch over shuffled minibatches. `rule` gets `trainer`; `before`, if not NULL, is called
 * before each minibatch. */
void backprop_train_epoch(struct backprop *b, backprop_rule rule, void (*before)(void *trainer),
			  void *trainer);

/* Loss on the validation part: clean, or at full eps attacked or by the bounds. */
double backprop_train_validation_loss(struct backprop *b);

/* After an epoch: early stopping, and what a step reports. */
void backprop_train_report(struct backprop *b, struct progress *progress);

/* `width` and `network` of a trainer whose state begins with a struct backprop. */
ptrdiff_t backprop_train_width(const void *state);
void backprop_train_network(const void *state, struct model *model);

/* `spread`: any options go with rows on several ranks. */
const char *backprop_train_spread(const void *options, const char **option);

void backprop_train_forecast(const struct backprop_options *options, struct trainer_shape shape,
			     struct forecast *out);

#endif
