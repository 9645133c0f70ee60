/* Newton's method on a path of smooth problems for robust linear functions: what the program of one
 * output (linear_robust.c) and that of several (linear_outputs.c) share. */
#ifndef ROBUST_LINEAR_PATH_H
#define ROBUST_LINEAR_PATH_H

#include "solvers/core/mat.h"
#include "solvers/model/interior_loss.h"
#include "solvers/model/trainer.h"

struct linear_outputs;
struct linear_path_program;

struct linear_path {
	const struct problem *problem;
	const struct linear_path_program *program;
	struct threat threat;
	ptrdiff_t count; /* weights: d, of k outputs d k */
	double mu;
	real *w, *dw, *trial, *g; /* count; g: gradient */
	real *u;                  /* d: N_q' */
	struct mat A;             /* count x count: Newton matrix */
	struct mat T;             /* rows weighted at once x d */
	double last;              /* decrement of the last step */
	long final_steps;
	bool solved;
	/* of one output */
	struct interior_loss *loss;
	double sum_a;              /* s = -y'a */
	real *f, *a, *weights;     /* n: smoothed worst outputs */
	real *h;                   /* d: X' diag(l'') y */
	struct linear_outputs *of; /* of several */
};

/* The functions of a program, at s->mu. */
struct linear_path_program {
	void (*setup)(struct linear_path *s, struct arena *arena);
	/* The gradient g at w (count), and what the others read. */
	void (*evaluate)(struct linear_path *s, const real *w);
	/* A = the Hessian where it was evaluated, at s->w; factored. False if that fails. */
	bool (*factor)(struct linear_path *s);
	/* Exact, at s->w. */
	double (*objective)(struct linear_path *s);
	/* A lower bound of it from the dual variables at s->w. */
	double (*bound)(struct linear_path *s);
	ptrdiff_t (*width)(const struct linear_path *s);
	void (*network)(const struct linear_path *s, struct model *model);
};

/* dw = the Newton direction at s->w; what it promises, -g'dw. NaN if A cannot be factored. */
double linear_path_newton_direction(struct linear_path *s);

/* `step` and `certify` of a trainer with this state, of which the caller has set what is not zero
 * and evaluated the start. */
void linear_path_step(void *state, struct progress *progress);
void linear_path_certify(void *state, struct certificate *out);

/* The norm dual to that of the ball (threat_dual), smoothed: N at w (d) with u = N', A += c N'' at
 * s->w (d), lower triangle (d x d). */
struct linear_path_norm {
	double (*smooth)(struct linear_path *s, const real *w);
	void (*curve)(struct linear_path *s, double c);
};

extern const struct linear_path_norm linear_path_norms[]; /* by enum norm */

/* The same of |w|_2, or of the length over the attacked coordinates. */
void linear_path_curve_length(struct linear_path *s, double c, bool attacked);

enum { LINEAR_PATH_CHUNK = 512 }; /* rows weighted at once */

#endif
