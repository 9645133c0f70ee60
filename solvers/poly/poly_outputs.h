/* A polynomial network with an output for each class (one against all) or target, each of which is
 * a program of its own (poly_program.h), and what all trainers of such networks share: options, the
 * network of given matrices, and its objective. */
#ifndef POLY_POLY_OUTPUTS_H
#define POLY_POLY_OUTPUTS_H

#include "solvers/model/threat.h"
#include "solvers/poly/poly_decompose.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/poly/poly_program.h"
#include "solvers/poly/polynet.h"

/* The first members of the options of such trainers. */
struct poly_options {
	struct threat_options threat; /* radius is its eps */
	struct reals activation;
};

#define POLY_OPTIONS(structure_, losses_)                                                          \
	{OPTION_AS("radius", structure_, poly.threat.eps), .initial = "0", .range = RANGE_FROM(0), \
	 .doc = "l_2 radius of the balls around the samples, in prepared features, whose worst "   \
		"case is minimised with " losses_ "; 0: the standard program"},                    \
		{OPTION_AS("norm", structure_, poly.threat.norm), .initial = "l2",                 \
		 .names = threat_norms,                                                            \
		 .doc = "norm of the balls: l2, the only one with an exact program; an l_inf "     \
			"ball of radius r lies in that of radius r sqrt(d)"},                      \
	{                                                                                          \
		OPTION_AS("activation", structure_, poly.activation),                              \
			.initial = "[0.09, 0.5, 0.47]",                                            \
			.doc = "a, b, c of the activation a t^2 + b t + c"                         \
	}

struct poly_outputs {
	const struct problem *problem;
	const struct poly_options *options;
	ptrdiff_t k;
	struct problem *one;          /* k: of one output */
	struct poly_program *program; /* k */
	struct mat (*Z)[POLY_SIDES];  /* k: the matrices, borrowed from the trainer */
	struct poly_decompose decompose;
	struct polynet *net; /* of the last poly_outputs_value */
	struct poly_oracle *oracle;
	struct mat Q, less; /* d + 1 x d + 1 */
	double *lower;      /* n */
	real *f;            /* n */
	ptrdiff_t *row;     /* n */
};

/* The threat of these options, NULL with radius 0. */
const struct threat_options *poly_outputs_threat(const struct poly_options *options);

/* struct trainer, `refuses`. */
const char *poly_outputs_refuses(const void *options, bool frozen, const char **option);

/* STATUS_SPEC: targets that no program has; `what` begins the message. Options that are refused
 * must not come here. */
enum status poly_outputs_new(const struct problem *problem, const struct poly_options *options,
			     const char *what, struct arena *arena, struct poly_outputs *out,
			     struct err *err);

ptrdiff_t poly_outputs_width(const struct poly_outputs *outputs);
/* The network of the matrices Z. */
void poly_outputs_network(const struct poly_outputs *outputs, struct model *model);
/* Its objective in the program: with a radius that of its worst case. */
double poly_outputs_value(struct poly_outputs *outputs);
/* "linf_radius": that of the l_inf balls that the l_2 balls of the radius hold;
 * "boundary_distance": mean l_2 distance of the training samples that the matrices Z have right to
 * the decision boundary, where another class has an output as great; of classes, and of one output
 * with a loss of the margin. HUGE_VAL where one of them has none. */
void poly_outputs_facts(const struct poly_outputs *outputs, struct facts *facts);

#endif
