/* The shared evaluator: what a method delivers, and its figures, are measured here, off the clock.
 *
 * Of each iterate there are up to two networks: that of the iterate, and that of the repaired
 * (feasible, rescaled) point of its certificate. A trainer that certifies delivers the better one
 * by `objective`, of all so far; any other one its last iterate. The network of an infeasible
 * iterate may have patterns that a sampled program lacks, and be better than every point of it. So
 * a repaired point is preferred once it is certified to 1 %, and an iterate below the bound is
 * passed over: solved programs have the same objective by every method. Every figure of an
 * evaluation but the certificate is of the delivered network. */
#ifndef RUN_EVALUATE_H
#define RUN_EVALUATE_H

#include "harness/data/data.h"
#include "solvers/model/rowspace.h"
#include "solvers/model/trainer.h"

/* Which point of an iteration gave the delivered network. */
enum delivered { DELIVERED_ITERATE, DELIVERED_REPAIRED };

extern const char *const delivered_names[]; /* "iterate", "repaired" */

/* NaN where a part is empty or a figure does not apply. */
struct scores {
	double accuracy, rmse;
	double r2;   /* 1 - (sum of squared errors) / (that of the part's mean) */
	double most; /* share of the samples that are decided to be of the same class */
	double loss; /* mean over the samples; of outputs without a model, and of a point, alone */
};

/* How far the objective may be above the optimum of the program that the bound speaks of. All
 * NaN without a bound. */
struct gaps {
	double raw;  /* (objective - bound) / objective; below 0 by rounding */
	double gap;  /* the same, at least 0; 0 where both are 0 */
	double zero; /* max(0, objective - bound) / (objective of the zero network) */
};

struct gaps evaluate_gaps(double objective, double bound, double objective_zero);

struct evaluation {
	struct certificate certificate; /* of the iterate */
	double objective;         /* what gap is about: the network's objective; of a robust method
				     its worst case, NaN where that is not known */
	double objective_network; /* on clean data */
	double lower_bound;       /* the largest so far: bounds stay valid */
	struct gaps gaps;
	struct gaps feasible; /* the same of the best point of the program itself, which an iterate
				 may be better than: a stop at a gap asks for this */
	enum delivered delivered;
	struct scores train, validation, test;
	bool finite; /* the iterate's network objective is, or the loss of its outputs */
};

/* The model of an iterate as that of another penalty. */
struct point {
	const struct model *model; /* borrowed until the next evaluation */
	double objective_network;
	struct scores train, validation, test;
};

/* A trainer at work. */
struct training {
	const struct trainer *trainer;
	const void *options;
	void *state;
	const struct rowspace *rowspace; /* its coordinates; NULL: the features */
};

/* The best network of one kind so far. */
struct held {
	bool any;
	struct model *model;
	double objective, objective_network; /* as in struct evaluation */
	double rank; /* of those held the least stays: of a relaxation that of the program */
};

struct evaluator {
	const struct problem *problem; /* in the features, whatever the trainer works in */
	const struct dataset *data;
	struct training training;
	bool robust;         /* `objective` is a worst case */
	bool relaxed;        /* the network's objective may rise while the program's falls */
	struct held held[2]; /* by enum delivered */
	const struct model *delivered; /* one of theirs; NULL: the trainer makes none */
	bool outputs;                  /* the trainer gives these alone */
	struct evaluation last;        /* its figures */
	struct model *rival;           /* room for a candidate */
	struct model *inner; /* the same in the trainer's coordinates, if it has its own */
	struct model_work work;
	real *f;                                 /* scratch: outputs on the training part */
	real *g;                                 /* of points, on any part; NULL: there are none */
	struct outputs delivers;                 /* of what is delivered, on each part: count x k */
	double objective_zero;                   /* of the network without neurons */
	double certificate_s, certificate_cpu_s; /* spent in certificates so far */
	double best_bound;
	double outside; /* least objective of an iterate below the bound; NaN: there was none */
};

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      struct training training, struct arena *arena);

/* Floating point operations of one evaluation for a trainer of this forecast; and of a
 * glance. */
double evaluate_flops(const struct evaluator *evaluator, const struct forecast *forecast);
double evaluate_glance_flops(const struct evaluator *evaluator);

/* Certify the current iterate, and the figures of what is delivered. */
void evaluate_iterate(struct evaluator *evaluator, struct evaluation *out);

/* The same from the iterate's network alone, without a certificate: its fields are NaN, and the
 * bound is the best so far. Not for a robust method that certifies, whose worst case the
 * certificate tells. */
void evaluate_glance(struct evaluator *evaluator, struct evaluation *out);

/* The iterate at a penalty of a path; what is delivered stays as it is. */
void evaluate_point(struct evaluator *evaluator, double beta, struct point *out);

/* A sample counts as correct when y f > 0; f = 0 is wrong for both classes. */
bool evaluate_correct(real f, real y);

#endif
