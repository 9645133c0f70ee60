/* Entries of `claims`: a sentence, of a paper or our own, and the statistic of the cells that tests
 * it. They have no part in what is computed. */
#ifndef SPEC_CLAIM_H
#define SPEC_CLAIM_H

#include "harness/spec/tree/tree.h"
#include "solvers/core/option.h"

enum claim_statistic {
	CLAIM_VALUE,      /* mean over repetitions */
	CLAIM_DIFFERENCE, /* of `method` less `against`, repetition by repetition */
	CLAIM_RATIO,      /* of `method` to `against`, the same; means are of logarithms */
	CLAIM_SLOPE       /* of log value against log x, a line for each repetition */
};

enum claim_fit {
	CLAIM_FIT_NONE,
	/* the mean squared residual of log `trace` against log iteration (a power law), over that
	 * against iteration (a geometric rate): above 1 where the rate is geometric */
	CLAIM_FIT_GEOMETRIC
};

struct claim_options {
	const char *claim, *place, *published;
	long statistic;       /* enum claim_statistic */
	long of, trace;       /* claim_columns; claim_traces, SCALAR_UNSET_INT: `of` */
	double iteration;     /* of the trace; NaN: its end */
	long fit;             /* enum claim_fit */
	const char *method;   /* of `train` */
	struct texts against; /* of `train`, the best of them; "end": the same cells at the end of
				 their trace */
	const char *data;     /* NULL: each problem by itself */
	double quantile;      /* over problems, losses and penalties; NaN: each problem by itself */
	struct text_map where, where_against; /* swept options and their values */
	const char *x;                        /* CLAIM_SLOPE: a swept option, or a column */
	double at_least, at_most;             /* NaN: no such end */
	double margin;
	struct texts deviations; /* from the published setting */
};

extern const char *const claim_columns[], *const claim_traces[];
extern const struct option claim_rows[];

/* Is `against` the end of the same cells? */
bool claim_of_end(const struct claim_options *claim);

/* Each claim has what its statistic needs, and names entries of the spec. */
void claim_check(struct problems *problems, const struct node *root, const struct groups *claims);

#endif
