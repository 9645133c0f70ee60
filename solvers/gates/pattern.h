/* Activation patterns: the columns d_i in {0,1}^n of D. Sources propose them in turn, most as
 * d_ki = [x_k' h_i >= 0] of a direction h_i.
 *
 * Sets are nested: with the same seed a larger P extends a smaller one. Duplicates are dropped and
 * each source goes on until P distinct patterns are found or it has no more; drawing at random ends
 * when new ones are rare. */
#ifndef GATES_PATTERN_H
#define GATES_PATTERN_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/gates/facial.h"
#include "solvers/gates/gates.h"
#include "solvers/gates/start.h"
#include "solvers/model/threat.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>
#include <stdint.h>

enum { PATTERN_ALL = -1 }; /* the count that `all` stands for */

/* patterns: 60 | all | {count: 72, from: [constant, gaussian]} | {file: D.npy} */
struct pattern_options {
	long count;
	struct choices from; /* struct pattern_source, in turn */
	const char *file;    /* NPY, n x P of 0 and 1; read by the harness */
};

extern const struct option pattern_rows[];

struct patterns {
	struct gates D; /* n x P */
	struct mat H;   /* d x P, h_i; a column of zeros where no generator is known */
	const enum facial_kind *kind; /* P: of given patterns, what their cones hold; or NULL */
	const char **source;          /* P: name of the source that each is from, "file" or "all" */
	bool all; /* every pattern that X admits: the program is the exact one */
	const struct pattern_options *options; /* how they were asked for */
};

/* Patterns that `options` asks for at most, for forecasts: the count; of all, the bound of
 * arrangement.h or the limit of the enumeration, whichever is smaller. */
double pattern_most(const struct pattern_options *options, ptrdiff_t n, ptrdiff_t d);

/* Whether a network is trained for them, so that they depend on the targets. */
bool pattern_trains(const struct pattern_options *options);

/* Whether the program is to look for further patterns by its own pricing, if it can. */
bool pattern_priced(const struct pattern_options *options);

/* The facts "patterns", how many are used, and a note where more were asked for: "12 patterns
 * found, 100 asked for". */
void pattern_facts(const struct pattern_options *options, ptrdiff_t used, struct facts *facts);

/* For `freedom` of a trainer that has this freedom but for its patterns: sources such as `constant`
 * and `perturbed` mean the features themselves, others have one distribution in every basis. */
enum freedom pattern_freedom(const struct pattern_options *options, enum freedom otherwise);

/* Add what sources need beside the patterns themselves. */
void pattern_forecast(const struct pattern_options *options, struct trainer_shape shape,
		      struct forecast *out);

/* Why these do not go with rows on several ranks; NULL: they do. */
const char *pattern_spread(const struct pattern_options *options);

/* The source whose directions are drawn independently of each other, for statistics on patterns
 * drawn anew; NULL if there is none. */
const struct choice *pattern_independent(const struct pattern_options *options);

#define PATTERN_ENDLESS UINT64_MAX

/* One source at work. */
struct pattern_stream {
	const struct problem *problem;
	struct threat threat; /* of the program that asks; eps = 0 without perturbations */
	const void *options;  /* of the source */
	/* set by `open` */
	uint64_t count; /* proposals there are; PATTERN_ENDLESS unless `open` says otherwise */
	void *state;    /* in the arena, or NULL */
};

/* A way to propose patterns. */
struct pattern_source {
	struct desc base;
	bool independent; /* a proposal is one direction, drawn independently of the others */
	bool priced;      /* programs that can look for further patterns by pricing */
	/* The network that it starts from; NULL: none. */
	const struct start_options *(*start)(const void *options);
	/* NULL: nothing to do. */
	enum status (*open)(struct pattern_stream *stream, struct arena *arena, struct err *err);
	/* Write the index-th direction (d), zero if none is known. Same seed and index, same
	 * direction. */
	void (*direction)(const struct pattern_stream *stream, uint64_t index, real *h);
	/* Change y = X h (n) to the numbers whose signs are the index-th pattern; NULL: they are.
	 */
	void (*move)(const struct pattern_stream *stream, uint64_t index, const real *h, real *y);
};

/* Sample or take from a file, for a program against a threat, or NULL. At least
 * one pattern, or an error. Without perturbations each gets a direction strictly inside its cone
 * if there is one, and `kind` is the proof's verdict (facial.h). */
enum status pattern_sample(const struct pattern_options *options, const struct problem *problem,
			   const struct threat *threat, struct arena *arena, struct patterns *out,
			   struct err *err);

#endif
