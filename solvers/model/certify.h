/* Certificates of a trained network: bounds on min y f(x + delta) over a ball (and a box).
 *
 * The lower bound holds for every point of the ball, also in floating point: certify_noise is
 * subtracted twice, once for the bound's own rounding and once for that of any network evaluation
 * that it is compared with. A point is certified if its lower bound is above zero. */
#ifndef MODEL_CERTIFY_H
#define MODEL_CERTIFY_H

#include "solvers/model/attack.h"
#include "solvers/model/net.h"

struct certify_job {
	const struct net *net; /* one output of the model, or the difference of two */
	struct mat X;          /* n x d, clean points */
	const real *y;         /* n, -1 or +1 */
	struct threat threat;  /* X and net are in its units: scale is NULL */
	/* Results. The box of a point is the hull of the given one and the clean point. */
	double *lower;    /* n: no point of ball and box has a smaller y f */
	double *upper;    /* n: y f at `worst`, never above the clean one */
	struct mat worst; /* n x d: the worst point found, inside ball and box */
};

struct certifier {
	struct desc base;
	/* Scratch comes from `arena`. Every norm of threat_norms is supported. */
	void (*run)(const void *options, struct certify_job *job, struct arena *arena);
	/* In its place, of one for models of a kind that are no ReLU networks: certify_margins. */
	const struct model_kind *kind;
	void (*margins)(const struct model *model, const int *label, struct certify_job *job,
			struct arena *arena);
};

/* Whether it bounds models of this kind. */
bool certify_applies(const struct certifier *certifier, const struct model_kind *kind);

/* Bounds of the margins of a model that the certificate applies to: y f of one output; of more,
 * whose classes are `label` (n), f_y - max_{c != y} f_c. For these the job is done for each
 * class y and each of its rivals j, on the network f_y - f_j: the lower bound is the least of
 * all rivals, and so is the upper one, with its point, whose margin is not above it. net of the
 * job is set here, and of several outputs y is not read. */
void certify_margins(const struct certifier *certifier, const void *options,
		     const struct model *model, const int *label, struct certify_job *job,
		     struct arena *arena);

/* sum_j |alpha_j| |u_j|_2 */
double certify_gain(const struct net *net);

/* Bound on the rounding of one evaluation of f, or of a linear bound of it, at a point of the ball
 * around a clean point of length |x|: sums of d and of m products each have a relative error of at
 * most (terms) * epsilon against the sum of absolute values (Higham 2002, section 3.1), which
 * Cauchy-Schwarz bounds by gain (|x| + radius). The 8 is for the few operations around the sums. */
double certify_noise(ptrdiff_t d, ptrdiff_t m, double gain, double reach);

#endif
