/* The convex program of a polynomial network with one output (Bartan & Pilanci 2021) and, with a
 * radius, of its worst case over l_2 balls around the samples (Kuelbs, Lall & Pilanci 2024):
 *
 *     min  sum_i l(f(x_i), y_i) + beta (Z4 + Z4')   over Z, Z' >= 0, tr Z1 = Z4, tr Z1' = Z4',
 *
 * f of Z - Z' (solvers/poly/polynet.h); with a radius, hinge loss of min y_i f(x_i + delta) over
 * |delta|_2 <= radius. By decomposition (poly_decompose.h) it has the value of the network program
 * with the penalty beta sum_j |alpha_j|, |u_j| = 1.
 *
 * Bounds: with any slopes v_i of the losses and C = sum_i v_i E(x_i), E(x) = [[a xx', (b/2) x], [.,
 * c]], the value is at least -L*(s v) for s <= beta / max over |u| = 1 of |[u; 1]'C[u; 1]|. */
#ifndef POLY_POLY_PROGRAM_H
#define POLY_POLY_PROGRAM_H

#include "solvers/model/trainer.h"
#include "solvers/poly/poly_cone.h"

struct poly_program {
	const struct problem *problem; /* of one output */
	double activation[3];          /* a, b, c */
	double radius;                 /* 0: standard */
};

/* An interior point method for it. */
struct poly_solver {
	struct mat Z[POLY_SIDES];
	/* One step. False: rounding has taken over, or the path is at its end. */
	bool (*step)(void *state);
	/* The objective at the present matrices, not rounded to a network. */
	double (*objective)(void *state);
	/* A valid lower bound, from the present dual variables. */
	double (*bound)(void *state);
	void *state;
	/* Anew, for a program of the same shape, from the neurons of these matrices; their value in
	 * it. NULL: not of this method. */
	double (*start)(void *state, const struct poly_program *program,
			const struct mat Z[POLY_SIDES]);
};

/* Whether neither the mean product of an interior point method nor the residual of its dual
 * equations falls any more: rounding. A step of length t leaves 1 - t of the residual. */
struct poly_stall {
	double least; /* product times residual so far; 0: none */
	double done;  /* share of the first residual that is gone */
	int idle;     /* steps that have not brought it down by a tenth */
};

bool poly_program_stalls(struct poly_stall *stall, double product, double length);

/* C = sum_i v_i E(x_i), d + 1 x d + 1; `work` is n x d. */
void poly_program_gather(const struct poly_program *program, const real *v, struct mat work,
			 struct mat C);
/* Q = E o (Z - Z'), entry by entry (solvers/poly/polynet.h) */
void poly_program_form(const struct poly_program *program, struct mat Z, struct mat less,
		       struct mat Q);
/* out = T_i A T_i', and out = y_i T_i'Q T_i, T_i = [[I, x_i], [0, 1]], all symmetric: [x_i + delta;
 * 1] = T_i [delta; 1]. */
void poly_program_lift(const struct poly_program *program, ptrdiff_t i, struct mat A,
		       struct mat out);
void poly_program_pull(const struct poly_program *program, ptrdiff_t i, struct mat Q,
		       struct mat out);

/* E entry by entry: a, b / 2 or c. */
double poly_program_factor(const struct poly_program *program, ptrdiff_t i, ptrdiff_t j);

#endif
