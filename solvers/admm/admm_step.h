/* ADMM for the convex program over a pattern set (Bai, Gautam, Sojoudi 2023, algorithm 3.1), with
 * an exchangeable u-step and the further split f = z: its state and its iteration.
 *
 *     min  L(z, y) + beta sum_i (|v1_i| + |w1_i|) + Ind(S >= 0, T >= 0)
 *     s.t. V = V1, W = W1, E o (X V) = S, E o (X W) = T, (D o (X (V - W))) 1 = z
 *
 * Penalties: rho on the first pair, rho sigma on the sign constraints, rho kappa on z, each times
 * what makes it the same problem in other units of the features and weights of the loss; scaled
 * duals L1, L2, N1, N2, mu. X: n x d, D and E = 2 D - 1: n x P, V and W: d x P.
 *
 *     R_V = V1 - L1 + sigma X'(E o (S - N1)), R_W likewise
 *     M A = R_V + R_W,  M B + 2 kappa X'(D o ((f(B) - z + mu) 1')) = R_V - R_W,  M = I + sigma X'X
 *     V = (A + B)/2,  W = (A - B)/2
 *     V1 = group soft threshold at beta/rho of V + L1
 *     S = (E o (X V) + N1)_+,  z = prox_{L/(rho kappa)}(f + mu)
 *     duals += differences, with over-relaxation
 *
 * A split variable and its dual are kept as their sum alone, t = V1 + L1, a = S + N1, s = z + mu:
 * the proximal map gives the variable and the rest is the dual (of a the positive and the negative
 * part, so that S - N1 = |a|). An iteration maps these sums to t + theta (V - V1), a + theta (E o
 * (X V) - S), s + theta (f - z): one vector x and one fixed-point map, as Anderson acceleration and
 * a change of rho need it. The squared loss could do without z; with it a change of rho is free.
 *
 * Several outputs have neurons of their own (output: separate): V and W of each of them, patterns
 * and u-step in common. A loss that is a sum over the outputs leaves as many programs as there are
 * outputs, each with its rho and its acceleration; a loss that couples them leaves one, whose
 * columns are the patterns once for each output. */
#ifndef ADMM_ADMM_STEP_H
#define ADMM_ADMM_STEP_H

#include "solvers/admm/admm_finish.h"
#include "solvers/admm/u_update.h"
#include "solvers/cvx/cvx_outputs.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/accelerated.h"
#include "solvers/tools/penalty.h"

struct admm_options {
	struct pattern_options patterns;
	struct choice u_update;
	double rho, sigma, kappa, relaxation;
	bool adapt;
	long anderson, interval, finish, output;
};

/* A program at work: of q outputs from `first` on, the columns of output c of the program are those
 * from c P on. */
struct admm_program {
	ptrdiff_t first;
	struct targets y;        /* n x q */
	struct penalty penalty;  /* rho, in the units of the data */
	int trials;              /* of rho, still allowed */
	struct accelerated loop; /* with all sums of split variables and duals */
	struct mat tV, tW;       /* d x Pq, in x */
	struct mat aV, aW;       /* n x Pq, in x */
	struct mat s;            /* n x q, in x */
	struct mat V1, W1;       /* d x Pq */
	struct mat z;            /* n x q */
	/* views of what the u-step takes and gives: */
	struct mat A, B;   /* d x Pq, of U */
	struct mat YA, YB; /* n x Pq, of Y */
	struct mat f, p;   /* n x q */
};

struct admm {
	const struct problem *problem;
	const struct admm_options *options;
	const struct u_update *u_update;
	void *u_state;
	struct u_system system;
	struct problem *output; /* k: the problem of each output by itself */
	struct cvx *cvx;        /* k */
	struct cvx_outputs all; /* where the loss couples them */
	double sigma, kappa;    /* in the units of the data */
	ptrdiff_t count;        /* programs: 1 or k */
	struct admm_program *program;
	struct mat U;    /* d x 2Pk: right-hand sides, then [A B] */
	struct mat Y;    /* n x 2Pk: X [A B], then [QV + QW, QV - QW] with Q = E o |a| */
	struct mat f, p; /* n x k; p = z - mu */
	struct penalty_sums *block_sums;
	struct finish finish;
	char note[384];
};

/* Row blocks of the fused passes: their sums do not depend on the thread count. */
ptrdiff_t admm_step_blocks(ptrdiff_t n);

/* The split variables of a program and what the next u-step needs, from its x. */
void admm_step_split(struct admm *a, struct admm_program *g);

/* One iteration; the objective at the split variables. The first ones are trials of rho, if it is
 * not given: from zero, the sums of V grow by about the same in each of the first iterations, and a
 * good rho lets the first block pass its threshold beta / rho after four of them. */
void admm_step(struct admm *a, struct progress *progress);

#endif
