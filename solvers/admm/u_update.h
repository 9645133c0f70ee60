/* The u-step of ADMM as an exchangeable part (option `u_update`). See admm.c for the splitting.
 *
 * In terms of A = V + W and B = V - W, with M = I + X'X and f(B) = (D o (X B)) 1, the u-step is
 *
 *     M A = R_A,     M B + c X'(D o ((f(B) - p) 1')) = R_B.
 *
 * Each of k outputs has an A and a B of its own, in the same system: what is factored serves all,
 * and products with X take them together. Side by side, [A_1 .. A_k B_1 .. B_k] is d x 2Pk. */
#ifndef ADMM_U_UPDATE_H
#define ADMM_U_UPDATE_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/gates/gates.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>
#include <stddef.h>

struct u_system {
	struct mat X;        /* n x d */
	struct gates D;      /* n x P */
	struct mat M;        /* d x d, lower Cholesky factor of I + X'X */
	double c;            /* > 0: 2 kappa */
	ptrdiff_t k;         /* outputs */
	struct ranks *ranks; /* that hold the rows of X and D; NULL: this process alone */
};

struct u_shape {
	ptrdiff_t n, d, P, k;
};

struct u_update {
	struct desc base;
	bool reference; /* for comparisons: `auto` never takes it */
	/* Why these options do not go with rows on several ranks, or NULL; NULL: none do. */
	const char *(*spread)(const void *options);
	/* Flops beyond those of ADMM itself; an iteration's include the products with X. */
	void (*forecast)(const void *options, struct u_shape shape, struct forecast *out);
	/* Allocate and factorise; allocate only, by shapes, on a counting arena. The system
	 * outlives the state. */
	enum status (*setup)(const struct u_system *system, const void *options,
			     struct arena *arena, void **state, struct err *err);
	/* U (d x 2Pk, columns contiguous) holds [R_A R_B] on entry and [A B] on return, Y (n x 2Pk)
	 * returns X U, and f (n x k) f(B); p is n x k. */
	void (*solve)(void *state, const real *p, struct mat U, struct mat Y, real *f);
	/* NULL; or setup in two parts, for one that may not be needed: `begin` allocates, `finish`
	 * factorises and allocates nothing, false if that fails in this precision. */
	void (*begin)(const struct u_system *system, struct arena *arena, void **state);
	bool (*finish)(void *state);
	/* Flops of `solve` so far; NULL: those of the forecast. */
	double (*spent)(const void *state);
	/* For the record: what was chosen, how much work it was; NULL: nothing. */
	const char *(*note)(const void *state);
};

/* Shared by u-updates: B += c M^-1 X'(D o (g 1')) in U = [A B] (d x 2Pk), and X B in Y (n x 2Pk),
 * g is n x k; Z (d x Pk) is scratch. */
void u_update_correct(const struct u_system *system, const real *g, struct mat Z, struct mat U,
		      struct mat Y);

/* Of each output: Y (n x Pk) = D o (g 1'), f (n x k) = (D o Y) 1. */
void u_update_spread(const struct u_system *system, const real *g, struct mat Y);
void u_update_outputs(const struct u_system *system, struct mat Y, real *f);

/* x (n x k) = (L L')^-1 x */
void u_update_back(struct mat L, ptrdiff_t k, real *x);

#endif
