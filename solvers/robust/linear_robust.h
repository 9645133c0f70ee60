/* The robust linear classifier: state shared by its files, and the smoothed norms. The mathematics
 * is told in linear_robust.c. */
#ifndef ROBUST_LINEAR_ROBUST_H
#define ROBUST_LINEAR_ROBUST_H

#include "solvers/core/mat.h"
#include "solvers/model/attack.h"
#include "solvers/model/interior_loss.h"
#include "solvers/model/trainer.h"

struct linear_options {
	struct threat_options threat;
};

struct linear {
	const struct problem *problem;
	struct threat threat;
	struct interior_loss *loss;
	double mu, sum_a;      /* s = -y'a */
	real *w, *dw, *trial;  /* d */
	real *u, *g;           /* d: N_q', gradient */
	real *f, *a, *weights; /* n: smoothed worst outputs */
	real *h;               /* d: X' diag(l'') y */
	struct mat A, T;       /* d x d Newton matrix; CHUNK x d */
	double last;           /* decrement of the last step */
	long final_steps;
	bool solved;
};

/* |w|^2, or |s o w|^2 over the attacked coordinates. */
double linear_square(const struct linear *s, const real *w, bool attacked);

/* sqrt(mu^2 + square) */
double linear_root(double mu, double square);

/* A += c (I / (r + mu) - w w' / (r (r + mu)^2)), lower triangle, or on the attacked coordinates the
 * same of s o w: c N'' of that length. */
void linear_curve_length(struct linear *s, double c, bool attacked);

/* The norm dual to that of the ball (threat_dual), smoothed. */
struct linear_norm {
	double (*smooth)(struct linear *s, const real *w); /* N, with u = N' */
	void (*curve)(struct linear *s, double c);         /* A += c N'' */
};

extern const struct linear_norm linear_norms[]; /* by the norm of the ball */

#endif
