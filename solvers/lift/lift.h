/* The semidefinite relaxation of the completely positive program of a two-layer ReLU network
 * (Prakhya, Birdal, Yurtsever 2024), in a form of order n + d + c.
 *
 * A neuron u with output weights v (c) has relu(x'u) = a and relu(-x'u) = b of each sample:
 * a - b = x'u, a b = 0. With w = (b, u, v) of all samples, S stands for the sum of w w' over the
 * neurons, and of the products of all a and b
 *
 *     L = K S_qq K',   K = [I X; I 0],   q = (b, u)
 *
 * are known to be >= 0, with L(a_i, b_i) = 0:
 *
 *     min 1/2 sum_r |f_r k_r'S_qv - Y_r|^2 + gamma/2 (tr S_uu + tr S_vv)
 *     s.t. S >= 0 semidefinite,  L >= 0 by entries,  diag L_ab = 0
 *
 * k_r a row of K. A network of any width is a point of it, so no network's objective is below its
 * value.
 *
 * Samples on one line through the origin share a and b but for a factor, which the constraints
 * imply but leave the program without interior points: they are one direction of length 1 here,
 * with a row for the samples on its side and one for those across, f their length; samples that are
 * 0 are left out. What of the loss no choice changes is `constant`. Independent functions a and b
 * of random u (the arc-cosine kernel of Cho, Saul 2009) then make an interior point in closed form.
 */
#ifndef LIFT_LIFT_H
#define LIFT_LIFT_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/model/trainer.h"

struct lift_row {
	ptrdiff_t direction;
	bool across; /* of b, else of a */
	double factor;
};

struct lift {
	ptrdiff_t n, d, c, order; /* directions, features, outputs; n + d + c */
	double gamma, constant;
	struct mat X; /* n x d */
	ptrdiff_t rows;
	struct lift_row *row; /* of the loss, at most two of a direction */
	struct mat Y;         /* rows x c */
	struct lift_row *of;  /* of each sample: its direction and length; -1: it is 0 */
	struct mat part;      /* scratch: n x c */
	struct mat wide;      /* scratch: n x d */
};

struct lift *lift_new(const struct problem *problem, struct arena *arena);

/* |Y| / |f|: the size of the products of a and v. 1 if there are no targets. */
double lift_scale(const struct lift *lift);

/* S = the moments of a and b of a random u, v apart from them. */
void lift_interior(const struct lift *lift, struct mat S);

/* L (2n x 2n) = K S_qq K' */
void lift_products(const struct lift *lift, struct mat S, struct mat L);
/* M_qq = -K'T K for a symmetric T (2n x 2n); the other blocks are 0. */
void lift_gather(const struct lift *lift, struct mat T, struct mat M);
/* R (rows x c) = f k'S_qv - Y; and the objective. */
double lift_residual(const struct lift *lift, struct mat S, struct mat R);
/* M_qv and M_vq += factor F'R, F the rows f_r k_r'. */
void lift_couple(const struct lift *lift, struct mat R, double factor, struct mat M);

#endif
