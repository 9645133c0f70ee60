/* What a spec and a cell say: structs and the rows that bind, write and describe them. */
#ifndef SPEC_SCHEMA_H
#define SPEC_SCHEMA_H

#include "harness/data/data.h"
#include "harness/spec/claim.h"
#include "harness/spec/select.h"
#include "harness/spec/style.h"
#include "harness/spec/table.h"
#include "harness/spec/tree/tree.h"
#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"
#include "solvers/loss/loss.h"
#include "solvers/model/threat.h"

#include <stdbool.h>
#include <stdint.h>

/* What a gap is a share of: the objective, or that of the network without neurons. */
enum gap_scale { GAP_SCALE_OBJECTIVE, GAP_SCALE_ZERO };

struct stop_options {
	long iterations;
	double gap;      /* certified relative gap; NaN = do not stop on it */
	long gap_scale;  /* enum gap_scale */
	double residual; /* of primal and dual, relative (struct progress); NaN = as above */
	long patience;  /* evaluations in a row without a lower objective or a higher bound, by 1e-6
			   of the objective; 0 = off */
	double seconds; /* of setup and solve; NaN = no limit. A stopping rule, never a way to steer
			   an iterate */
};

enum halving_budget { HALVING_ITERATIONS, HALVING_SECONDS };

/* Successive halving: each rung has `eta` times the budget of the one before it, and of its
 * settings the share 1 / eta that is best on the validation part. */
struct halving_options {
	long rungs;  /* 0: every setting has the budget of `stop` */
	long budget; /* enum halving_budget: which rule of `stop` */
	double from; /* that of the first rung; NaN: none is given */
	long eta;
};

/* How many of `settings` are run in the next rung: at least one. */
size_t spec_survivors(const struct halving_options *halving, size_t settings);

/* One entry of `train`; the trainer's own options are keys beside these (a flat choice). */
struct train_options {
	const char *name;     /* default: the solver's name */
	struct choice solver; /* flat: struct trainer */
	struct choice loss;   /* nested: struct loss */
	double beta;
	long penalties;       /* of a path that ends at beta; 1: there is none */
	double first_penalty; /* NaN: the least one whose model is zero */
	struct choice bound;  /* nested: struct trainer without a model, after training; or none */
	double bound_seconds; /* that it may take */
	bool average;         /* mean instead of sum over samples */
	long fresh;           /* draws of the a-posteriori estimate; 0 = none */
	long draw; /* of the method's random numbers, in the place of the repetition; < 0: that */
	struct select_options select;
	struct halving_options halving; /* of an entry; a cell has its rung */
	struct texts data;              /* names of the data sets it is run on; empty = all */
	struct stop_options stop;       /* each value unset = that of the experiment */
};

/* Which points are attacked or certified. */
enum spec_part { SPEC_TEST, SPEC_TRAIN, SPEC_VALIDATION };

/* One entry of `attack`. */
struct attack_options {
	const char *name;             /* NULL: the attack's */
	struct choice attack;         /* flat: struct attack */
	struct threat_options threat; /* its eps is that of each radius */
	struct reals eps;             /* ascending after binding */
	long keep;                    /* samples that are stored before and after it */
	long part;                    /* enum spec_part */
	bool export;                  /* store its worst points */
};

/* As attack.csv and the tables call it. */
const char *spec_attack_name(const struct attack_options *o);

/* The entry of `attack` (struct attack_options) that a selection attacks the validation part with;
 * NULL if there is none. */
const struct attack_options *spec_select_attack(const struct select_options *select,
						const struct groups *attack);

/* One entry of `certify`; keys that `attack` has too mean the same. */
struct certify_options {
	struct choice certificate; /* flat: struct certifier */
	struct threat_options threat;
	struct reals eps; /* ascending after binding */
	long part;        /* enum spec_part */
};

extern const char *const spec_parts[];      /* by enum spec_part */
extern const char *const spec_precisions[]; /* "double", "single" */

enum timing_mode { TIMING_SHARED, TIMING_EXCLUSIVE };

struct resource_options {
	long jobs, threads;     /* 0 = choose; threads of each rank */
	long ranks;             /* processes of a cell */
	long nodes;             /* that they are spread over */
	const char *launch;     /* that starts them: words before their number */
	double time_limit;      /* s per cell */
	double memory_limit;    /* bytes per cell; NaN = what the machine has, divided by jobs */
	double grace;           /* s after time_limit; NaN = a fifth of it, at least 2 s */
	long timing;            /* enum timing_mode */
	struct choice executor; /* nested: struct executor */
};

struct plot_options {
	struct choice plot; /* flat: struct plot */
	struct style look;
};

/* The file of `style.file`, kept beside the spec of a results folder. */
#define SPEC_STYLE_FILE "style.yaml"

struct style_options {
	const char *file; /* of another spec's style, or NULL */
	struct style look;
};

struct cell {
	char id[17];      /* 16 hex digits; filled by the plan, which knows the data's checksum */
	const char *text; /* canonical JSON of everything below */
	const char *training; /* of what training depends on alone: no names, attacks, certificates,
				 selections, swept paths */
	long rung; /* of train.halving, from 1; 0: there is none. Its budget is in `stop` */
	long seed;
	long repetition;
	long precision;
	struct data_options data;
	struct train_options train;
	struct stop_options stop; /* experiment's and train's merged */
	struct groups attack;     /* struct attack_options */
	struct groups certify;    /* struct certify_options */
	bool samples;             /* write samples.csv */
	struct groups selects; /* struct attack_options with one eps: attacks on the validation part
				  that selections ask for */
	size_t swept_count;
	const struct swept *swept;
};

struct experiment {
	const char *name, *about;
	const char *path;        /* of the spec file */
	const struct node *tree; /* the spec as it was written, --set included: for positions */
	long seed, repeats, precision;
	struct resource_options resources;
	struct stop_options stop;
	struct groups attack, certify;
	bool samples;
	struct groups plots;        /* struct plot_options */
	struct groups tables;       /* struct table_options */
	struct style_options style; /* that of its file is in it */
	struct groups claims;       /* struct claim_options */
	size_t cell_count;
	struct cell *cells; /* in spec order: data, train, swept values, rung, repetition; those of
			       later rungs and of nested cross-validation for every setting */
	size_t most_cells;  /* of them are run, as of these the best settings alone are */
};

extern const struct option schema_sheet[];
extern const struct option schema_shown[];   /* what a report shows of a struct sheet */
extern const struct option schema_figures[]; /* of a struct sheet: a file of figures */
extern const struct option schema_style[];   /* of a struct style: a file of `style.file` */
extern const struct option schema_attacks[]; /* `attack` of a struct sheet alone */
extern const struct option schema_train[];
extern const struct option schema_cell[];
extern const struct option schema_training[]; /* of a struct cell: what training depends on */
extern const struct option schema_attack[];   /* of a struct attack_options */
extern const struct option schema_certify[];  /* of a struct certify_options */

/* The row of an option of the spec itself: "seed", "resources.time_limit"; NULL: there is none. */
const struct option *spec_option(const char *path);

#endif
