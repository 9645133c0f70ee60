/* A part of the data as an attack or a certificate sees it: network and points in the units of the
 * ball, box and frozen coordinates. */
#ifndef ASSESS_TARGET_H
#define ASSESS_TARGET_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/model/attack.h"
#include "solvers/model/trainer.h"

/* What is aimed at: one entry of `attack`, or of `certify`. */
struct aim {
	const char *what, *name; /* "attack", "pgd" */
	const struct part *part;
	const char *part_name; /* "test" */
	const struct threat_options *threat;
	const char *units; /* of its rows (rows_units) */
	const void *entry; /* its options: which one it is */
};

struct target {
	struct model *model;
	struct mat X;         /* n x d, clean points */
	const real *y;        /* n, -1 or +1, of one output */
	const int *label;     /* n: class numbers of several outputs; NULL: one */
	real *margin;         /* n: at the clean points */
	bool *still;          /* n: its gradient is zero in every coordinate that may be attacked */
	double accuracy;      /* share of margins above zero */
	struct threat threat; /* in its own units: scale is NULL; eps = 0 */
};

/* The part of the data that is one of enum spec_part. */
const struct part *target_part(const struct dataset *data, long part);

/* Its targets of k outputs. */
struct targets target_outputs(const struct part *part, ptrdiff_t k);

/* What a data set says of a problem: training and validation part; names, raw units and the bias of
 * its columns. */
void target_problem(const struct dataset *data, struct arena *arena, struct problem *problem);

/* The errors of threat_resolve, as for raw units where the stages of the data mix columns. */
enum status target_check(const struct aim *aim, const struct dataset *data, struct err *err);

/* Ends of the box of the aim, in its units; infinite: none. */
void target_box(const struct aim *aim, double *low, double *high);

/* What points and model are divided by, column by column, to be in the units of the aim's ball;
 * NULL: they are. For an aim that has passed target_check. */
enum status target_scale(const struct aim *aim, const struct dataset *data, struct arena *arena,
			 const real **scale, struct err *err);

/* For an aim that has passed target_check. Error: a box that excludes the data. */
enum status target_new(const struct aim *aim, const struct dataset *data, const struct model *model,
		       struct arena *arena, struct target *out, struct err *err);

/* Do both ask for the same target? */
bool target_same(const struct aim *a, const struct aim *b);

#endif
