/* The rows of a spec's own structs. */
#ifndef SPEC_SCHEMA_H
#define SPEC_SCHEMA_H

#include "harness/spec/spec.h"

/* The top level of a spec; entries of `data` and `train` are kept as nodes, since a sweep binds
 * them often. */
struct sheet {
	const char *name, *about;
	long seed, repeats, precision;
	struct resource_options resources;
	struct stop_options stop;
	struct groups data, train; /* const struct node * */
	struct groups attack, certify, plots;
};

/* What the canonical text of a cell says. */
struct cell_sheet {
	long seed, repetition, precision;
	struct data_options data;
	struct train_options train; /* name, solver and its options, loss, beta, average, fresh */
	struct stop_options stop;
	struct groups attack;  /* struct attack_options */
	struct groups certify; /* struct certify_options */
	struct groups selects; /* struct attack_options */
	struct groups swept;   /* struct swept */
};

extern const struct option schema_sheet[];
extern const struct option schema_shown[];   /* name, about and plots of a struct sheet alone */
extern const struct option schema_attacks[]; /* `attack` of a struct sheet alone */
extern const struct option schema_train[];
extern const struct option schema_cell[];
extern const struct option schema_training[]; /* of a struct cell_sheet: what training depends on */
extern const struct option schema_attack[];   /* of a struct attack_options */
extern const struct option schema_certify[];  /* of a struct certify_options */

#endif
