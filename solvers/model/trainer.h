/* A training algorithm: setup, step, network. The caller owns the loop, the clocks, the stopping
 * rules, the logging and the evaluation, so that every method is timed and stopped the same way. */
#ifndef MODEL_TRAINER_H
#define MODEL_TRAINER_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/model/loss.h"
#include "solvers/model/net.h"
#include "solvers/model/threat.h"

#include <stdbool.h>
#include <stdint.h>

/* Columns before `prepare`, where its steps act column by column: x = (raw - shift) scale. */
struct raw_columns {
	const double *scale, *shift; /* d; 1 and 0 for a bias; NULL: they are mixed */
	const char *mixing;          /* by this stage */
};

/* What is to be trained. Borrowed by the trainer for its whole life. */
struct problem {
	struct mat X;            /* n x d, training part, prepared */
	const real *y;           /* n */
	struct mat X_validation; /* may have 0 rows */
	const real *y_validation;
	struct loss_term loss;
	double beta;                /* > 0 */
	const struct mat *patterns; /* n x P of 0 and 1 read from a file, or NULL */
	const char *const *columns; /* d: their names, NULL where there is none; or NULL */
	const bool *frozen;         /* d: columns that no attack touches (the bias), or NULL */
	struct raw_columns raw;
	const struct net *start; /* network read from a file (pattern_start_file), or NULL */
	uint64_t seed;           /* of this cell's repetition */
};

/* What one iteration can tell for free. NaN where undefined. */
struct progress {
	double objective;       /* of the trainer's own problem at the current iterate */
	double primal_residual; /* relative */
	double dual_residual;   /* relative */
	enum outcome end; /* OUTCOME_RUNNING; or how the trainer itself ended: epochs used up, early
			     stopping, solved to rounding */
};

/* Optimality certificate of the current iterate, on demand. NaN where undefined. */
struct certificate {
	double objective;   /* at the iterate, which lacks `feasibility` */
	double feasibility; /* largest violation of a constraint, relative to the largest
			       preactivation */
	double upper;       /* objective at a feasible point */
	double lower_bound; /* no point of the program can be below */
	const char
		*scope; /* "sampled", "all": the set of patterns or neurons the bound speaks of */
};

/* Floating point operations, known before anything is allocated; memory is counted (setup). */
struct forecast {
	double setup_flops;
	double iteration_flops;
	double certificate_flops; /* of one certificate; 0: none */
};

/* Of `draws` patterns or neurons drawn anew, those that lower the optimum. */
struct violation {
	long draws, violated;
};

/* Whether a pattern admits a neuron other than zero. */
enum pattern_verdict { PATTERN_UNDECIDED, PATTERN_ADMITTED, PATTERN_EXCLUDED };

extern const char *const pattern_verdicts[]; /* their names */

/* What is known of one activation pattern, for the record. NaN or NULL where undefined. */
struct pattern_fact {
	const char *source;  /* who proposed it */
	double active;       /* share of the samples that it has active */
	double lower, upper; /* of the largest eps at which it admits a neuron other than zero */
	enum pattern_verdict verdict; /* at the eps of the program */
};

/* Changes of coordinates that leave the value of a program as it is, columns that attacks leave
 * alone kept apart. */
enum freedom {
	FREEDOM_NONE,
	FREEDOM_ZEROS,    /* columns of zeros can go: a weight on them only costs */
	FREEDOM_ROTATIONS /* and any orthonormal basis will do: penalties and balls are l_2 */
};

struct trainer {
	struct desc base;
	const char *const
		*losses;      /* names of the losses it can train, ends with NULL; NULL = any */
	bool needs_curvature; /* only losses with a finite second derivative */

	/* The threat against which it minimises a worst case, so that the objective of the network
	 * on clean data may rise, or NULL; NULL: never. */
	const struct threat_options *(*threat)(const void *options);

	/* In which coordinates the caller may pose its program (solvers/model/rowspace.h); NULL:
	 * those of the features only. */
	enum freedom (*freedom)(const void *options);
	/* The pattern options among `options`, or NULL if the trainer takes no patterns
	 * (solvers/gates/pattern.h). */
	const struct pattern_options *(*patterns)(const void *options);
	/* The model file among `options` that training starts from, or NULL; NULL if there is no
	 * such option. The caller reads it, or that of the patterns, into problem->start. */
	const char *(*start_file)(const void *options);
	void (*forecast)(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out);

	/* Check, allocate from `arena`, factorise; *state lives in the arena. On a counting arena
	 * (arena_counts) it allocates only, by shapes: X, y and large blocks must not be touched.
	 * That is the forecast of its memory. */
	enum status (*setup)(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err);
	/* One outer iteration. Allocates nothing. */
	void (*step)(void *state, struct progress *progress);
	/* Largest width `network` can return. */
	ptrdiff_t (*width)(const void *state);
	/* The network of the current iterate: writes U (d x width), alpha, and sets net->U.cols. */
	void (*network)(const void *state, struct net *net);
	/* NULL if the method has no certificate. Allocates nothing. */
	void (*certify)(void *state, struct certificate *certificate);
	/* The network of the feasible point of the last certificate, whose objective in the program
	 * is its `upper`; as `network`. NULL: that of `network` is feasible itself. */
	void (*repaired)(const void *state, struct net *net);
	/* Number of activation patterns or sampled neurons in use; NULL if there are none.
	 */
	ptrdiff_t (*patterns_used)(const void *state);
	/* Facts on each of the `patterns_used` patterns; NULL: none. */
	const struct pattern_fact *(*pattern_facts)(const void *state);
	/* Draw fresh patterns or neurons, independent of the method's own, and count those that the
	 * program lacks and whose dual constraint the dual point of the last certificate breaks:
	 * where that is optimal, those lower the optimum. NULL if the method samples nothing. */
	void (*violation)(void *state, long draws, struct violation *out);
	/* What the method chose by itself and why, for the record: "dual: ..."; NULL: nothing. */
	const char *(*note)(const void *state);
};

/* Whether it minimises a worst case with these options. */
bool trainer_robust(const struct trainer *trainer, const void *options);

/* For `freedom`: rotations. */
enum freedom trainer_rotates(const void *options);

/* (value of the loss) + beta net_decay: the objective every method is compared on. f (n) is
 * scratch. */
double trainer_network_objective(const struct problem *problem, const struct net *net, real *f,
				 struct net_work *work);

#endif
