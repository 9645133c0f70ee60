/* A network that a method starts from: read from a model file, or made by another trainer first. */
#ifndef GATES_START_H
#define GATES_START_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"

/* Members of an options struct; the rows name them as suits the method. */
struct start_options {
	struct choice trainer; /* struct trainer */
	const char *file;      /* a model; the caller has read it (trainer_file) */
	long steps;            /* of the trainer, at most */
};

struct start {
	struct model_layers
		net;      /* of as many outputs as the problem has, of a file of any number */
	const char *note; /* where it came from; NULL: neither file nor trainer is given */
};

/* The network of the file, or of the trainer at its own end or after `steps` steps; it lives in
 * `arena` or is that of the problem's file. STATUS_SPEC if both are given or the trainer does not
 * take the loss; whatever the trainer's setup reports. */
enum status start_network(const struct problem *problem, const struct start_options *o,
			  struct arena *arena, struct start *out, struct err *err);

/* Add the operations of the trainer to those of setup. */
void start_forecast(const struct start_options *o, struct trainer_shape shape,
		    struct forecast *out);

#endif
