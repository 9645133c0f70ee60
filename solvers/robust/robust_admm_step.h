/* ADMM for the robust convex program (robust.h): state shared by its files.
 *
 *     min  sum_k psi_k(c_k) + beta sum_i (|v1_i| + |w1_i|)
 *          + Ind(S >= eps 1 |V2|_q) + Ind(T >= eps 1 |W2|_q)
 *     s.t. V = V1,  V = V2,  E o (X V) = S,  the same for W,  D (V - W)' = C
 *
 * Penalties rho on V = V1, tau on V = V2, sigma on the preactivations and kappa on C (n x d). As in
 * admm.h each split variable and its scaled dual are kept as their sum: t = V1 + .., u = V2 + .., a
 * = S + .., c = C + ..
 *
 *     R_V = rho (2 V1 - t) + tau (2 V2 - u) + sigma X'(E o (2 S - a)), R_W likewise,
 *     M = (rho + tau) I + sigma X'X,   M A = R_V + R_W,
 *     M B + 2 kappa B D'D = R_V - R_W + 2 kappa (2 C - c)'D,   V = (A + B)/2, W = (A - B)/2
 *
 * The second is a Sylvester equation with two symmetric matrices: with X'X = Q diag(l) Q' and D'D =
 * G diag(g) G', B = Q [(Q'R G)_jb / (rho + tau + sigma l_j + 2 kappa g_b)] G'. Nothing of order n x
 * n is formed, and every penalty is free: each follows the residuals of its own split. They
 * end far apart: with a small beta V and W are large, their difference is not.
 *
 *     V1 = group soft threshold of t at beta / rho,   C_k = prox of psi_k / kappa at c_k,
 *     (S, V2) = projection of (a, u) on min_k s_k >= eps |v|_q, block by block,
 *
 * in the metric of sigma and tau. Of several classes D'D and the products with D are those of
 * robust_rivals.h, and P and n are their numbers of blocks and of vectors. */
#ifndef ROBUST_ROBUST_ADMM_STEP_H
#define ROBUST_ROBUST_ADMM_STEP_H

#include "solvers/robust/robust.h"
#include "solvers/tools/accelerated.h"
#include "solvers/tools/penalty.h"

struct robust_admm_options {
	struct pattern_options patterns;
	long screen;
	struct threat_options threat;
	double rho, tau, sigma, kappa, relaxation;
	bool adapt;
	long anderson, interval, path, stage, rounds;
};

/* What is split off, each with a penalty of its own. */
enum robust_split { ROBUST_GROUP, ROBUST_CONE, ROBUST_SIGN, ROBUST_SAMPLE, ROBUST_SPLITS };

/* The columns v_i, or the columns w_i: parts of x and split variables. */
struct robust_half {
	struct mat t, u, a;                         /* d x P, d x P, n x P: in x */
	struct mat V1, V2;                          /* d x P */
	real *level;                                /* P: eps |v2_i|_q, so that S = max(a, level) */
	struct penalty_sums (*sums)[ROBUST_SAMPLE]; /* P */
	double *norms;                              /* P: |v1_i| */
};

struct robust_admm {
	struct robust program;
	const struct robust_admm_options *options;
	struct penalty penalty[ROBUST_SPLITS]; /* rho, tau, sigma, kappa */
	struct accelerated loop;
	struct robust_half half[2];
	ptrdiff_t joined;          /* patterns that pricing has found and that are used */
	bool all_priced;           /* its last round found none */
	ptrdiff_t rivals;          /* vectors of a sample: 1, or of k classes k - 1 */
	struct mat c, C;           /* d x n: in x, and the split variable */
	struct robust_dual *dual;  /* n */
	struct penalty_sums *sums; /* n */
	double *losses;            /* n */
	double *spare;             /* of several classes, 2 n */
	struct mat Q, G;           /* d x d, P x P: eigenvectors of X'X and D'D */
	real *l, *g;               /* their eigenvalues */
	struct mat U;              /* d x 2P: right-hand sides, then [A B] */
	struct mat Z, T;           /* d x 2P, d x P scratch */
	struct mat Y;              /* n x 2P: X [A B]; then E o (2 S - a) summed and subtracted */
	char note[300];
	struct mat F, before; /* d x n: B D'; C before a pass */
};

/* The radius of the current iteration: that of the program once the path to it is done. */
double robust_admm_step_radius(const struct robust_admm *a);

/* The split variables from x, at first 0, at the radius of the current iteration. */
void robust_admm_step_begin(struct robust_admm *a);

/* One iteration; the objective at the split variables. */
void robust_admm_step(void *state, struct progress *progress);

#endif
