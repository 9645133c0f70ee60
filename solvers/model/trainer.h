/* A training algorithm: setup, step, network. The caller owns the loop, the clocks, the stopping
 * rules, the logging and the evaluation, so that every method is timed and stopped the same way. */
#ifndef MODEL_TRAINER_H
#define MODEL_TRAINER_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"
#include "solvers/core/status.h"
#include "solvers/core/targets.h"
#include "solvers/loss/loss.h"
#include "solvers/model/facts.h"
#include "solvers/model/model.h"
#include "solvers/model/net.h"
#include "solvers/model/threat.h"

#include <stdbool.h>
#include <stdint.h>

/* Columns before `prepare`, where its steps act column by column: x = (raw - shift) scale. */
struct raw_columns {
	const double *scale, *shift; /* d; 1 and 0 for a bias; NULL: they are mixed */
	const char *mixing;          /* by this stage */
};

/* A file that an option names (`.path` of its row), as the caller has read it. */
struct problem_file {
	const char *path;
	struct mat array;          /* of PATH_ARRAY: the numbers of an NPY file */
	const struct model *model; /* of PATH_MODEL: that of a model file, or NULL */
};

/* A path of penalties, falling in geometric steps from the first one to the problem's beta, each
 * solved from the one before. */
struct penalties {
	long count;   /* up to 1: beta alone */
	double first; /* NaN: the least one whose model is zero, as far as the method knows */
};

/* What is to be trained. Borrowed by the trainer for its whole life. */
struct problem {
	struct mat X; /* n x d, training part, prepared; of several ranks the rows of this one */
	bool mapped;  /* X lies in a mapped file, and may be larger than memory: no copy of it */
	struct ranks *ranks; /* that share the training part, as the loss does; NULL: one process */
	struct targets y;
	struct mat X_validation; /* may have 0 rows */
	struct targets y_validation;
	struct mat X_test; /* for a trainer that gives outputs alone (`outputs`); else 0 rows. Its
			      targets are nobody's */
	struct loss_term loss;
	bool one_against_all;       /* the objective is that of loss_against_all */
	double beta;                /* > 0 */
	struct penalties penalties; /* for a trainer with `path` */
	const struct model *known;  /* a network near the optimum, for one that bounds others; or
				       NULL */
	const char *const *columns; /* d: their names, NULL where there is none; or NULL */
	const bool *frozen;         /* d: columns that no attack touches (the bias), or NULL */
	struct raw_columns raw;
	const struct problem_file *files; /* those that options name; for a plan none is read */
	size_t file_count;
	uint64_t seed;  /* of this cell's repetition */
	double seconds; /* that training may take, for one that plans ahead: the caller ends it all
			   the same. 0: any number */
};

/* A penalty of a path that a method is done with: until the next step the iterate is its model.
 * NaN where undefined. */
struct penalty_done {
	double beta, objective, lower_bound; /* of the method's own program at it */
	double screened;                     /* gates that were shown to be 0 */
	double steps;                        /* of the method at it */
};

/* What one iteration can tell for free. NaN where undefined. */
struct progress {
	double objective;       /* of the trainer's own problem at the current iterate */
	double primal_residual; /* relative */
	double dual_residual;   /* relative */
	enum outcome end; /* OUTCOME_RUNNING; or how the trainer itself ended: epochs used up, early
			     stopping, solved to rounding */
	const char *failure; /* why it can go on no more; NULL: it can */
	/* > 0: the gap that it finds in passing, relative to its objective. It ends no run, but
	 * where it is as small as asked for the iterate is looked at. */
	double gap;
	struct penalty_done done; /* its beta is 0 unless a penalty of a path is done with */
};

/* Optimality certificate of the current iterate, on demand. NaN where undefined. */
struct certificate {
	double objective;   /* at the iterate, which lacks `feasibility` */
	double feasibility; /* largest violation of a constraint, relative to the largest
			       preactivation */
	double upper;       /* objective at a feasible point */
	double lower_bound; /* no point of the program can be below */
	/* What the bound speaks of: "sampled", the patterns or neurons drawn; "all" and "all
	 * networks", models of its kind of every width; "linear", "kernel", "restriction". */
	const char *scope;
};

/* Samples, features and outputs of a problem. */
struct trainer_shape {
	ptrdiff_t n, d, k;
	const struct loss *loss; /* NULL: not known, taken for a quadratic one */
};

/* Floating point operations, known before anything is allocated; memory is counted (setup). */
struct forecast {
	double setup_flops;
	double iteration_flops;
	double certificate_flops; /* of one certificate; 0: none */
	double most_iterations;   /* after which it ends by itself; 0: not known */
};

/* Of `draws` patterns or neurons drawn anew, those that lower the optimum. */
struct violation {
	long draws, violated;
};

/* f of the rows of the parts, of a method that gives these in the place of a model. */
enum { OUTPUTS_TRAIN, OUTPUTS_VALIDATION, OUTPUTS_TEST, OUTPUTS_PARTS };

struct outputs {
	ptrdiff_t count[OUTPUTS_PARTS]; /* rows of the part */
	real *at[OUTPUTS_PARTS];
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
	/* The kind of its models; NULL: it makes none, but bounds for those of others (certify). */
	const struct model_kind *makes;
	/* That with these options for targets of k outputs, where it depends on them; NULL: it is
	 * `makes`. Ask trainer_makes. */
	const struct model_kind *(*kind)(const void *options, ptrdiff_t k);
	/* Whether with these options it makes no model but gives `outputs`, which are evaluated;
	 * what needs a model is left out. NULL: never. Ask trainer_makes. */
	bool (*outputs_only)(const void *options);
	/* Whether it can train `problem`, of which the loss is known and perhaps no sample. If
	 * not, *wanted is what would suit it: "a loss that falls with the margin". NULL: all. */
	bool (*takes)(const struct problem *problem, const void *options, const char **wanted);
	/* Why no problem suits these options, or none with columns that are `frozen`; *option is
	 * the one to blame. NULL: some do; NULL: always. */
	const char *(*refuses)(const void *options, bool frozen, const char **option);
	bool multi_output;    /* takes targets of several outputs */
	bool one_against_all; /* of classes it trains each against all others */
	bool sample_weights;  /* takes factors of the samples */

	/* Why these options do not go with rows on several ranks, NULL: they do; *option is the one
	 * to blame. NULL: the trainer needs all rows in one process. */
	const char *(*spread)(const void *options, const char **option);

	/* Why these options do not go with a path of penalties, NULL: they do; *option is the one
	 * to blame. NULL: the trainer solves one penalty. */
	const char *(*path)(const void *options, const char **option);

	/* The threat against which it minimises a worst case, so that the objective of the network
	 * on clean data may rise, or NULL; NULL: never. */
	const struct threat_options *(*threat)(const void *options);

	/* Whether its models are made from the point of a relaxation of their own problem, so that
	 * the later of two is kept by the program's objective, whatever theirs is; NULL: never. */
	bool (*relaxed)(const void *options);

	/* Whether with these options `setup` makes the model, which no step changes: it is not one
	 * of the least objective, but made of others for another end. NULL: never. */
	bool (*made_in_setup)(const void *options);

	/* In which coordinates the caller may pose its program (solvers/model/rowspace.h); NULL:
	 * those of the features only. */
	enum freedom (*freedom)(const void *options);
	void (*forecast)(const void *options, struct trainer_shape shape, struct forecast *out);

	/* Check, allocate from `arena`, factorise; *state lives in the arena. On a counting arena
	 * (arena_counts) it allocates only, by shapes: X, y and large blocks must not be touched.
	 * That is the forecast of its memory. */
	enum status (*setup)(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err);
	/* One outer iteration. Allocates nothing. */
	void (*step)(void *state, struct progress *progress);
	/* Largest width `model` can return. */
	ptrdiff_t (*width)(const void *state);
	/* The model of the current iterate, of the kind `makes`: writes its arrays and sets their
	 * numbers of columns, up to `width`. */
	void (*model)(const void *state, struct model *model);
	/* If outputs_only: those of the current iterate, borrowed until the next step. */
	const struct outputs *(*outputs)(const void *state);
	/* NULL if the method has no certificate. Allocates nothing. */
	void (*certify)(void *state, struct certificate *certificate);
	/* The model of the feasible point of the last certificate, whose objective in the program
	 * is its `upper`; as `model`. NULL: that of `model` is feasible itself. */
	void (*repaired)(const void *state, struct model *model);
	/* Draw fresh patterns or neurons, independent of the method's own, and count those that the
	 * program lacks and whose dual constraint the dual point of the last certificate breaks:
	 * where that is optimal, those lower the optimum. NULL if the method samples nothing. */
	void (*violation)(void *state, long draws, struct violation *out);
	/* What it tells of itself, as far as it has come: "patterns", the number of activation
	 * patterns or sampled neurons in use; "note", what it chose by itself and why; "suspect",
	 * why its result is degenerate; numbers, texts and tables of its own. NULL: nothing. */
	void (*facts)(const void *state, struct facts *facts);
	/* Give back what is no memory, a program of its own: no more steps come, `facts` may. NULL:
	 * there is nothing. Called once after a setup that went well. */
	void (*release)(void *state);
};

/* The file of an option; NULL: it has not been read. */
const struct problem_file *trainer_file(const struct problem *problem, const char *path);

/* Whether it gives outputs alone with these options; the kind of its models for targets of k
 * outputs, or NULL. */
bool trainer_outputs_only(const struct trainer *trainer, const void *options);
const struct model_kind *trainer_makes(const struct trainer *trainer, const void *options,
				       ptrdiff_t k);

/* For `takes`: losses with a finite second derivative, losses that fall with the margin. */
bool trainer_curved(const struct problem *problem, const void *options, const char **wants);
bool trainer_falling(const struct problem *problem, const void *options, const char **wants);

/* What of these targets it does not take, "takes one output"; NULL: it takes them. Their values are
 * not looked at. */
const char *trainer_refusal(const struct trainer *trainer, const struct targets *y);

/* Whether it minimises a worst case with these options. */
bool trainer_robust(const struct trainer *trainer, const void *options);

/* STATUS_SPEC and what was expected if the trainer does not take the problem or the options. */
enum status trainer_check(const struct trainer *trainer, const struct problem *problem,
			  const void *options, struct err *err);

/* Value of the loss at the outputs F (n x k). */
double trainer_loss(const struct problem *problem, struct mat F);

/* (value of the loss) + beta (decay of the model): the objective every method is compared on. f (n)
 * is scratch. */
double trainer_objective(const struct problem *problem, const struct model *model, real *f,
			 struct model_work *work);

#endif
