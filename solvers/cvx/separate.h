/* Several outputs with neurons of their own (option `output: separate`). Where the loss is a sum
 * over the outputs, the convex program of all is a sum of programs of one output each, on the same
 * features: their objectives, their bounds and their networks add up. A trainer of one output
 * becomes one of several: its setup is separate_setup, and the other functions of its descriptor
 * that have a state are those of this header. */
#ifndef CVX_SEPARATE_H
#define CVX_SEPARATE_H

#include "solvers/model/multinet.h"
#include "solvers/model/trainer.h"

/* The values of the option of a trainer that knows no other way. */
extern const char *const separate_names[];

/* Whether the loss is such a sum; *wanted says so. */
bool separate_takes(const struct problem *problem, const char **wanted);

/* The problem of output c alone. */
struct problem separate_output(const struct problem *problem, ptrdiff_t c);

struct separate_plan {
	const struct trainer *one;
	bool divides; /* a program for each output; else one for all */
	/* The setup of a program beside the first one, whose state `first` it may share what holds
	 * for both and what a step leaves behind: steps and certificates of programs never overlap.
	 * NULL: that of `one`. */
	enum status (*beside)(const struct problem *problem, const void *options, void *first,
			      struct arena *arena, void **state, struct err *err);
};

/* States of plan.one, one for each program; with one program every other function is that of
 * plan.one. */
enum status separate_setup(struct separate_plan plan, const struct problem *problem,
			   const void *options, struct arena *arena, void **state, struct err *err);
void separate_step(void *state, struct progress *progress);
ptrdiff_t separate_width(const void *state);
void separate_model(const void *state, struct model *model);
void separate_repaired(const void *state, struct model *model);
void separate_certify(void *state, struct certificate *certificate);
/* Fresh patterns or neurons are drawn for each output. */
void separate_violation(void *state, long draws, struct violation *out);
void separate_facts(const void *state, struct facts *facts);

/* What one output takes, times their number. */
void separate_forecast(const struct trainer *one, const void *options, struct trainer_shape shape,
		       struct forecast *out);

/* A certificate of all outputs from those of each: *sum is zero before the first one. */
void separate_add_certificate(struct certificate *sum, const struct certificate *one);

/* A network of k outputs whose neurons each feed one: no neurons; then for output c, in the room
 * behind those that there are, a view for a network of one output; which counts once it is there.
 */
void separate_clear(struct multinet *net);
struct net separate_room(const struct multinet *net, ptrdiff_t c);
void separate_take(struct multinet *net, const struct net *one);

#endif
