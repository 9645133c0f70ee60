/* The robust convex program over a pattern set: training against the worst perturbation |delta_k|_p
 * <= eps of every sample (Bai, Gautam, Sojoudi 2023, section 4; Bai, Gautam, Gai, Sojoudi 2022).
 *
 *     min over V, W (d x P)   sum_k psi_k(c_k) + beta sum_i (|v_i| + |w_i|)
 *     s.t.  c_k = sum_i d_ki (v_i - w_i),  E o (X V) >= eps 1 |V|_q,  the same for W,
 *
 * |V|_q the row of the |v_i|_q, 1/p + 1/q = 1.
 *
 * Coordinates that the attacker cannot touch are left out of |.|_q. With labels psi_k(c) = l(y m,
 * y), m = y x'c - eps |c|_q (hinge, logistic, ..); with targets psi_k(c) = l(y + |x'c - y| + eps
 * |c|_q, y) (squared, Huber). The signs of a feasible network do not change within the ball, so its
 * value is the network's true worst case.
 *
 * Dual: numbers T_k >= |b_k| and multipliers eta >= 0 give a_k = b_k x_k + T_k (a vector of |.|_p
 * <= eps), a subgradient of psi_k, and the bound -sum_k psi_k*(a_k) if for every block, |.|_2 and
 * the ball of p:
 *
 *     dist(-+ sum_k d_ki a_k + X'(e_i o eta_i), eps (1'eta_i) B_p) <= beta.
 *
 * Of k >= 3 classes every pattern has a v and a w for each of them, outputs have neurons of their
 * own, and a sample has a vector c for each rival: robust_rivals.h. The patterns of a class stand
 * together, P k blocks; below, P counts blocks where these are meant, and n vectors. */
#ifndef ROBUST_ROBUST_H
#define ROBUST_ROBUST_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/threat.h"
#include "solvers/model/trainer.h"
#include "solvers/robust/robust_rivals.h"

/* Why the options of robust trainers take no box. */
#define ROBUST_NO_CLIP "no box: the worst case of this method is over the whole ball"

/* Whether a pattern admits a neuron other than zero. */
enum robust_verdict { ROBUST_UNDECIDED, ROBUST_ADMITTED, ROBUST_EXCLUDED };

/* What is known of one activation pattern, for the record. */
struct robust_fact {
	const char *source;  /* who proposed it */
	double active;       /* share of the samples that it has active */
	double lower, upper; /* of the largest eps at which it admits a neuron other than zero */
	enum robust_verdict verdict; /* at the eps of the program */
};

struct robust {
	const struct problem *problem;
	struct threat threat;     /* eps: the radius of the moment */
	bool two_sided;           /* the loss is even: targets instead of labels */
	struct patterns patterns; /* those that are known to admit a neuron */
	struct mat D;             /* n x P: their 0 and 1, for products with other matrices */
	double *margin;           /* P: min_k e_k x_k'h - eps |h|_q > 0 at the unit direction h_i */
	struct robust_fact *facts; /* of all that were sampled, or kept by the screening */
	ptrdiff_t sampled;         /* patterns before the others were dropped */
	ptrdiff_t candidates;      /* before the screening */
	ptrdiff_t drawn;           /* of `sampled`, those that no pricing has found */
	ptrdiff_t room;            /* columns that D and H may have (robust_patterns_reserve) */
	struct mat Xt;             /* d x n */
	/* scratch */
	struct robust_classes classes; /* of the samples, with D */
	struct mat Y, Ct, Z, T;        /* n x P, d x n, d x P, d x P */
	struct mat RV, RW;             /* d x P: the feasible point of robust_repair */
	double *lackV, *lackW;         /* P */
	real *v;                       /* d */
};

/* Sample k of several classes. */
struct robust_rivals robust_sample(const struct robust *r, ptrdiff_t k);

/* psi_k at c (d), of several outputs at its vectors, one behind the other. */
double robust_value(const struct robust *r, ptrdiff_t k, const real *c);

/* Of one output, c = argmin step psi_k(c) + |c - c0|^2 / 2; its dual, so that (c0 - c) / step is
 * the subgradient. c0 and c do not overlap. */
struct robust_dual robust_prox(const struct robust *r, ptrdiff_t k, double step, const real *c0,
			       real *c);

/* Of one output, an upper bound of psi_k*(s a) for the a that `dual` stands for; HUGE_VAL outside
 * the domain. */
double robust_conjugate(const struct robust *r, ptrdiff_t k, double s, struct robust_dual dual);

/* A dual point: subgradients A' (d x n) with their coefficients (n), eta_ki = scale * max(0,
 * level_i - a_ki). */
struct robust_point {
	struct mat At;
	const struct robust_dual *dual;
	struct mat aV, aW;           /* n x P */
	const real *levelV, *levelW; /* P */
	double scale;
};

/* RV, RW: the better of two feasible points near (V, W), whose network has the value of the program
 * there, which is returned, as its true worst case. feasibility: the largest lack of margin at (V,
 * W) relative to the largest preactivation. */
double robust_repair(const struct robust *r, struct mat V, struct mat W, double *feasibility);

/* Everything of the certificate at (V, W): the objective, the largest lack of margin relative to
 * the largest preactivation, the value at a feasible point near it, and the bound. */
void robust_certify(struct robust *r, struct mat V, struct mat W, const struct robust_point *point,
		    struct certificate *out);

#endif
